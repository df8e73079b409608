//! Builders: the functions behind `krach.pattern`. `at` is the user's line.

use super::argument::{
    PlaceTuple, at_user, count, number, origin, params, pattern, pitch, place, text, wrong_type,
};
use super::{Pattern, argument};
use crate::error;
use krach_diag::Source;
use krach_pattern::{Manner, OWN_PATH, OscArgument, Param, Pitch, Real, Refusal, Shape, build, notation};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyString};
use std::sync::Arc;

/// The user's line.
type At = Option<PlaceTuple>;

fn manner(
    py: Python<'_>,
    vel: &Bound<'_, PyAny>,
    given: &Bound<'_, PyDict>,
    at: Option<&PlaceTuple>,
) -> PyResult<Manner> {
    Ok(Manner {
        velocity: argument::param(py, "vel", vel)?,
        params: params(py, given)?.into(),
        line: at.cloned().map(|at| Arc::new(place(at))),
    })
}

#[pyfunction]
pub fn pattern_note(
    py: Python<'_>,
    pitches: Vec<Bound<'_, PyAny>>,
    vel: &Bound<'_, PyAny>,
    given: &Bound<'_, PyDict>,
    at: At,
) -> PyResult<Pattern> {
    let manner = manner(py, vel, given, at.as_ref())?;
    let pitches = pitches.iter().map(|value| pitch(py, value)).collect::<PyResult<Vec<_>>>()?;
    Pattern::made(py, build::note(&pitches, &manner, &origin(at)))
}

#[pyfunction]
pub fn pattern_hit(
    py: Python<'_>,
    param: &Bound<'_, PyAny>,
    given: &Bound<'_, PyDict>,
    at: At,
) -> PyResult<Pattern> {
    let gate = text(py, "the gate of a hit is the name of a control", param, "")?;
    let mut manner = Manner { params: params(py, given)?.into(), ..Manner::default() };
    // A hit's velocity is a parameter like any other, but the player must know it.
    if let Some(vel) = given.get_item("vel")? {
        manner.velocity = argument::param(py, "vel", &vel)?;
        manner.params = manner.params.iter().filter(|(name, _)| &**name != "vel").cloned().collect();
    }
    Pattern::made(py, build::hit(&gate, &manner, origin(at)))
}

/// Pitches, patterns, and rests where an item is `None`.
#[pyfunction]
pub fn pattern_seq(
    py: Python<'_>,
    items: Vec<Bound<'_, PyAny>>,
    vel: &Bound<'_, PyAny>,
    given: &Bound<'_, PyDict>,
    at: At,
) -> PyResult<Pattern> {
    if items.is_empty() {
        return Err(at_user(py, Refusal::NoNotes.diagnostic()));
    }
    let (manner, origin) = (manner(py, vel, given, at.as_ref())?, origin(at));
    let step = |item: &Bound<'_, PyAny>| -> PyResult<krach_pattern::Pattern> {
        if item.is_none() {
            return Ok(krach_pattern::Pattern::silence());
        }
        if let Ok(pattern) = item.cast::<Pattern>() {
            return Ok(pattern.get().0.clone());
        }
        Ok(Pattern::made(py, build::note(&[pitch(py, item)?], &manner, &origin))?.0)
    };
    let steps = items.iter().map(step).collect::<PyResult<Vec<_>>>()?;
    Pattern::made(py, build::seq(&steps))
}

#[pyfunction]
pub fn pattern_rest() -> Pattern {
    Pattern(krach_pattern::Pattern::silence())
}

