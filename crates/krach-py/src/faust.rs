//! Faust text, read for Python: as a program of its own, or spliced into the program being traced.

use crate::builder::Builder;
use crate::error;
use crate::program::Program;
use crate::render::precision;
use crate::work::interruptible;
use krach_diag::{Diagnostic, Severity, Source};
use krach_faust::{Given, Options, elaborate_expression};
use krach_ir::{Op, ProgramBuilder, Sig};
use krach_store::FaustFolders;
use pyo3::prelude::*;
use std::path::PathBuf;

/// Where a text comes from, and where the folders are that it may use.
#[derive(FromPyObject)]
pub struct Text {
    /// Its name in messages.
    name: String,
    text: String,
    /// Searched first.
    include: Vec<PathBuf>,
    installed: Vec<PathBuf>,
}

impl Text {
    fn open(self) -> (Source, FaustFolders) {
        let Self { name, text, include, installed } = self;
        (Source::new(name, text), FaustFolders::new(&include, &installed))
    }
}

/// The program of a Faust text.
#[pyfunction]
#[pyo3(signature = (text, precision, name=None))]
pub fn faust(py: Python<'_>, text: Text, precision: &str, name: Option<String>) -> PyResult<Program> {
    let options = Options { precision: self::precision(precision)?, ..Options::default() };
    let (source, folders) = text.open();
    let (program, reports) =
        interruptible(py, None, move |_| krach_faust::elaborate(&source, &folders, &options))?;
    match program {
        Some(program) => Ok(Program::new(match name {
            Some(name) => program.renamed(name),
            None => program,
        })),
        None => Err(refusal(py, reports)),
    }
}

/// Reads a file of Faust: UTF-8, or else Latin-1, without its byte order mark. Returns its name and text.
#[pyfunction]
pub fn read_faust(py: Python<'_>, path: PathBuf) -> PyResult<(String, String)> {
    let source = py.detach(|| krach_store::read_bytes(&path)).map_err(|report| error::raise(py, &report))?;
    Ok((source.name().to_string(), source.text().to_owned()))
}

/// What an expression is given: a node of the builder, or a number.
#[derive(FromPyObject)]
pub enum Value {
    Signal((u32,)),
    Int(i32),
    Real(f64),
}

impl Value {
    fn given(&self, builder: &mut ProgramBuilder) -> Given {
        match *self {
            Self::Signal((node,)) => {
                let sig = sig(node);
                let interval = builder.interval(sig);
                // Of audio from outside nothing is known; Faust takes it to be within -1..1.
                let audio = matches!(builder.so_far().node(sig).op, Op::Input(_));
                let (lo, hi) = if audio { (-1.0, 1.0) } else { (interval.lo, interval.hi) };
                Given::Signal { lo, hi }
            }
            Self::Int(value) => Given::Int(value),
            Self::Real(value) => Given::Real(value),
        }
    }

    fn node(&self, builder: &mut ProgramBuilder) -> Result<Sig, krach_ir::BuildError> {
        match *self {
            Self::Signal((node,)) => Ok(sig(node)),
            Self::Int(value) => builder.real(f64::from(value)),
            Self::Real(value) => builder.real(value),
        }
    }
}

fn sig(node: u32) -> Sig {
    Sig::new(node as usize)
}

/// The outputs of a Faust expression that is given these values.
pub fn splice(builder: &mut Builder, py: Python<'_>, text: Text, values: &[Value]) -> PyResult<Vec<u32>> {
    let given: Vec<Given> = builder.with(py, |builder| {
        let count = builder.so_far().nodes().len();
        let known = |value: &Value| !matches!(value, Value::Signal((node,)) if *node as usize >= count);
        if !values.iter().all(known) {
            return Err(krach_ir::BuildError::Foreign);
        }
        Ok(values.iter().map(|value| value.given(builder)).collect())
    })?;
    let (source, folders) = text.open();
    let read = move |_: &_| elaborate_expression(&source, &given, &folders, &Options::default());
    let (expression, mut reports) = interruptible(py, None, read)?;
    let Some(expression) = expression else {
        if let Some(place) = builder.place() {
            for report in &mut reports {
                *report = report.clone().label(place.clone(), "called here");
            }
        }
        return Err(refusal(py, reports));
    };
    let outputs = builder.with(py, |builder| {
        let feed = expression.feed.iter().map(|&at| values[at].node(builder));
        let inputs: Vec<Sig> = feed.collect::<Result<_, _>>()?;
        builder.splice("faust_expr", &expression.program, &inputs)
    })?;
    Ok(outputs.into_iter().map(crate::builder::number).collect())
}

/// All errors as one exception: the first, which knows the others.
fn refusal(py: Python<'_>, mut reports: Vec<Diagnostic>) -> PyErr {
    reports.retain(|report| report.severity == Severity::Error);
    error::raise_all(py, &reports)
}
