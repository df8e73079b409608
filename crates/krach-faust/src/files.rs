//! Where files come from: the caller knows; nothing here reads a disk.

use crate::Syntax;
use crate::syntax::ListId;
use krach_diag::{Diagnostic, Source};
use std::fmt;
use std::sync::Arc;

/// A parsed file. Callers keep it and hand out the same one for the same path, so that a library is parsed once.
#[derive(Debug)]
pub struct File {
    pub(crate) syntax: Syntax,
    pub(crate) reports: Vec<Diagnostic>,
}

impl File {
    /// Parses a text; the source's name is the path by which the file is known.
    #[must_use]
    pub fn parse(source: &Source) -> Self {
        let (syntax, reports) = crate::parse(source);
        Self { syntax, reports }
    }

    #[must_use]
    pub fn path(&self) -> &Arc<str> {
        self.syntax.source().name()
    }

    /// What it declares about itself: `declare description "…";`.
    #[must_use]
    pub fn declared(&self, key: &str) -> Option<&Arc<str>> {
        self.syntax.declared(None, &[key])
    }

    /// The line, from 1, on which it defines a name first.
    #[must_use]
    pub fn line_of(&self, name: &str) -> Option<u32> {
        let name = self.syntax.find(name)?;
        let span = self.syntax.list(ListId::FILE).meanings.get(&name)?.first()?.span;
        Some(self.syntax.source().place(span).line)
    }

    #[must_use]
    pub fn syntax(&self) -> &Syntax {
        &self.syntax
    }
}

/// Why there is no such file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It is in none of these places.
    Nowhere(Vec<String>),
    /// It is there, and this is why it cannot be used.
    Unusable(String),
}

/// The rate and the samples of a sound file.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// In Hz.
    pub rate: u32,
    /// Finite samples, all channels of one length; at least one channel and one frame.
    pub channels: Vec<Arc<[f64]>>,
}

/// What to do where a file is missing.
pub(crate) const REMEDY: &str =
    "name its folder with -I or FAUST_LIB_PATH; the standard libraries come with: pip install cyfaust";

/// Finds what `import`, `library` and `component` name, and the recordings of `soundfile`.
pub trait Files: Sync {
    /// The file of that name, asked for by the file at the path `from`.
    ///
    /// # Errors
    /// It is in none of the places searched, or cannot be used.
    fn open(&self, name: &str, from: &str) -> Result<Arc<File>, Missing>;

    /// A file that is there, of almost that name.
    fn near(&self, _name: &str, _from: &str) -> Option<String> {
        None
    }

    /// The recordings of those names, one part each, asked for by the file at the path `from`.
    fn sounds(&self, names: &[String], _from: &str) -> Vec<Result<Arc<Decoded>, Missing>> {
        names.iter().map(|_| Err(Missing::Nowhere(Vec::new()))).collect()
    }
}

/// No files at all: enough for programs that import nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn open(&self, _: &str, _: &str) -> Result<Arc<File>, Missing> {
        Err(Missing::Nowhere(Vec::new()))
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere(places) if places.is_empty() => f.write_str("no places to search"),
            Self::Nowhere(places) => write!(f, "searched: {}", places.join(", ")),
            Self::Unusable(why) => f.write_str(why),
        }
    }
}
