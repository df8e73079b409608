//! Builders: patterns from notes, numbers and other patterns.

use crate::value::OWN_PATH;
use crate::{
    Atom, ControlChange, Curve, Leaf, MidiNote, Node, Note, Origin, OscArgument, Param, Pattern, Pitch, Real,
    Refusal, Shape, Steps, Time,
};
use krach_diag::Place;
use std::sync::Arc;

/// What every note of a builder or a notation gets: velocity (0–1) and further parameters by name.
#[derive(Clone, Debug)]
pub struct Manner {
    pub velocity: Param,
    pub params: Arc<[(Arc<str>, Param)]>,
    /// The line of Python that holds a notation.
    pub line: Option<Arc<Place>>,
}

impl Default for Manner {
    fn default() -> Self {
        Self { velocity: Param::ONE, params: Arc::from([]), line: None }
    }
}

/// One event per cycle.
pub fn atom(atom: Atom, origin: Origin) -> Result<Pattern, Refusal> {
    Pattern::new(Node::Atom(Leaf { atom, origin }))
}

/// A gate that opens at the start of the cycle and closes half-way through it.
pub fn hit(gate: &str, manner: &Manner, origin: Origin) -> Result<Pattern, Refusal> {
    played(None, gate, manner, origin)
}

fn played(pitch: Option<Pitch>, gate: &str, manner: &Manner, origin: Origin) -> Result<Pattern, Refusal> {
    let Manner { velocity, params, .. } = manner.clone();
    atom(Atom::Note(Note { pitch, gate: gate.into(), velocity, params }), origin)
}

/// The pitches at once. Without pitches it is a hit.
pub fn note(pitches: &[Pitch], manner: &Manner, origin: &Origin) -> Result<Pattern, Refusal> {
    let each = |&pitch| played(Some(pitch), "gate", manner, origin.clone());
    match pitches {
        [] => hit("gate", manner, origin.clone()),
        [pitch] => each(pitch),
        _ => stack(&pitches.iter().map(each).collect::<Result<Vec<_>, _>>()?),
    }
}

/// The items one after the other, in one cycle. A single item is itself.
pub fn seq(items: &[Pattern]) -> Result<Pattern, Refusal> {
    let (first, rest) = items.split_first().ok_or(Refusal::NoPatterns("seq"))?;
    if rest.is_empty() {
        return Ok(first.clone());
    }
    let mut steps = Vec::new();
    for item in items {
        spliced(item, &mut steps);
    }
    weighted(steps)
}

/// The steps of a sequence, or the pattern as one step.
fn spliced(pattern: &Pattern, steps: &mut Vec<(Time, Pattern)>) {
    match pattern.node() {
        Node::Cat(cat) => {
            steps.extend(cat.children.iter().enumerate().map(|(at, child)| (cat.weight(at), child.clone())));
        }
        _ => steps.push((Time::ONE, pattern.clone())),
    }
}

/// Steps of one cycle, each as long as its weight beside the others.
pub fn weighted(steps: Vec<(Time, Pattern)>) -> Result<Pattern, Refusal> {
    let total = total(&steps)?;
    let (weights, children): (Vec<_>, Vec<_>) = steps.into_iter().unzip();
    let (mut weights, mut bounds) = (Some(weights), Vec::new());
    if weights.as_ref().is_some_and(|weights| weights.iter().all(|&weight| weight == Time::ONE)) {
        weights = None;
    }
    if let Some(weights) = &weights {
        let mut sum = Time::ZERO;
        bounds.push(sum);
        for weight in weights {
            sum = sum.plus(*weight)?;
            bounds.push(sum.over(total)?);
        }
    }
    let steps = Steps { children: children.into(), weights: weights.map(Into::into), bounds: bounds.into() };
    Pattern::new(Node::Cat(steps))
}

fn total(steps: &[(Time, Pattern)]) -> Result<Time, Refusal> {
    if steps.is_empty() {
        return Err(Refusal::NoPatterns("seq"));
    }
    steps.iter().try_fold(Time::ZERO, |sum, &(weight, _)| {
        if !weight.is_positive() {
            return Err(Refusal::Weight(weight));
        }
        Ok(sum.plus(weight)?)
    })
}

/// The steps one after the other, a weight of 1 lasting one cycle.
pub fn alternating(steps: Vec<(Time, Pattern)>) -> Result<Pattern, Refusal> {
    let cycles = total(&steps)?;
    weighted(steps)?.over(cycles)
}

/// Each pattern plays for one cycle.
pub fn cat(patterns: &[Pattern]) -> Result<Pattern, Refusal> {
    if patterns.is_empty() {
        return Err(Refusal::NoPatterns("cat"));
    }
    alternating(patterns.iter().map(|pattern| (Time::ONE, pattern.clone())).collect())
}

