//! A `.krlib` file: its instruments.

use super::{About, Function, Script};
use crate::Failure;
use krach_diag::Diagnostic;
use krach_store::Playable;
use krach_store::krlib::{self, Library};

/// One function for each instrument.
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
            checked: true,
        };
        let functions = records.map(function).collect();
        Self { library, functions }
    }
}

impl Script for LibraryScript {
    fn functions(&self) -> &[Function] {
        &self.functions
    }

    fn playable(&self, index: usize) -> Result<(Playable, Vec<Diagnostic>), Failure> {
        Ok((Playable::try_from(self.library.at(index))?, Vec::new()))
    }

    fn about(&self, index: usize) -> Result<About, Failure> {
        let instrument = self.library.at(index);
        Ok(About { doc: instrument.record().doc.clone(), source: instrument.source()? })
    }
}
