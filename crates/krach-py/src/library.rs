//! `Library`: a file of instruments, open.

use crate::error;
use crate::program::Program;
use crate::render::precision;
use crate::work::interruptible;
use krach_abi::Precision;
use krach_codegen::{Spec, Target};
use krach_diag::Diagnostic;
use krach_store::krlib::{self, Draft, Language, Policy};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::path::PathBuf;

/// An instrument in the list of contents: name, inputs, outputs, controls, doc.
type Row<'a> = (&'a str, Vec<&'a str>, Vec<&'a str>, Vec<&'a str>, &'a str);

/// See `krach.load_library`.
#[pyclass(module = "krach._krach", frozen)]
#[derive(Debug)]
pub struct Library {
    inner: krlib::Library,
}

impl Library {
    fn with<T>(
        &self,
        py: Python<'_>,
        name: &str,
        read: impl FnOnce(&krlib::Library, &str) -> Result<T, Diagnostic>,
    ) -> PyResult<T> {
        read(&self.inner, name).map_err(|report| error::raise(py, &report))
    }
}

#[pymethods]
impl Library {
    #[new]
    fn new(py: Python<'_>, path: PathBuf, trust: &str) -> PyResult<Self> {
        let policy = match trust {
            "tag" => Policy::Tag,
            "program" => Policy::Program,
            "code" => Policy::Code,
            _ => return Err(PyValueError::new_err("trust is 'tag', 'program' or 'code'")),
        };
        let opened = py.detach(|| krlib::Library::open(&path, policy));
        opened.map(|inner| Self { inner }).map_err(|report| error::raise(py, &report))
    }

    /// In the order of the library.
    #[getter]
    fn names(&self) -> Vec<&str> {
        self.inner.index().instruments.iter().map(|record| record.name.as_str()).collect()
    }

    /// Why only its programs could be read, if so.
    #[getter]
    fn damage(&self) -> Option<String> {
        let report = self.inner.damage()?;
        Some(format!(
            "{} [{}]\n  help: {}",
            report.message,
            report.code.id(),
            report.helps.join("\n  help: ")
        ))
    }

    #[getter]
    fn rows(&self) -> Vec<Row<'_>> {
        fn texts(texts: &[String]) -> Vec<&str> {
            texts.iter().map(String::as_str).collect()
        }
        fn row(record: &krlib::Record) -> Row<'_> {
            let controls = record.controls.iter().map(|control| control.name.as_str()).collect();
            (&record.name, texts(&record.inputs), texts(&record.outputs), controls, &record.doc)
        }
        self.inner.index().instruments.iter().map(row).collect()
    }

    fn program(&self, py: Python<'_>, name: &str) -> PyResult<Program> {
        self.with(py, name, |library, name| Program::of_library(library.get(name)?))
    }

    /// What it was made of, or "", and whether that is Faust.
    fn source(&self, py: Python<'_>, name: &str) -> PyResult<(String, bool)> {
        self.with(py, name, |library, name| {
            let instrument = library.get(name)?;
            let text = instrument.source()?.map_or_else(String::new, |source| source.text);
            Ok((text, instrument.language() == Language::Faust))
        })
    }

    /// The precision that it was built for.
    fn precision(&self, py: Python<'_>, name: &str) -> PyResult<String> {
        self.with(py, name, |library, name| Ok(library.get(name)?.record().precision().to_string()))
    }
}

/// An instrument to be built, as Python describes it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Instrument<'py> {
    name: String,
    doc: String,
    /// "" if it is not known.
    source: String,
    /// Whether the source is Faust.
    faust: bool,
    file: String,
    line: u32,
    precision: String,
    /// Whether the library keeps the texts: the source, and the program as Faust.
    texts: bool,
    program: PyRef<'py, Program>,
}

impl Instrument<'_> {
    fn draft(self) -> PyResult<Draft> {
        let language = if self.faust { Language::Faust } else { Language::Python };
        let source =
            (self.texts && !self.source.is_empty()).then_some(krlib::Source { text: self.source, language });
        Ok(Draft {
            name: self.name,
            doc: self.doc,
            source,
            file: self.file,
            line: self.line,
            program: self.program.inner().clone(),
            faust: self.texts,
            precision: Some(precision(&self.precision)?),
        })
    }
}

/// Compiles instruments for these sample rates and writes them into one file. Nothing is written if one fails.
#[pyfunction]
pub fn build_library(
    py: Python<'_>,
    drafts: Vec<Instrument<'_>>,
    path: PathBuf,
    rates: Vec<u32>,
    target: &str,
) -> PyResult<()> {
    let target: Target = target.parse().map_err(PyValueError::new_err)?;
    let drafts: Vec<Draft> = drafts.into_iter().map(Instrument::draft).collect::<PyResult<_>>()?;
    let spec = |rate| Spec { target, ..Spec::new(rate, Precision::Single) };
    let specs: Vec<Spec> = rates.into_iter().map(spec).collect();
    let written = interruptible(py, None, move |progress| {
        let built = krlib::build(&drafts, &specs, krach_codegen::compile, progress)
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?;
        krlib::write(&path, built)
    })?;
    // The place that a library publishes is no path of this machine: the caller's line is better.
    written.map_err(|report: Diagnostic| error::raise(py, &Diagnostic { place: None, ..report }))
}
