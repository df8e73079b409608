//! Arguments of patterns from Python: numbers, times, pitches, patterns.

use super::Pattern;
use crate::error;
use krach_diag::{Code, Diagnostic, Place};
use krach_pattern::{Origin, Param, Pitch, Real, Refusal, Time};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyInt, PyString};
use std::sync::Arc;

pub type PlaceTuple = (String, u32, u32, u32, u32);

/// Raises a report at the user's line, unless it has a place.
pub fn at_user(py: Python<'_>, report: Diagnostic) -> PyErr {
    match user_place(py) {
        Ok(Some(place)) if report.place.is_none() => error::raise(py, &report.at(self::place(place))),
        Ok(_) => error::raise(py, &report),
        Err(error) => error,
    }
}

fn user_place(py: Python<'_>) -> PyResult<Option<PlaceTuple>> {
    py.import("krach._place")?.getattr("user_place")?.call0()?.extract()
}

pub fn place((file, line, column, end_line, end_column): PlaceTuple) -> Place {
    Place { file: file.into(), line, column, end_line, end_column }
}

pub fn origin(at: Option<PlaceTuple>) -> Origin {
    at.map_or(Origin::Unknown, |at| Origin::Line(Arc::new(place(at))))
}

/// `rule, not VALUE`.
pub fn wrong_type(py: Python<'_>, rule: &str, value: &Bound<'_, PyAny>, help: &str) -> PyErr {
    let describe =
        || -> PyResult<String> { py.import("krach._trace")?.getattr("describe")?.call1((value,))?.extract() };
    match describe() {
        Ok(found) => {
            let report = Diagnostic::error(Code::PatternType, format!("{rule}, not {found}"));
            at_user(py, if help.is_empty() { report } else { report.help(help) })
        }
        Err(error) => error,
    }
}

fn refused(py: Python<'_>, refusal: &Refusal) -> PyErr {
    at_user(py, refusal.diagnostic())
}

pub fn is_whole(value: &Bound<'_, PyAny>) -> bool {
    // Arrays have the method too, and refuse.
    value.is_instance_of::<PyInt>() || value.call_method0("__index__").is_ok()
}

/// A whole number.
pub fn count(py: Python<'_>, what: &str, value: &Bound<'_, PyAny>) -> PyResult<i64> {
    if !is_whole(value) {
        return Err(wrong_type(py, &format!("{what} is a whole number"), value, ""));
    }
    value.extract().map_err(|_| {
        let message = format!("{what} needs more than 64 bits");
        at_user(py, Diagnostic::error(Code::PatternArgument, message))
    })
}

/// A seed: any whole number of 64 bits, 0 by default.
pub fn seed(py: Python<'_>, value: Option<&Bound<'_, PyAny>>) -> PyResult<u64> {
    Ok(value.map_or(Ok(0), |value| count(py, "`seed`", value))?.cast_unsigned())
}

/// A number, of Python or of numpy.
pub fn number(py: Python<'_>, what: &str, value: &Bound<'_, PyAny>) -> PyResult<f64> {
    if value.is_instance_of::<PyFloat>() {
        return value.extract();
    }
    value.extract().map_err(|_| wrong_type(py, &format!("{what} is a number"), value, ""))
}

pub fn probability(py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<f64> {
    number(py, "`prob`", value)
}

/// A text. `rule` says which.
pub fn text(py: Python<'_>, rule: &str, value: &Bound<'_, PyAny>, help: &str) -> PyResult<String> {
    value.extract().map_err(|_| wrong_type(py, rule, value, help))
}

/// A time: whole numbers and fractions exactly, other numbers as the nearest simple fraction. `rule` says what the
/// number must be.
pub fn time(py: Python<'_>, rule: &str, value: &Bound<'_, PyAny>) -> PyResult<Time> {
    if let (Ok(numerator), Ok(denominator)) = (value.getattr("numerator"), value.getattr("denominator")) {
        let parts = numerator.extract::<i64>().ok().zip(denominator.extract::<i64>().ok());
        let time = parts.and_then(|(numerator, denominator)| Time::new(numerator, denominator).ok());
        return time.ok_or_else(|| refused(py, &Refusal::TooFine));
    }
    let Ok(number) = value.extract::<f64>() else {
        return Err(wrong_type(py, rule, value, ""));
    };
    Time::approximate(number).ok_or_else(|| {
        let message = format!("{rule}, got {number}");
        at_user(py, Diagnostic::error(Code::PatternArgument, message))
    })
}

/// A pitch: a name, a MIDI number (a whole number) or hertz (another number).
pub fn pitch(py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<Pitch> {
    let pitch = if let Ok(name) = value.extract::<String>() {
        Pitch::name(&name)
    } else if is_whole(value) {
        Pitch::midi(value.extract().unwrap_or(i64::MAX))
    } else if let Ok(hz) = value.extract::<f64>() {
        Pitch::hz(hz)
    } else {
        let listed = value.hasattr("__len__").unwrap_or(false);
        let help = if listed { "a chord is one note: `note(\"C4\", \"E4\")`" } else { "" };
        return Err(wrong_type(py, "a pitch is a name, a MIDI number or hertz", value, help));
    };
    pitch.map_err(|refusal| refused(py, &refusal))
}

/// A pattern, and nothing else. `rule` says who needs it.
pub fn pattern(py: Python<'_>, rule: &str, value: &Bound<'_, PyAny>) -> PyResult<krach_pattern::Pattern> {
    match value.cast::<Pattern>() {
        Ok(pattern) => Ok(pattern.get().0.clone()),
        Err(_) if value.is_instance_of::<PyString>() => {
            Err(wrong_type(py, rule, value, "the notation becomes a pattern by `p(\"x . x\")`"))
        }
        Err(_) => Err(wrong_type(py, rule, value, "notes become a pattern by `seq(60, 62)` or `note(60)`")),
    }
}

/// A parameter of notes: a number or a pattern.
pub fn param(py: Python<'_>, name: &str, value: &Bound<'_, PyAny>) -> PyResult<Param> {
    if let Ok(pattern) = value.cast::<Pattern>() {
        return Ok(Param::Pattern(pattern.get().0.clone()));
    }
    let Ok(number) = value.extract::<f64>() else {
        return Err(wrong_type(py, &format!("`{name}` is a number or a pattern"), value, ""));
    };
    Real::new(number).map(Param::Number).ok_or_else(|| {
        let message = format!("`{name}` must be a finite number, got {number}");
        at_user(py, Diagnostic::error(Code::PatternArgument, message))
    })
}

/// Parameters of notes by name.
pub fn params(py: Python<'_>, given: &Bound<'_, PyDict>) -> PyResult<Vec<(Arc<str>, Param)>> {
    given
        .iter()
        .map(|(name, value)| {
            let name: String = name.extract()?;
            let value = param(py, &name, &value)?;
            Ok((name.into(), value))
        })
        .collect()
}
