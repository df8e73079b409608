"""Very long, very large, very deep: a result or a clear error, soon, and Ctrl-C on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

import krach
import krach.dsp as krs
from engines import render


def test_ten_thousand_operations_in_a_row() -> None:
    def chain(x):
        for _ in range(10_000):
            x = x * 0.5 + 1
        return x

    sound = krs.transpile(chain)
    for engine in ("native", "reference"):
        assert render(sound, 3, engine, inputs=[1, 2, 3]).tolist() == [[2, 2, 2]]
    assert len(sound.faust) < 1_000_000
    assert str(sound.program)


def test_fifty_thousand_nodes() -> None:
    def wide(x):
        voices = [x * (1 + index / 7) for index in range(25_000)]
        while len(voices) > 1:
            voices = [
                sum(pair[1:], pair[0]) for pair in (voices[i : i + 2] for i in range(0, len(voices), 2))
            ]
        return voices[0]

    sound = krs.transpile(wide)
    assert len(sound.program) > 50_000
    assert render(sound, 1, inputs=[1])[0, 0] == pytest.approx(25_000 + 25_000 * 24_999 / 14)


def test_doubling_stays_small() -> None:
    def doubled(x):
        for _ in range(16):
            x = x + x
        return x

    sound = krs.transpile(doubled)
    assert render(sound, 1, inputs=[1]).tolist() == [[65536]]
    assert len(sound.faust) < 1000


def test_a_table_of_ten_megabytes() -> None:
    data = np.arange(1_310_720.0)
    sound = krs.transpile(lambda: krs.wavetable(data, krs.phasor(1) * 1_310_720))
    assert render(sound, 2)[0, 1] > 0
    sound = krs.transpile(lambda x: krs.rwtable(1_310_720, 7, 0, x, 1_310_719))
    assert render(sound, 1, inputs=[1]).tolist() == [[7]]


def test_long_delays() -> None:
    sound = krs.transpile(lambda x: krs.delay(x, 10_000_000))
    assert sound.render(0.01, inputs=[1]).max() == 0
    with pytest.raises(krach.Error, match="KR0402"):
        krs.transpile(lambda x: sum(krs.delay(x * i, 200_000_000) for i in range(8))).render(0.01)
    for samples in (1e12, 1 << 29):
        with pytest.raises(krach.Error, match="KR0401"):
            krs.transpile(lambda x, samples=samples: krs.delay(x, samples))
    with pytest.raises(krach.Error, match="KR0116"):
        krs.transpile(lambda x: krs.rwtable(1 << 40, 0, 0, x, 0))


def test_a_loop_without_end_ends() -> None:
    def endless(x):
        while True:
            x = x + krs.white_noise()

    with pytest.raises(krach.Error) as refused:
        krs.transpile(endless)
    assert refused.value.code == "KR0401"


def test_recursion_without_end_is_pythons_own_error() -> None:
    def endless(x):
        return endless(x + 1)

    with pytest.raises(RecursionError):
        krs.transpile(endless)
    assert krs.transpile(lambda x: x).num_inputs == 1, "the failed trace is forgotten"


def test_many_inputs_and_outputs() -> None:
    assert krs.transpile(lambda: tuple(range(4096))).render(1 / 48000).shape == (4096, 1)
    with pytest.raises(krach.Error, match="KR0401"):
        krs.transpile(lambda: tuple(range(4097)))


def test_deep_scopes() -> None:
    def nested(depth):
        if depth == 0:
            return 1
        return krs.feedback(lambda fb: fb * 0.001 + nested(depth - 1))

    assert render(lambda: nested(100), 1).tolist() == [[1]]


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("engine", ["native", "reference"])
def test_ctrl_c_ends_a_long_rendering(engine: str) -> None:
    sound = krs.transpile(lambda: krs.reverb(krs.white_noise()))
    timer = threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        render(sound, 48000 * 3600, engine, "single")
    timer.join()


def test_python_runs_on_while_rendering() -> None:
    sound = krs.transpile(lambda: krs.reverb(krs.white_noise()))
    done = threading.Event()
    worker = threading.Thread(target=lambda: (sound.render(60), done.set()))
    worker.start()
    counted = 0
    while not done.is_set():
        counted += 1
    worker.join()
    assert counted > 1


def test_importing_is_light() -> None:
    code = """
        import sys
        import krach, krach.dsp
        heavy = {"numpy", "matplotlib", "asyncio"} & set(sys.modules)
        sys.exit(repr(heavy) if heavy else 0)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
