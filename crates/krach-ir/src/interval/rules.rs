//! How each function carries intervals: one arm per row of the table of functions, or per family.

use super::bounds::Bounds;
use crate::maths::Float;
use crate::{Fun, Ty};
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// The result of a function of operands of that type (of the last operand, for a selection).
pub(super) fn apply(fun: Fun, ty: Ty, x: &[Bounds]) -> Bounds {
    match (fun, x) {
        (Fun::Select, &[s, a, _]) if s == Bounds::ZERO => a,
        (Fun::Select, &[s, _, b]) if !s.contains(0.0) => b,
        (Fun::Select, &[_, a, b]) => a.hull(b),
        (Fun::Lt | Fun::Le | Fun::Gt | Fun::Ge | Fun::Eq | Fun::Ne, _) => Bounds::TRUTH,
        (Fun::Sum, terms) => Fun::sum(terms, |a, b| real2(Fun::Add, a, b)),
        (Fun::ToInt, &[x]) => to_int(x),
        (Fun::ToReal, &[x]) => x.outward(),
        (fun, &[x]) if ty == Ty::Int => int_abs(fun, x),
        (fun, &[x]) => real1(fun, x),
        (fun, &[a, b]) if ty == Ty::Int => int2(fun, a, b),
        (fun, &[a, b]) => real2(fun, a, b),
        _ => Bounds::ANY_REAL,
    }
}

/// Truncated and saturated; NaN is 0.
fn to_int(x: Bounds) -> Bounds {
    let bound = |value: f64| value.trunc().clamp(Bounds::ANY_INT.lo, Bounds::ANY_INT.hi);
    let known = Bounds::new(bound(x.lo), bound(x.hi));
    if x.nan { known.hull(Bounds::ZERO) } else { known }
}

fn int_abs(fun: Fun, x: Bounds) -> Bounds {
    // The one magnitude that does not fit is its own absolute value.
    if fun == Fun::Abs && x.lo > Bounds::ANY_INT.lo { abs(x) } else { Bounds::ANY_INT }
}

fn abs(x: Bounds) -> Bounds {
    let lo = if x.contains(0.0) { 0.0 } else { x.lo.abs().min(x.hi.abs()) };
    Bounds { lo, hi: x.reach(), nan: x.nan }
}

fn int2(fun: Fun, a: Bounds, b: Bounds) -> Bounds {
    match fun {
        Fun::Add => Bounds::new(a.lo + b.lo, a.hi + b.hi).wrapped(),
        Fun::Sub => Bounds::new(a.lo - b.hi, a.hi - b.lo).wrapped(),
        Fun::Mul => corners(a, b, |a, b| a * b).wrapped(),
        Fun::Min => Bounds::new(a.lo.min(b.lo), a.hi.min(b.hi)),
        Fun::Max => Bounds::new(a.lo.max(b.lo), a.hi.max(b.hi)),
        // At most one less than the divisor; a remainder by 0 is 0.
        Fun::Rem => remainder(a, (b.reach() - 1.0).max(0.0)),
        Fun::And if a.lo >= 0.0 && b.lo >= 0.0 => Bounds::new(0.0, a.hi.min(b.hi)),
        Fun::And if a.lo >= 0.0 => Bounds::new(0.0, a.hi),
        Fun::And if b.lo >= 0.0 => Bounds::new(0.0, b.hi),
        Fun::Or | Fun::Xor if a.lo >= 0.0 && b.lo >= 0.0 => {
            Bounds::new(0.0, (a.hi.max(b.hi) + 1.0).log2().ceil().exp2() - 1.0)
        }
        Fun::Shl if b.lo == b.hi => corners(a, b, |a, count| a * f64::from(1_u32 << bits(count))).wrapped(),
        Fun::Shr if b.lo == b.hi => {
            let scale = f64::from(1_u32 << bits(b.lo));
            Bounds::new((a.lo / scale).floor(), (a.hi / scale).floor())
        }
        Fun::Shr => Bounds::new(a.lo.min(0.0), if a.hi < 0.0 { -1.0 } else { a.hi }),
        _ => Bounds::ANY_INT,
    }
}

/// A shift count, modulo 32.
fn bits(count: f64) -> u32 {
    count.to_i32().cast_unsigned() % 32
}

/// The sign of the dividend, and neither beyond it nor beyond `most`.
fn remainder(a: Bounds, most: f64) -> Bounds {
    Bounds { lo: a.lo.max(-most).min(0.0), hi: a.hi.min(most).max(0.0), nan: a.nan }
}

/// The extremes of a function that is monotone in each operand are at the corners.
fn corners(a: Bounds, b: Bounds, f: impl Fn(f64, f64) -> f64) -> Bounds {
    let all = [f(a.lo, b.lo), f(a.lo, b.hi), f(a.hi, b.lo), f(a.hi, b.hi)];
    let lo = all.into_iter().fold(f64::INFINITY, f64::min);
    let hi = all.into_iter().fold(f64::NEG_INFINITY, f64::max);
    Bounds { lo, hi, nan: a.nan || b.nan }
}

