//! The host: it runs Python files, which this crate cannot.

use crate::{Failure, Script};
use krach_diag::{Code, Diagnostic, Place, Source};
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

    /// The text of bytes in an encoding that a Python file declares; none if the encoding is unknown or does not fit.
    fn decode(&self, _bytes: &[u8], _encoding: &str) -> Option<String> {
        None
    }

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
