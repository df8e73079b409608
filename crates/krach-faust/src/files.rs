//! Where files come from: the caller knows; nothing here reads a disk.

use crate::Syntax;
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

    #[must_use]
    pub fn syntax(&self) -> &Syntax {
        &self.syntax
    }
}

/// A file that is nowhere, or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The places that were searched, or why reading failed.
    pub searched: Vec<String>,
}

/// Finds what `import`, `library` and `component` name.
pub trait Files: Sync {
    /// The file of that name, asked for by the file at the path `from`.
    ///
    /// # Errors
    /// It is in none of the places searched.
    fn open(&self, name: &str, from: &str) -> Result<Arc<File>, Missing>;
}

/// No files at all: enough for programs that import nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn open(&self, _: &str, _: &str) -> Result<Arc<File>, Missing> {
        Err(Missing { searched: Vec::new() })
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.searched.as_slice() {
            [] => f.write_str("no places to search"),
            places => write!(f, "searched: {}", places.join(", ")),
        }
    }
}
