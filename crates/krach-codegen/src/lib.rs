//! From a program to native code.
//!
//! What flows in: a validated [`krach_ir::Program`] and a [`Spec`] (sample rate, precision). What flows out: a
//! [`NativeFactory`], whose copies play through the contract of `krach_abi`. In between lies the [`Kernel`]: the
//! program scheduled for a machine as plain data, in three sections that run at birth (init), when a control has
//! changed (control) and for every block (sample), with a layout of the state they share. It can be printed, and
//! so can the two stages below it, [`clif`] and [`asm`].
//!
//! Cranelift runs without its optimiser: the program is optimised before, where every step is exact.
//! Code and interpreter agree bit for bit. The code contains no address: it reaches functions and tables through a
//! table that the header of the state points to, so the same bytes can be [saved](NativeFactory::save) and
//! [loaded](NativeFactory::load) again, by another process, if a [`Secret`] vouches for them.
//!
//! What this crate refuses to know: files, names of paths, threads, who asks and why. It may refuse a program
//! ([`Refusal`]), it does not panic.
//!
//! ```
//! use krach_abi::{DspFactory, Precision, Seed};
//! use krach_codegen::{Spec, compile};
//! let mut b = krach_ir::ProgramBuilder::new("noise");
//! let noise = b.noise();
//! b.output("out", noise)?;
//! let factory = compile(&b.finish()?, &Spec::new(48_000, Precision::Single))?;
//! let mut out = [0.0; 2];
//! factory.instantiate(Seed::default()).play::<f32>(&[], &mut [&mut out]);
//! assert_eq!(out, [5.748_588_6e-6, -0.344_845_95]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backend;
mod bundles;
mod compile;
mod driver;
mod dsp;
mod emit;
mod explain;
mod factory;
mod following;
mod functions;
mod handover;
mod inline;
mod kernel;
mod lanes;
mod layout;
mod lower;
mod machine;
mod maths;
mod packed;
mod packing;
mod plan;
mod saved;
mod schedule;
mod seal;
mod show;
mod spec;
mod state;
mod steps;
mod storage;
mod strides;
mod tables;

pub use backend::{Backend, MachineCode, asm, clif};
pub use compile::{compile, compile_by};
pub use factory::{NativeFactory, Timing};
pub use kernel::{
    Address, Body, Do, Element, Function, Inst, Kernel, Part, Region, Rest, Shape, Stepping, Type, V, Walk,
    Window,
};
pub use lanes::{CHUNK, LANES};
pub use layout::{ADDRESSES, Array, ArrayId, Holds, Keeps, Lane, Slot, SlotId, StateLayout, VECTOR};
pub use machine::Machine;
pub use saved::Misfit;
pub use seal::{Secret, Trust};
pub use spec::{Refusal, Spec, Target};
