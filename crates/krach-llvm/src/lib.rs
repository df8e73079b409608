//! A second way from a kernel to machine code: LLVM at -O3, by `inkwell`.
//!
//! What flows in: a [`krach_codegen::Kernel`]. What flows out: the machine code of its functions, which refers to nothing
//! outside itself, so that `krach_codegen` maps, saves and loads it as its own. In between lies the text of LLVM's
//! intermediate form, one module for each function. No flag of fast mathematics is set: the bits are those of the
//! interpreter.
//!
//! It takes many times as long as Cranelift (see `docs/decisions/0049-llvm-beside-cranelift.md`), and the library of LLVM has
//! 100 MB. So it is off by default: a third voice in the tests, and a choice for libraries that are built once. The features `llvm14` to `llvm19` name the
//! version that the system has; without one of them this crate is empty.

#![cfg(any(feature = "llvm14", feature = "llvm15", feature = "llvm16", feature = "llvm19"))]

mod inline;
mod lower;
mod machine;
mod maths;
mod object;
mod text;

pub use lower::ir;
pub use machine::Llvm;
