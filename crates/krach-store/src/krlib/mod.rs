//! Precompiled instruments: many programs with their code, in one file. `docs/krlib.md` is the format.
//!
//! [`build`] makes a [`Built`] of each [`Draft`], [`write()`] puts them into a file, [`Library`] reads it back. A
//! program is portable and always there; code is for its machine only, and is run only if it is trusted
//! ([`Policy`]). If anything is wrong with the code, the program is compiled instead: the sound is the same.

mod archive;
mod build;
mod index;
mod library;
mod salvage;
#[cfg(test)]
mod tests;

pub(crate) use build::store;
pub use build::{Built, Compiler, Draft, Language, Source, build, made_for, write};
pub use index::{
    ControlRecord, CreditRecord, Digest, Index, MeterRecord, Part, Record, SCHEMA, TargetRecord, bad_name,
};
pub use library::{Instrument, Library, Policy};
