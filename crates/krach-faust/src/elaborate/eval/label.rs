//! Numbers inside labels: `%name`, `%{name}`, `%3name`.

use super::{Bound, Evaluator};
use crate::elaborate::ids::{Env, FileId};
use crate::elaborate::interner::Text;
use crate::syntax::Name;

impl Evaluator<'_> {
    /// The label with every `%name` replaced by the integer that the name means here.
    pub(super) fn label(&mut self, file: FileId, label: Name, env: Env) -> Text {
        let text = self.text(file, label);
        let source = self.texts.get(text).clone();
        if !source.contains('%') {
            return text;
        }
        let mut out = String::with_capacity(source.len());
        let mut rest = &*source;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            let (width, name, after) = reference(&rest[at + 1..]);
            match name {
                Some(name) => match self.integer_named(name, env) {
                    Some(value) => out.push_str(&format!("{value:>width$}")),
                    None => return text,
                },
                None => out.push('%'),
            }
            rest = if name.is_some() { after } else { &rest[at + 1..] };
        }
        out.push_str(rest);
        self.texts.intern(&out.into())
    }

    fn integer_named(&mut self, name: &str, env: Env) -> Option<i32> {
        let text = self.texts.intern(&name.into());
        let value = match self.lookup(env, text) {
            Some(Bound::Value(value)) => value,
            Some(Bound::Definition(file, expr, env)) => self.eval(file, expr, env),
            None => self.undefined(text, env),
        };
        let value = self.boxed(value);
        let number = self.number(value);
        if number.is_none() && !self.boxes.facts(value).error {
            let message = format!("`%{name}` in a label must be a number that is known while compiling");
            self.trouble(krach_diag::Code::FaustNumber, message);
        }
        number.map(crate::elaborate::signal::Constant::int)
    }
}

/// What follows a `%`: the width, the name if there is one, the text behind it.
fn reference(text: &str) -> (usize, Option<&str>, &str) {
    let (width, body) = match text.as_bytes() {
        [digit @ b'1'..=b'4', ..] => (usize::from(digit - b'0'), &text[1..]),
        _ => (0, text),
    };
    let (braced, inner) = match body.strip_prefix('{') {
        Some(inner) => (true, inner),
        None => (false, body),
    };
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = inner.find(|c| !word(c)).unwrap_or(inner.len());
    let name = &inner[..end];
    let begins = name.trim_start_matches('_').starts_with(|c: char| c.is_ascii_alphabetic());
    match (begins, braced, inner[end..].strip_prefix('}')) {
        (true, true, Some(after)) => (width, Some(name), after),
        (true, false, _) => (width, Some(name), &inner[end..]),
        _ => (0, None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::reference;

    #[test]
    fn references() {
        assert_eq!(reference("i end"), (0, Some("i"), " end"));
        assert_eq!(reference("2i"), (2, Some("i"), ""));
        assert_eq!(reference("{ab}c"), (0, Some("ab"), "c"));
        assert_eq!(reference(" of"), (0, None, " of"));
        assert_eq!(reference("9i"), (0, None, "9i"));
    }
}
