//! What stands on a block: operators with their constants, `·` for what comes in by wire.

use crate::print::graph::Head;
use krach_ir::Fun;
use std::f64::consts::{PI, TAU};

/// Labels do not grow beyond this.
pub(super) const LONGEST: usize = 26;

/// What comes in by a wire.
pub(super) const WIRE: &str = "·";

/// How an operator is written between its operands, and how tightly it binds.
fn infix(fun: Fun) -> Option<(&'static str, u8)> {
    Some(match fun {
        Fun::Lt => ("<", 1),
        Fun::Le => ("≤", 1),
        Fun::Gt => (">", 1),
        Fun::Ge => ("≥", 1),
        Fun::Eq => ("=", 1),
        Fun::Ne => ("≠", 1),
        Fun::Add => ("+", 2),
        Fun::Sub => ("−", 2),
        Fun::Or => ("|", 2),
        Fun::Mul => ("×", 3),
        Fun::Div => ("/", 3),
        Fun::Rem => ("mod", 3),
        Fun::And => ("&", 3),
        Fun::Xor => ("xor", 3),
        Fun::Shl => ("<<", 3),
        Fun::Shr => (">>", 3),
        _ => return None,
    })
}

/// Words, and how tightly they hold together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Words {
    pub text: String,
    level: u8,
}

const ATOM: u8 = 9;

impl Words {
    pub fn atom(text: impl Into<String>) -> Self {
        Self { text: text.into(), level: ATOM }
    }

    pub fn wire() -> Self {
        Self::atom(WIRE)
    }

    fn within(&self, level: u8) -> String {
        if self.level < level { format!("({})", self.text) } else { self.text.clone() }
    }

    /// A function of its operands.
    pub fn apply(head: &Head, operands: &[Self]) -> Self {
        match (head, operands) {
            (Head::Fun(Fun::ToReal), [operand]) => operand.clone(),
            (Head::Fraction, _) => Self::call("frac", operands),
            (Head::Fun(fun), [a, b]) => match infix(*fun) {
                Some((symbol, level)) => {
                    let right = if matches!(fun, Fun::Add | Fun::Mul) { level } else { level + 1 };
                    Self { text: format!("{} {symbol} {}", a.within(level), b.within(right)), level }
                }
                None => Self::call(fun.name(), operands),
            },
            (Head::Fun(fun), _) => Self::call(fun.name(), operands),
            (Head::Delay(1), [x]) => Self::atom(format!("{}'", x.within(ATOM))),
            (Head::Delay(frames), [x]) => Self { text: format!("{} @ {frames}", x.within(8)), level: 7 },
            _ => Self::atom(WIRE),
        }
    }

    fn call(name: &str, operands: &[Self]) -> Self {
        let inside: Vec<&str> = operands.iter().map(|operand| operand.text.as_str()).collect();
        Self::atom(format!("{name}({})", inside.join(", ")))
    }
}

/// An operation as a block shows it: no more than is needed to read it.
pub(super) fn short(text: &str) -> String {
    // `· × ·` and `f(·, ·)`: the wires are there to see.
    let bare = text.trim_start_matches("· ").trim_end_matches(" ·");
    let bare = match bare.split_once('(') {
        Some((name, inside)) if inside.trim_end_matches(')').split(", ").all(|part| part == WIRE) => name,
        _ if text.starts_with("· ") || text == format!("{WIRE} {bare} {WIRE}") => bare,
        _ => text,
    };
    // What was cut off at the right only may change the meaning: `1 −` is not `1 − ·`.
    if bare.chars().count() <= LONGEST {
        return bare.to_owned();
    }
    bare.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// A number, to read rather than to compute with.
pub(super) fn number(value: f64) -> String {
    for (constant, name) in [(PI, "π"), (TAU, "2π"), (PI / 2.0, "π/2")] {
        if value.abs() == constant {
            return format!("{}{name}", if value < 0.0 { "−" } else { "" });
        }
    }
    let size = value.abs();
    let text = format!("{value}");
    if text.len() <= 7 {
        return text.replace('-', "−");
    }
    if (1e-3..1e6).contains(&size) {
        // Four digits are enough to recognise it.
        let decimals = [1e3, 1e2, 1e1, 1.0].iter().take_while(|&&bound| size < bound).count();
        let text = format!("{value:.decimals$}");
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        return text.replace('-', "−");
    }
    let text = format!("{value:.3e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    format!("{digits}e{exponent}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_say_no_more_than_wires_do_not() {
        let wire = Words::wire;
        let of = |fun, operands: &[Words]| Words::apply(&Head::Fun(fun), operands);
        let label = |words: Words| short(&words.text);
        assert_eq!(label(of(Fun::Mul, &[wire(), wire()])), "×");
        assert_eq!(label(of(Fun::Mul, &[wire(), Words::atom("0.5")])), "× 0.5");
        assert_eq!(label(of(Fun::Sub, &[Words::atom("1"), wire()])), "1 − ·");
        assert_eq!(label(of(Fun::Max, &[wire(), wire()])), "max");
        assert_eq!(label(of(Fun::Max, &[wire(), Words::atom("0")])), "max(·, 0)");
        let inner = of(Fun::Add, &[wire(), Words::atom("1")]);
        assert_eq!(label(of(Fun::Mul, &[inner, Words::atom("2")])), "(· + 1) × 2");
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.5, "0.5"),
            (-3.0, "−3"),
            (PI, "π"),
            (1.0 / 3.0, "0.3333"),
            (44_100.0, "44100"),
            (1_234.567_891, "1235"),
            (1e-9, "1e−9"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
