//! Identities that hold for every finite value, in tables.

use super::rebuild::Target;
use crate::interval::Bounds;
use crate::maths::Value;
use crate::{Fun, Rule, Ty};
use crate::{Op, Sig};

/// Where a constant stands.
#[derive(PartialEq)]
enum Side {
    Right,
    Left,
    Either,
}

enum Gives {
    /// The operand that is not the constant.
    Other,
    /// The constant.
    Constant,
    One,
}

const NEUTRAL: &[(Fun, f64, Side, Gives)] = &[
    (Fun::Add, 0.0, Side::Either, Gives::Other),
    (Fun::Sub, 0.0, Side::Right, Gives::Other),
    (Fun::Mul, 1.0, Side::Either, Gives::Other),
    (Fun::Mul, 0.0, Side::Either, Gives::Constant),
    (Fun::Div, 1.0, Side::Right, Gives::Other),
    (Fun::Pow, 0.0, Side::Right, Gives::One),
    (Fun::Pow, 1.0, Side::Right, Gives::Other),
    (Fun::And, -1.0, Side::Either, Gives::Other),
    (Fun::And, 0.0, Side::Either, Gives::Constant),
    (Fun::Or, 0.0, Side::Either, Gives::Other),
    (Fun::Or, -1.0, Side::Either, Gives::Constant),
    (Fun::Xor, 0.0, Side::Either, Gives::Other),
    (Fun::Shl, 0.0, Side::Right, Gives::Other),
    (Fun::Shr, 0.0, Side::Right, Gives::Other),
    (Fun::Shl, 0.0, Side::Left, Gives::Constant),
    (Fun::Shr, 0.0, Side::Left, Gives::Constant),
];

/// A simpler signal of the same value. `known` is what was proved about the operands.
pub(super) fn simplify(target: &mut Target, fun: Fun, operands: &[Sig], known: &[Bounds]) -> Option<Sig> {
    match *operands {
        [s, a, b] => select(target, s, a, b, known[0]),
        [x] => unary(target, fun, x, known[0]),
        [a, b] => neutral(target, fun, a, b)
            .or_else(|| same(target, fun, a, b, known[0]))
            .or_else(|| clamp(fun, a, b, known))
            .or_else(|| truth(target, fun, a, b, known))
            .or_else(|| strength(target, fun, a, b)),
        _ => None,
    }
}

fn select(target: &mut Target, s: Sig, a: Sig, b: Sig, known: Bounds) -> Option<Sig> {
    match target.value(s) {
        _ if a == b => return Some(a),
        Some(Value::Int(0)) => return Some(a),
        _ if !known.contains(0.0) => return Some(b),
        _ => {}
    }
    // A selector that asks whether an int is 0 does what selection does itself.
    let asked = |zero: Sig| target.value(zero) == Some(Value::Int(0));
    let op = target.node(s).op;
    let [x, y] = *target.node(s).operands() else { return None };
    let int = if asked(y) {
        x
    } else if asked(x) {
        y
    } else {
        return None;
    };
    match op {
        Op::Apply(Fun::Ne) => Some(target.apply(Fun::Select, &[int, a, b])),
        Op::Apply(Fun::Eq) => Some(target.apply(Fun::Select, &[int, b, a])),
        _ => None,
    }
}

fn unary(target: &mut Target, fun: Fun, x: Sig, known: Bounds) -> Option<Sig> {
    let inner = target.node(x);
    let Op::Apply(inside) = inner.op else { return None };
    let operand = inner.operands()[0];
    let whole = |fun: Fun| matches!(fun, Fun::Floor | Fun::Ceil | Fun::Round | Fun::Rint | Fun::Trunc);
    match (fun, inside) {
        (Fun::Abs, Fun::Abs) => Some(x),
        // What is whole already.
        (outer, Fun::ToReal) if whole(outer) => Some(x),
        (outer, inside) if whole(outer) && whole(inside) => Some(x),
        // Ints that single precision holds exactly.
        (Fun::ToInt, Fun::ToReal) if known.reach() <= 16_777_216.0 => Some(operand),
        (Fun::ToInt, Fun::Trunc) => Some(target.apply(Fun::ToInt, &[operand])),
        _ => None,
    }
}

fn neutral(target: &mut Target, fun: Fun, a: Sig, b: Sig) -> Option<Sig> {
    let is = |sig: Sig, wanted: f64| match target.value(sig) {
        Some(Value::Int(value)) => f64::from(value) == wanted,
        Some(Value::Real(value)) => value == wanted,
        None => false,
    };
    for (_, constant, side, gives) in NEUTRAL.iter().filter(|row| row.0 == fun) {
        let right = *side != Side::Left && is(b, *constant);
        let left = *side != Side::Right && is(a, *constant);
        if right || left {
            let (other, constant) = if right { (a, b) } else { (b, a) };
            return Some(match gives {
                Gives::Other => other,
                Gives::Constant => constant,
                Gives::One => target.constant(Value::Real(1.0)),
            });
        }
    }
    None
}

fn same(target: &mut Target, fun: Fun, a: Sig, b: Sig, known: Bounds) -> Option<Sig> {
    if a != b {
        return None;
    }
    let ty = target.node(a).ty;
    match fun {
        Fun::Sub | Fun::Xor => Some(target.zero(ty)),
        Fun::And | Fun::Or | Fun::Min | Fun::Max => Some(a),
        Fun::Eq | Fun::Le | Fun::Ge if !known.nan => Some(target.constant(Value::Int(1))),
        Fun::Ne | Fun::Lt | Fun::Gt if !known.nan => Some(target.zero(Ty::Int)),
        _ => None,
    }
}

/// A clamp that never acts. Bounds are rounded outward, and rounding is monotone, so this holds in single precision.
fn clamp(fun: Fun, a: Sig, b: Sig, known: &[Bounds]) -> Option<Sig> {
    let (x, y) = (known[0], known[1]);
    let (low, high) = if x.hi <= y.lo {
        (a, b)
    } else if y.hi <= x.lo {
        (b, a)
    } else {
        return None;
    };
    match fun {
        _ if x.nan || y.nan => None,
        Fun::Min => Some(low),
        Fun::Max => Some(high),
        _ => None,
    }
}

/// Whether a truth value is true is that truth value.
fn truth(target: &Target, fun: Fun, a: Sig, b: Sig, known: &[Bounds]) -> Option<Sig> {
    let is_truth = |known: Bounds| known.interval().within(0.0, 1.0);
    let asks = |sig: Sig| match fun {
        Fun::Ne => target.value(sig) == Some(Value::Int(0)),
        Fun::Eq => target.value(sig) == Some(Value::Int(1)),
        _ => false,
    };
    if asks(b) && is_truth(known[0]) {
        Some(a)
    } else if asks(a) && is_truth(known[1]) {
        Some(b)
    } else {
        None
    }
}

/// The same value by a cheaper function.
fn strength(target: &mut Target, fun: Fun, a: Sig, b: Sig) -> Option<Sig> {
    let Some(Value::Real(constant)) = target.value(b) else { return None };
    match fun {
        // The reciprocal of a power of two is exact.
        Fun::Div if is_power_of_two(constant) => {
            let reciprocal = target.constant(Value::Real(1.0 / constant));
            Some(target.apply(Fun::Mul, &[a, reciprocal]))
        }
        Fun::Pow if constant == 2.0 => Some(target.apply(Fun::Mul, &[a, a])),
        Fun::Pow if constant == 0.5 => Some(target.apply(Fun::Sqrt, &[a])),
        Fun::Pow if constant == -1.0 => {
            let one = target.constant(Value::Real(1.0));
            Some(target.apply(Fun::Div, &[one, a]))
        }
        _ => None,
    }
}

/// Within the normal numbers of single precision, and its reciprocal too.
fn is_power_of_two(value: f64) -> bool {
    let exponent = (value.to_bits() >> 52) & 0x7FF;
    value.to_bits() << 12 == 0 && (1023 - 120..=1023 + 120).contains(&exponent)
}

/// Whether the order of operands has no bearing on the bits of the result.
pub(super) fn commutes(fun: Fun) -> bool {
    matches!(fun, Fun::Add | Fun::Mul | Fun::Eq | Fun::Ne)
        || fun.rule() == Rule::Bits && !matches!(fun, Fun::Shl | Fun::Shr)
}
