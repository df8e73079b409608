//! Grammars in EBNF, as the files in `grammar/` hold them, and texts derived from them.

use crate::dice::Dice;
use std::collections::{BTreeMap, BTreeSet};

/// The right side of a rule.
#[derive(Debug)]
enum Part {
    Text(String),
    Rule(String),
    Sequence(Vec<Part>),
    Choice(Vec<Part>),
    Optional(Box<Part>),
    Repeated(Box<Part>),
}

/// The rules of a grammar.
#[derive(Debug)]
pub struct Grammar {
    signs: Vec<String>,
    rules: BTreeMap<String, Part>,
}

/// Texts for the rules that the grammar leaves to the lexer, and for deep places, so that a derivation ends: by the
/// name of the rule and its depth.
pub type Samples = fn(&str, usize) -> Option<&'static [&'static str]>;

/// How texts are derived: `often` of n means that a repetition goes on once in n times.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    pub samples: Samples,
    pub often: usize,
}

impl Grammar {
    /// Reads the rules.
    ///
    /// # Panics
    /// If the text is not a grammar.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let signs = signs(text);
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
        Self { signs, rules }
    }

    /// The texts in quotes.
    #[must_use]
    pub fn quoted(&self) -> BTreeSet<&str> {
        self.signs.iter().filter_map(|sign| sign.strip_prefix('"')).collect()
    }

    /// The rules that no other rule uses.
    #[must_use]
    pub fn unused(&self) -> Vec<&str> {
        let uses = |name: &str| self.signs.iter().filter(|sign| *sign == name).count();
        self.rules.keys().map(String::as_str).filter(|name| uses(name) < 2).collect()
    }

    /// The words of a text that the rule allows.
    ///
    /// # Panics
    /// If there is no such rule.
    pub fn derive(&self, rule: &str, manner: Manner, dice: &mut Dice<'_>) -> Vec<String> {
        let mut words = Vec::new();
        self.rule(rule, manner, dice, 0, &mut words);
        words
    }

    fn rule(&self, name: &str, manner: Manner, dice: &mut Dice<'_>, depth: usize, words: &mut Vec<String>) {
        match (manner.samples)(name, depth) {
            Some(samples) => words.push(dice.pick(samples).to_owned()),
            None => self.part(&self.rules[name], manner, dice, depth + 1, words),
        }
    }

    fn part(&self, part: &Part, manner: Manner, dice: &mut Dice<'_>, depth: usize, words: &mut Vec<String>) {
        match part {
            Part::Text(text) => words.push(text.clone()),
            Part::Rule(name) => self.rule(name, manner, dice, depth, words),
            Part::Sequence(parts) => {
                parts.iter().for_each(|part| self.part(part, manner, dice, depth, words));
            }
            Part::Choice(branches) => {
                let branch = dice.below(branches.len());
                self.part(&branches[branch], manner, dice, depth, words);
            }
            Part::Optional(part) => {
                if dice.below(2) == 0 {
                    self.part(part, manner, dice, depth, words);
                }
            }
            Part::Repeated(part) => {
                while dice.below(manner.often) == 0 {
                    self.part(part, manner, dice, depth, words);
                }
            }
        }
    }
}

/// Signs and words of a grammar, comments left out; texts keep their opening quote.
fn signs(text: &str) -> Vec<String> {
    let bare: String =
        text.split("(*").map(|part| part.split_once("*)").map_or(part, |(_, rest)| rest)).collect();
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
