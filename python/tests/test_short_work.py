"""A render of a sound that is compiled already is no more work than its samples."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = """
import sys
import krach, krach.dsp, krach.pattern
heavy = "numpy matplotlib IPython prompt_toolkit html difflib asyncio json subprocess tempfile logging socket"
print(sorted({*heavy.split()} & sys.modules.keys()))
"""

# A worker of krach has a stack of 64 MB. Threads that wait take all that the limit leaves, also the stacks of
# threads that end meanwhile: they come free a little later.
NO_ROOM = """
import resource
import threading
import time

pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + (32 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
threading.stack_size(64 << 20)
refused = 0
while refused < 20:
    try:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        refused = 0
    except RuntimeError:
        refused += 1
        time.sleep(0.01)
print("no thread")
"""

LIMITED = f"""
import krach.dsp as krs

voice = krs.transpile(lambda: krs.sine_osc(krs.control("freq", 440, 20, 2000)), name="voice")
echo = krs.transpile(lambda x: x + krs.delay(x, 4800), name="echo")
before = [tone.render(0.01) for tone in (voice, echo)]
{NO_ROOM}
after = [tone.render(0.01) for tone in (voice, echo)]
print("rendered", all((a == b).all() for a, b in zip(before, after, strict=True)))
"""

REFUSED = f"""
import numpy

import krach, krach.dsp as krs

voice = krs.transpile(lambda: krs.saw(110), name="voice")
{NO_ROOM}
try:
    voice.render(0.01)
except krach.Error as error:
    print(error.code, "ulimit" in error.help[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_render_of_a_compiled_sound_starts_no_thread() -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, timeout=120)
    assert done.stdout == "no thread\nrendered True\n", done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_system_without_threads_is_an_error_with_a_remedy() -> None:
    # Code from the cache on disk would need no worker.
    fresh = {**os.environ, "KRACH_CACHE": "off"}
    asked = [sys.executable, "-c", REFUSED]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=120, env=fresh)
    assert done.stdout == "no thread\nKR0413 True\n", done.stderr


def test_importing_krach_loads_nothing_that_only_pages_and_arrays_need() -> None:
    done = subprocess.run([sys.executable, "-c", HEAVY], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr
