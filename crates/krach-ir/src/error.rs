//! Why a builder refuses.

use crate::{Fault, Site};
use std::fmt;
use std::sync::Arc;

/// A call of the builder that cannot be meant. Nothing was added to the program.
#[derive(Clone, Debug, PartialEq)]
pub enum BuildError {
    /// NaN or an infinity as a constant.
    NotFinite(f64),
    /// A signal, register or call that this program does not have.
    Foreign,
    /// The number of operands given, and the number wanted.
    Arity { wanted: usize, given: usize },
    /// `lo <= init <= hi` does not hold, or `step` is not positive.
    ControlRange { name: Arc<str>, init: f64, lo: f64, hi: f64, step: f64 },
    /// The name is taken by a control with other parameters, first declared there.
    ControlConflict { name: Arc<str>, site: Option<Site> },
    /// An empty name, or one with a line break or a control character.
    ControlName(Arc<str>),
    /// No upper bound of a delay can be proved and none was given.
    DelayUnbounded,
    /// The delay is always below zero.
    DelayNegative(f64),
    /// A table without contents, or longer than 2^28 entries.
    TableLength(usize),
    /// A register that was never written.
    Unwritten,
    /// More nodes than [`crate::Limits`] allow.
    TooLarge { what: &'static str, count: usize, limit: usize },
    /// No output was declared.
    NoOutput,
    /// The finished program breaks a rule: the builder or its caller is at fault.
    Invalid(Vec<Fault>),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFinite(value) => write!(f, "a constant must be finite, got {value}"),
            Self::Foreign => f.write_str("a signal of another program"),
            Self::Arity { wanted, given } => write!(f, "{given} operands where {wanted} are wanted"),
            Self::ControlRange { name, init, lo, hi, step } => {
                write!(
                    f,
                    "control `{name}` needs lo <= init <= hi and step > 0, got init {init}, lo {lo}, hi {hi}, step {step}"
                )
            }
            Self::ControlConflict { name, .. } => {
                write!(f, "control `{name}` is already declared with other values")
            }
            Self::ControlName(name) => write!(f, "{name:?} is not a control name"),
            Self::DelayUnbounded => f.write_str("no upper bound for this delay can be proved"),
            Self::DelayNegative(samples) => write!(f, "a delay of {samples} samples lies in the future"),
            Self::TableLength(len) => write!(f, "a table of {len} entries"),
            Self::Unwritten => f.write_str("a register is read but never written"),
            Self::TooLarge { what, count, limit } => {
                write!(f, "{count} {what}, at most {limit} can be compiled")
            }
            Self::NoOutput => f.write_str("a program needs at least one output"),
            Self::Invalid(faults) => {
                f.write_str("invalid program")?;
                faults.iter().try_for_each(|fault| write!(f, "; {fault}"))
            }
        }
    }
}

impl std::error::Error for BuildError {}
