//! Errors as Python exceptions: one table from the fault to code, message and help.

use krach_diag::{Code, Diagnostic, ErrorKind, Place};
use krach_ir::{BuildError, Site};
use pyo3::prelude::*;

type PlaceTuple = (String, u32, u32, u32, u32);

/// A report as the exception of its code: `krach.Error` or one of its subclasses.
pub fn raise(py: Python<'_>, report: &Diagnostic) -> PyErr {
    match exception(py, report) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// Several reports as one exception: the first, the others being its `further`.
pub fn raise_all(py: Python<'_>, reports: &[Diagnostic]) -> PyErr {
    let all = || -> PyResult<Bound<'_, PyAny>> {
        let mut errors = reports.iter().map(|report| exception(py, report));
        let first = errors.next().expect("a refusal has a reason")?;
        first.call_method1("with_further", (errors.collect::<PyResult<Vec<_>>>()?,))?;
        Ok(first)
    };
    match all() {
        Ok(first) => PyErr::from_value(first),
        Err(error) => error,
    }
}

fn exception<'py>(py: Python<'py>, report: &Diagnostic) -> PyResult<Bound<'py, PyAny>> {
    let labels: Vec<(PlaceTuple, &str)> =
        report.labels.iter().map(|label| (tuple(&label.place), label.text.as_str())).collect();
    py.import("krach._errors")?.getattr("error")?.call1((
        report.code.id(),
        &report.message,
        report.place.as_ref().map(tuple),
        labels,
        &report.helps,
    ))
}

fn tuple(place: &Place) -> PlaceTuple {
    (place.file.to_string(), place.line, place.column, place.end_line, place.end_column)
}

pub fn place(site: &Site) -> Place {
    let Site { file, line, column, end_line, end_column } = site.clone();
    Place { file, line, column, end_line, end_column }
}

/// A refusal of the builder, as a message to the author of the line.
pub fn report(error: &BuildError, site: Option<&Site>) -> Diagnostic {
    let (code, help) = match error {
        BuildError::NotFinite(_) => (Code::NotFinite, "check the Python arithmetic that made this number"),
        BuildError::Foreign => (Code::LeakedSignal, "a Signal lives only inside the function that made it"),
        BuildError::ControlRange { .. } => {
            (Code::ControlRange, "give krs.control(name, init, lo, hi) with lo <= init <= hi")
        }
        BuildError::ControlConflict { .. } => {
            (Code::ControlConflict, "use another name, or declare the control once and pass the Signal on")
        }
        BuildError::ControlName(_) => (Code::ControlName, "use a word such as 'cutoff'"),
        BuildError::DelayUnbounded => {
            (Code::DelayUnbounded, "say how long it can get: max_delay=48000, or krs.min_(n, 48000)")
        }
        BuildError::DelayNegative(_) => (Code::DelayNegative, "delay the other signals instead"),
        BuildError::TableLength(_) => (Code::TableContents, "a table holds 1 to 2^28 numbers"),
        BuildError::TooLarge { .. } => (Code::TooLarge, "share values, or use feedback instead of unrolling"),
        BuildError::NoOutput => (Code::BadReturn, "return a Signal or a tuple of Signals"),
        BuildError::Arity { .. } | BuildError::Unwritten | BuildError::Invalid(_) => {
            (Code::InvalidProgram, "please report this program")
        }
    };
    let mut report = Diagnostic::error(code, error.to_string()).help(help);
    if let BuildError::ControlConflict { site: Some(first), .. } = error {
        report = report.label(place(first), "first declared here");
    }
    match site {
        Some(site) => report.at(place(site)),
        None => report,
    }
}

/// A report as Python's errors write theirs: message, code, helps.
pub fn text(report: &Diagnostic) -> String {
    let helps: String = report.helps.iter().map(|help| format!("\n  help: {help}")).collect();
    format!("{} [{}]{helps}", report.message, report.code)
}

/// A message with its long numbers, names and paths shortened.
#[pyfunction]
pub fn readable(message: String) -> String {
    krach_diag::readable(message)
}

/// Per code, the kind of error that it is: one exception class each.
pub fn kinds() -> Vec<(&'static str, &'static str)> {
    Code::ALL.iter().map(|code| (code.id(), kind(code.kind()))).collect()
}

fn kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Value => "InvalidValue",
        ErrorKind::Type => "InvalidType",
        ErrorKind::Use => "InvalidUse",
        ErrorKind::Syntax => "InvalidSyntax",
        ErrorKind::FaustSyntax => "FaustSyntaxError",
        ErrorKind::Faust => "FaustError",
        ErrorKind::Name => "UnknownInstrument",
        ErrorKind::Node => "UnknownNode",
        ErrorKind::Other => "Error",
    }
}
