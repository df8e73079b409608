//! The common transcendental functions in single precision.
//!
//! Each is total, has no branches and computes in double precision where that costs least, so it is short, fast and the
//! same on every machine. The tests state the error of each, in units in the last place (ulp) of the result, against
//! `libm` in double precision: 0.51 for exponentials and logarithms, 2 for sine and cosine, 4 for tangent.
//!
//! The method is that of Muller, *Elementary Functions* (2016): reduce the argument, evaluate a minimax polynomial, put
//! the result back together. `scripts/fit_maths.py` finds the coefficients.

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

/// `if a < b then a else b`, which lets a NaN in the second place through.
fn least(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// `if a > b then a else b`, likewise.
fn most(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

#[allow(clippy::cast_possible_truncation)]
fn narrow(x: f64) -> f32 {
    x as f32
}

/// 2^t as 2^n and 2^r − 1, where n is the integer nearest to t and r the rest: the second is exact near 0.
fn exp2_parts(t: f64) -> (f64, f64) {
    let t = least(WIDEST, most(-WIDEST, t));
    let shifted = t + MAGIC;
    let r = t - (shifted - MAGIC);
    let [c0, c1, c2, c3, c4, c5, c6] = EXP2;
    let (r2, low) = (r * r, c0 + c1 * r);
    let (middle, high) = (c2 + c3 * r, (c4 + c5 * r) + c6 * r2);
    let rest = r * (low + r2 * (middle + r2 * high));
    (f64::from_bits(1.0_f64.to_bits().wrapping_add(shifted.to_bits() << 52)), rest)
}

/// 2^t; infinite powers are bounded, NaN stays NaN.
fn exp2(t: f64) -> f64 {
    let (power, rest) = exp2_parts(t);
    power + power * rest
}

/// 2^t − 1, exact near 0.
fn exp2_less_one(t: f64) -> f64 {
    let (power, rest) = exp2_parts(t);
    power * rest + (power - 1.0)
}

/// The logarithm of |x|: −∞ of 0, ∞ of ∞, NaN of NaN.
fn log2(x: f32) -> f64 {
    // The mantissa is taken from √½ to √2: its logarithm is small on both sides of 1, and 0 at 1.
    const LEAST: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    let wide = f64::from(x).abs();
    let exponent = wide.to_bits().wrapping_sub(LEAST).cast_signed() >> 52;
    let m = f64::from_bits(wide.to_bits().wrapping_sub((exponent << 52).cast_unsigned()));
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let [c0, c1, c2, c3, c4, c5] = LOG2;
    let z2 = z * z;
    let p = (c0 + c1 * z) + z2 * ((c2 + c3 * z) + z2 * (c4 + c5 * z));
    // An exponent is a small integer.
    #[allow(clippy::cast_precision_loss)]
    let log = exponent as f64 + s * p;
    let log = if wide == 0.0 { f64::NEG_INFINITY } else { log };
    if wide.to_bits() >= f64::INFINITY.to_bits() { wide } else { log }
}

/// As [`log2`], but NaN of a negative number.
fn signed_log2(x: f32) -> f64 {
    if x < 0.0 { f64::NAN } else { log2(x) }
}

pub fn expf(x: f32) -> f32 {
    narrow(exp2(f64::from(x) * LOG2_E))
}

pub fn logf(x: f32) -> f32 {
    narrow(signed_log2(x) * LN_2)
}

pub fn log10f(x: f32) -> f32 {
    narrow(signed_log2(x) * LOG10_2)
}

/// C's `pow`: an odd integer power of a negative number is negative, other real powers of it are NaN.
pub fn powf(x: f32, y: f32) -> f32 {
    let wide = f64::from(y);
    // 1 to any power and any power of 0 are 1, also where the product is NaN.
    let settled = y == 0.0 || x == 1.0 || (x == -1.0 && y.is_infinite());
    let t = if settled { 0.0 } else { wide * log2(x) };
    let size = narrow(exp2(t));
    let whole = wide.round_ties_even() == wide;
    let half = wide * 0.5;
    let odd = whole && half.round_ties_even() != half;
    let size = if x < 0.0 && !whole && x.is_finite() { f32::NAN } else { size };
    if odd { size.copysign(x) } else { size }
}

pub fn sinhf(x: f32) -> f32 {
    let e = exp2_less_one(f64::from(x).abs() * LOG2_E);
    narrow(0.5 * (e + e / (e + 1.0))).copysign(x)
}

pub fn coshf(x: f32) -> f32 {
    let e = exp2(f64::from(x) * LOG2_E);
    narrow(0.5 * (e + 1.0 / e))
}

pub fn tanhf(x: f32) -> f32 {
    let e = exp2_less_one(least(60.0, f64::from(x).abs() * (2.0 * LOG2_E)));
    narrow(e / (e + 2.0)).copysign(x)
}

/// The number of quarter turns nearest to x, and sine and cosine of the rest.
fn turn(x: f32) -> (u64, f32, f32) {
    let wide = f64::from(x);
    let shifted = wide * FRAC_2_PI + MAGIC;
    let turns = shifted - MAGIC;
    let r = (wide - turns * HALF_PI[0]) - turns * HALF_PI[1];
    // Of huge numbers no phase is left: bounded nonsense. Infinity and NaN become NaN.
    let r = narrow(least(0.8, most(-0.8, r)));
    let z = r * r;
    let z2 = z * z;
    let [s0, s1, s2] = SIN;
    let [c0, c1, c2] = COS;
    let sin = r + (r * z) * ((s0 + s1 * z) + s2 * z2);
    let cos = (1.0 - 0.5 * z) + z2 * ((c0 + c1 * z) + c2 * z2);
    (shifted.to_bits(), sin, cos)
}

/// Turned by a half where the second bit of `turns` says so.
fn half_turned(x: f32, turns: u64) -> f32 {
    #[allow(clippy::cast_possible_truncation)]
    let sign = (turns as u32 & 2) << 30;
    f32::from_bits(x.to_bits() ^ sign)
}

/// Sine, and below cosine and tangent. (Sine and tangent of −0 are +0.)
pub fn sinf(x: f32) -> f32 {
    let (turns, sin, cos) = turn(x);
    half_turned(if turns & 1 == 0 { sin } else { cos }, turns)
}

pub fn cosf(x: f32) -> f32 {
    let (turns, sin, cos) = turn(x);
    half_turned(if turns & 1 == 0 { cos } else { sin }, turns.wrapping_add(1))
}

pub fn tanf(x: f32) -> f32 {
    let (turns, sin, cos) = turn(x);
    let (above, below) = if turns & 1 == 0 { (sin, cos) } else { (-cos, sin) };
    above / below
}

#[cfg(test)]
mod tests;
