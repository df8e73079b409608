//! Whose work a program is besides its author's.

use std::sync::Arc;

/// A definition of a library that the program is made with.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Credit {
    /// The library's file, without folders.
    pub library: Arc<str>,
    pub function: Arc<str>,
    pub licence: Licence,
}

/// The terms on which a library lends a definition, as it declares them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Licence {
    /// Of this very definition.
    Function(Arc<str>),
    /// Of the whole file.
    File(Arc<str>),
    Undeclared,
}

impl Licence {
    /// What it is declared of, `function` or `file`, and its terms.
    #[must_use]
    pub fn declared(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Function(terms) => Some(("function", terms)),
            Self::File(terms) => Some(("file", terms)),
            Self::Undeclared => None,
        }
    }
}
