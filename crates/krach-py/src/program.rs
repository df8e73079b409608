//! `Program`: a finished sound, to be read, printed and compiled.

use crate::error;
use crate::face::{Control, Credit, Meter};
use crate::work::interruptible;
use krach_diag::{Code, Diagnostic, Source};
use krach_ir::{Polyphony, Sound};
use krach_store::Playable;
use krach_store::krlib::{self, Instrument};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::{Arc, OnceLock};

/// A program as a pickle holds it: its text form, and the samples of the sounds that it reads.
type Pickled<'py> = (String, Vec<Bound<'py, PyBytes>>);

/// A typed signal graph. `str(program)` is its text form.
#[pyclass(module = "krach._krach", frozen)]
#[derive(Debug)]
pub struct Program {
    pub playable: Playable,
    key: OnceLock<String>,
}

impl Program {
    pub fn new(program: krach_ir::Program) -> Self {
        Self::of(program.into())
    }

    pub fn of(playable: Playable) -> Self {
        Self { playable, key: OnceLock::new() }
    }

    pub fn of_library(instrument: Arc<Instrument>) -> Result<Self, Diagnostic> {
        instrument.try_into().map(Self::of)
    }

    pub fn inner(&self) -> &Arc<krach_ir::Program> {
        self.playable.program()
    }
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
        Some(Self::of(self.inner().effect()?.clone().into()))
    }

    /// Its controls in order of first use, then those of its effect.
    #[getter]
    pub fn controls(&self) -> Vec<Control> {
        self.inner().all_controls().map(Control::from).collect()
    }

    /// Its meters, then those of its effect.
    #[getter]
    fn meters(&self) -> Vec<Meter> {
        self.inner().all_meters().map(Meter::from).collect()
    }

    /// Names of the audio inputs that nothing reads.
    #[getter]
    fn unread(&self) -> Vec<&str> {
        self.inner().unread().collect()
    }

    /// The same heard at its meters, if it has any.
    fn metered(&self, py: Python<'_>) -> PyResult<Option<Self>> {
        let metered = self.inner().metered().map_err(|error| {
            let report = Diagnostic::error(Code::TooLarge, error.to_string());
            error::raise(py, &report.help("show fewer signals, or hear those of parts of the program"))
        });
        Ok(metered?.map(Self::new))
    }

    /// What the author declares, as keys and values.
    #[getter]
    fn metadata(&self) -> Vec<(&str, &str)> {
        self.inner().metadata().iter().map(|(key, value)| (&**key, &**value)).collect()
    }

    /// Definitions of Faust libraries that it is made with.
    #[getter]
    fn credits(&self) -> Vec<Credit> {
        self.inner().credits().iter().map(Credit::from).collect()
    }

    /// The same as one of `voices` voices, whose sum goes through `effect`.
    #[pyo3(signature = (voices, effect=None))]
    fn polyphonic(&self, py: Python<'_>, voices: u32, effect: Option<PyRef<'_, Self>>) -> PyResult<Self> {
        let effect = effect.map(|effect| effect.inner().clone());
        let program = (**self.inner()).clone().polyphonic(Some(Polyphony { voices, effect }));
        match program.validate() {
            Ok(()) => Ok(Self::new(program)),
            Err(faults) => {
                let name = program.name();
                let message = format!("`{name}` cannot have these voices: {}", faults[0]);
                Err(error::raise(py, &Diagnostic::error(Code::ArgumentRange, message)))
            }
        }
    }

    /// 64 hexadecimal digits. Programs that have the same key compute the same samples.
    #[getter]
    fn key(&self, py: Python<'_>) -> PyResult<&str> {
        if self.key.get().is_none() {
            let program = self.inner().clone();
            let key = interruptible(py, None, move |_| program.key().to_string())?;
            // Another thread may have been faster, with the same key.
            let _ = self.key.set(key);
        }
        Ok(self.key.get().expect("set above"))
    }

    /// Whether both compute the same samples from the same controls. Their names do not count.
    fn __eq__(&self, py: Python<'_>, other: PyRef<'_, Self>) -> PyResult<bool> {
        Ok(Arc::ptr_eq(self.inner(), other.inner()) || self.key(py)? == other.key(py)?)
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<u64> {
        let digits = &self.key(py)?[..16];
        Ok(u64::from_str_radix(digits, 16).expect("a key is hexadecimal"))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    /// Pickled as its text form, and the sounds that it reads.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Pickled<'py>)> {
        let sounds = self.inner().sounds();
        let sounds = sounds.iter().map(|sound| PyBytes::new(py, &sound.to_bytes())).collect();
        Ok((py.import("krach._krach")?.getattr("parse_program")?, (self.__str__(py)?, sounds)))
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

    /// The same sound from fewer nodes: folded, merged, without unused parts.
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

/// The program of a text form, and the precision that it was made for, if the text says so.
#[pyfunction]
pub fn read_program(py: Python<'_>, text: String) -> PyResult<(Program, Option<String>)> {
    let precision = krlib::made_for(&text).map(|precision| precision.to_string());
    Ok((Program::new(parsed(py, "<program>", text)?), precision))
}

/// The program of a text form and of the sounds beside it: how pickled programs come back.
#[pyfunction]
#[pyo3(signature = (text, sounds=Vec::new()))]
pub fn parse_program(py: Python<'_>, text: String, sounds: Vec<Bound<'_, PyBytes>>) -> PyResult<Program> {
    let sounds: Option<Vec<_>> =
        sounds.iter().map(|bytes| Sound::from_bytes(bytes.as_bytes()).map(Arc::new)).collect();
    let Some(sounds) = sounds else {
        let report = Diagnostic::error(Code::Unreadable, "the pickle of a program holds a damaged sound");
        return Err(error::raise(py, &report.help("pickle the sound again")));
    };
    Ok(Program::new(parsed(py, "<pickled program>", text)?.with_sounds(&sounds)))
}

fn parsed(py: Python<'_>, file: &str, text: String) -> PyResult<krach_ir::Program> {
    let source = Source::new(file, text);
    let program = interruptible(py, None, move |_| krach_ir::parse(&source))?;
    program.map_err(|reports| error::raise_all(py, &reports))
}
