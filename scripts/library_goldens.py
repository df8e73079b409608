"""Asks the official Faust compiler what every documented test of its libraries sounds like; keeps it.

`fixtures/oracle/libraries.json` then holds, for each case of `python/tests/libraries.py` and each output,
some frames and two means over all of them, enough to tell a wrong sample anywhere. It takes a quarter of an
hour; what was heard is kept in `target/oracle`, so that a second run only asks for what is new.

Cases that cyfaust's interpreter cannot run, because of foreign functions and soundfiles, are compiled to C++
by the same compiler and run from there, for which g++ is needed.

    .venv/bin/python scripts/library_goldens.py            # asks for everything
    .venv/bin/python scripts/library_goldens.py --missing  # for what the file does not have yet
    .venv/bin/python scripts/library_goldens.py --compare  # every frame of what was heard with krach's
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "python" / "tests"))

import libraries  # noqa: E402
import oracle  # noqa: E402

KEPT = ROOT / "target" / "oracle"
PATIENCE = 600.0

# Every block of 64 frames of every output, one after another; missing soundfiles are silent.
DRIVER = """
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>
#define FAUSTFLOAT double
struct Soundfile {
    void* fBuffers; int* fLength; int* fSR; int* fOffset; int fChannels; int fParts; bool fIsDouble;
};
static std::vector<double> silence(1024 * 256);
static double* channels[64];
static int lengths[256], rates[256], offsets[256];
static Soundfile silent{channels, lengths, rates, offsets, 2, 256, true};
static Soundfile* defaultsound = &silent;
struct Meta { void declare(const char*, const char*) {} };
struct UI {
    void openVerticalBox(const char*) {}
    void openHorizontalBox(const char*) {}
    void openTabBox(const char*) {}
    void closeBox() {}
    void addButton(const char*, double*) {}
    void addCheckButton(const char*, double*) {}
    void addHorizontalSlider(const char*, double*, double, double, double, double) {}
    void addVerticalSlider(const char*, double*, double, double, double, double) {}
    void addNumEntry(const char*, double*, double, double, double, double) {}
    void addHorizontalBargraph(const char*, double*, double, double) {}
    void addVerticalBargraph(const char*, double*, double, double) {}
    void addSoundfile(const char*, const char*, Soundfile** file) { *file = &silent; }
    void declare(double*, const char*, const char*) {}
};
struct dsp { virtual ~dsp() {} };
<<includeIntrinsic>>
<<includeclass>>
int main() {
    for (int part = 0; part < 256; part++) {
        lengths[part] = 1024, rates[part] = 44100, offsets[part] = part * 1024;
    }
    for (auto& channel : channels) channel = silence.data();
    auto* sound = new mydsp();
    UI ui;
    sound->init(%(rate)d);
    sound->buildUserInterface(&ui);
    std::vector<std::vector<double>> in(sound->getNumInputs(), std::vector<double>(%(frames)d));
    std::vector<std::vector<double>> out(sound->getNumOutputs(), std::vector<double>(%(frames)d));
    for (auto& port : in) port[0] = 1;
    for (int frame = 0; frame < %(frames)d; frame += %(block)d) {
        std::vector<double*> ins, outs;
        for (auto& port : in) ins.push_back(port.data() + frame);
        for (auto& port : out) outs.push_back(port.data() + frame);
        sound->compute(%(block)d, ins.data(), outs.data());
    }
    for (auto& port : out) std::fwrite(port.data(), 8, port.size(), stdout);
}
"""


def heard(case: libraries.Case, official: oracle.Official) -> oracle.Samples | str:
    """What the official compiler makes of a case, or what it says against it; asked once."""
    path = KEPT / f"{case.key}.npy"
    if path.exists():
        return np.load(path)
    try:
        if "soundfile" in case.faust:
            raise oracle.OracleError(
                "its interpreter has no soundfiles: not allowed in this compilation mode"
            )
        samples = official.render(
            case.faust, libraries.FRAMES, rate=libraries.RATE, impulse=True, chunk=libraries.BLOCK
        )
    except oracle.OracleError as error:
        if "not allowed in this compilation mode" not in str(error) or case.random:
            return str(error)
        try:
            samples = heard_in_cpp(case)
        except subprocess.CalledProcessError as error:
            return f"{error}"
    np.save(path, samples)
    return samples


def heard_in_cpp(case: libraries.Case) -> oracle.Samples:
    """The same through C++."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        driver = folder / "driver.cpp"
        driver.write_text(
            DRIVER % {"rate": libraries.RATE, "frames": libraries.FRAMES, "block": libraries.BLOCK}
        )
        emit = (
            "import sys; from cyfaust import cyfaust; "
            "cyfaust.generate_auxfiles_from_string('case', sys.argv[1], '-lang', 'cpp', '-double', "
            "'-a', sys.argv[2], '-o', 'case.cpp', '-O', sys.argv[3])"
        )
        arguments = [sys.executable, "-c", emit, case.faust, str(driver), name]
        subprocess.run(arguments, cwd=folder, check=True, stdout=subprocess.PIPE)
        build = ["g++", "-O1", "-o", "case", "case.cpp", "-lm"]
        subprocess.run(build, cwd=folder, check=True)
        data = subprocess.run([str(folder / "case")], check=True, stdout=subprocess.PIPE).stdout
    return np.frombuffer(data).reshape(-1, libraries.FRAMES)


def compare() -> None:
    """Renders what was heard here, by native code and by the interpreter, and prints the worst frame."""
    cases = libraries.cases()
    heard = [path for path in sorted(KEPT.glob("*.npy")) if path.stem in cases]
    worst = (0.0, "")
    for path in heard:
        for engine in ("native", "reference"):
            ours = libraries.hear(cases[path.stem], engine)
            worst = max(worst, (oracle.deviation(np.load(path), ours), f"{path.stem}, {engine}"))
    print(
        f"{len(heard)} cases of {libraries.FRAMES} frames; the worst deviation is {worst[0]:.2e} ({worst[1]})"
    )
    if not heard or worst[0] > oracle.TOLERANCE:
        sys.exit(1)


def main() -> None:
    """Asks for all cases, two at a time, and writes the file."""
    KEPT.mkdir(parents=True, exist_ok=True)
    cases = libraries.cases()
    answers: dict[str, oracle.Samples | str] = {}
    known: dict[str, libraries.Kept] = {}
    if "--missing" in sys.argv[1:]:
        kept = json.loads(libraries.GOLDENS.read_text())
        assert kept["oracle"] == oracle.version(), "the file is of another version: ask for everything"
        known = kept["cases"]
    todo: queue.SimpleQueue[libraries.Case] = queue.SimpleQueue()
    for case in cases.values():
        if case.key not in known:
            todo.put(case)

    def work() -> None:
        official = oracle.Official(timeout=PATIENCE)
        while not todo.empty():
            case = todo.get()
            answers[case.key] = heard(case, official)
            if isinstance(answers[case.key], str):
                print(f"{case.key}: {answers[case.key]}", file=sys.stderr)
        official.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    goldens = known | {key: libraries.kept(answer) for key, answer in answers.items()}
    lines = [f"{json.dumps(key)}: {json.dumps(goldens[key])}" for key in cases]
    text = ",\n".join(lines)
    libraries.GOLDENS.write_text(f'{{"oracle": "{oracle.version()}", "cases": {{\n{text}\n}}}}\n')
    refused = sum(isinstance(goldens[key], str) for key in cases)
    print(f"{len(cases)} cases, {len(answers)} of them asked for now, {refused} refused")


if __name__ == "__main__":
    compare() if "--compare" in sys.argv[1:] else main()
