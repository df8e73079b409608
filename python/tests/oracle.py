"""The official Faust compiler as an oracle: what does it hear in the Faust text that krach prints?

It is the interpreter of `cyfaust` (the extra `krach[faust]`), run in a process of its own: when it crashes
on a program, that is an answer about that program, not the end of the test run. The product never imports it.

    official = Official()
    samples = official.render(faust_text, frames=4800, inputs=stimulus(1, 4800))
    assert deviation(samples, ours) <= TOLERANCE
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import itertools
import pickle
import select
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]
Event = tuple[int, str, float]

TOLERANCE = 2e-6
"""Largest |a - b| / max(1, |a|) between two renders in double precision that count as the same."""


class OracleError(Exception):
    """The official compiler refused a program, crashed on it, or took too long."""


def missing() -> str | None:
    """Why there is no oracle here, or None."""
    if importlib.util.find_spec("cyfaust") is None:
        return "cyfaust is not installed (it has no wheel for every machine)"
    return None


def version() -> str:
    """Which oracle answers."""
    return f"cyfaust {importlib.metadata.version('cyfaust')}"


def deviation(expected: Samples, got: npt.ArrayLike) -> float:
    """The largest |a - b| / max(1, |a|); NaNs and infinities must be in the same places."""
    a, b = np.asarray(expected, np.float64), np.asarray(got, np.float64)
    if a.shape != b.shape:
        raise ValueError(f"shapes {a.shape} and {b.shape}")
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(a - b) / np.maximum(1.0, np.abs(a))
    apart = np.where(same, 0.0, np.where(np.isfinite(apart), apart, np.inf))
    return float(apart.max(initial=0.0))


def excerpt(samples: Samples) -> list[list[float]]:
    """A few frames of each channel, the same for every program of that length: what goldens hold."""
    frames = excerpt_frames(samples.shape[1])
    return [[float(f"{value:.10g}") for value in channel] for channel in samples[:, frames]]


def excerpt_frames(length: int) -> list[int]:
    """The first frames, and some further ones in no rhythm."""
    later = {int(length * (0.618034 * k % 1)) for k in range(1, 14)}
    return sorted({0, 1, 2} | later)


def stimulus(channels: int, frames: int) -> Samples:
    """Test input, different in each channel: an impulse and its silence, then a sine, then noise."""
    time = np.arange(frames)
    part = frames // 3
    inputs = np.zeros((channels, frames))
    for channel, samples in enumerate(inputs):
        samples[channel * 7 % max(part, 1)] = 1.0
        samples[part : 2 * part] = 0.7 * np.sin(
            2 * np.pi * (300 + 117 * channel) / 48000 * time[part : 2 * part]
        )
        samples[2 * part :] = np.random.default_rng(channel).uniform(-0.9, 0.9, frames - 2 * part)
    return inputs


class Official:
    """One process with the official compiler in it, started when needed and again after a crash."""

    def __init__(self, timeout: float = 60.0) -> None:
        self.timeout = timeout
        self.crashes = 0
        self._process: subprocess.Popen[bytes] | None = None

    def render(
        self,
        faust: str,
        frames: int,
        *,
        rate: int = 48000,
        inputs: Samples | None = None,
        impulse: bool = False,
        chunk: int | None = None,
        values: Mapping[str, float] | None = None,
        events: Sequence[Event] = (),
    ) -> Samples:
        """Samples (outputs, frames) in double precision. Control values must be exact in single precision.

        With `impulse`, however many inputs there are, each of them gets one. `chunk` frames are computed at a
        time, if given.
        """
        job = {
            "faust": faust,
            "frames": frames,
            "rate": rate,
            "inputs": inputs,
            "impulse": impulse,
            "chunk": chunk,
            "values": dict(values or {}),
            "events": list(events),
        }
        return self._ask(job)

    def interface(self, faust: str) -> list[dict[str, Any]]:
        """Its controls and bargraphs, as the official compiler describes them in JSON."""
        return self._ask({"faust": faust, "interface": True})

    def compile_ms(self, faust: str, rounds: int) -> list[float]:
        """How long the official compiler takes from text to something that runs, each round anew."""
        return self._ask({"faust": faust, "rounds": rounds})

    def run_ns(self, faust: str, block: int) -> float:
        """How many nanoseconds its interpreter takes for a frame, in blocks of that size."""
        return self._ask({"faust": faust, "block": block})

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with process:  # closes its pipes and waits for it
                pass

    def _ask(self, job: dict[str, Any]) -> Any:
        if self._process is None:
            command = [sys.executable, str(Path(__file__).resolve()), "--serve"]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
        try:
            _send(self._process.stdin, job)
            if not select.select([self._process.stdout], [], [], self.timeout)[0]:
                raise OracleError(f"the official compiler took longer than {self.timeout:g} s")
            answer = _receive(self._process.stdout)
        except (EOFError, BrokenPipeError):
            self.crashes += 1
            status = self._process.wait()
            self.close()
            raise OracleError(f"the official compiler crashed (exit status {status})") from None
        except BaseException:
            self.close()
            raise
        if isinstance(answer, str):
            raise OracleError(answer)
        return answer


def _send(pipe: Any, value: object) -> None:
    data = pickle.dumps(value)
    pipe.write(struct.pack("<Q", len(data)) + data)
    pipe.flush()


def _receive(pipe: Any) -> Any:
    (size,) = struct.unpack("<Q", _exactly(pipe, 8))
    return pickle.loads(_exactly(pipe, size))


def _exactly(pipe: Any, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = pipe.read(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


# What follows runs in the oracle's process.


def _serve() -> None:
    import os
    import tempfile
    import threading

    # The compiler prints its errors to stdout, which is our pipe: give it a file instead.
    pipe_out = os.fdopen(os.dup(1), "wb")
    talk = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process lives
    os.dup2(talk.fileno(), 1)
    os.dup2(talk.fileno(), 2)

    def loop() -> None:
        while True:
            try:
                job = _receive(sys.stdin.buffer)
            except EOFError:
                return
            talk.seek(0)
            talk.truncate()
            try:
                answer = next((task for key, task in _TASKS.items() if key in job), _perform)(job)
            except Exception as error:
                sys.stdout.flush()
                talk.seek(0)
                said = talk.read().decode(errors="replace").strip()
                answer = said or f"{type(error).__name__}: {error}"
            _send(pipe_out, answer)

    threading.stack_size(512 << 20)  # it walks programs recursively
    thread = threading.Thread(target=loop)
    thread.start()
    thread.join()


def _compile(faust: str) -> Any:
    from cyfaust import cyfaust

    factory = cyfaust.create_dsp_factory_from_string("program", faust, "-double")
    if factory is None:
        raise ValueError("the official compiler refused the program")
    return factory


def _compile_times(job: dict[str, Any]) -> list[float]:
    import time

    from cyfaust import cyfaust

    times = []
    for _ in range(job["rounds"]):
        cyfaust.delete_all_dsp_factories()
        start = time.perf_counter()
        factory = _compile(job["faust"])
        factory.create_dsp_instance().init(48000)
        times.append(1000 * (time.perf_counter() - start))
    return times


def _run_time(job: dict[str, Any]) -> float:
    import time

    factory = _compile(job["faust"])  # which its copies need as long as they run
    dsp = factory.create_dsp_instance()
    dsp.init(48000)
    inputs = np.full((dsp.get_numinputs(), job["block"]), 0.1)
    times = []
    for _ in range(200):
        start = time.perf_counter_ns()
        _block(dsp, inputs, dsp.get_numoutputs())
        times.append((time.perf_counter_ns() - start) / job["block"])
    return float(np.median(times))


def _perform(job: dict[str, Any]) -> Samples:
    import json

    factory = _compile(job["faust"])
    dsp = factory.create_dsp_instance()
    dsp.init(job["rate"])
    addresses = dict(_widgets(json.loads(factory.get_json())["ui"]))
    values: dict[str, float] = job["values"]
    events: list[Event] = sorted(job["events"], key=lambda event: event[0])
    inits = {name: init for name, (_, init) in addresses.items()}
    if values or events:
        # Setting one control writes all of them, and those that were never set from memory without a value.
        for name, value in {**inits, **values}.items():
            dsp.set_param(addresses[name][0], value)
    frames = job["frames"]
    outputs = np.zeros((dsp.get_numoutputs(), frames))
    inputs = job["inputs"]
    inputs = np.zeros((dsp.get_numinputs(), frames)) if inputs is None else np.asarray(inputs, np.float64)
    if job["impulse"]:
        inputs[:, :1] = 1.0
    if inputs.shape != (dsp.get_numinputs(), frames):
        raise ValueError(f"the program has {dsp.get_numinputs()} inputs, given {inputs.shape}")
    chunks = range(0, frames, job["chunk"] or max(frames, 1))
    cuts = sorted({0, frames, *chunks, *(frame for frame, _, _ in events if 0 <= frame < frames)})
    for start, end in itertools.pairwise(cuts):
        for _, name, value in (event for event in events if event[0] == start):
            dsp.set_param(addresses[name][0], value)
        outputs[:, start:end] = _block(dsp, inputs[:, start:end], outputs.shape[0])
    return outputs


def _interface(job: dict[str, Any]) -> list[dict[str, Any]]:
    import json

    return _items(json.loads(_compile(job["faust"]).get_json())["ui"])


def _block(dsp: Any, inputs: Samples, channels: int) -> Samples:
    """With `-double` the official compiler reads and writes doubles through what it calls float32."""
    frames = inputs.shape[1]
    ins = np.ascontiguousarray(inputs).view(np.float32)
    outs = np.zeros((channels, 2 * frames), np.float32)
    dsp.compute(frames, ins, outs)
    return outs.view(np.float64)


def _widgets(items: list[dict[str, Any]]) -> list[tuple[str, tuple[str, float]]]:
    """`(label, (address, init))` of every control."""
    controls = [item for item in _items(items) if "bargraph" not in item["type"]]
    return [(item["label"], (item["address"], float(item.get("init", 0.0)))) for item in controls]


def _items(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every control and every bargraph, out of its groups."""
    found = []
    for item in items:
        if "items" in item:
            found += _items(item["items"])
        elif "address" in item:
            found.append(item)
    return found


_TASKS = {"rounds": _compile_times, "block": _run_time, "interface": _interface}


if __name__ == "__main__" and sys.argv[1:] == ["--serve"]:
    _serve()
