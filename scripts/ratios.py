"""Times krach against the official Faust compiler, measured in turn in the same run, and prints ratios.

Compiling: from a Python function to native code; peer: cyfaust, from the printed Faust to its runnable form.
Running, in single precision and blocks of 64; peer: C++ by Debian's `faust`, compiled with `g++ -O3`, where
both are installed, otherwise cyfaust's interpreter; the heading says which.

Run it with `make bench`, on a machine that does nothing else. Single figures move with the machine; ratios
measured side by side move less.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "python" / "tests"
sys.path.insert(0, str(TESTS))

import krach.dsp as krs  # noqa: E402
import oracle  # noqa: E402
from programs import CASES  # noqa: E402

SOUNDS = [
    "kick",
    "hat",
    "acid_bass",
    "resonant_bass",
    "organ",
    "supersaw_stereo",
    "plucked_string",
    "four_pole_ladder",
    "allpass_chain",
    "filter_bank",
    "wide_sum",
    "verb",
]
ROUNDS = 5
BLOCK = 64

DRIVER = """
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdint>
#include <vector>
#include <xmmintrin.h>
#define FAUSTFLOAT float
struct Meta { void declare(const char*, const char*) {} };
struct UI {
    void openVerticalBox(const char*) {}
    void openHorizontalBox(const char*) {}
    void closeBox() {}
    void addButton(const char*, float*) {}
    void addCheckButton(const char*, float*) {}
    void addHorizontalSlider(const char*, float*, float, float, float, float) {}
    void addVerticalSlider(const char*, float*, float, float, float, float) {}
    void addNumEntry(const char*, float*, float, float, float, float) {}
    void declare(float*, const char*, const char*) {}
};
struct dsp { virtual ~dsp() {} };
<<includeIntrinsic>>
<<includeclass>>
int main() {
    _mm_setcsr(_mm_getcsr() | 0x8040); // flush denormals, as krach does
    mydsp sound;
    sound.init(48000);
    const int block = %d;
    std::vector<std::vector<float>> ins(sound.getNumInputs(), std::vector<float>(block, 0.1f));
    std::vector<std::vector<float>> outs(sound.getNumOutputs(), std::vector<float>(block));
    std::vector<float*> in, out;
    for (auto& port : ins) in.push_back(port.data());
    for (auto& port : outs) out.push_back(port.data());
    std::vector<double> rounds;
    for (int round = 0; round < 5; round++) {
        long frames = 0;
        auto start = std::chrono::steady_clock::now();
        std::chrono::duration<double, std::nano> spent{};
        do {
            for (int i = 0; i < 50; i++) sound.compute(block, in.data(), out.data());
            frames += 50 * block;
            spent = std::chrono::steady_clock::now() - start;
        } while (spent.count() < 2e7);
        rounds.push_back(spent.count() / frames);
    }
    std::sort(rounds.begin(), rounds.end());
    std::printf("%%.4f\\n", rounds[2]);
}
"""


def krach_figures(folder: Path, name: str) -> tuple[float, float]:
    """Milliseconds to native code, nanoseconds per frame."""
    inputs = ", ".join(f"x{i}" for i in range(CASES[name].num_inputs))
    script = folder / f"{name}.py"
    call = f'CASES["{name}"].function({inputs})'
    script.write_text(f"from programs import CASES\n\ndef sound({inputs}):\n    return {call}\n")
    command = [str(ROOT / ".venv/bin/krach"), "bench", f"{script}:sound", "--block", str(BLOCK), "--json"]
    figures = json.loads(_output(command, env={**os.environ, "PYTHONPATH": str(TESTS)}))
    return figures["total_ms"], figures["ns_per_frame"]


def compiled_by_g_plus_plus(folder: Path, name: str, faust: str) -> Callable[[], float]:
    """Nanoseconds per frame of the official C++, whenever it is called."""
    source, driver, code = folder / f"{name}.dsp", folder / "driver.cpp", folder / f"{name}.cpp"
    source.write_text(faust)
    driver.write_text(DRIVER % BLOCK)
    program = str(folder / name)
    _output(["faust", "-a", str(driver), "-o", str(code), str(source)])
    _output(["g++", "-O3", "-march=native", "-o", program, str(code)])
    return lambda: float(_output([program]))


def _output(command: list[str], **how: Any) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, **how).stdout


def main() -> None:
    """Measures every sound in turn, `ROUNDS` times, and prints a table of medians."""
    if reason := oracle.missing():
        sys.exit(f"ratios: {reason}")
    native = all(map(shutil.which, ("faust", "g++")))
    official = oracle.Official()
    texts = {name: krs.transpile(CASES[name].function).faust for name in SOUNDS}
    with tempfile.TemporaryDirectory() as folder:
        peers: dict[str, Callable[[], float]] = {}
        for name, text in texts.items():
            if native:
                peers[name] = compiled_by_g_plus_plus(Path(folder), name, text)
            else:
                peers[name] = lambda text=text: official.run_ns(text, BLOCK)
        rows: dict[str, list[tuple[float, ...]]] = {name: [] for name in SOUNDS}
        for _ in range(ROUNDS):
            for name in SOUNDS:
                ours_ms, ours_ns = krach_figures(Path(folder), name)
                peer_ms = statistics.median(official.compile_ms(texts[name], 5))
                peer_ns = peers[name]()
                rows[name].append((ours_ms, peer_ms, peer_ms / ours_ms, ours_ns, peer_ns, peer_ns / ours_ns))
    official.close()
    peer = "C++ by faust and g++ -O3" if native else f"the interpreter of {oracle.version()}"
    print(
        f"Compiling against {oracle.version()}, running against {peer}. Medians of {ROUNDS} rounds in turn."
    )
    print("Ratios above 1: krach is faster.\n")
    print_table(rows)


def print_table(rows: dict[str, list[tuple[float, ...]]]) -> None:
    """One row for each sound, in Markdown."""
    print("| sound | compile ms | official | ratio | run ns/frame | official | ratio |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    middles = {
        name: [statistics.median(column) for column in zip(*rounds, strict=True)]
        for name, rounds in rows.items()
    }
    for name, (ours_ms, peer_ms, faster, ours_ns, peer_ns, quicker) in middles.items():
        print(
            f"| {name} | {ours_ms:.2f} | {peer_ms:.2f} | {faster:.1f} "
            f"| {ours_ns:.1f} | {peer_ns:.1f} | {quicker:.2f} |"
        )
    compiling, running = (
        statistics.geometric_mean(middle[column] for middle in middles.values()) for column in (2, 5)
    )
    print(f"| geometric mean | | | {compiling:.1f} | | | {running:.2f} |")


if __name__ == "__main__":
    main()
