//! Faust.

mod diagram;
mod elaborate;
mod emit;
mod eval;
mod files;
mod foreign;
mod gate;
mod interface;
mod lex;
mod nature;
mod parse;
pub mod prim;
mod propagate;
mod range;
mod signal;
mod stack;
pub mod syntax;
mod text;

pub use elaborate::{Options, elaborate};
pub use files::{File, Files, Missing, NoFiles};
pub use parse::parse;
pub use syntax::Syntax;
