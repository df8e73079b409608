"""Sessions written for the original: each row of the reference of `kr`, its handles and its patterns runs.

A row has the parameters of the reference by name, and one example, which runs on a session of three nodes.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

import krach
import krach.dsp as krs
import krach.pattern as krp
from krach.repl import LiveMixer

Example = Callable[[LiveMixer], object]


def tone() -> krs.Signal:
    freq, cutoff = krs.control("freq", 110, 20, 2000), krs.control("cutoff", 800, 80, 8000)
    return krs.lowpass(krs.saw(freq), cutoff) * krs.control("gate", 0, 0, 1)


def through(inp: krs.Signal) -> krs.Signal:
    return inp * krs.control("amount", 0.5, 0, 1)


@pytest.fixture
def kr() -> LiveMixer:
    mixer = LiveMixer("off")
    mixer.node("bass", tone)
    mixer.node("verb", through)
    mixer.node("drums/kick", tone)
    return mixer


METHODS: dict[str, tuple[str, Example]] = {
    "node": ("name, source, gain=0.5, count=1, **init", lambda kr: kr.node("a", tone, 0.3, 4, cutoff=900)),
    "voice": ("name, source, gain=0.5, count=1, **init", lambda kr: kr.voice("a", tone, gain=0.3)),
    "bus": ("name, source, gain=0.5", lambda kr: kr.bus("a", through, gain=0.3)),
    "remove": ("name", lambda kr: kr.remove("drums")),
    "input": ('name="mic", channel=0, gain=0.5', lambda kr: kr.input(channel=1)),
    "dsp": ("fn", lambda kr: kr.node("a", kr.dsp(tone))),
    "connect": ("source, target, level=1.0, port=None", lambda kr: kr.connect("bass", "verb", port="in0")),
    "unsend": ("source, target", lambda kr: kr.unsend("bass", "verb")),
    "play": ("target, pattern, from_zero=False, swing=None", lambda kr: kr.play("bass", kr.hit(), swing=0.6)),
    "hush": ("name", lambda kr: kr.hush("bass")),
    "stop": ("", lambda kr: kr.stop()),
    "set": ("path, value", lambda kr: kr.set("bass/cutoff", 1200)),
    "gain": ("name, value", lambda kr: kr.gain("bass", 0.3)),
    "mute": ("name", lambda kr: kr.mute("drums")),
    "unmute": ("name", lambda kr: kr.unmute("drums")),
    "solo": ("name", lambda kr: kr.solo("drums")),
    "unsolo": ("", lambda kr: kr.unsolo()),
    "fade": ("path, target, bars=4", lambda kr: kr.fade("bass/cutoff", 200, bars=8)),
    "mod": (
        "path, shape_or_pattern, lo=0.0, hi=1.0, bars=1",
        lambda kr: kr.mod("bass/cutoff", "tri", 200, 2000, bars=2),
    ),
    "midi_map": (
        "cc, path, lo=0.0, hi=1.0, channel=0",
        lambda kr: kr.midi_map(74, "bass/cutoff", lo=200, hi=4000),
    ),
    "save": ("name", lambda kr: kr.save("verse")),
    "recall": ("name", lambda kr: [kr.save("verse"), kr.recall("verse")]),
    "pull": ("", lambda kr: kr.pull()),
    "get_node": ("name", lambda kr: kr.get_node("bass").gain),
    "get_ctrl": ("node, param", lambda kr: kr.get_ctrl("bass", "cutoff")),
    "is_muted": ("name", lambda kr: kr.is_muted("bass")),
    "batch": ("", lambda kr: kr.batch().__enter__()),
    "transition": ("bars=4", lambda kr: kr.transition(bars=8).__enter__()),
    "note": ("*pitches, vel=1.0, **params", lambda kr: kr.note("C4", "E4", vel=0.7, cutoff=900)),
    "hit": ('param="gate", **kwargs', lambda kr: kr.hit("snare", level=0.5)),
    "seq": ("*notes, vel=1.0, **params", lambda kr: kr.seq("A2", None, 60, vel=0.7)),
    "rest": ("", lambda kr: kr.rest()),
    "cat": ("*patterns", lambda kr: kr.cat(kr.hit(), kr.rest())),
    "stack": ("*patterns", lambda kr: kr.stack(kr.hit(), kr.rest())),
    "struct": ("rhythm, melody", lambda kr: kr.struct(kr.hit() * 3, kr.seq("A2", "C3"))),
    "p": ("text", lambda kr: kr.p("x . x . . x")),
    "sine": ("lo, hi", lambda kr: kr.sine(lo=0, hi=1)),
    "saw": ("lo, hi", lambda kr: kr.saw(lo=0, hi=1)),
    "rand": ("lo, hi", lambda kr: kr.rand(lo=0, hi=1)),
    "ramp": ("start, end", lambda kr: kr.ramp(start=0, end=1)),
    "mod_sine": ("lo, hi", lambda kr: kr.mod_sine(0, 1)),
    "mod_tri": ("lo, hi", lambda kr: kr.mod_tri(0, 1)),
    "mod_ramp": ("lo, hi", lambda kr: kr.mod_ramp(0, 1)),
    "mod_ramp_down": ("lo, hi", lambda kr: kr.mod_ramp_down(0, 1)),
    "mod_square": ("lo, hi", lambda kr: kr.mod_square(0, 1)),
    "mod_exp": ("lo, hi", lambda kr: kr.mod_exp(0, 1)),
}


def same_parameters(function: Callable[..., Any], reference: str, bound: bool) -> None:
    """All parameters of the reference, in order; further ones of ours can be left out."""
    wanted = list(inspect.signature(eval(f"lambda {reference}: 0")).parameters.values())
    ours = list(inspect.signature(function).parameters.values())[0 if bound else 1 :]
    named = {parameter.name: parameter for parameter in ours}
    for theirs in wanted:
        mine = named[theirs.name]
        assert (mine.kind, mine.default) == (theirs.kind, theirs.default), theirs.name
    kept = [mine.name for mine in ours if mine.name in {theirs.name for theirs in wanted}]
    assert kept == [theirs.name for theirs in wanted]
    for further in ours:
        if further.name not in kept and further.kind is not further.VAR_KEYWORD:
            assert further.default is not further.empty, f"{further} is ours: sessions leave it out"


@pytest.mark.parametrize("name", METHODS)
def test_methods_of_kr_have_the_parameters_of_the_reference(kr: LiveMixer, name: str) -> None:
    same_parameters(getattr(kr, name), METHODS[name][0], bound=True)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_of_kr_runs(kr: LiveMixer, name: str) -> None:
    METHODS[name][1](kr)


PROPERTIES: dict[str, Callable[[Any], bool]] = {
    "tempo": lambda found: found == 120,
    "meter": lambda found: found == 4,
    "master": lambda found: found == 0.7,
    "nodes": lambda found: list(found) == ["bass", "drums/kick", "verb"],
    "sources": lambda found: list(found) == ["bass", "drums/kick"],
    "effects": lambda found: list(found) == ["verb"],
    "routing": lambda found: found == [("bass", "verb", "send", 0.4)],
    "slots": lambda found: found["bass"].playing and found["bass"].pattern == krp.hit(),
    "node_data": lambda found: found["verb"].num_inputs == 1,
    "node_controls": lambda found: found["faust:verb"] == ("amount",),
    "ctrl_values": lambda found: found["verb/amount"] == 0.5,
    "scenes": lambda found: found == ["verse"],
}


@pytest.mark.parametrize("name", PROPERTIES)
def test_every_property_of_kr_tells_the_state(kr: LiveMixer, name: str) -> None:
    kr["bass"] >> (kr["verb"], 0.4)
    kr["bass"] @ kr.hit()
    kr.save("verse")
    assert PROPERTIES[name](getattr(kr, name))


HANDLE: dict[str, tuple[str, Callable[[LiveMixer, Any], object]]] = {
    "play": ("", lambda kr, bass: [bass.play(kr.hit()), bass.play("cutoff", kr.sine(100, 900))]),
    "pattern": ("", lambda kr, bass: bass.pattern()),
    "set": ("param, value", lambda kr, bass: bass.set("cutoff", 1200)),
    "fade": ("param, target, bars=4", lambda kr, bass: bass.fade("cutoff", 200, bars=2)),
    "gain": ("", lambda kr, bass: bass.gain(0.3)),
    "mute": ("", lambda kr, bass: bass.mute()),
    "unmute": ("", lambda kr, bass: bass.unmute()),
    "hush": ("", lambda kr, bass: bass.hush()),
    "solo": ("", lambda kr, bass: bass.solo()),
    "remove": ("", lambda kr, bass: bass.remove()),
    "send": ("target, level=0.5", lambda kr, bass: bass.send("verb", 0.3)),
    "pan": ("", lambda kr, bass: bass.pan(-0.5)),
    "out": ("", lambda kr, bass: bass.out("verb")),
}


@pytest.mark.parametrize("name", HANDLE)
def test_every_method_of_a_handle_runs(kr: LiveMixer, name: str) -> None:
    reference, example = HANDLE[name]
    if name != "play":  # of one argument or of two
        same_parameters(getattr(kr["bass"], name), reference, bound=True)
    example(kr, kr["bass"])


def test_a_mixer_takes_the_arguments_of_the_original(tmp_path: Any) -> None:
    for mixer in (
        krach.Mixer(object(), tmp_path, {"faust:bass": ("cutoff",)}),
        krach.Mixer(session=object(), dsp_dir=tmp_path, node_controls=None),
    ):
        assert mixer.master == 0.7
        mixer.close()
    with pytest.raises(krach.Error, match="KR0909"):
        krach.Mixer(device=object())  # pyright: ignore[reportArgumentType]


def test_operators_of_handles_and_indexing(kr: LiveMixer) -> None:
    bass, verb = kr["bass"], kr["verb"]
    assert (bass >> verb) == verb
    assert kr.routing == [("bass", "verb", "send", 1.0)]
    assert (bass >> (verb, 0.4)) == verb
    assert kr.routing == [("bass", "verb", "send", 0.4)]
    assert (bass @ kr.seq("A1", "C2")) == bass
    bass @ ("cutoff", kr.sine(200, 2000))
    assert set(kr.slots) == {"bass", "bass/cutoff"}
    bass @ None
    assert kr.slots == {}
    bass["cutoff"] = 1200
    assert bass["cutoff"] == kr["bass/cutoff"] == 1200
    kr["bass/cutoff"] = 300
    kr["bass"] = 0.2
    assert (bass["cutoff"], bass["gain"], bass.name) == (300, 0.2, "bass")


def test_modules_and_files(kr: LiveMixer, tmp_path: Any) -> None:
    @kr.module
    def synth(m: Any, freq: float = 440) -> None:
        m.node("osc", tone, gain=0.5, freq=freq)
        m.inputs("osc")
        m.outputs("osc")

    handle = kr.instantiate(synth(freq=220), "left")
    assert (handle.prefix, handle.inputs, handle.outputs) == ("left", ("left/osc",), ("left/osc",))
    assert handle.input == handle.output == handle.nodes["osc"]
    handle >> kr["verb"]
    handle @ kr.hit()
    handle["osc/freq"] = 330
    assert handle["osc/freq"] == 330
    kr.save("verse")
    assert kr.scene("verse") == kr.capture()
    kr.load(kr.capture())
    kr.export(tmp_path / "jam.py")
    kr.exec_file(tmp_path / "jam.py")
    assert kr.trace().build().nodes == ()


def test_a_notebook_shows_nodes_and_routes(kr: LiveMixer) -> None:
    kr["bass"] >> (kr["verb"], 0.4)
    kr["verb"].out((3, 4))
    kr.mute("drums")
    page = kr._repr_html_()
    assert "<td>drums/kick</td>" in page
    drawing = ElementTree.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    titles = [title.text for title in drawing.iter("title")]
    wires = ["bass → verb at 0.4", "bass → master at 1", "verb → out 3, 4 at 1", "drums/kick → master at 1"]
    boxes = ["bass", "verb", "drums/kick (muted)", "master", "out 3, 4"]
    assert sorted(titles) == sorted(wires + boxes)
    places = {box[1].get("x") for box in drawing.iter("g") if box[0].text in ("bass", "drums/kick (muted)")}
    assert len(places) == 1, "sources stand in one column"
    assert "<svg" in LiveMixer("off")._repr_html_()


def test_a_notebook_shows_a_node_with_its_values(kr: LiveMixer) -> None:
    kr["bass"]["cutoff"] = 1234
    page = kr["bass"]._repr_html_()
    assert "<td>cutoff</td><td>1234</td><td>80 … 8000" in page
    assert "<svg" in page
    mic = kr.input("mic<")
    assert mic is None or "mic&lt;" in mic._repr_html_()


def test_contexts(kr: LiveMixer) -> None:
    with kr.batch():
        kr.node("a", tone)
        kr.node("b", tone)
    assert len(kr.nodes) == 5
    with kr.transition(bars=4):
        kr.gain("a", 0.1)
        kr["bass/cutoff"] = 300
    assert set(kr.automations) == {"a/gain", "bass/cutoff"}


PATTERN: dict[str, tuple[str, Callable[[krp.Pattern], krp.Pattern]]] = {
    "over": ("cycles", lambda p: p.over(2)),
    "fast": ("factor", lambda p: p.fast(2)),
    "shift": ("offset", lambda p: p.shift(0.25)),
    "reverse": ("", lambda p: p.reverse()),
    "swing": ("amount=0.67, grid=8", lambda p: p.swing(0.6)),
    "every": ("n, fn", lambda p: p.every(4, lambda p: p.fast(2))),
    "spread": ("pulses, steps, rotation=0", lambda p: p.spread(3, 8, 1)),
    "thin": ("prob, seed=0", lambda p: p.thin(0.3)),
    "mask": ("mask_str", lambda p: p.mask("x 0 x .")),
    "sometimes": ("prob, fn, seed=0", lambda p: p.sometimes(0.3, lambda p: p.reverse())),
}


@pytest.mark.parametrize("name", PATTERN)
def test_every_method_of_a_pattern_runs_and_plays(kr: LiveMixer, name: str) -> None:
    reference, example = PATTERN[name]
    same_parameters(getattr(krp.Pattern, name), reference, bound=False)
    kr["bass"] @ example(kr.seq("A1", None, "C2", "E2"))
    assert kr.render(seconds=1).any()


ATOMS: dict[str, tuple[str, Callable[[], krp.Pattern]]] = {
    "midi_note": ("pitch, channel=0, duration=1.0", lambda: krp.midi_note(60, vel=90)),
    "cc": ("controller, value, channel=0", lambda: krp.cc(74, 100)),
    "osc": ("address, *args", lambda: krp.osc("/cue", 1, 0.5, "go")),
    "ctrl": ("label, value", lambda: krp.ctrl("cutoff", 500)),
    "freeze": ("pat", lambda: krp.freeze(krp.hit() + krp.hit())),
}


@pytest.mark.parametrize("name", ATOMS)
def test_every_atom_is_a_pattern(kr: LiveMixer, name: str) -> None:
    same_parameters(getattr(krp, name), ATOMS[name][0], bound=True)
    kr["bass"] @ ATOMS[name][1]()
    kr.render(seconds=0.1)


PATHS = {
    "krach": ["Mixer", "ModuleHandle", "NodeHandle", "SubModuleRef", "module_decorator", "__version__"],
    "krach.mixer": ["Mixer", "NodeHandle"],
    "krach.repl": ["LiveMixer", "connect", "connect_remote"],
    "krach.module_proxy": ["ModuleProxy", "SubModuleRef", "module_decorator"],
    "krach.ir.module": ["ModuleIr", "NodeDef", "RouteDef", "PatternDef", "ControlDef", "MutedDef"],
    "krach.node_types": ["Node", "dsp", "DspDef"],
    "krach.pattern.pattern": ["Pattern", "ctrl", "freeze"],
    "krach.pattern.serialize": ["dict_to_pattern_node", "pattern_node_to_dict"],
    "krach.pattern.builders": ["note", "hit", "seq", "rest", "cat", "stack", "struct"],
    "krach.pattern.mininotation": ["p"],
    "krach.pattern.pitch": ["mtof", "ftom", "parse_note"],
}


@pytest.mark.parametrize("path", PATHS)
def test_the_paths_of_the_original_lead_to_the_same_things(path: str) -> None:
    module = importlib.import_module(path)
    for name in PATHS[path]:
        found = getattr(module, name)
        assert name == "dsp" or getattr(krach, name, getattr(krp, name, found)) is found
