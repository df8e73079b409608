//! `grammar/faust.ebnf` against the lexer and the parser: they know the same words, and what the grammar derives
//! is read without complaint.

use krach_diag::Source;
use krach_faust::prim::{Prim, RESERVED};
use krach_faust::{Token, lex, parse};
use krach_tests::dice::Dice;
use krach_tests::grammar::{Grammar, Manner};
use std::collections::BTreeSet;

fn grammar() -> Grammar {
    Grammar::read(include_str!("../../../grammar/faust.ebnf"))
}

fn samples(rule: &str, depth: usize) -> Option<&'static [&'static str]> {
    Some(match rule {
        "int" => &["0", "7", "4294967297"],
        "real" => &["1.", ".5", "1e-3", "2.5e3f", "1f"],
        "text" => &["\"a\"", "\"h:x/y [unit:Hz]\"", "\"\""],
        "header" => &["<math.h>", "<math>"],
        "name" => &["x", "__y2", "a::b"],
        // Deep enough: the simplest primary.
        "primary" if depth > 40 => &["_", "x", "1"],
        _ => return None,
    })
}

/// What the parser minds beyond the grammar: it is about meaning.
fn is_beyond(message: &str) -> bool {
    ["different numbers of patterns", "is defined", "arguments, and before"]
        .iter()
        .any(|part| message.contains(part))
}

#[test]
fn what_the_grammar_derives_is_read() {
    let (grammar, mut dice) = (grammar(), Dice::seeded(1));
    let mut longest = 0;
    for sentence in 0..4000 {
        let rule = if sentence % 4 == 0 { "program" } else { "definition" };
        let words = grammar.derive(rule, Manner { samples, often: 6 }, &mut dice);
        longest = longest.max(words.len());
        let text = words.join(" ");
        let (_, reports) = parse(&Source::new("derived.dsp", text.as_str()));
        let complaint = reports.iter().find(|report| !is_beyond(&report.message));
        assert!(complaint.is_none(), "{complaint:?}\n{text}");
    }
    assert!(longest > 200, "{longest}");
}

#[test]
fn every_rule_is_used() {
    assert_eq!(grammar().unused(), ["program"]);
}

#[test]
fn grammar_and_parser_know_the_same_words() {
    let grammar = grammar();
    let quoted = grammar.quoted();
    let is_word = |word: &str| word.len() > 1 && word.starts_with(|c: char| c.is_ascii_alphabetic());
    let in_grammar: BTreeSet<&str> = quoted.iter().copied().filter(|word| is_word(word)).collect();
    let prims = Prim::ALL.iter().map(|prim| prim.text()).filter(|word| is_word(word));
    // Reserved, but no rule begins with it: the comment at the end of the grammar says so.
    let in_parser: BTreeSet<&str> =
        prims.chain(RESERVED.iter().copied()).filter(|&word| word != "minput").collect();
    assert_eq!(in_grammar, in_parser);

    let signs: BTreeSet<&str> = quoted.iter().copied().filter(|word| !is_word(word)).collect();
    assert_eq!(signs, signs_of_lexer().iter().map(String::as_str).collect());
}

/// Every string of one to three signs that is one token, but for words, numbers and texts.
fn signs_of_lexer() -> BTreeSet<String> {
    let signs: Vec<char> = (' '..='~').filter(|c| !c.is_ascii_alphanumeric() && *c != ' ').collect();
    let mut found = BTreeSet::new();
    let mut all: Vec<String> = vec![String::new()];
    for _ in 0..3 {
        all = all.iter().flat_map(|text| signs.iter().map(move |sign| format!("{text}{sign}"))).collect();
        for text in &all {
            let tokens = lex(text);
            let whole = tokens.len() == 2 && tokens[0].1.end as usize == text.len();
            let kinds = [Token::Unknown, Token::Text, Token::Comment, Token::Documentation];
            if whole && !kinds.contains(&tokens[0].0) {
                found.insert(text.clone());
            }
        }
    }
    found
}
