//! The events of a query, as `krach.pattern.Event`.

use super::Pattern;
use super::argument::at_user;
use super::query_error;
use krach_diag::{Code, Diagnostic, Place};
use krach_pattern::{Event, Time, TimeSpan};
use pyo3::prelude::*;
use pyo3::types::PyList;

/// Hertz of A4 in the frequencies that an event shows.
const A4: f64 = 440.0;

pub fn events<'py>(
    py: Python<'py>,
    pattern: &Pattern,
    start: Time,
    stop: Time,
    seed: u64,
) -> PyResult<Bound<'py, PyList>> {
    if stop < start {
        let message = format!("a query stops after it begins, not at {stop} after {start}");
        return Err(at_user(py, Diagnostic::error(Code::PatternArgument, message)));
    }
    let span = TimeSpan::new(start, stop);
    let found = pattern.0.query(span, seed).map_err(|error| query_error(py, &error))?;
    let class = py.import("krach.pattern.event")?.getattr("Event")?;
    let fraction = py.import("fractions")?.getattr("Fraction")?;
    let shown = found.iter().map(|event| shown(&class, &fraction, event, seed));
    PyList::new(py, shown.collect::<PyResult<Vec<_>>>()?)
}

fn shown<'py>(
    class: &Bound<'py, PyAny>,
    fraction: &Bound<'py, PyAny>,
    event: &Event<'_>,
    seed: u64,
) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    let exact = |time: Time| fraction.call1((time.numerator(), time.denominator()));
    let changes = event.changes(seed, A4).map_err(|error| query_error(py, &error))?;
    let changes = changes
        .iter()
        .map(|change| Ok((exact(change.at)?, change.label, change.value)))
        .collect::<PyResult<Vec<_>>>()?;
    let release = event.release().map_err(|error| query_error(py, &error.into()))?;
    class.call1((
        exact(event.whole.start)?,
        exact(event.whole.end)?,
        (exact(event.part.start)?, exact(event.part.end)?),
        exact(release)?,
        event.atom.to_string(),
        changes,
        place(py, event.origin.place().as_ref())?,
        place(py, event.origin.line())?,
    ))
}

fn place<'py>(py: Python<'py>, place: Option<&Place>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(Place { file, line, column, end_line, end_column }) = place else { return Ok(None) };
    let class = py.import("krach._errors")?.getattr("Place")?;
    class.call1((&**file, line, column, end_line, end_column)).map(Some)
}
