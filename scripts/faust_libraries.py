"""Renders every `#### Test` block of the standard libraries with krach and with the official compiler.

    cargo build --release -p krach-faust --example samples
    .venv/bin/python scripts/faust_libraries.py [NAME…]

Prints the counts and every difference. What the official compiler says is kept in `target/faust-oracle`.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "python" / "tests"))

import oracle  # noqa: E402

FRAMES = 4096
KEPT = ROOT / "target" / "faust-oracle"
BLOCK = re.compile(
    r"^// *#### Test *\n(?://[^\n]*\n){0,3}?// *```[^\n]*\n(?P<body>(?://[^\n]*\n)*?)// *```", re.M
)


def libraries() -> Path:
    """Where the standard libraries are."""
    spec = importlib.util.find_spec("cyfaust")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("cyfaust is not installed: no libraries, no oracle")
    return Path(spec.submodule_search_locations[0]) / "resources" / "libraries"


def programs(folder: Path) -> dict[str, str]:
    """Every test block as a program: what it calls `…_test` last is the process."""
    found = {}
    for library in sorted(folder.glob("*.lib")):
        text = library.read_text(errors="replace")
        for block in BLOCK.finditer(text):
            line = text.count("\n", 0, block.start()) + 1
            body = "\n".join(row.removeprefix("//").removeprefix(" ") for row in block["body"].splitlines())
            names = re.findall(r"^\s*([A-Za-z_]\w*)\s*=", body, re.M)
            tests = [name for name in names if "_test" in name] or names
            if not re.search(r"^\s*process\s*[=(]", body, re.M) and tests:
                body += f"\nprocess = {tests[-1]};"
            found[f"{library.stem}_{line:05d}"] = body + "\n"
    return found


def official(name: str, text: str, inputs: int, compiler: oracle.Official) -> np.ndarray | None:
    """What the official compiler renders; None if it refuses."""
    kept = KEPT / f"{name}.npy"
    if kept.exists():
        samples = np.load(kept)
        return samples if samples.size else None
    try:
        impulse = np.zeros((inputs, FRAMES))
        impulse[:, :1] = 1.0
        samples = compiler.render(text, frames=FRAMES, inputs=impulse)
    except oracle.OracleError:
        samples = np.zeros((0, 0))
    np.save(kept, samples)
    return samples if samples.size else None


def main() -> None:
    """Compares all programs, or those whose names begin with an argument."""
    folder = libraries()
    wanted = tuple(sys.argv[1:])
    chosen = {name: text for name, text in programs(folder).items() if name.startswith(wanted or ("",))}
    KEPT.mkdir(parents=True, exist_ok=True)
    for name, text in chosen.items():
        (KEPT / f"{name}.dsp").write_text(text)
    command = [
        ROOT / "target/release/examples/samples",
        folder,
        KEPT,
        *(KEPT / f"{name}.dsp" for name in chosen),
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    inputs = {name: int(count) for name, count in re.findall(r"^(\S+) ok (\d+) inputs", said, re.M)}
    compiler = oracle.Official()
    same, refused, other = 0, 0, []
    for name, text in chosen.items():
        expected = official(name, text, inputs.get(name, 0), compiler)
        ours = KEPT / f"{name}.f64"
        if expected is None:
            refused += 1
        elif not ours.exists():
            other.append(f"{name}: {(KEPT / f'{name}.txt').read_text().splitlines()[0]}")
        else:
            got = np.fromfile(ours)
            fits = got.size == expected.size
            apart = oracle.deviation(expected, got.reshape(expected.shape)) if fits else np.inf
            if apart <= oracle.TOLERANCE:
                same += 1
            else:
                other.append(f"{name}: apart by {apart:.3g}")
    print(
        f"{len(chosen)} programs: {same} the same, {len(other)} not, {refused} refused by {oracle.version()}"
    )
    print("\n".join(other))


if __name__ == "__main__":
    main()
