//! One report to a person.

use crate::{Code, Place};
use std::borrow::Cow;
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

/// The longest message, in characters.
const LONGEST: usize = 2_000;
/// The longest name or path in a message, in characters.
const LONGEST_WORD: usize = 300;
/// The most digits of a number; a longer one is written as `1e300`.
const MOST_DIGITS: usize = 25;

/// A message of any length as one that a person can read: long numbers, long words and long texts are shortened, and
/// characters that would command a terminal become `\u{fffd}`. A readable text stays as it is.
#[must_use]
pub fn readable(mut text: String) -> String {
    let commands = |c: char| c.is_control() && !"\n\r\t".contains(c);
    if text.contains(commands) {
        text = text.replace(commands, "\u{fffd}");
    }
    if text.len() <= MOST_DIGITS {
        return text;
    }
    let words =
        text.split_inclusive(char::is_whitespace).map(|word| shortened(&numbers(word), LONGEST_WORD, "…"));
    shortened(&words.collect::<String>(), LONGEST, " … ")
}

/// A text whose middle is left out where it has more characters than `most`.
fn shortened(text: &str, most: usize, gap: &str) -> String {
    let count = text.len().min(text.chars().count());
    if count <= most {
        return text.to_owned();
    }
    let at = |character: usize| text.char_indices().nth(character).map_or(text.len(), |(at, _)| at);
    format!("{}{gap}{}", &text[..at(most / 2)], &text[at(count - most / 2)..])
}

/// A word with each long whole number in the form `1.5e300`.
fn numbers(word: &str) -> Cow<'_, str> {
    let is_digit = |c: char| c.is_ascii_digit();
    let Some(start) = word.find(is_digit) else { return word.into() };
    let digits = word[start..].len() - word[start..].trim_start_matches(is_digit).len();
    let (number, rest) = word[start..].split_at(digits);
    let rest = numbers(rest);
    if digits <= MOST_DIGITS || word[..start].ends_with('.') {
        return match rest {
            Cow::Borrowed(_) => word.into(),
            Cow::Owned(rest) => format!("{}{number}{rest}", &word[..start]).into(),
        };
    }
    let fraction = number[1..4].trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{}{point}{fraction}e{}{rest}", &word[..start], &number[..1], digits - 1).into()
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
    fn a_number_of_300_digits_is_written_short() {
        let huge = format!("{} seconds, -{}.5", 1e300, 1e26);
        assert_eq!(readable(huge), "1e300 seconds, -1e26.5");
        assert_eq!(readable(format!("`{}` is not 12", 2.5e40)), "`2.5e40` is not 12");
        let kept = "0.3333333333333333333333333333333333 and 18446744073709551615 in kit-20260101.wav";
        assert_eq!(readable(kept.to_owned()), kept);
    }

    #[test]
    fn a_path_of_5000_letters_is_written_short() {
        let text = readable(format!("cannot read `{}.wav`: it is not there", "ü".repeat(5000)));
        assert!(text.chars().count() < 400, "{text}");
        assert!(text.starts_with("cannot read `ü") && text.ends_with("ü.wav`: it is not there"), "{text}");
        assert_eq!(readable(text.clone()), text);
    }

    #[test]
    fn a_name_in_a_message_does_not_command_the_terminal() {
        let report = Diagnostic::error(Code::FaustUndefined, "`a\u{1b}[2J` is\nnew").help("not \0");
        assert_eq!(report.message, "`a\u{fffd}[2J` is\nnew");
        assert_eq!(report.helps, ["not \u{fffd}"]);
    }
}
