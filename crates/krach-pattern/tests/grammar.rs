//! `grammar/mini.ebnf` against lexer and readers: they know the same signs, and a derived text is read.

use krach_diag::Source;
use krach_pattern::notation::{Token, krach, lex, tidal};
use krach_pattern::{Manner, TimeSpan};
use std::collections::{BTreeMap, BTreeSet};

/// The right side of a rule.
enum Part {
    Text(String),
    Rule(String),
    Sequence(Vec<Part>),
    Choice(Vec<Part>),
    Optional(Box<Part>),
    Repeated(Box<Part>),
}

/// Signs and words of the grammar, comments left out; texts keep their opening quote.
fn signs() -> Vec<String> {
    let text = include_str!("../../../grammar/mini.ebnf");
    let bare: String =
        text.split("(*").map(|part| part.split_once("*)").map_or(part, |(_, rest)| rest)).collect();
    let mut signs = Vec::new();
    for (at, piece) in bare.split('"').enumerate() {
        if at % 2 == 1 {
            signs.push(format!("\"{piece}"));
        } else {
            let spaced =
                piece.chars().map(|c| if c.is_alphanumeric() { c.to_string() } else { format!(" {c} ") });
            signs.extend(spaced.collect::<String>().split_whitespace().map(str::to_owned));
        }
    }
    signs
}

fn rules() -> BTreeMap<String, Part> {
    let signs = signs();
    let mut rest = signs.as_slice();
    let mut rules = BTreeMap::new();
    while let [name, equals, after @ ..] = rest {
        assert_eq!(equals, "=", "in the rule of {name}");
        rest = after;
        let rule = choice(&mut rest);
        assert_eq!(rest[0], ";", "at the end of the rule of {name}");
        rest = &rest[1..];
        assert!(rules.insert(name.clone(), rule).is_none(), "{name} is defined twice");
    }
    rules
}

fn choice(rest: &mut &[String]) -> Part {
    let mut branches = vec![sequence(rest)];
    while rest[0] == "|" {
        *rest = &rest[1..];
        branches.push(sequence(rest));
    }
    Part::Choice(branches)
}

fn sequence(rest: &mut &[String]) -> Part {
    let mut parts = Vec::new();
    loop {
        let sign = rest[0].as_str();
        if matches!(sign, ")" | "]" | "}" | "|" | ";") {
            return Part::Sequence(parts);
        }
        *rest = &rest[1..];
        if !matches!(sign, "(" | "[" | "{") {
            parts.push(match sign.strip_prefix('"') {
                Some(text) => Part::Text(text.to_owned()),
                None => Part::Rule(sign.to_owned()),
            });
            continue;
        }
        let inner = choice(rest);
        *rest = &rest[1..];
        parts.push(match sign {
            "(" => inner,
            "[" => Part::Optional(Box::new(inner)),
            _ => Part::Repeated(Box::new(inner)),
        });
    }
}

/// The words that the grammar leaves to the lexer.
fn words(rule: &str) -> Option<&'static [&'static str]> {
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

/// Derives texts. SplitMix64 (Steele, Lea and Flood 2014) chooses.
struct Deriver {
    rules: BTreeMap<String, Part>,
    state: u64,
}

impl Deriver {
    fn below(&mut self, limit: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.state;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((x ^ (x >> 31)) % limit as u64).expect("below a usize")
    }

    fn text(&mut self, rule: &str) -> String {
        let rules = std::mem::take(&mut self.rules);
        let mut text = String::new();
        self.rule(&rules, rule, 0, &mut text);
        self.rules = rules;
        text
    }

    fn rule(&mut self, rules: &BTreeMap<String, Part>, rule: &str, depth: usize, text: &mut String) {
        // Deep enough: an element or a term that holds no other.
        let rule = if depth > 30 && matches!(rule, "element" | "term") { "number" } else { rule };
        match words(rule) {
            Some(words) => text.push_str(words[self.below(words.len())]),
            None => self.part(rules, &rules[rule], depth + 1, text),
        }
    }

    fn part(&mut self, rules: &BTreeMap<String, Part>, part: &Part, depth: usize, text: &mut String) {
        match part {
            Part::Text(sign) => text.push_str(sign),
            Part::Rule(name) => self.rule(rules, name, depth, text),
            Part::Sequence(parts) => parts.iter().for_each(|part| self.part(rules, part, depth, text)),
            Part::Choice(branches) => {
                let branch = self.below(branches.len());
                self.part(rules, &branches[branch], depth, text);
            }
            Part::Optional(part) => {
                if self.below(2) == 0 {
                    self.part(rules, part, depth, text);
                }
            }
            Part::Repeated(part) => {
                while self.below(3) == 0 {
                    self.part(rules, part, depth, text);
                }
            }
        }
    }
}

#[test]
fn a_derived_text_is_read_and_played() {
    let mut deriver = Deriver { rules: rules(), state: 1 };
    let mut longest = 0;
    for _ in 0..2000 {
        for (rule, read) in [("krach", krach as fn(&Source, &Manner) -> _), ("tidal", tidal)] {
            let text = deriver.text(rule);
            longest = longest.max(text.len());
            let (pattern, reports) = read(&Source::new("derived", text.as_str()), &Manner::default());
            assert_eq!(reports, [], "{rule}: {text}");
            let found = pattern.query(TimeSpan::cycles(0, 1), 0).map(|events| events.len());
            assert!(found.is_ok(), "{rule}: {text}: {found:?}");
        }
    }
    assert!(longest > 100, "{longest}");
}

#[test]
fn every_rule_is_used() {
    let signs = signs();
    for name in rules().keys() {
        let uses = signs.iter().filter(|&sign| sign == name).count();
        assert!(uses > 1 || name == "krach" || name == "tidal", "{name}");
    }
}

#[test]
fn grammar_and_lexer_know_the_same_signs() {
    let in_grammar: BTreeSet<String> = signs()
        .iter()
        .filter_map(|sign| sign.strip_prefix('"'))
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
