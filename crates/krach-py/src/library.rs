//! `Library`: a file of instruments, open.

use crate::error;
use crate::program::Program;
use krach_diag::Diagnostic;
use krach_store::krlib::{self, Language, Policy};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::path::PathBuf;

/// What a library tells without reading further: name, inputs, outputs, controls, doc.
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

    /// The arithmetic that it was built for.
    fn precision(&self, py: Python<'_>, name: &str) -> PyResult<String> {
        self.with(py, name, |library, name| Ok(library.get(name)?.record().precision().to_string()))
    }
}
