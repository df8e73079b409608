"""Writes `fixtures/oracle/goldens.json`: samples of the official Faust compiler for each test program.

Of each output a few frames, so that machines without that compiler can be held against it too. Run it with
`.venv/bin/python scripts/goldens.py` when the programs change; `python/tests/test_oracle.py` reads it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "python" / "tests"))

import krach.dsp as krs  # noqa: E402
import oracle  # noqa: E402
from programs import CASES  # noqa: E402


def main() -> None:
    """Asks about every program and writes the answers, one line each."""
    if reason := oracle.missing():
        sys.exit(f"goldens: {reason}")
    official = oracle.Official()
    goldens = {}
    for case in (case for case in CASES.values() if case.settled):
        text = krs.transpile(case.function).faust
        heard = official.render(
            text,
            case.frames,
            inputs=oracle.stimulus(case.num_inputs, case.frames),
            values=case.values,
            events=case.events,
        )
        goldens[case.name] = oracle.excerpt(heard)
    official.close()
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(rows)}" for name, rows in goldens.items())
    target = ROOT / "fixtures" / "oracle" / "goldens.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f'{{\n "oracle": {json.dumps(oracle.version())},\n "programs": {{\n{lines}\n }}\n}}\n')
    print(f"{target.relative_to(ROOT)}: {len(goldens)} programs, heard by {oracle.version()}")


if __name__ == "__main__":
    main()
