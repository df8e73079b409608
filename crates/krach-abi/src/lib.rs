//! The contract between compiled sound and the stage that plays it.
//!
//! A [`DspFactory`] is shared compiled code for one sample rate; a [`Dsp`] is a number of running voices, each with
//! its own controls and state. The stage hands over a [`Block`] and gets back samples, a peak for each voice and a
//! [`Status`]. When a program changes, a [`Handover`] carries the state of the old copy into the new one.
//!
//! The stage sees ports by number and never a name, a program or a compiler, so it can be tested with toys, and the
//! reference interpreter, the native code generator and any later back end are interchangeable. A back end that
//! computes one voice at a time implements [`Voice`] and is made a [`Dsp`] by [`Voices`]. [`FlushGuard`] sets the one
//! floating-point mode in which all of them agree bit for bit.

mod audio;
mod channels;
mod convert;
mod dsp;
mod factory;
mod fpmode;
mod frame;
mod handover;
mod role;
mod sample;
mod voices;

pub use audio::{Audio, AudioMut, Buffer};
pub use channels::Adapting;
pub use convert::Converter;
pub use dsp::{Block, Dsp, Status, VoiceIo};
pub use factory::{ControlRange, DspFactory, Ports, Precision, Seed};
pub use fpmode::FlushGuard;
pub use frame::Frame;
pub use handover::{Fate, Handover, StatePiece};
pub use role::Role;
pub use sample::Sample;
pub use voices::{Voice, Voices};

/// Sample rates that can be compiled for, in Hz.
pub const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// The most inputs, and the most outputs, that a factory may have: programs with more are refused.
pub const MAX_PORTS: usize = 4096;

/// The most state one running copy may own: delay lines, tables and registers, in bytes.
pub const MAX_STATE_BYTES: usize = 1 << 30;

/// The stack of a thread that compiles, in bytes: compilers may recurse where programs are deep.
pub const WORKER_STACK: usize = 64 << 20;
