//! The parts of a program that are compiled apart.

use krach_ir::Program;
use std::sync::Arc;

/// A part of a program that is compiled on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// The program itself, one copy for each voice.
    Voice,
    /// The effect on the sum of the voices.
    Effect,
}

impl Unit {
    pub const ALL: [Self; 2] = [Self::Voice, Self::Effect];

    /// The program of this unit; none if `program` has no effect.
    #[must_use]
    pub fn of(self, program: &Arc<Program>) -> Option<&Arc<Program>> {
        match self {
            Self::Voice => Some(program),
            Self::Effect => program.effect(),
        }
    }
}
