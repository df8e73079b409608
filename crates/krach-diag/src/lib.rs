//! Where something is, and what is wrong there.
//!
//! The ground floor: a [`Source`] is a text with a name, a [`Span`] a range of its bytes, a [`Place`] the same
//! range in lines and columns as people count them, and a [`Diagnostic`] a message with a stable [`Code`], the
//! place it is about, labels ("here because") and helps ("try this"). Faust text, mini-notation and Python all
//! report through these types; nothing here knows any of them, and nothing here draws: drawing is the shell's.
//!
//! ```
//! use krach_diag::{Code, Diagnostic, Source, Span};
//! let source = Source::new("jam.py", "gain = krs.control('gain', 2, 0, 1)\n");
//! let place = source.place(Span::new(7, 35));
//! let report = Diagnostic::error(Code::ControlRange, "`gain` starts at 2, outside 0..1").at(place).help("start inside the range");
//! assert_eq!(report.to_string(), "jam.py:1:8: error[KR0107]: `gain` starts at 2, outside 0..1");
//! ```

mod code;
mod diagnostic;
mod source;

pub use code::{Code, ErrorKind};
pub use diagnostic::{Diagnostic, Label, Severity, readable};
pub use source::{Place, Source, Span};
