//! `Program`: a finished sound, to be read, printed and compiled.

use crate::error;
use crate::work::interruptible;
use krach_diag::{Code, Diagnostic};
use krach_ir::{Control, Credit, Meter};
use krach_store::Playable;
use krach_store::krlib::Instrument;
use pyo3::prelude::*;
use std::sync::Arc;

/// A typed signal graph. `str(program)` is its text form.
#[pyclass(module = "krach._krach", frozen)]
#[derive(Debug)]
pub struct Program {
    pub playable: Playable,
}

impl Program {
    pub fn new(program: krach_ir::Program) -> Self {
        Self { playable: program.into() }
    }

    pub fn of_library(instrument: Arc<Instrument>) -> Result<Self, Diagnostic> {
        Ok(Self { playable: instrument.try_into()? })
    }

    pub fn inner(&self) -> &Arc<krach_ir::Program> {
        self.playable.program()
    }
}

/// Keys and values, in the order in which they were given.
type Pairs<'a> = Vec<(&'a str, &'a str)>;

fn pairs(metadata: &[(Arc<str>, Arc<str>)]) -> Pairs<'_> {
    metadata.iter().map(|(key, value)| (&**key, &**value)).collect()
}

#[pymethods]
impl Program {
    #[getter]
    fn name(&self) -> &str {
        self.inner().name()
    }

    /// Names of the audio inputs.
    #[getter]
    fn inputs(&self) -> Vec<&str> {
        self.inner().inputs().iter().map(|name| &**name).collect()
    }

    /// Names of the audio outputs, of its effect if it has one.
    #[getter]
    fn outputs(&self) -> Vec<&str> {
        self.inner().heard().iter().map(|output| &*output.name).collect()
    }

    /// How many notes it plays at once, if it says so.
    #[getter]
    fn voices(&self) -> Option<u32> {
        self.inner().polyphony().map(|polyphony| polyphony.voices)
    }

    /// What its voices go through, if anything.
    #[getter]
    fn effect(&self) -> Option<Self> {
        Some(Self { playable: self.inner().effect()?.clone().into() })
    }

    /// Per control, in order of first use, its own before those of its effect: name, init, lo, hi, step, address, metadata.
    #[getter]
    fn controls(&self) -> Vec<(&str, f64, f64, f64, f64, &str, Pairs<'_>)> {
        fn row(c: &Control) -> (&str, f64, f64, f64, f64, &str, Pairs<'_>) {
            (&c.name, c.init, c.lo, c.hi, c.step, &c.face.address, pairs(&c.face.metadata))
        }
        self.inner().all_controls().map(row).collect()
    }

    /// Per meter, its own before those of its effect: name, lo, hi, address, metadata.
    #[getter]
    fn meters(&self) -> Vec<(&str, f64, f64, &str, Pairs<'_>)> {
        fn row(m: &Meter) -> (&str, f64, f64, &str, Pairs<'_>) {
            (&m.name, m.lo, m.hi, &m.face.address, pairs(&m.face.metadata))
        }
        self.inner().all_meters().map(row).collect()
    }

    /// The same heard at its meters, if it has any.
    fn metered(&self, py: Python<'_>) -> PyResult<Option<Self>> {
        let metered = self.inner().metered().map_err(|error| {
            let report = Diagnostic::error(Code::TooLarge, error.to_string());
            error::raise(py, &report.help("show fewer signals, or hear those of parts of the program"))
        });
        Ok(metered?.map(Self::new))
    }

    /// What the author declares, key by key.
    #[getter]
    fn metadata(&self) -> Pairs<'_> {
        pairs(self.inner().metadata())
    }

    /// Definitions of other people's libraries: library, function, licence, whether the function's own or its file's.
    #[getter]
    fn credits(&self) -> Vec<(&str, &str, Option<&str>, Option<&str>)> {
        fn row(credit: &Credit) -> (&str, &str, Option<&str>, Option<&str>) {
            let (of, terms) = credit.licence.declared().unzip();
            (&credit.library, &credit.function, terms, of)
        }
        self.inner().credits().iter().map(row).collect()
    }

    /// Faust text that the official compiler renders to the same samples.
    fn faust(&self, py: Python<'_>) -> PyResult<String> {
        if let Some(instrument) = self.playable.instrument() {
            return py.detach(|| instrument.faust()).map_err(|report| error::raise(py, &report));
        }
        let program = self.inner().clone();
        interruptible(py, None, move |_| krach_faust::print(&program))
    }

    /// The block diagram: as SVG, and as text.
    fn diagram(&self, py: Python<'_>) -> PyResult<(String, String)> {
        let program = self.inner().clone();
        interruptible(py, None, move |_| {
            let drawing = krach_faust::draw(&program);
            (drawing.svg(), drawing.to_string())
        })
    }

    /// The text form.
    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        let program = self.inner().clone();
        interruptible(py, None, move |_| program.to_string())
    }

    /// The same sound from less: folded, merged, without what is not heard.
    fn optimised(&self, py: Python<'_>) -> PyResult<Self> {
        let program = self.inner().clone();
        interruptible(py, None, move |_| krach_ir::optimise(&program)).map(Self::new)
    }

    /// Number of nodes.
    fn __len__(&self) -> usize {
        self.inner().nodes().len()
    }

    fn __repr__(&self) -> String {
        format!("<Program {:?} of {} nodes>", self.inner().name(), self.inner().nodes().len())
    }
}
