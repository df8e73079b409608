"""A render of a sound that is compiled already is no more work than its samples."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = """
import sys
import krach, krach.dsp, krach.pattern
print(sorted({"numpy", "matplotlib", "IPython", "html", "difflib", "asyncio", "json"} & sys.modules.keys()))
"""

NO_THREAD = """
import resource

import krach, krach.dsp as krs

voice = krs.transpile(lambda: krs.saw(110), name="voice")
import numpy

pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + (32 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
try:
    voice.render(0.01)
except krach.Error as error:
    print(error.code)
"""

LIMITED = """
import resource
import threading

import krach.dsp as krs

voice = krs.transpile(lambda: krs.sine_osc(krs.control("freq", 440, 20, 2000)), name="voice")
echo = krs.transpile(lambda x: x + krs.delay(x, 4800), name="echo")
before = [tone.render(0.01) for tone in (voice, echo)]

# A worker of krach has a stack of 64 MB: where 32 MB are left, no worker starts. The worker that compiled may
# still be giving its stack back: then one thread more finds room, and the limit is set again.
threading.stack_size(64 << 20)
for _ in range(100):
    pages = int(open("/proc/self/statm").read().split()[0])
    limit = pages * resource.getpagesize() + (32 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    more = threading.Thread(target=int)
    try:
        more.start()
    except RuntimeError:
        print("no thread")
        break
    more.join()
after = [tone.render(0.01) for tone in (voice, echo)]
print("rendered", all((a == b).all() for a, b in zip(before, after, strict=True)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_render_of_a_compiled_sound_starts_no_thread() -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, timeout=120)
    assert done.stdout == "no thread\nrendered True\n", done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_system_without_threads_is_an_error_with_a_remedy() -> None:
    done = subprocess.run([sys.executable, "-c", NO_THREAD], capture_output=True, text=True, timeout=120)
    assert done.stdout == "KR0413\n", done.stderr


def test_importing_krach_loads_nothing_that_only_pages_and_arrays_need() -> None:
    done = subprocess.run([sys.executable, "-c", HEAVY], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr
