"""Builds the official form of every program in fixtures/bench: `scripts/peers.py FOLDER`.

For each NAME.dsp it writes NAME.program (the text form that krach reads), NAME.clang.so and NAME.g++.so:
the C++ that cyfaust makes of the same text, compiled with all optimisations and `-ffast-math`.
`tests/benches/official.rs` runs them side by side. What is newer than its source stays.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import krach

try:
    from cyfaust import cyfaust
except ImportError:
    cyfaust = None

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", "-w"]
LIBRARIES = ["-lstdc++", "-lm"]
COMPILERS = {"clang": ("clang", "clang-16", "clang-15", "clang-14"), "g++": ("g++",)}

DRIVER = """
#include <cstdint>
#include <vector>
#define FAUSTFLOAT float
struct Meta { void declare(const char*, const char*) {} };
struct Control { float* zone; float init, lo, hi; bool button; };
struct UI {
    std::vector<Control> controls;
    void openVerticalBox(const char*) {}
    void openHorizontalBox(const char*) {}
    void openTabBox(const char*) {}
    void closeBox() {}
    void addButton(const char*, float* zone) { controls.push_back({zone, 0, 0, 1, true}); }
    void addCheckButton(const char*, float* zone) { controls.push_back({zone, 0, 0, 1, true}); }
    void add(float* zone, float init, float lo, float hi) { controls.push_back({zone, init, lo, hi, false}); }
    void addHorizontalSlider(const char*, float* z, float i, float l, float h, float) { add(z, i, l, h); }
    void addVerticalSlider(const char*, float* z, float i, float l, float h, float) { add(z, i, l, h); }
    void addNumEntry(const char*, float* z, float i, float l, float h, float) { add(z, i, l, h); }
    void addHorizontalBargraph(const char*, float*, float, float) {}
    void addVerticalBargraph(const char*, float*, float, float) {}
    void declare(float*, const char*, const char*) {}
};
struct dsp { virtual ~dsp() {} };
#include "SOURCE"
struct Peer { mydsp sound; UI ui; };
extern "C" {
Peer* make(int rate) {
    auto peer = new Peer;
    peer->sound.init(rate);
    peer->sound.buildUserInterface(&peer->ui);
    return peer;
}
// Every slider at a part of its range; at its start if the part is negative. Buttons are held.
void set(Peer* peer, float part) {
    for (auto& c : peer->ui.controls)
        *c.zone = c.button ? 1 : part < 0 ? c.init : c.lo + part * (c.hi - c.lo);
}
void run(Peer* peer, int frames, float** inputs, float** outputs) {
    peer->sound.compute(frames, inputs, outputs);
}
}
"""


def build(source: Path, folder: Path) -> None:
    """Writes the program and the libraries of one source."""
    text = source.read_text()
    (folder / f"{source.stem}.program").write_text(str(krach.faust(text).program))
    code = folder / f"{source.stem}.cpp"
    options = ["-lang", "cpp", "-single", "-ftz", "0", "-O", str(folder), "-o", code.name]
    if not cyfaust.generate_auxfiles_from_string(source.stem, text, *options):
        sys.exit(f"peers: the official compiler refuses {source.name}")
    driver = folder / f"{source.stem}.driver.cpp"
    driver.write_text(DRIVER.replace("SOURCE", code.name))
    for name, commands in COMPILERS.items():
        compiler = next(filter(shutil.which, commands), None)
        if compiler:
            library = folder / f"{source.stem}.{name}.so"
            subprocess.run(
                [compiler, "-xc++", *FLAGS, "-o", str(library), str(driver), *LIBRARIES], check=True
            )


def main() -> None:
    """Builds what is missing or older than its source."""
    if cyfaust is None:
        print("peers: cyfaust is not installed, so nothing is compared")
        return
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted((ROOT / "fixtures" / "bench").glob("*.dsp")):
        built = folder / f"{source.stem}.program"
        if not built.exists() or built.stat().st_mtime < source.stat().st_mtime:
            build(source, folder)


if __name__ == "__main__":
    main()