/// All patterns at once.
pub fn stack(patterns: &[Pattern]) -> Result<Pattern, Refusal> {
    let mut layers = Vec::new();
    for pattern in patterns {
        match pattern.node() {
            Node::Stack(children) => layers.extend(children.iter().cloned()),
            _ => layers.push(pattern.clone()),
        }
    }
    match layers.len() {
        0 => Err(Refusal::NoPatterns("stack")),
        1 => Ok(layers.remove(0)),
        _ => Pattern::new(Node::Stack(layers.into())),
    }
}

/// One of the patterns in each cycle, by chance.
pub fn choose(seed: u64, patterns: &[Pattern]) -> Result<Pattern, Refusal> {
    match patterns {
        [] => Err(Refusal::NoPatterns("choose")),
        [pattern] => Ok(pattern.clone()),
        _ => Pattern::new(Node::Choose { seed, children: patterns.into() }),
    }
}

/// One event that sets a control. `label` is the control's name on the node that plays.
pub fn control(label: &str, value: f64, origin: Origin) -> Result<Pattern, Refusal> {
    let value = Real::new(value).ok_or(Refusal::NotFinite("a control's value"))?;
    atom(Atom::Control { label: label.into(), value }, origin)
}

/// A curve from `lo` to `hi` over each cycle; with `steps`, that many held values instead.
pub fn curve(
    shape: Shape,
    lo: f64,
    hi: f64,
    steps: Option<i64>,
    origin: &Origin,
) -> Result<Pattern, Refusal> {
    let real = |number| Real::new(number).ok_or(Refusal::NotFinite("a curve's end"));
    let curve = Curve { shape, lo: real(lo)?, hi: real(hi)? };
    let Some(steps) = steps else { return atom(Atom::Curve(curve), origin.clone()) };
    let at = |step: i64| Time::new(step, steps).map(Time::approximately);
    held(steps, |step| control(OWN_PATH, curve.at(at(step)?), origin.clone()))
}

/// Values between `lo` and `hi`, drawn anew for each of the `steps` of each cycle.
pub fn rand(lo: f64, hi: f64, steps: i64, seed: u64, origin: &Origin) -> Result<Pattern, Refusal> {
    let real = |number| Real::new(number).ok_or(Refusal::NotFinite("an end of `rand`"));
    let (lo, hi) = (real(lo)?, real(hi)?);
    held(steps, |_| atom(Atom::Random { lo, hi, seed }, origin.clone()))
}

fn held(steps: i64, step: impl Fn(i64) -> Result<Pattern, Refusal>) -> Result<Pattern, Refusal> {
    if !(1..=65_536).contains(&steps) {
        return Err(Refusal::CurveSteps(steps));
    }
    weighted((0..steps).map(|at| Ok((Time::ONE, step(at)?))).collect::<Result<_, Refusal>>()?)
}

fn ranged(what: &'static str, value: i64, most: u8) -> Result<u8, Refusal> {
    match u8::try_from(value) {
        Ok(small) if small <= most => Ok(small),
        _ => Err(Refusal::MidiRange { what, value, most }),
    }
}

/// A note of a MIDI port: pitch and velocity 0–127, channel 0–15, duration in cycles.
pub fn midi_note(
    pitch: i64,
    velocity: i64,
    channel: i64,
    duration: f64,
    origin: Origin,
) -> Result<Pattern, Refusal> {
    let duration = Real::new(duration).filter(|duration| duration.get() > 0.0);
    let note = MidiNote {
        channel: ranged("a MIDI channel", channel, 15)?,
        pitch: ranged("a MIDI pitch", pitch, 127)?,
        velocity: ranged("a MIDI velocity", velocity, 127)?,
        duration: duration.ok_or(Refusal::NotFinite("a duration above 0"))?,
    };
    atom(Atom::Midi(note), origin)
}

/// A MIDI control change: controller and value 0–127, channel 0–15.
pub fn cc(controller: i64, value: i64, channel: i64, origin: Origin) -> Result<Pattern, Refusal> {
    let change = ControlChange {
        channel: ranged("a MIDI channel", channel, 15)?,
        controller: ranged("a MIDI controller", controller, 127)?,
        value: ranged("a MIDI value", value, 127)?,
    };
    atom(Atom::ControlChange(change), origin)
}

/// An OSC message.
pub fn osc(address: &str, arguments: Vec<OscArgument>, origin: Origin) -> Result<Pattern, Refusal> {
    atom(Atom::Osc { address: address.into(), arguments: arguments.into() }, origin)
}

/// The pattern's whole cycle as one event, values untouched.
pub fn freeze(pattern: &Pattern) -> Result<Pattern, Refusal> {
    match pattern.node() {
        Node::Freeze(_) | Node::Atom(_) => Ok(pattern.clone()),
        _ => Pattern::new(Node::Freeze(pattern.clone())),
    }
}
