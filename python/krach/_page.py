"""A DspDef in a notebook: its controls, how it looks and how it sounds, in one piece of HTML."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from krach import _krach

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from krach._definition import DspDef

_RATE = 44100
_SECONDS = 1.5
_WIDTH, _HEIGHT = 600, 80


def page(definition: DspDef, title: str = "", values: Mapping[str, float] | None = None) -> str:
    """HTML without any outer resource: table, waveform, player. `values` are those of a node's controls."""
    set_values = values or {}
    sound = preview(definition, set_values)
    controls = "".join(
        f"<tr><td>{escape(c.name)}</td><td>{set_values.get(c.name, c.init):g}</td>"
        f"<td>{c.lo:g} … {c.hi:g} {escape(c.unit)}</td></tr>"
        for c in definition.controls
    )
    second = "start" if values is None else "value"
    head = f"<tr><th>control</th><th>{second}</th><th>range</th></tr>"
    table = f"<table>{head}{controls}</table>" if controls else ""
    player = base64.b64encode(_krach.wav_bytes(sound, _RATE)).decode()
    return (
        f"<div><strong>{escape(title or definition.name)}</strong> "
        f"<small>{definition.num_inputs} in, {definition.num_outputs} out</small>{table}"
        f"{_waveform(sound)}<br>"
        f'<audio controls src="data:audio/wav;base64,{player}"></audio></div>'
    )


def preview(definition: DspDef, values: Mapping[str, float] | None = None) -> NDArray[np.float32]:
    """A short listen of at most two channels, never above full scale: gates open for the first half, inputs
    hear fading bursts of noise.
    """
    import numpy as np

    frames = round(_SECONDS * _RATE)
    gates = [c.name for c in definition.controls if c.is_gate]
    events = [(frame, name, value) for name in gates for frame, value in ((1, 1.0), (frames // 2, 0.0))]
    bursts = np.random.default_rng(0).uniform(-0.5, 0.5, frames) * np.exp(
        -8 * (np.arange(frames) / _RATE % 0.5)
    )
    inputs = np.tile(bursts.astype(np.float32), (definition.num_inputs, 1)) if definition.num_inputs else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values outside their range, the mixer has warned
        heard = definition.render(_SECONDS, _RATE, inputs, events, values)
    sound = np.nan_to_num(heard[:2], posinf=0, neginf=0)
    peak = float(np.abs(sound).max(initial=0))
    return np.ascontiguousarray(sound / peak if peak > 1 else sound, np.float32)


def _waveform(sound: NDArray[np.float32]) -> str:
    """One bar per column, from the lowest to the highest sample in it."""
    import numpy as np

    middle = _HEIGHT / 2
    columns = np.array_split(sound.mean(axis=0), _WIDTH)
    bars = "".join(
        f"M{x} {middle - middle * float(part.max()):.1f}V{middle - middle * float(part.min()) + 0.5:.1f}"
        for x, part in enumerate(columns)
    )
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}">'
        f'<path d="{bars}" stroke="currentColor" fill="none"/></svg>'
    )
