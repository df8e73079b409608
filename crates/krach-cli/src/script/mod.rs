//! Files with DSP functions: Python (through the [`Host`](crate::Host)), Faust, libraries and text forms.

mod faust;
mod library;
mod program;

pub(crate) use faust::FaustText;
pub(crate) use library::LibraryScript;
pub(crate) use program::ProgramText;

use crate::Failure;
use krach_diag::{Diagnostic, Source};
use krach_session::Session;
use krach_store::{Playable, krlib};
use std::sync::Arc;

/// A file with DSP functions, loaded.
pub trait Script {
    fn functions(&self) -> &[Function];

    /// One of `functions`, traced or read anew at each call, and warnings about it.
    ///
    /// # Errors
    /// What is wrong with that function.
    fn playable(&self, index: usize) -> Result<(Playable, Vec<Diagnostic>), Failure>;

    /// Whether it is a Faust text.
    fn is_faust(&self) -> bool {
        false
    }

    /// The Faust text of one of `functions`: the text it was read from, or else its printed form.
    ///
    /// # Errors
    /// What is wrong with that function.
    fn faust(&self, index: usize) -> Result<Arc<Source>, Failure> {
        let (sound, _) = self.playable(index)?;
        let text = krach_faust::print(sound.program());
        Ok(Arc::new(Source::new(format!("{}.dsp", self.functions()[index].name), text)))
    }

    /// The session that the file builds at its top level; none if it declares no node.
    fn session(&self) -> Option<Arc<Session>> {
        None
    }

    /// The docstring and the source of one of `functions`.
    ///
    /// # Errors
    /// Its source cannot be read.
    fn about(&self, _index: usize) -> Result<About, Failure> {
        Ok(About::default())
    }
}

/// The texts about a function.
#[derive(Clone, Debug, Default)]
pub struct About {
    pub doc: String,
    /// None if its text is not known.
    pub source: Option<krlib::Source>,
}

/// Something in a file that can be traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    /// Where it is defined, from 1.
    pub line: u32,
    /// Chosen when the user names no function: false for helpers and imported functions.
    pub listed: bool,
    /// Traced by `krach check` when the user names no function: all that are listed, and functions with inputs that
    /// only compute.
    pub checked: bool,
}
