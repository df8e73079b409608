//! The contract between compiled sound and the stage that plays it.
//!
//! A [`DspFactory`] is shared compiled code for one sample rate; a [`Dsp`] is one running copy with its own state.
//! The stage sees ports by number and never a name, a program or a compiler, so it can be tested with toys, and
//! the reference interpreter, the native code generator and any later back end are interchangeable behind these
//! two traits. [`FlushGuard`] sets the one floating-point mode in which all of them agree bit for bit.

mod convert;
mod dsp;
mod fpmode;
mod role;

pub use convert::{through_f32, through_f64};
pub use dsp::{ControlRange, Dsp, DspFactory, Ports, Precision, Seed};
pub use fpmode::FlushGuard;
pub use role::Role;

/// Sample rates that can be compiled for, in Hz.
pub const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// The most inputs, and the most outputs, that a factory may have: programs with more are refused, so that the
/// stage needs no heap for them.
pub const MAX_PORTS: usize = 256;

/// The most state one running copy may own: delay lines, tables and registers, in bytes.
pub const MAX_STATE_BYTES: usize = 1 << 30;

/// The stack of a thread that compiles, in bytes: compilers may recurse where programs are deep.
pub const WORKER_STACK: usize = 64 << 20;
