"""Times krach's Faust front end and the official compiler in turn, in the same run, and prints ratios.

Ours is from the text to a program (`krach.faust`), and to native code as well; the official one, cyfaust,
goes from the text to what its interpreter can run. Our libraries are parsed once per process, before the
clock starts; the official compiler reads its own each time. The last row is a whole process that imports
stdfaust.lib, less what the same process takes without.

Run it with `make bench`, on a machine that does nothing else.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "python" / "tests"))

import krach  # noqa: E402
import oracle  # noqa: E402
from krach import _krach  # noqa: E402

LIBRARY = 'import("stdfaust.lib");\n'
PROGRAMS = {
    "filter": LIBRARY + "process = fi.resonlp(1200, 4, 1);",
    "synth": LIBRARY + 'process = os.sawtooth(hslider("freq", 220, 20, 2000, 0.1)) : fi.lowpass(2, 1800)'
    ' : *(en.adsr(0.01, 0.1, 0.6, 0.3, button("gate")));',
    "zita_rev1": LIBRARY + "process = dm.zita_rev1;",
    "greyhole": LIBRARY + "process = dm.greyhole_demo;",
    "jpverb": LIBRARY + "process = dm.jprev_demo;",
}
# With them the official compiler takes from several seconds to a minute; they are timed once.
HEAVY = {
    "klonCentaur": LIBRARY + "process = ve.klonCentaur(0.5, 0.5, 0.5);",
    "fft_spectral_level": LIBRARY + "process = dm.fft_spectral_level_demo(64);",
    "SFFormantModel": LIBRARY + "process = pm.SFFormantModelFofSmooth_ui;",
    "dx7 algorithm 1": LIBRARY + "process = dx.algorithm(1) <: _, _;",
    "T22 by its recurrence": "T(0, x) = 1; T(1, x) = x; T(n, x) = 2 * x * T(n - 1, x) - T(n - 2, x);"
    " process(x) = T(22, x);",
    "21 shared arguments": "step(x) = 0.5 * x + 0.25 * y with { y = sin(x); };"
    " chain(0, x) = x; chain(n, x) = step(chain(n - 1, x)); process(x) = chain(21, x);",
}
ROUNDS = 5


def ours(text: str, rounds: int) -> tuple[float, float]:
    """Milliseconds to a program, and to native code as well."""
    fronts, totals = [], []
    for _ in range(rounds):
        _krach.cache_clear()
        start = time.perf_counter()
        definition = krach.faust(text, precision="double")
        middle = time.perf_counter()
        _krach.compile(definition.program, 48000, "double")
        fronts.append(1e3 * (middle - start))
        totals.append(1e3 * (time.perf_counter() - start))
    return statistics.median(fronts), statistics.median(totals)


def first_ms(prepare: str, work: str) -> float:
    """Milliseconds that `work` takes in a new process, after `prepare`."""
    code = f"import time\n{prepare}\nbegun = time.perf_counter()\n{work}\nprint(time.perf_counter() - begun)"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.split()[-1]) * 1e3


def cold() -> tuple[float, float]:
    """Milliseconds for stdfaust.lib, the first Faust that a process of its own sees: ours, theirs."""
    text = LIBRARY + "process = os.osc(440);"
    mine = "import krach", f"krach.faust({text!r})"
    theirs = (
        "from cyfaust import cyfaust",
        f"cyfaust.create_dsp_factory_from_string('a', {text!r}, '-double')",
    )
    ours, official = (first_ms(*code) for code in (mine, theirs))
    return ours, official


def main() -> None:
    """Measures all programs in turn and prints a table of medians."""
    if reason := oracle.missing():
        sys.exit(f"front_end_ratios: {reason}")
    official = oracle.Official(timeout=300)
    print(
        f"Faust to a program, and to native code, against {oracle.version()}. Medians of {ROUNDS} rounds.\n"
    )
    print("| program | front end ms | with native code | official | ratio | ratio with native code |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, text in {**PROGRAMS, **HEAVY}.items():
        rows = []
        ours(text, 1)  # libraries are parsed once per process
        for _ in range(ROUNDS if name in PROGRAMS else 1):
            front, total = ours(text, 5 if name in PROGRAMS else 1)
            try:
                peer = statistics.median(official.compile_ms(text, 1))
            except oracle.OracleError as refused:
                print(f"| {name} | {front:.2f} | {total:.2f} | {str(refused).splitlines()[0]} | | |")
                break
            rows.append((front, total, peer, peer / front, peer / total))
        else:
            middle = [statistics.median(column) for column in zip(*rows, strict=True)]
            print("| {} | {:.2f} | {:.2f} | {:.1f} | {:.0f} | {:.0f} |".format(name, *middle))
        sys.stdout.flush()
    official.close()
    colds = [cold() for _ in range(ROUNDS)]
    mine, theirs = (statistics.median(column) for column in zip(*colds, strict=True))
    print(f"| cold process, stdfaust.lib | {mine:.1f} | | {theirs:.1f} | {theirs / mine:.1f} | |")


if __name__ == "__main__":
    main()
