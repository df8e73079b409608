//! A program that is one voice of several: how many, and what follows them.

use super::widgets;
use krach_ir::Limits;
use std::sync::Arc;

/// How many voices the program declares to have: `declare nvoices "8";` or, among its options,
/// `declare options "[nvoices:8]";`. A text that is no number counts for nothing, as in the official tools.
pub(crate) fn voices(metadata: &[(Arc<str>, Arc<str>)]) -> Option<u32> {
    metadata.iter().rev().find_map(|(key, value)| match &**key {
        "nvoices" => number(value),
        "options" => {
            let (_, options) = widgets::parse(value);
            options.iter().rev().find(|(key, _)| key == "nvoices").and_then(|(_, value)| number(value))
        }
        _ => None,
    })
}

fn number(text: &str) -> Option<u32> {
    let voices: u32 = text.trim().parse().ok()?;
    (voices > 0).then_some(voices.min(Limits::VOICES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voices_are_declared_in_two_ways() {
        let declared =
            |key: &str, value: &str| voices(&[("author".into(), "8".into()), (key.into(), value.into())]);
        assert_eq!(declared("nvoices", " 8 "), Some(8));
        assert_eq!(declared("options", "[midi:on][nvoices:12]"), Some(12));
        assert_eq!(declared("options", "[midi:on]"), None);
        assert_eq!(declared("nvoices", "0"), None);
        assert_eq!(declared("nvoices", "many"), None);
        assert_eq!(declared("nvoices", "4000000000"), Some(Limits::VOICES));
    }
}
