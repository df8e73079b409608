//! The common transcendental functions in single precision.
//!
//! Each is total, has no branches and computes in double precision where that costs least, so it is short, fast and the
//! same on every machine. Each is written once, over [`Narrow`] and [`Wide`]: the interpreter calls it with numbers, the
//! code generator with instructions. The tests state the error of each, in units in the last place (ulp) of the result, against
//! `libm` in double precision: 0.51 for exponentials and logarithms, 2 for sine and cosine, 4 for tangent.
//!
//! The method is that of Muller, *Elementary Functions* (2016): reduce the argument, evaluate a minimax polynomial, put
//! the result back together. `scripts/fit_maths.py` finds the coefficients.

use super::arith::{Bits, Narrow, Wide};
use crate::Fun;
use std::f64::consts::{FRAC_2_PI, LN_2, LOG2_E, LOG10_2};

/// (2^r − 1) / r for |r| ≤ 1/2, relative error 2^-32.
const EXP2: [f64; 7] = [
    0.6931471805815681,
    0.24022650920051342,
    0.055504107276026164,
    0.009618057037069938,
    0.0013333669445342792,
    0.0001546132987878527,
    1.5252721483884176e-05,
];
/// log2((1 + s) / (1 - s)) / s in z = s², for |s| ≤ (√2 − 1)/(√2 + 1), relative error 2^-45.
const LOG2: [f64; 6] = [
    2.88539008177785,
    0.9617966941133066,
    0.5770779423768015,
    0.4122092510534761,
    0.31990575510624353,
    0.282899281459652,
];
/// (sin r − r) / r³ in z = r², for |r| ≤ π/4.
const SIN: [f32; 3] = [-0.166_666_55, 0.008_332_16, -0.000_195_152_18];
/// (cos r − 1 + r²/2) / r⁴ in z = r², for |r| ≤ π/4.
const COS: [f32; 3] = [0.041_666_646, -0.001_388_731_6, 0.000_024_433_083];

/// π/2 in two parts: the first has 33 bits, so its product with an integer below 2^20 is exact.
const HALF_PI: [f64; 2] = [1.570_796_326_734_125_6, 6.077_100_506_506_192e-11];

/// Added to a number and subtracted again, it rounds to the nearest integer. The low bits of the sum are that integer.
const MAGIC: f64 = 6_755_399_441_055_744.0;

/// Beyond these powers of two every result of single precision is infinite or 0.
const WIDEST: f64 = 300.0;

/// Beyond this power of two the hyperbolic tangent is 1.
const FLAT: f64 = 60.0;

/// 2^t as 2^n and 2^r − 1, where n is the integer nearest to t and r the rest: the second is exact near 0.
fn exp2_parts<W: Wide>(t: W) -> (W, W) {
    let k = |value: f64| t.constant(value);
    let t = k(WIDEST).least(k(-WIDEST).most(t));
    let shifted = t + k(MAGIC);
    let r = t - (shifted - k(MAGIC));
    let [c0, c1, c2, c3, c4, c5, c6] = EXP2.map(k);
    let (r2, low) = (r * r, c0 + c1 * r);
    let (middle, high) = (c2 + c3 * r, (c4 + c5 * r) + c6 * r2);
    let rest = r * (low + r2 * (middle + r2 * high));
    let power = shifted.bits().left(52);
    ((power + power.constant(1.0_f64.to_bits())).number(), rest)
}

/// 2^t; infinite powers are bounded, NaN stays NaN.
fn exp2<W: Wide>(t: W) -> W {
    let (power, rest) = exp2_parts(t);
    power + power * rest
}

/// 2^t − 1, exact near 0.
fn exp2_less_one<W: Wide>(t: W) -> W {
    let (power, rest) = exp2_parts(t);
    power * rest + (power - t.constant(1.0))
}

/// The logarithm of |x|: −∞ of 0, ∞ of ∞, NaN of NaN.
fn log2<W: Wide>(x: W) -> W {
    // The mantissa is taken from √½ to √2: its logarithm is small on both sides of 1, and 0 at 1.
    const LEAST: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    const ONE: u64 = 1.0_f64.to_bits();
    /// 2^52, in whose low bits an int becomes a number, and the exponent of 1.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    const BIAS: f64 = 1023.0;
    let k = |value: f64| x.constant(value);
    let wide = x.abs();
    let bits = wide.bits();
    // The exponent plus that of 1, so that it is not negative.
    let exponent = (bits + bits.constant(ONE.wrapping_sub(LEAST))).right(52);
    let m = (bits - exponent.left(52) + bits.constant(ONE)).number();
    let s = (m - k(1.0)) / (m + k(1.0));
    let z = s * s;
    let [c0, c1, c2, c3, c4, c5] = LOG2.map(k);
    let z2 = z * z;
    let p = (c0 + c1 * z) + z2 * ((c2 + c3 * z) + z2 * (c4 + c5 * z));
    let exponent = (exponent | bits.constant(WHOLE.to_bits())).number() - k(WHOLE + BIAS);
    let log = exponent + s * p;
    let log = W::choose(wide.equals(k(0.0)), k(f64::NEG_INFINITY), log);
    W::choose(wide.less(k(f64::INFINITY)), log, wide)
}

/// As [`log2`], but NaN of a negative number.
fn signed_log2<W: Wide>(x: W) -> W {
    W::choose(x.less(x.constant(0.0)), x.constant(f64::NAN), log2(x))
}

