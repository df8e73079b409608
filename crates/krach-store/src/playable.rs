//! A program, and where its code is to be had.

use crate::krlib::Instrument;
use crate::{Cache, Compiled};
use krach_codegen::Spec;
use krach_diag::Diagnostic;
use krach_ir::Program;
use std::sync::Arc;

/// What of a program is compiled on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The program itself, one copy for each voice.
    Voice,
    /// What the sum of the voices goes through.
    Effect,
}

impl Stage {
    pub const ALL: [Self; 2] = [Self::Voice, Self::Effect];

    /// The program of this stage, if `program` has it.
    #[must_use]
    pub fn of(self, program: &Arc<Program>) -> Option<&Arc<Program>> {
        match self {
            Self::Voice => Some(program),
            Self::Effect => program.effect(),
        }
    }
}

/// A program to be played, fresh or from a library that has its code.
#[derive(Clone, Debug)]
pub struct Patch {
    program: Arc<Program>,
    instrument: Option<Arc<Instrument>>,
}

impl From<Program> for Patch {
    fn from(program: Program) -> Self {
        Arc::new(program).into()
    }
}

impl From<Arc<Program>> for Patch {
    fn from(program: Arc<Program>) -> Self {
        Self { program, instrument: None }
    }
}

impl TryFrom<Arc<Instrument>> for Patch {
    type Error = Diagnostic;

    /// # Errors
    /// `KR0703`: its program is damaged.
    fn try_from(instrument: Arc<Instrument>) -> Result<Self, Diagnostic> {
        Ok(Self { program: instrument.program()?, instrument: Some(instrument) })
    }
}

impl Patch {
    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Where it lies in a library.
    #[must_use]
    pub fn instrument(&self) -> Option<&Arc<Instrument>> {
        self.instrument.as_ref()
    }

    /// The code of one stage: the library's own, or the cache's, or fresh. None if there is no such stage.
    ///
    /// # Errors
    /// What the compiler refuses.
    pub fn compile(&self, stage: Stage, spec: Spec) -> Result<Option<Compiled>, Diagnostic> {
        match &self.instrument {
            Some(instrument) => instrument.compile(stage, spec),
            None => stage.of(&self.program).map(|program| Cache::shared().compile(program, spec)).transpose(),
        }
    }
}
