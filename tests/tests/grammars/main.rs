//! The grammars of `grammar/` against the code that reads the languages.

mod faust;
mod mini;