pub fn exp<N: Narrow>(x: N) -> N {
    let x = x.widen();
    exp2(x * x.constant(LOG2_E)).narrow()
}

pub fn log<N: Narrow>(x: N) -> N {
    let x = x.widen();
    (signed_log2(x) * x.constant(LN_2)).narrow()
}

pub fn log10<N: Narrow>(x: N) -> N {
    let x = x.widen();
    (signed_log2(x) * x.constant(LOG10_2)).narrow()
}

/// C's `pow`: an odd integer power of a negative number is negative, other real powers of it are NaN.
pub fn pow<N: Narrow>(x: N, y: N) -> N {
    let (x, y) = (x.widen(), y.widen());
    let k = |value: f64| x.constant(value);
    // 1 to any power and any power of 0 are 1, also where the product is NaN.
    let unit = x.equals(k(-1.0)) & y.abs().equals(k(f64::INFINITY));
    let settled = y.equals(k(0.0)) | x.equals(k(1.0)) | unit;
    let size = exp2(N::Wide::choose(settled, k(0.0), y * log2(x)));
    let (nearest, half) = (y.nearest(), y * k(0.5));
    // A negative number has integer powers; an infinite one has others too.
    let whole = N::Wide::choose(nearest.equals(y), size, k(f64::NAN));
    let negative = x.less(k(0.0)) & k(f64::NEG_INFINITY).less(x);
    let size = N::Wide::choose(negative, whole, size);
    let even = half.nearest().equals(half);
    let odd = N::Wide::choose(even, size, size.signed_as(x));
    N::Wide::choose(nearest.equals(y), odd, size).narrow()
}

pub fn sinh<N: Narrow>(x: N) -> N {
    let x = x.widen();
    let e = exp2_less_one(x.abs() * x.constant(LOG2_E));
    (x.constant(0.5) * (e + e / (e + x.constant(1.0)))).signed_as(x).narrow()
}

pub fn cosh<N: Narrow>(x: N) -> N {
    let x = x.widen();
    let e = exp2(x * x.constant(LOG2_E));
    (x.constant(0.5) * (e + x.constant(1.0) / e)).narrow()
}

pub fn tanh<N: Narrow>(x: N) -> N {
    let x = x.widen();
    let e = exp2_less_one(x.constant(FLAT).least(x.abs() * x.constant(2.0 * LOG2_E)));
    (e / (e + x.constant(2.0))).signed_as(x).narrow()
}

/// The number of quarter turns nearest to x, and sine and cosine of the rest.
fn turn<N: Narrow>(x: N) -> (<N::Wide as Wide>::Bits, N, N) {
    let wide = x.widen();
    let k = |value: f64| wide.constant(value);
    let shifted = wide * k(FRAC_2_PI) + k(MAGIC);
    let turns = shifted - k(MAGIC);
    let r = (wide - turns * k(HALF_PI[0])) - turns * k(HALF_PI[1]);
    // Of huge numbers no phase is left: bounded nonsense. Infinity and NaN become NaN.
    let r = k(0.8).least(k(-0.8).most(r)).narrow();
    let z = r * r;
    let z2 = z * z;
    let [s0, s1, s2] = SIN.map(|value| x.constant(value));
    let [c0, c1, c2] = COS.map(|value| x.constant(value));
    let sin = r + (r * z) * ((s0 + s1 * z) + s2 * z2);
    let cos = (x.constant(1.0) - x.constant(0.5) * z) + z2 * ((c0 + c1 * z) + c2 * z2);
    (shifted.bits(), sin, cos)
}

/// Sine, and below cosine and tangent. (Sine and tangent of −0 are +0.)
pub fn sin<N: Narrow>(x: N) -> N {
    let (turns, sin, cos) = turn(x);
    sin.if_odd(turns, cos).half_turned(turns)
}

pub fn cos<N: Narrow>(x: N) -> N {
    let (turns, sin, cos) = turn(x);
    cos.if_odd(turns, sin).half_turned(turns + turns.constant(1))
}

pub fn tan<N: Narrow>(x: N) -> N {
    let (turns, sin, cos) = turn(x);
    let above = sin.if_odd(turns, x.constant(0.0) - cos);
    above / cos.if_odd(turns, sin)
}

/// The functions of this module, as rows of the table of functions.
pub const WRITTEN: [Fun; 10] =
    [Fun::Exp, Fun::Log, Fun::Log10, Fun::Pow, Fun::Sin, Fun::Cos, Fun::Tan, Fun::Sinh, Fun::Cosh, Fun::Tanh];

/// One of [`WRITTEN`]; nothing for another function.
pub fn apply<N: Narrow>(fun: Fun, operands: &[N]) -> Option<N> {
    Some(match (fun, operands) {
        (Fun::Exp, &[x]) => exp(x),
        (Fun::Log, &[x]) => log(x),
        (Fun::Log10, &[x]) => log10(x),
        (Fun::Pow, &[x, y]) => pow(x, y),
        (Fun::Sin, &[x]) => sin(x),
        (Fun::Cos, &[x]) => cos(x),
        (Fun::Tan, &[x]) => tan(x),
        (Fun::Sinh, &[x]) => sinh(x),
        (Fun::Cosh, &[x]) => cosh(x),
        (Fun::Tanh, &[x]) => tanh(x),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
