//! The nature of a signal.

use std::fmt;

/// What a sample is. `Real` is `f32` or `f64` by the precision compiled for; `Int` is 32-bit two's complement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ty {
    Int,
    Real,
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Int => "int",
            Self::Real => "real",
        })
    }
}
