//! What this crate cannot do itself: run Python.

use crate::Failure;
use krach_abi::Precision;
use krach_diag::{Code, Diagnostic, Place, Source};
use krach_ir::Program;
use krach_session::krlib::{self, Instrument, Library};
use std::path::PathBuf;
use std::sync::Arc;

/// The door the command was opened from. The Python package brings one that runs Python files; [`NoPython`] is that
/// of the stand-alone binary.
pub trait Host {
    /// Runs a Python file and lists what can be traced in it.
    ///
    /// # Errors
    /// Why the file cannot be run, or that there is no Python.
    fn load(&self, source: &Source) -> Result<Box<dyn Script>, Failure>;

    /// Whether the user asked to stop since the last question.
    fn interrupted(&self) -> bool;

    /// Folders of Faust libraries that are installed with krach.
    fn libraries(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// The text of that name, if the host made it and no file holds it.
    fn text(&self, _name: &str) -> Option<String> {
        None
    }
}

/// A file with DSP functions, loaded.
pub trait Script {
    fn functions(&self) -> &[Function];

    /// Traces one of `functions`, anew every time.
    ///
    /// # Errors
    /// What is wrong with that function.
    fn trace(&self, index: usize) -> Result<Arc<Program>, Failure>;

    /// The same, with what is odd about it though not wrong.
    ///
    /// # Errors
    /// Those of [`Self::trace`].
    fn examine(&self, index: usize) -> Result<(Arc<Program>, Vec<Diagnostic>), Failure> {
        let program = self.trace(index)?;
        let warnings = crate::check::unused(&program, &self.functions()[index]).collect();
        Ok((program, warnings))
    }

    /// The Faust text of one of `functions`: what it was read from, or else what it prints as.
    ///
    /// # Errors
    /// What is wrong with that function.
    fn faust(&self, index: usize) -> Result<Arc<Source>, Failure> {
        let text = krach_faust::print(&*self.trace(index)?);
        Ok(Arc::new(Source::new(format!("{}.dsp", self.functions()[index].name), text)))
    }

    /// What its author says about one of `functions`.
    ///
    /// # Errors
    /// That it cannot be told.
    fn about(&self, _index: usize) -> Result<About, Failure> {
        Ok(About::default())
    }

    /// The arithmetic that one of `functions` was made for, if it says so.
    ///
    /// # Errors
    /// That it cannot be told.
    fn precision(&self, _index: usize) -> Result<Option<Precision>, Failure> {
        Ok(None)
    }

    /// One of `functions` as it lies in a library, with its code.
    fn instrument(&self, _index: usize) -> Option<Arc<Instrument>> {
        None
    }
}

/// What is known about a function besides its sound.
#[derive(Clone, Debug, Default)]
pub struct About {
    pub doc: String,
    /// What it was made of, if that is known.
    pub source: Option<krlib::Source>,
}

/// Something in a file that can be traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    /// Where it is defined, from 1.
    pub line: u32,
    /// Meant when no function is named: helpers and imported functions are not.
    pub listed: bool,
}

/// The host of the stand-alone binary.
#[derive(Debug)]
pub struct NoPython {
    /// Set by Ctrl-C.
    pub stop: Arc<std::sync::atomic::AtomicBool>,
}

impl Host for NoPython {
    fn load(&self, source: &Source) -> Result<Box<dyn Script>, Failure> {
        let message = "a Python file needs Python, and this `krach` was built without it";
        Err(Diagnostic::error(Code::NeedsPython, message)
            .at(Place::line(source.name().clone(), 1))
            .help("install the Python package and use the `krach` that comes with it")
            .help(
                "Faust (`.dsp`) and text forms (`.program`, by `krach dump --stage program`) need no Python",
            )
            .into())
    }

    fn interrupted(&self) -> bool {
        self.stop.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// The text form of a program: one function, that of its name.
pub(crate) struct ProgramText {
    source: Arc<Source>,
    function: [Function; 1],
}

impl ProgramText {
    pub(crate) fn new(source: Arc<Source>) -> Result<Self, Failure> {
        let name = krach_ir::parse(&source)?.name().to_owned();
        Ok(Self { source, function: [Function { name, line: 1, listed: true }] })
    }
}

impl Script for ProgramText {
    fn functions(&self) -> &[Function] {
        &self.function
    }

    fn trace(&self, _index: usize) -> Result<Arc<Program>, Failure> {
        Ok(Arc::new(krach_ir::parse(&self.source)?))
    }

    fn precision(&self, _index: usize) -> Result<Option<Precision>, Failure> {
        Ok(krlib::made_for(self.source.text()))
    }
}

/// A library: its instruments.
pub(crate) struct LibraryScript {
    library: Library,
    functions: Vec<Function>,
}

impl LibraryScript {
    pub(crate) fn new(library: Library) -> Self {
        let records = library.index().instruments.iter();
        let function = |record: &krlib::Record| Function {
            name: record.name.clone(),
            line: record.line.max(1),
            listed: true,
        };
        let functions = records.map(function).collect();
        Self { library, functions }
    }
}

impl Script for LibraryScript {
    fn functions(&self) -> &[Function] {
        &self.functions
    }

    fn trace(&self, index: usize) -> Result<Arc<Program>, Failure> {
        Ok(self.library.at(index).program()?)
    }

    fn about(&self, index: usize) -> Result<About, Failure> {
        let instrument = self.library.at(index);
        Ok(About { doc: instrument.record().doc.clone(), source: instrument.source()? })
    }

    fn precision(&self, index: usize) -> Result<Option<Precision>, Failure> {
        Ok(Some(self.library.at(index).record().precision()))
    }

    fn instrument(&self, index: usize) -> Option<Arc<Instrument>> {
        Some(self.library.at(index))
    }
}