fn real2(fun: Fun, a: Bounds, b: Bounds) -> Bounds {
    let nan = a.nan || b.nan;
    let (a_all, b_all) = (a.endless(), b.endless());
    let known = match fun {
        Fun::Add => sum(a, b),
        Fun::Sub => sum(a, Bounds { lo: -b.hi, hi: -b.lo, nan: b.nan }),
        Fun::Mul => {
            let clash = a_all && b.contains(0.0) || b_all && a.contains(0.0);
            corners(a, b, |a, b| if a == 0.0 || b == 0.0 { 0.0 } else { a * b }).or_nan(clash)
        }
        // A zero may be negative, so both infinities are possible.
        Fun::Div if b.contains(0.0) => Bounds::ANY_REAL,
        Fun::Div if a_all && b_all => Bounds::ANY_REAL,
        Fun::Div => corners(a, b, |a, b| a / b),
        // The second operand stands where either is NaN.
        Fun::Min => either(a, b, Bounds { lo: a.lo.min(b.lo), hi: a.hi.min(b.hi), nan: b.nan }),
        Fun::Max => either(a, b, Bounds { lo: a.lo.max(b.lo), hi: a.hi.max(b.hi), nan: b.nan }),
        Fun::Rem => remainder(a, b.reach()).or_nan(nan || a_all || b.contains(0.0)),
        Fun::Remainder => {
            let half = b.reach() / 2.0;
            Bounds { lo: -half, hi: half, nan: nan || a_all || b.contains(0.0) }
        }
        Fun::Atan2 => return Bounds { lo: -PI, hi: PI, nan }.loosened(),
        Fun::Pow => return power(a, b).or_nan(nan).loosened(),
        _ => Bounds::ANY_REAL,
    };
    known.outward()
}

fn sum(a: Bounds, b: Bounds) -> Bounds {
    let clash = a.hi == f64::INFINITY && b.lo == f64::NEG_INFINITY
        || a.lo == f64::NEG_INFINITY && b.hi == f64::INFINITY;
    Bounds { lo: a.lo + b.lo, hi: a.hi + b.hi, nan: a.nan || b.nan || clash }
}

fn either(a: Bounds, b: Bounds, chosen: Bounds) -> Bounds {
    if a.nan { chosen.hull(b) } else { chosen }
}

fn power(a: Bounds, b: Bounds) -> Bounds {
    let whole = b.lo == b.hi && b.lo.fract() == 0.0 && b.lo.abs() < 1e9;
    if a.lo > 0.0 || a.lo == 0.0 && b.lo >= 0.0 {
        corners(a, b, libm::pow)
    } else if whole && b.lo > 0.0 && b.lo % 2.0 == 0.0 {
        let base = abs(a);
        Bounds { lo: libm::pow(base.lo, b.lo), hi: libm::pow(base.hi, b.lo), nan: a.nan }
    } else if whole && b.lo > 0.0 {
        corners(a, b, libm::pow)
    } else {
        Bounds::ANY_REAL
    }
}

fn real1(fun: Fun, x: Bounds) -> Bounds {
    let f = |value: f64| f64::unary(fun, value);
    match fun {
        Fun::Abs => abs(x),
        Fun::Floor | Fun::Ceil | Fun::Round | Fun::Rint | Fun::Trunc => {
            Bounds { lo: f(x.lo), hi: f(x.hi), nan: x.nan }.outward()
        }
        Fun::Exp | Fun::Tanh | Fun::Atan => Bounds { lo: f(x.lo), hi: f(x.hi), nan: x.nan }.loosened(),
        Fun::Sqrt if x.hi < 0.0 => Bounds::ANY_REAL,
        Fun::Sqrt => Bounds { lo: f(x.lo.max(0.0)), hi: f(x.hi), nan: x.nan || x.lo < 0.0 }.outward(),
        Fun::Log | Fun::Log10 if x.hi <= 0.0 => Bounds::ANY_REAL,
        Fun::Log | Fun::Log10 => {
            Bounds { lo: f(x.lo.max(0.0)), hi: f(x.hi), nan: x.nan || x.lo < 0.0 }.loosened()
        }
        Fun::Asin => arc(x, Bounds::new(-FRAC_PI_2, FRAC_PI_2), f),
        Fun::Acos => arc(x, Bounds::new(0.0, PI), f),
        Fun::Sin => wave(x, 0.0),
        Fun::Cos => wave(x, FRAC_PI_2),
        // Short of the poles, where single precision is still the function.
        Fun::Tan if -1.57 < x.lo && x.hi < 1.57 => Bounds { lo: f(x.lo), hi: f(x.hi), nan: x.nan }.loosened(),
        _ => Bounds::ANY_REAL,
    }
}

fn arc(x: Bounds, whole: Bounds, f: impl Fn(f64) -> f64) -> Bounds {
    let nan = x.nan || x.lo < -1.0 || x.hi > 1.0;
    let (a, b) = (f(x.lo.clamp(-1.0, 1.0)), f(x.hi.clamp(-1.0, 1.0)));
    let known = if nan { whole } else { Bounds::new(a.min(b), a.max(b)) };
    known.or_nan(nan).loosened()
}

/// The sine of `x + shift`.
fn wave(x: Bounds, shift: f64) -> Bounds {
    let nan = x.nan || x.endless();
    let (lo, hi) = (x.lo + shift, x.hi + shift);
    if nan || x.reach() > 1e6 || hi - lo >= TAU {
        return Bounds { lo: -1.0, hi: 1.0, nan };
    }
    // Whether a point `at + k TAU` lies inside.
    let meets = |at: f64| ((lo - at) / TAU).ceil() * TAU + at <= hi;
    let (a, b) = (libm::sin(lo), libm::sin(hi));
    let bottom = if meets(-FRAC_PI_2) { -1.0 } else { a.min(b) };
    let top = if meets(FRAC_PI_2) { 1.0 } else { a.max(b) };
    let slack = 1e-6;
    Bounds::new((bottom - slack).max(-1.0), (top + slack).min(1.0)).outward()
}