fn patterns(
    py: Python<'_>,
    builder: &str,
    given: &[Bound<'_, PyAny>],
) -> PyResult<Vec<krach_pattern::Pattern>> {
    given.iter().map(|value| pattern(py, &format!("`{builder}` takes patterns"), value)).collect()
}

#[pyfunction]
pub fn pattern_cat(py: Python<'_>, given: Vec<Bound<'_, PyAny>>) -> PyResult<Pattern> {
    Pattern::made(py, build::cat(&patterns(py, "cat", &given)?))
}

#[pyfunction]
pub fn pattern_stack(py: Python<'_>, given: Vec<Bound<'_, PyAny>>) -> PyResult<Pattern> {
    Pattern::made(py, build::stack(&patterns(py, "stack", &given)?))
}

#[pyfunction]
pub fn pattern_struct(
    py: Python<'_>,
    rhythm: &Bound<'_, PyAny>,
    melody: &Bound<'_, PyAny>,
) -> PyResult<Pattern> {
    let rhythm = pattern(py, "`struct` takes a rhythm", rhythm)?;
    let melody = pattern(py, "`struct` takes a melody", melody)?;
    Pattern::made(py, melody.structured(&rhythm))
}

#[pyfunction]
pub fn pattern_freeze(py: Python<'_>, child: &Bound<'_, PyAny>) -> PyResult<Pattern> {
    Pattern::made(py, build::freeze(&pattern(py, "`freeze` takes a pattern", child)?))
}

/// Reads a notation, "krach" or "tidal". `name` stands for the text in messages.
#[pyfunction]
pub fn pattern_read(
    py: Python<'_>,
    dialect: &str,
    name: &str,
    text: &str,
    vel: &Bound<'_, PyAny>,
    given: &Bound<'_, PyDict>,
    at: At,
) -> PyResult<Pattern> {
    let manner = manner(py, vel, given, at.as_ref())?;
    let source = Source::new(name, text);
    let read = if dialect == "tidal" { notation::tidal } else { notation::krach };
    let (pattern, reports) = read(&source, &manner);
    if reports.is_empty() { Ok(Pattern(pattern)) } else { Err(error::raise_all(py, &reports)) }
}

/// A curve by the name of its shape; with `steps`, that many held values.
#[pyfunction]
pub fn pattern_curve(
    py: Python<'_>,
    shape: &str,
    lo: &Bound<'_, PyAny>,
    hi: &Bound<'_, PyAny>,
    steps: Option<Bound<'_, PyAny>>,
    at: At,
) -> PyResult<Pattern> {
    let shape = Shape::ALL.into_iter().find(|known| known.name() == shape).expect("a shape of krach.pattern");
    let (lo, hi) = (number(py, "a curve's end", lo)?, number(py, "a curve's end", hi)?);
    let steps = steps.map(|steps| count(py, "`steps`", &steps)).transpose()?;
    Pattern::made(py, build::curve(shape, lo, hi, steps, &origin(at)))
}

#[pyfunction]
pub fn pattern_rand(
    py: Python<'_>,
    lo: &Bound<'_, PyAny>,
    hi: &Bound<'_, PyAny>,
    steps: &Bound<'_, PyAny>,
    seed: &Bound<'_, PyAny>,
    at: At,
) -> PyResult<Pattern> {
    let (lo, hi) = (number(py, "`lo`", lo)?, number(py, "`hi`", hi)?);
    let (steps, seed) = (count(py, "`steps`", steps)?, argument::seed(py, Some(seed))?);
    Pattern::made(py, build::rand(lo, hi, steps, seed, &origin(at)))
}

#[pyfunction]
pub fn pattern_ctrl(
    py: Python<'_>,
    label: &Bound<'_, PyAny>,
    value: &Bound<'_, PyAny>,
    at: At,
) -> PyResult<Pattern> {
    let label = text(py, "the label of `ctrl` is the name of a control", label, "")?;
    let label = if label.is_empty() { OWN_PATH } else { &label };
    Pattern::made(py, build::control(label, number(py, "a control's value", value)?, origin(at)))
}

#[pyfunction]
pub fn pattern_midi_note(
    py: Python<'_>,
    key: &Bound<'_, PyAny>,
    velocity: &Bound<'_, PyAny>,
    channel: &Bound<'_, PyAny>,
    duration: &Bound<'_, PyAny>,
    at: At,
) -> PyResult<Pattern> {
    let key = match pitch(py, key)? {
        Pitch::Midi(number) => i64::from(number),
        Pitch::Hz(_) => return Err(wrong_type(py, "a MIDI pitch is a name or a whole number", key, "")),
    };
    let (velocity, channel) = (count(py, "`vel`", velocity)?, count(py, "`channel`", channel)?);
    let duration = number(py, "`duration`", duration)?;
    Pattern::made(py, build::midi_note(key, velocity, channel, duration, origin(at)))
}

#[pyfunction]
pub fn pattern_cc(
    py: Python<'_>,
    controller: &Bound<'_, PyAny>,
    value: &Bound<'_, PyAny>,
    channel: &Bound<'_, PyAny>,
    at: At,
) -> PyResult<Pattern> {
    let (controller, value) = (count(py, "`controller`", controller)?, count(py, "`value`", value)?);
    Pattern::made(py, build::cc(controller, value, count(py, "`channel`", channel)?, origin(at)))
}

#[pyfunction]
pub fn pattern_osc(
    py: Python<'_>,
    address: &Bound<'_, PyAny>,
    arguments: Vec<Bound<'_, PyAny>>,
    at: At,
) -> PyResult<Pattern> {
    let address = text(py, "an OSC address is a text", address, "write `osc(\"/light\", 0.5)`")?;
    let arguments =
        arguments.iter().map(|value| osc_argument(py, value)).collect::<PyResult<Vec<OscArgument>>>()?;
    Pattern::made(py, build::osc(&address, arguments, origin(at)))
}

fn osc_argument(py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<OscArgument> {
    if value.is_instance_of::<PyString>() {
        return Ok(OscArgument::Text(value.extract::<String>()?.into()));
    }
    if value.is_instance_of::<PyInt>() {
        return Ok(OscArgument::Int(count(py, "an OSC argument", value)?));
    }
    match argument::param(py, "an OSC argument", value)? {
        Param::Number(number) => Ok(OscArgument::Float(number)),
        Param::Pattern(_) => Err(wrong_type(py, "an OSC argument is a number or a text", value, "")),
    }
}

/// The MIDI number of a note name.
#[pyfunction]
pub fn parse_note(py: Python<'_>, name: &Bound<'_, PyAny>) -> PyResult<u8> {
    match Pitch::name(&text(py, "a note name is a text", name, "write \"C4\"")?) {
        Ok(Pitch::Midi(number)) => Ok(number),
        Ok(Pitch::Hz(_)) => unreachable!("a name is a MIDI number"),
        Err(refusal) => Err(at_user(py, refusal.diagnostic())),
    }
}

/// The frequency of a MIDI number, where A4 (69) has `a4` hertz.
#[pyfunction]
pub fn midi_frequency(py: Python<'_>, number: &Bound<'_, PyAny>, a4: f64) -> PyResult<f64> {
    let pitch = Pitch::midi(count(py, "a MIDI note", number)?);
    pitch.map(|pitch| pitch.frequency(a4)).map_err(|refusal| at_user(py, refusal.diagnostic()))
}

/// The MIDI number nearest to a frequency.
#[pyfunction]
pub fn nearest_midi(py: Python<'_>, hz: &Bound<'_, PyAny>) -> PyResult<u8> {
    let hz = number(py, "a frequency", hz)?;
    Pitch::nearest(hz).map_err(|refusal| at_user(py, refusal.diagnostic()))
}

/// A finite number of a row.
pub fn real(number: f64) -> PyResult<Real> {
    Real::new(number).ok_or_else(|| pyo3::exceptions::PyValueError::new_err("a number is not finite"))
}
