"""`kr.knobs("bass")`: a node in a notebook: sliders for its controls, play and stop, mute, meter, scope.

Needs the optional package anywidget, which shows it in JupyterLab, in Jupyter Notebook and in VS Code.
"""

# traitlets has no types of its own
# pyright: reportUntypedBaseClass=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingTypeStubs=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from krach._errors import error

if TYPE_CHECKING:
    from krach._krach import Control, Pattern
    from krach.repl import LiveMixer

_FRAMES, _STEP = 1024, 4
"""Frames of the scope, and of how many each is one that is drawn: 21 ms at 48 kHz."""
_LEVELS = (("gain", 0.0, 1.0, False, ""), ("pan", -1.0, 1.0, False, ""))
"""The knobs that every node has: name, ends, whether logarithmic, unit."""

PAGE = """
function render({ model, el }) {
  const row = (name) => {
    const line = el.appendChild(document.createElement("label"));
    line.style.cssText = "display:grid;grid-template-columns:8em 16em 8em;gap:1em;align-items:center";
    line.appendChild(document.createElement("span")).textContent = name;
    return line;
  };
  const title = el.appendChild(document.createElement("strong"));
  title.textContent = model.get("title");
  const play = row("pattern").appendChild(document.createElement("button"));
  const state = () => {
    play.textContent = model.get("playing") ? "stop" : "play";
    play.disabled = !model.get("playable");
  };
  play.onclick = () => { model.set("playing", !model.get("playing")); model.save_changes(); state(); };
  model.on("change:playing", state);
  model.on("change:playable", state);
  state();
  const mute = row("mute").appendChild(document.createElement("input"));
  mute.type = "checkbox";
  mute.checked = model.get("muted");
  mute.onchange = () => { model.set("muted", mute.checked); model.save_changes(); };
  model.on("change:muted", () => { mute.checked = model.get("muted"); });
  for (const [name, lo, hi, log, unit] of model.get("controls")) {
    const place = (value) => log ? Math.log(value / lo) / Math.log(hi / lo) : (value - lo) / (hi - lo);
    const value = (place) => log ? lo * Math.pow(hi / lo, place) : lo + place * (hi - lo);
    const line = row(name);
    const slider = line.appendChild(document.createElement("input"));
    Object.assign(slider, { type: "range", min: 0, max: 1, step: 0.001 });
    slider.setAttribute("aria-label", name);
    const text = line.appendChild(document.createElement("output"));
    const show = () => {
      const now = model.get("values")[name];
      slider.value = place(now);
      text.textContent = now.toPrecision(4) + " " + unit;
    };
    slider.oninput = () => {
      model.set("values", { ...model.get("values"), [name]: value(slider.valueAsNumber) });
      model.save_changes();
      show();
    };
    model.on("change:values", show);
    show();
  }
  const meter = row("peak").appendChild(document.createElement("meter"));
  Object.assign(meter, { min: 0, max: 1, high: 0.9 });
  model.on("change:peak", () => { meter.value = model.get("peak"); });
  const scope = row("master").appendChild(document.createElement("canvas"));
  Object.assign(scope, { width: 256, height: 64 });
  scope.setAttribute("aria-label", "scope of the master");
  const draw = () => {
    const pen = scope.getContext("2d"), samples = model.get("scope");
    pen.clearRect(0, 0, 256, 64);
    pen.strokeStyle = getComputedStyle(el).color;
    pen.beginPath();
    samples.forEach((sample, at) => pen.lineTo(at * 256 / samples.length, 32 * (1 - sample)));
    pen.stroke();
  };
  model.on("change:scope", draw);
  const ask = setInterval(() => model.send("look"), 100);
  return () => clearInterval(ask);
}
export default { render };
"""


def knobs(kr: LiveMixer, name: str) -> Any:
    """The widget of a node."""
    try:
        import anywidget
        import traitlets
    except ImportError as missing:
        raise ImportError("knobs need anywidget: pip install anywidget", name="anywidget") from missing
    node = kr.get_node(name)
    if node is None:
        raise error("KR0901", f"there is no node `{name}`", help=["kr.nodes lists them"])

    class Knobs(anywidget.AnyWidget):
        _esm = PAGE
        title = traitlets.Unicode().tag(sync=True)
        controls = traitlets.List().tag(sync=True)
        values = traitlets.Dict().tag(sync=True)
        muted = traitlets.Bool().tag(sync=True)
        peak = traitlets.Float().tag(sync=True)
        scope = traitlets.List().tag(sync=True)
        playing = traitlets.Bool().tag(sync=True)
        playable = traitlets.Bool().tag(sync=True)

    rows = [*_LEVELS, *(_row(control) for control in kr.nodes[name].controls if not control.is_gate)]
    values = {row[0]: kr.value(f"{name}/{row[0]}") for row in rows}
    made = Knobs(title=name, controls=[list(row) for row in rows], values=values, muted=kr.is_muted(name))

    kept: list[Pattern] = []

    def turned(change: Any) -> None:
        for control, value in change["new"].items():
            if change["old"].get(control) != value:
                kr.set(f"{name}/{control}", value)

    def muted(change: Any) -> None:
        (kr.mute if change["new"] else kr.unmute)(name)

    def played(change: Any) -> None:
        slot = kr.slots.get(name)
        if change["new"] and slot is None and kept:
            kr.play(name, kept[0])
        elif not change["new"] and slot is not None:
            kept[:] = [slot.pattern]
            kr.hush(name)

    def answer(*_: object) -> None:
        made.peak = kr.stats().get(f"peak/{name}", 0.0)
        session = kr._session  # pyright: ignore[reportPrivateUsage]
        left, _right = session.scope(_FRAMES) or [[], []]
        made.scope = left[::_STEP]
        made.playing = name in kr.slots
        made.playable = made.playing or bool(kept)

    answer()
    made.observe(played, "playing")
    made.observe(turned, "values")
    made.observe(muted, "muted")
    made.on_msg(answer)
    return made


def _row(control: Control) -> tuple[str, float, float, bool, str]:
    return (
        control.name,
        control.lo,
        control.hi,
        ("scale", "log") in control.metadata and control.lo > 0,
        control.unit,
    )


__all__ = ["knobs"]
