"""The command `krach` of the Python package."""

from __future__ import annotations

import sys

from krach._krach import run_cli


def main() -> None:
    """Runs the command line of this process and exits with its code."""
    try:
        code = run_cli(["krach", *sys.argv[1:]])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
