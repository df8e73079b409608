//! `grammar/mini.ebnf` against lexer and readers: they know the same signs, and a derived text is read.

use krach_diag::Source;
use krach_pattern::TimeSpan;
use krach_pattern::notation::{Token, krach, lex, tidal};
use krach_tests::dice::Dice;
use krach_tests::grammar::{Grammar, Manner};
use std::collections::BTreeSet;

fn grammar() -> Grammar {
    Grammar::read(include_str!("../../../grammar/mini.ebnf"))
}

fn samples(rule: &str, depth: usize) -> Option<&'static [&'static str]> {
    // Deep enough: an element or a term that holds no other.
    let rule = if depth > 30 && matches!(rule, "element" | "term") { "number" } else { rule };
    Some(match rule {
        "note" => &["C4", "f#3", "Bb2", "cs5"],
        "hit" => &["x", "X"],
        "word" => &["bd", "c", "ef", "cs5", "x", "t", "super808"],
        "number" => &["0", "0.5", "-3", "60"],
        "count" => &["1", "2", "3"],
        "positive" => &["1", "0.5", "3"],
        "probability" => &["0", "0.3", "1"],
        "pulses" => &["0", "3", "5"],
        "places" => &["5", "8"],
        _ => return None,
    })
}

#[test]
fn a_derived_text_is_read_and_played() {
    let (grammar, mut dice) = (grammar(), Dice::seeded(1));
    let mut longest = 0;
    for _ in 0..2000 {
        for (rule, read) in [("krach", krach as fn(&Source, &krach_pattern::Manner) -> _), ("tidal", tidal)] {
            let text = grammar.derive(rule, Manner { samples, often: 3 }, &mut dice).concat();
            longest = longest.max(text.len());
            let (pattern, reports) =
                read(&Source::new("derived", text.as_str()), &krach_pattern::Manner::default());
            assert_eq!(reports, [], "{rule}: {text}");
            let found = pattern.query(TimeSpan::cycles(0, 1), 0).map(|events| events.len());
            assert!(found.is_ok(), "{rule}: {text}: {found:?}");
        }
    }
    assert!(longest > 100, "{longest}");
}

#[test]
fn every_rule_is_used() {
    assert_eq!(grammar().unused(), ["krach", "tidal"]);
}

#[test]
fn grammar_and_lexer_know_the_same_signs() {
    let grammar = grammar();
    let in_grammar: BTreeSet<String> = (grammar.quoted().into_iter())
        .map(|sign| sign.trim().to_owned())
        .filter(|sign| !sign.is_empty())
        .collect();
    let signs: Vec<char> = (' '..='~').filter(|c| !c.is_ascii_alphanumeric() && *c != ' ').collect();
    let ones = signs.iter().map(ToString::to_string);
    let twos = signs.iter().flat_map(|a| signs.iter().map(move |b| format!("{a}{b}")));
    let is_one = |text: &String| {
        let tokens = lex(text);
        tokens.len() == 2 && tokens[0].0 != Token::Unknown && tokens[0].1.end as usize == text.len()
    };
    assert_eq!(in_grammar, ones.chain(twos).filter(is_one).collect());
}
