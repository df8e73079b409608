//! The one meaning of sound.
//!
//! A [`Program`] is a typed acyclic graph of signals **plus a list of registers**, which are zero at birth and
//! written after the frame. Every feedback goes through a register, so there is no cycle to schedule: one pass over
//! the nodes in order is one frame. Delay lines, tables, controls and noise complete the vocabulary. Python traces
//! into a program, the Faust front end elaborates into it, Faust text is printed from it, every engine executes it.
//!
//! What flows in: calls of [`ProgramBuilder`] methods, or the text form ([`parse`]). What flows out: a validated
//! [`Program`]; what can be proved about its signals ([`Intervals`], [`Rates`]); its [`optimise`]d form, for all
//! sample rates or [`at_rate`]; its text (`to_string`) and its [`ContentKey`]; and, from copies that the
//! [`InterpreterFactory`] makes, samples. The interpreter is slow and obvious on purpose: what it says is right, and
//! it shares nothing with the compilers but the table of functions ([`Fun`]).
//!
//! What this crate refuses to know: a sample rate of its own (a program is rate-free until it is compiled), Python,
//! Faust, Cranelift, files, threads.
//!
//! ```
//! use krach_ir::{Fun, ProgramBuilder, Ty};
//! let mut b = ProgramBuilder::new("leak");
//! let x = b.input("x");
//! let half = b.real(0.5)?;
//! let y = b.register(Ty::Real);             // y' in Faust: the value of the frame before
//! let before = b.read(y);
//! let fed = b.apply(Fun::Mul, &[before, half])?;
//! let sum = b.apply(Fun::Add, &[x, fed])?;
//! b.write(y, sum)?;
//! b.output("out", sum)?;
//! let program = b.finish()?;
//! assert_eq!(krach_ir::optimise(&program).nodes().len(), 5);
//! assert!(program.to_string().contains("%3 = mul %2 %1"));
//! # Ok::<(), krach_ir::BuildError>(())
//! ```

mod builder;
mod call;
mod components;
mod content_key;
mod control;
mod credit;
mod digest;
mod error;
mod fun;
mod ids;
mod interp;
mod interval;
mod limits;
pub mod maths;
mod meter;
mod node;
mod optimise;
mod program;
mod prune;
mod rate;
mod sound;
mod state;
mod state_keys;
mod sums;
mod text;
mod ty;
mod unique;
mod validate;

pub use builder::ProgramBuilder;
pub use call::{Argument, Call, Static};
pub use components::components;
pub use content_key::ContentKey;
pub use control::{Control, ControlKind, Face};
pub use credit::{Credit, Licence};
pub use digest::{Digest, NotADigest};
pub use error::BuildError;
pub use fun::{Fun, Rule};
pub use ids::{CallId, ControlId, LineId, NoiseId, RamId, RegisterId, Sig, TableId};
pub use interp::{Entries, InterpretError, InterpreterFactory, TABLE_WORK};
pub use interval::{Interval, Intervals, OnePole};
pub use limits::Limits;
pub use meter::Meter;
pub use node::{Node, Nodes, Op};
pub use optimise::{AtRest, at_rate, in_cells, optimise};
pub use program::{Output, Polyphony, Program, Site};
pub use rate::{Rate, Rates};
pub use sound::Sound;
pub use state::{Line, Noise, Ram, Register, Table, TableInit};
pub use text::parse;
pub use ty::Ty;
pub use unique::Unique;
pub use validate::Fault;
