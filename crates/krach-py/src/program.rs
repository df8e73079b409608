//! `Program`: a finished sound, to be read, printed and compiled.

use crate::error;
use krach_codegen::Spec;
use krach_diag::Diagnostic;
use krach_session::krlib::Instrument;
use krach_session::{Cache, Compiled};
use pyo3::prelude::*;
use std::sync::Arc;

/// A typed signal graph. `str(program)` is its text form.
#[pyclass(module = "krach._krach", frozen)]
#[derive(Debug)]
pub struct Program {
    pub inner: Arc<krach_ir::Program>,
    /// Where it lies in a library, beside its code.
    instrument: Option<Arc<Instrument>>,
}

impl Program {
    pub fn new(program: krach_ir::Program) -> Self {
        Self { inner: Arc::new(program), instrument: None }
    }

    pub fn of_library(instrument: Arc<Instrument>) -> Result<Self, Diagnostic> {
        Ok(Self { inner: instrument.program()?, instrument: Some(instrument) })
    }

    /// What gives its code: the library that it lies in, or the compiler and its cache.
    pub fn compiler(&self) -> impl FnOnce(Spec) -> Result<Compiled, Diagnostic> + Send + use<> {
        let (program, instrument) = (self.inner.clone(), self.instrument.clone());
        move |spec| match instrument {
            Some(instrument) => instrument.compile(spec),
            None => Cache::shared().compile(&program, spec),
        }
    }
}

#[pymethods]
impl Program {
    #[getter]
    fn name(&self) -> &str {
        self.inner.name()
    }

    /// Names of the audio inputs.
    #[getter]
    fn inputs(&self) -> Vec<&str> {
        self.inner.inputs().iter().map(|name| &**name).collect()
    }

    /// Names of the audio outputs.
    #[getter]
    fn outputs(&self) -> Vec<&str> {
        self.inner.outputs().iter().map(|output| &*output.name).collect()
    }

    /// Per control, in order of first use: name, init, lo, hi, step.
    #[getter]
    fn controls(&self) -> Vec<(&str, f64, f64, f64, f64)> {
        self.inner.controls().iter().map(|c| (&*c.name, c.init, c.lo, c.hi, c.step)).collect()
    }

    /// Faust text that the official compiler renders to the same samples.
    fn faust(&self, py: Python<'_>) -> PyResult<String> {
        let text = py.detach(|| match &self.instrument {
            Some(instrument) => instrument.faust(),
            None => Ok(krach_faust::print(&self.inner)),
        });
        text.map_err(|report| error::raise(py, &report))
    }

    /// The text form.
    fn __str__(&self, py: Python<'_>) -> String {
        py.detach(|| self.inner.to_string())
    }

    /// The same sound from less: folded, merged, without what is not heard.
    fn optimised(&self, py: Python<'_>) -> Self {
        let program = self.inner.clone();
        Self::new(py.detach(move || krach_ir::optimise(&program)))
    }

    /// Number of nodes.
    fn __len__(&self) -> usize {
        self.inner.nodes().len()
    }

    fn __repr__(&self) -> String {
        format!("<Program {:?} of {} nodes>", self.inner.name(), self.inner.nodes().len())
    }
}
