"""Plots of envelopes, patterns and routes."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest

import krach
import krach.dsp as krs
import krach.pattern as krp

mpl.use("Agg")


def test_an_envelope_falls_by_its_decibels() -> None:
    fading = krs.transpile(lambda: krs.square(1000) * krs.decay(10 ** (-3 / 48000)))
    (line,) = fading.envelope(0.5).lines
    seconds, level = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    assert len(seconds) == 50
    assert np.allclose(np.diff(level), -0.6, atol=0.05), "60 dB a second is 0.6 dB in 10 ms"
    assert level[0] == pytest.approx(-0.3, abs=0.1)


def test_a_piano_roll_has_a_row_for_each_note_and_a_bar_for_each_event() -> None:
    axes = krp.plot(krp.seq("C4", "E4", None, "C4") | krp.hit() * 2, 2)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["x", "C4", "E4"]
    starts = sorted(float(bar.get_x()) for bar in axes.patches)
    assert starts == [0, 0, 0.25, 0.5, 0.75, 1, 1, 1.25, 1.5, 1.75]


def test_the_graph_shows_nodes_routes_and_levels() -> None:
    kr = krach.LiveMixer("off")
    verb, echo = kr.node("verb", kr.fx.hall), kr.node("echo", kr.fx.echo)
    bass = kr.node("bass", kr.synths.acid)
    bass >> (echo, 0.25)
    echo >> (verb, 0.5)
    axes = kr.plot()
    place = {text.get_text(): text.get_position() for text in axes.texts if text.get_text()}
    assert place.keys() == {"bass", "echo", "verb", "master", "0.25", "0.5"}
    assert [place[name][0] for name in ("bass", "echo", "verb", "master")] == [0, 1, 2, 3]


def test_the_graph_of_no_nodes_is_the_master() -> None:
    assert [text.get_text() for text in krach.LiveMixer("off").plot().texts] == ["master"]


@pytest.fixture(autouse=True)
def _closed() -> object:
    import matplotlib.pyplot as plt

    yield
    plt.close("all")
