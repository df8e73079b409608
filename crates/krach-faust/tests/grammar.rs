//! `grammar/faust.ebnf` against the lexer and the parser: they know the same words, and what the grammar derives
//! is read without complaint.

use krach_diag::Source;
use krach_faust::prim::{Prim, RESERVED};
use krach_faust::{Token, lex, parse};
use std::collections::{BTreeMap, BTreeSet};

/// The right side of a rule.
#[derive(Debug)]
enum Part {
    Word(String),
    Rule(String),
    Sequence(Vec<Part>),
    Choice(Vec<Part>),
    Optional(Box<Part>),
    Repeated(Box<Part>),
}

type Grammar = BTreeMap<String, Part>;

fn text() -> &'static str {
    include_str!("../../../grammar/faust.ebnf")
}

/// The signs and words of a grammar, comments left out.
fn signs() -> Vec<String> {
    let bare: String = text()
        .split("(*")
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once("*)").expect("comments end").1 })
        .collect();
    let mut signs = Vec::new();
    for (at, piece) in bare.split('"').enumerate() {
        if at % 2 == 1 {
            signs.push(format!("\"{piece}"));
        } else {
            let spaced = piece.chars().flat_map(|c| match c {
                c if c.is_alphanumeric() || c == '_' => vec![c],
                c => vec![' ', c, ' '],
            });
            signs.extend(spaced.collect::<String>().split_whitespace().map(str::to_owned));
        }
    }
    signs
}

fn grammar() -> Grammar {
    let signs = signs();
    let mut rest = signs.as_slice();
    let mut rules = Grammar::new();
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
                Some(word) => Part::Word(word.to_owned()),
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

/// Derives sentences. SplitMix64 (Steele, Lea and Flood 2014) chooses.
struct Deriver<'g> {
    grammar: &'g Grammar,
    state: u64,
    words: Vec<String>,
}

impl Deriver<'_> {
    fn below(&mut self, limit: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.state;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((x ^ (x >> 31)) % limit as u64).expect("below a usize")
    }

    fn rule(&mut self, name: &str, depth: usize) {
        let samples: &[&str] = match name {
            "int" => &["0", "7", "4294967297"],
            "real" => &["1.", ".5", "1e-3", "2.5e3f", "1f"],
            "text" => &["\"a\"", "\"h:x/y [unit:Hz]\"", "\"\""],
            "header" => &["<math.h>", "<math>"],
            "name" => &["x", "__y2", "a::b"],
            // Deep enough: the simplest primary.
            "primary" if depth > 40 => &["_", "x", "1"],
            _ => {
                let part = &self.grammar[name];
                return self.part(part, depth + 1);
            }
        };
        let word = samples[self.below(samples.len())];
        self.words.push(word.to_owned());
    }

    fn part(&mut self, part: &Part, depth: usize) {
        match part {
            Part::Word(word) => self.words.push(word.clone()),
            Part::Rule(name) => self.rule(name, depth),
            Part::Sequence(parts) => parts.iter().for_each(|part| self.part(part, depth)),
            Part::Choice(branches) => {
                let branch = self.below(branches.len());
                self.part(&branches[branch], depth);
            }
            Part::Optional(part) => {
                if self.below(2) == 0 {
                    self.part(part, depth);
                }
            }
            Part::Repeated(part) => {
                while self.below(6) == 0 {
                    self.part(part, depth);
                }
            }
        }
    }
}

/// What the parser minds beyond the grammar: it is about meaning.
fn is_beyond(message: &str) -> bool {
    ["different numbers of patterns", "is defined", "arguments, and before"]
        .iter()
        .any(|part| message.contains(part))
}

#[test]
fn what_the_grammar_derives_is_read() {
    let grammar = grammar();
    let mut deriver = Deriver { grammar: &grammar, state: 1, words: Vec::new() };
    let mut longest = 0;
    for sentence in 0..4000 {
        deriver.words.clear();
        deriver.rule(if sentence % 4 == 0 { "program" } else { "definition" }, 0);
        longest = longest.max(deriver.words.len());
        let text = deriver.words.join(" ");
        let (_, reports) = parse(&Source::new("derived.dsp", text.as_str()));
        let complaint = reports.iter().find(|report| !is_beyond(&report.message));
        assert!(complaint.is_none(), "{complaint:?}\n{text}");
    }
    assert!(longest > 200, "{longest}");
}

#[test]
fn every_rule_is_used() {
    let grammar = grammar();
    let signs = signs();
    for name in grammar.keys() {
        let uses = signs.iter().filter(|&sign| sign == name).count();
        assert!(uses > 1 || name == "program", "{name}");
    }
}

#[test]
fn grammar_and_parser_know_the_same_words() {
    let quoted: BTreeSet<String> =
        signs().iter().filter_map(|sign| sign.strip_prefix('"')).map(str::to_owned).collect();
    let is_word = |word: &str| word.len() > 1 && word.starts_with(|c: char| c.is_ascii_alphabetic());
    let in_grammar: BTreeSet<&str> = quoted.iter().map(String::as_str).filter(|word| is_word(word)).collect();
    let prims = Prim::ALL.iter().map(|prim| prim.text()).filter(|word| is_word(word));
    // Reserved, but no rule begins with it: the comment at the end of the grammar says so.
    let in_parser: BTreeSet<&str> =
        prims.chain(RESERVED.iter().copied()).filter(|&word| word != "minput").collect();
    assert_eq!(in_grammar, in_parser);

    let signs_of_grammar: BTreeSet<&str> =
        quoted.iter().map(String::as_str).filter(|word| !is_word(word)).collect();
    assert_eq!(signs_of_grammar, signs_of_lexer().iter().map(String::as_str).collect());
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
