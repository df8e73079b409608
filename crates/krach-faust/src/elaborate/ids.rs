//! Numbers for the things that diagrams and signals refer to: files, environments, cases.

/// A file of this elaboration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FileId(pub(super) u32);

impl FileId {
    pub const MAIN: Self = Self(0);

    pub fn new(index: usize) -> Self {
        Self(u32::try_from(index).expect("fewer files than bytes"))
    }

    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The names that an expression sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Env(pub(super) u32);

impl Env {
    /// Without any name.
    pub const ROOT: Self = Self(0);
}

/// A `case` in its environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CaseId(pub(super) u32);
