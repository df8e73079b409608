"""Machines without the ALSA library: everything but playing works there."""

import subprocess
import sys

import pytest

LINUX = sys.platform == "linux"

RENDER = """
import krach, krach.dsp as krs
sound = krs.transpile(lambda: krs.sine_osc(440.0), name="tone").render(0.1)
assert abs(sound).max() > 0.5
print(any("libasound" in line for line in open("/proc/self/maps")))
"""

PLAY = """
import krach, numpy as np
try:
    krach.play(np.zeros((1, 480), np.float32), 48000)
except krach.Error as error:
    assert error.code == "KR0503", error
print(any("libasound" in line for line in open("/proc/self/maps")))
"""

FIND = """
import ctypes
try:
    print(bool(ctypes.CDLL("libasound.so.2")))
except OSError:
    print(False)
"""


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()


@pytest.mark.skipif(not LINUX, reason="only Linux plays through ALSA")
def test_rendering_does_not_load_the_alsa_library():
    assert run(RENDER) == "False"


@pytest.mark.skipif(not LINUX, reason="only Linux plays through ALSA")
def test_playing_loads_it_or_says_that_it_is_missing():
    present = run(FIND)
    assert run(PLAY) == present
