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

    /// Opens a part of krach that only the Python package has, and returns the exit code when it is left.
    ///
    /// # Errors
    /// Those of the part, or that there is no Python.
    fn open(&self, door: &Door) -> Result<i32, Failure>;

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

/// A part of krach that is written in Python.
#[derive(Clone, Debug)]
pub enum Door {
    /// The prompt.
    Prompt,
    /// A piece that is played and shown for some seconds, on the default device or on this one.
    Demo { seconds: f64, device: Option<String> },
    /// A session file that is played until Ctrl-C, watched for changes, with a prompt, on the default device or on this one,
    /// by a number of threads.
    Run { file: PathBuf, watch: bool, interactive: bool, device: Option<String>, threads: u8 },
    /// A page that shows a running session, on this port or a free one.
    View { port: Option<u16> },
    /// The session of a journal, that of the last session by default, is written as a session file.
    Recover { journal: Option<PathBuf>, output: PathBuf },
}

/// The host of the stand-alone binary.
#[derive(Debug)]
pub struct NoPython {
    /// Set by Ctrl-C.
    pub stop: Arc<std::sync::atomic::AtomicBool>,
}

impl Host for NoPython {
    fn load(&self, source: &Source) -> Result<Box<dyn Script>, Failure> {
        Err(needs_python("a Python file needs")
            .at(Place::line(source.name().clone(), 1))
            .help(
                "Faust (`.dsp`) and text forms (`.program`, by `krach dump --stage program`) need no Python",
            )
            .into())
    }

    fn open(&self, _: &Door) -> Result<i32, Failure> {
        Err(needs_python("the prompt, the demo, the page and session files need")
            .help("`krach --help` lists the other commands")
            .into())
    }

    fn interrupted(&self) -> bool {
        self.stop.load(std::sync::atomic::Ordering::Relaxed)
    }
}

fn needs_python(what: &str) -> Diagnostic {
    let message = format!("{what} Python, and this `krach` was built without it");
    Diagnostic::error(Code::NeedsPython, message)
        .help("install the Python package and use the `krach` that comes with it")
}
