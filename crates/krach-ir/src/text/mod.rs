//! Programs as text: what `krach dump --stage program` shows and what fixtures are written in.
//!
//! The text reads in the order of a frame. State is declared first; each node follows its operands; a line or a
//! read-write table is introduced where its input is known; registers are written at the end, so nothing refers
//! forward. `print` after `parse` and `parse` after `print` change nothing. `{program:#}` is the bare form, without
//! anything that has no bearing on sound or state: no names, places, calls and meters. The grammar
//! is `grammar/program.ebnf`.

mod lex;
mod parse;
mod print;
mod statement;
#[cfg(test)]
mod tests;

pub use parse::parse;
pub(crate) use print::write_key;
