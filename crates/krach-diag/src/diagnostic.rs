//! One report to a person.

use crate::{Code, Place};
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    Error,
    Warning,
}

impl Severity {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// "Here because": a further place that explains the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub place: Place,
    pub text: String,
}

/// What is wrong (a lowercase sentence, source names in backticks), where, why there, and what to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub code: Code,
    pub message: String,
    pub place: Option<Place>,
    pub labels: Vec<Label>,
    pub helps: Vec<String>,
}

impl Diagnostic {
    #[must_use]
    pub fn new(severity: Severity, code: Code, message: impl Into<String>) -> Self {
        let message = readable(message.into());
        Self { severity, code, message, place: None, labels: Vec::new(), helps: Vec::new() }
    }

    #[must_use]
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    #[must_use]
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    #[must_use]
    pub fn label(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label { place, text: readable(text.into()) });
        self
    }

    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(readable(text.into()));
        self
    }
}

/// The first and last 1,000 characters: names and paths inside may be of any length. Characters that would command a
/// terminal become `\u{fffd}`.
fn readable(mut text: String) -> String {
    const LONGEST: usize = 2_000;
    let commands = |c: char| c.is_control() && !"\n\r\t".contains(c);
    if text.contains(commands) {
        text = text.replace(commands, "\u{fffd}");
    }
    let Some((cut, _)) = text.char_indices().nth(LONGEST) else { return text };
    let start: String = text[..cut].chars().take(LONGEST / 2).collect();
    let end = text.char_indices().rev().nth(LONGEST / 2).map_or(cut, |(at, _)| at);
    format!("{start} … {}", &text[end..])
}

/// The one-line form that editors jump on: `file:line:col: error[KR0107]: message`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}[{}]: {}", self.severity.word(), self.code, self.message)
    }
}

impl std::error::Error for Diagnostic {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_megabytes_does_not_hide_what_is_said_about_it() {
        let report = Diagnostic::error(Code::FaustUndefined, format!("`{}` is new", "é".repeat(10_000_000)));
        assert!(report.message.len() < 5_000 && report.message.ends_with("éé` is new"), "{report}");
        assert_eq!(Diagnostic::error(Code::FaustUndefined, "`é` is new").message, "`é` is new");
    }

    #[test]
    fn a_name_in_a_message_does_not_command_the_terminal() {
        let report = Diagnostic::error(Code::FaustUndefined, "`a\u{1b}[2J` is\nnew").help("not \0");
        assert_eq!(report.message, "`a\u{fffd}[2J` is\nnew");
        assert_eq!(report.helps, ["not \u{fffd}"]);
    }
}
