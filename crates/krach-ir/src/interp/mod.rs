//! The reference interpreter: slow and obvious.
//!
//! One frame is one pass over the nodes in order, each by the book; then lines and registers take what they were
//! given. Nothing is optimised and nothing is shared with the compilers but the table of functions, so when they
//! disagree, this is right.

mod entries;
mod handover;
mod running;
#[cfg(test)]
mod tests;

pub use entries::Entries;

use crate::Fault;
use crate::maths::Float;
use crate::{Digest, Program, TableInit};
use handover::Inheritance;
use krach_abi::{Dsp, DspFactory, Handover, MAX_STATE_BYTES, Ports, Precision, SAMPLE_RATES, Seed, Voices};
use running::{Code, Running};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Evaluations of nodes that filling one generated table may take, in every engine.
pub const TABLE_WORK: u64 = 1 << 31;

/// Why a program cannot be interpreted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InterpretError {
    SampleRate(u32),
    /// The program does not pass validation.
    Invalid(Vec<Fault>),
    /// Registers, lines and tables need this many bytes, which is too much.
    State(u64),
    /// The program reads this sound, and it is not at hand, or has not that channel or that length.
    Sound(Digest),
    /// The entries of a generated table, and the nodes to compute for each.
    Table {
        entries: u32,
        nodes: usize,
    },
}

impl InterpretError {
    #[must_use]
    pub fn code(&self) -> krach_diag::Code {
        match self {
            Self::SampleRate(_) => krach_diag::Code::SampleRate,
            Self::Invalid(_) => krach_diag::Code::InvalidProgram,
            Self::State(_) => krach_diag::Code::StateTooLarge,
            Self::Sound(_) => krach_diag::Code::MissingSound,
            Self::Table { .. } => krach_diag::Code::TooLarge,
        }
    }
}

impl fmt::Display for InterpretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SampleRate(rate) => {
                let (least, most) = SAMPLE_RATES.into_inner();
                write!(f, "a sample rate of {rate} Hz, supported are {least} to {most}")
            }
            Self::Invalid(faults) => {
                f.write_str("invalid program")?;
                faults.iter().try_for_each(|fault| write!(f, "; {fault}"))
            }
            Self::State(bytes) => {
                write!(f, "delay lines and tables need {bytes} bytes, at most {MAX_STATE_BYTES} are allowed")
            }
            Self::Sound(digest) => write!(f, "the contents of sound {digest} are missing"),
            Self::Table { entries, nodes } => {
                write!(
                    f,
                    "a table of {entries} entries, each computed by {nodes} nodes, takes too long to fill"
                )
            }
        }
    }
}

impl std::error::Error for InterpretError {}

/// A program that any number of interpreted copies share.
#[derive(Debug)]
pub struct InterpreterFactory {
    ports: Ports,
    sample_rate: u32,
    precision: Precision,
    state_bytes: usize,
    code: Either,
}

#[derive(Debug)]
enum Either {
    Single(Arc<Code<f32>>),
    Double(Arc<Code<f64>>),
}

impl InterpreterFactory {
    /// Fills the tables at that rate; copies are cheap afterwards.
    ///
    /// # Errors
    /// An invalid program, an unsupported rate, too much state.
    pub fn new(
        program: Arc<Program>,
        sample_rate: u32,
        precision: Precision,
    ) -> Result<Self, InterpretError> {
        program.validate().map_err(InterpretError::Invalid)?;
        if !SAMPLE_RATES.contains(&sample_rate) {
            return Err(InterpretError::SampleRate(sample_rate));
        }
        let bytes = state_bytes(&program, precision);
        let tables: u64 = program.tables.iter().map(|t| t.ty.bytes(precision) * u64::from(t.len)).sum();
        let Some(state_bytes) =
            usize::try_from(bytes).ok().filter(|_| bytes + tables <= MAX_STATE_BYTES as u64)
        else {
            return Err(InterpretError::State(bytes + tables));
        };
        let ports = program.ports();
        let code = match precision {
            Precision::Single => Either::Single(Arc::new(Code::new(program, sample_rate)?)),
            Precision::Double => Either::Double(Arc::new(Code::new(program, sample_rate)?)),
        };
        Ok(Self { ports, sample_rate, precision, state_bytes, code })
    }
}

impl DspFactory for InterpreterFactory {
    fn ports(&self) -> &Ports {
        &self.ports
    }

    fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    fn precision(&self) -> Precision {
        self.precision
    }

    fn state_bytes(&self) -> usize {
        self.state_bytes
    }

    fn voices_of(&self, seeds: &[Seed]) -> Box<dyn Dsp> {
        let seeds = seeds.iter().copied();
        match &self.code {
            Either::Single(code) => {
                Box::new(Voices::new(&self.ports, seeds.map(|seed| Running::new(code.clone(), seed))))
            }
            Either::Double(code) => {
                Box::new(Voices::new(&self.ports, seeds.map(|seed| Running::new(code.clone(), seed))))
            }
        }
    }

    fn handover(&self, from: &dyn DspFactory, voices: usize) -> Box<dyn Handover> {
        let from = (from as &dyn Any).downcast_ref::<Self>().unwrap_or(self);
        match (&from.code, &self.code) {
            (Either::Single(old), Either::Single(new)) => Box::new(Inheritance::new(old, new, voices)),
            (Either::Double(old), Either::Double(new)) => Box::new(Inheritance::new(old, new, voices)),
            // Copies of two precisions have no state of one type: this one finds neither of its programs.
            (_, Either::Single(new)) => Box::new(Inheritance::new(new, new, 0)),
            (_, Either::Double(new)) => Box::new(Inheritance::new(new, new, 0)),
        }
    }
}

/// Bytes that one copy of a program owns: registers, lines, read-write tables, noise.
fn state_bytes(program: &Program, precision: Precision) -> u64 {
    let registers: u64 = program.registers.iter().map(|r| r.ty.bytes(precision)).sum();
    let lines: u64 = program.lines.iter().map(|l| l.ty.bytes(precision) * u64::from(l.max)).sum();
    let rams: u64 = program.rams.iter().map(|m| m.ty.bytes(precision) * u64::from(m.len)).sum();
    registers + lines + rams + 4 * program.noises.len() as u64
}

impl Program {
    /// What one of its tables of that length holds, at that rate.
    ///
    /// # Errors
    /// A generator that is too large to be run; a sound that is not at hand.
    pub fn entries<R: Float>(
        &self,
        init: &TableInit,
        len: u32,
        sample_rate: u32,
    ) -> Result<Entries<R>, InterpretError> {
        let reals = |values: &[f64]| Entries::Reals(values.iter().map(|&value| R::from_f64(value)).collect());
        match init {
            TableInit::Reals(values) => Ok(reals(values)),
            TableInit::Ints(values) => Ok(Entries::Ints(values.as_ref().into())),
            TableInit::Sound { digest, channel } => {
                let samples = self.samples(*digest, *channel, len);
                samples.map(|samples| reals(samples)).ok_or(InterpretError::Sound(*digest))
            }
            TableInit::Generated(program) => {
                let nodes = program.nodes.len();
                let bytes = state_bytes(program, R::PRECISION);
                if bytes > MAX_STATE_BYTES as u64 {
                    return Err(InterpretError::State(bytes));
                }
                if u64::from(len) * nodes as u64 > TABLE_WORK {
                    return Err(InterpretError::Table { entries: len, nodes });
                }
                let code = Arc::new(Code::new(program.clone(), sample_rate)?);
                Ok(Running::new(code, Seed::default()).collect(len as usize))
            }
        }
    }
}
