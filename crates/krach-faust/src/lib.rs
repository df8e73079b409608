//! Faust, both ways.
//!
//! **Reading.** A text becomes [`Syntax`] (`parse`: always a tree, every mistake reported), then a program
//! (`elaborate`): expressions are evaluated to block diagrams, diagrams are propagated to signals, signals are typed,
//! bounded and gated, and become a [`krach_ir::Program`]. No library function is known by name: the standard
//! libraries are files, and [`Files`] says where files come from.
//!
//! ```
//! use krach_diag::Source;
//! use krach_faust::{NoFiles, Options, elaborate};
//! let source = Source::new("leak.dsp", "process = + ~ *(0.5);");
//! let (program, reports) = elaborate(&source, &NoFiles, &Options::default());
//! assert!(reports.is_empty());
//! assert_eq!(program.expect("it is right").inputs().len(), 1);
//! ```
//!
//! **Printing.** What flows in: a validated [`krach_ir::Program`] **as traced**, with its calls of library functions
//! and the names people gave to signals. What flows out: an [`syntax::ast::Ast`], faithful Faust syntax, and through the one
//! pretty-printer text that the official compiler accepts and that computes the same samples. No text is assembled
//! by formatting strings: parentheses, commas and line breaks are the pretty-printer's business.
//!
//! The folders: `parse/` reads a text into the tree of `syntax/`; `elaborate/` makes a program of it; `print/` makes
//! the syntax of a program; `syntax/pretty.rs` lays out any tree as text; `drawing/` draws a program as an SVG
//! picture. `prim.rs` is the table of Faust's words, `template.rs` reads a Faust expression with Python values in it,
//! `files.rs` is how a caller offers files.
//!
//! What this crate refuses to know: Python, sample rates, how to run a program, where files are.
//!
//! ```
//! use krach_ir::{Fun, ProgramBuilder};
//! let mut b = ProgramBuilder::new("half");
//! let x = b.input("x");
//! let half = b.real(0.5)?;
//! let y = b.apply(Fun::Mul, &[x, half])?;
//! b.output("out", y)?;
//! assert_eq!(krach_faust::print(&b.finish()?), "declare name \"half\";\n\nprocess(x) = x * 0.5;\n");
//! # Ok::<(), krach_ir::BuildError>(())
//! ```

mod drawing;
mod elaborate;
mod files;
mod parse;
pub mod prim;
mod print;
pub mod syntax;
mod template;

pub use drawing::{Drawing, draw};
pub use elaborate::{Elaborated, Options, elaborate, elaborate_whole};
pub use files::{Decoded, File, Files, Missing, NoFiles};
pub use parse::lex::{Token, lex};
pub use parse::parse;
pub use print::to_ast;
pub use syntax::Syntax;
pub use template::{Expression, Given, elaborate_expression};

/// The program as the text of a Faust file.
#[must_use]
pub fn print(program: &krach_ir::Program) -> String {
    to_ast(program).to_string()
}
