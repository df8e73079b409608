//! The text form of a program, as `krach dump --stage program` writes it.

use super::{Function, Script};
use crate::Failure;
use krach_diag::{Diagnostic, Source};
use krach_store::{Playable, krlib};
use std::sync::Arc;

/// One function, named as the program is.
pub(crate) struct ProgramText {
    source: Arc<Source>,
    function: [Function; 1],
}

impl ProgramText {
    pub(crate) fn new(source: Arc<Source>) -> Result<Self, Failure> {
        let name = krach_ir::parse(&source)?.name().to_owned();
        Ok(Self { source, function: [Function { name, line: 1, listed: true, checked: true }] })
    }
}

impl Script for ProgramText {
    fn functions(&self) -> &[Function] {
        &self.function
    }

    fn playable(&self, _index: usize) -> Result<(Playable, Vec<Diagnostic>), Failure> {
        let program = Arc::new(krach_ir::parse(&self.source)?);
        Ok((Playable::made_for(program, krlib::made_for(self.source.text())), Vec::new()))
    }
}
