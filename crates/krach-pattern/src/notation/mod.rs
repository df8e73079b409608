//! Patterns as text: krach's notation, and Tidal's.
//!
//! Both read the same words (notes, `x`, numbers, rests) and the same signs behind them; they differ in what brackets
//! and `*` mean. `grammar/mini.ebnf` holds the syntax of both. A text always gives a pattern, silent where it cannot be
//! read, and all its diagnostics.

mod lex;
mod read;

use crate::{Manner, Pattern};
use krach_diag::{Diagnostic, Source};
pub use lex::{Token, lex};

/// Reads krach's notation: `x . C4*2 [C4 E4]`. Brackets sound together; `C4*2` in a sequence is two steps.
#[must_use]
pub fn krach(source: &Source, manner: &Manner) -> (Pattern, Vec<Diagnostic>) {
    read::read(source, read::Dialect::Krach, manner)
}

/// Reads Tidal's mini-notation: `bd [hh hh] <c e>*2, {a b c}%4`. Brackets divide a step.
///
/// Words are krach's: `c4` is middle C, a letter alone lies in octave 4, `x` and `t` are hits, other words are the gates
/// of hits (`bd` plays `hit("bd")`), and a number is itself.
#[must_use]
pub fn tidal(source: &Source, manner: &Manner) -> (Pattern, Vec<Diagnostic>) {
    read::read(source, read::Dialect::Tidal, manner)
}
