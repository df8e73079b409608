//! Every function against `libm` in double precision, over all of single precision: every 5,003rd number,
//! every 17th in the long tests.

use crate::Fun;
use std::env;

type Row = (&'static str, fn(f32) -> f32, fn(f64) -> f64, f64, Within);

/// Where the error is held: beyond, the result is only bounded.
type Within = fn(f32) -> bool;

fn everywhere(_: f32) -> bool {
    true
}

/// Two parts of π/2 reduce numbers up to 2^20 quarter turns.
fn a_million_turns(x: f32) -> bool {
    x.abs() < 1.6e6
}

const ROWS: [Row; 9] = [
    ("exp", super::exp, libm::exp, 0.51, everywhere),
    ("log", super::log, libm::log, 0.51, everywhere),
    ("log10", super::log10, libm::log10, 0.51, everywhere),
    ("sinh", super::sinh, libm::sinh, 0.52, everywhere),
    ("cosh", super::cosh, libm::cosh, 0.52, everywhere),
    ("tanh", super::tanh, libm::tanh, 0.52, everywhere),
    ("sin", super::sin, libm::sin, 2.0, a_million_turns),
    ("cos", super::cos, libm::cos, 2.0, a_million_turns),
    ("tan", super::tan, libm::tan, 4.0, a_million_turns),
];

/// In units in the last place of the result; nothing where both are infinite or NaN, or too small to be normal.
fn distance(got: f32, want: f64) -> f64 {
    #[allow(clippy::cast_possible_truncation)]
    let nearest = want as f32;
    if got == nearest || (got.is_nan() && nearest.is_nan()) {
        return 0.0;
    }
    let size = nearest.abs().clamp(f32::MIN_POSITIVE, f32::MAX);
    (f64::from(got) - want).abs() / f64::from(size.next_up() - size)
}

fn stride() -> u32 {
    if env::var_os("KRACH_FULL").is_some() { 17 } else { 5003 }
}

#[test]
fn every_number_is_as_near_as_stated() {
    for (name, ours, reference, bound, within) in ROWS {
        let (mut worst, mut at) = (0.0, 0.0);
        let mut bits = 0_u32;
        loop {
            let x = f32::from_bits(bits);
            let got = ours(x);
            if within(x) {
                let off = distance(got, reference(f64::from(x)));
                if off > worst {
                    (worst, at) = (off, x);
                }
            } else if x.is_finite() {
                assert!(got.abs() < 2.0 || name == "tan", "{name}({x:e}) is {got:e}");
            }
            match bits.checked_add(stride()) {
                Some(next) => bits = next,
                None => break,
            }
        }
        assert!(worst <= bound, "{name}({at:e}) is {worst} ulp off");
    }
}

#[test]
fn the_table_of_written_functions_is_whole() {
    for &fun in Fun::ALL {
        let operands = [0.5_f32, 0.25];
        let written = super::apply(fun, &operands[..fun.arity().min(2)]).is_some();
        assert_eq!(written, super::WRITTEN.contains(&fun), "{fun}");
    }
}

#[test]
fn powers_are_as_near_as_stated() {
    // The generator of Numerical Recipes: bits of bases and exponents, so that every size occurs.
    let mut state = 1_u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state ^ (state >> 16)
    };
    let mut worst = (0.0, 0.0, 0.0);
    for _ in 0..20_000_000 / stride().min(40) {
        let x = f32::from_bits(random());
        // Half of the exponents are such that the result is of a usual size.
        let y = f32::from_bits(random());
        let y = if random() & 1 == 0 { y } else { y % (120.0 / x.abs().log2().abs().max(0.1)) };
        let off = distance(super::pow(x, y), libm::pow(f64::from(x), f64::from(y)));
        if off > worst.0 {
            worst = (off, x, y);
        }
    }
    assert!(worst.0 <= 0.52, "pow({:e}, {:e}) is {} ulp off", worst.1, worst.2, worst.0);
}

#[test]
fn corners_are_those_of_libm() {
    let corners = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -0.5,
        2.0,
        -2.0,
        3.0,
        -3.0,
        1e30,
        -1e30,
        f32::MAX,
        f32::MIN_POSITIVE,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
    ];
    let same = |a: f32, b: f32| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
    for x in corners {
        for (name, ours, reference) in [
            ("exp", super::exp as fn(f32) -> f32, libm::expf as fn(f32) -> f32),
            ("log", super::log, libm::logf),
            ("log10", super::log10, libm::log10f),
            ("tanh", super::tanh, libm::tanhf),
            ("sinh", super::sinh, libm::sinhf),
            ("cosh", super::cosh, libm::coshf),
        ] {
            let (got, want) = (ours(x), reference(x));
            let near = same(got, want) || (got - want).abs() <= want.abs() * 1.2e-7 && got != 0.0;
            assert!(near, "{name}({x:e}): {got:e}, not {want:e}");
        }
        for y in corners {
            let (got, want) = (super::pow(x, y), libm::powf(x, y));
            let near = same(got, want) || (got - want).abs() <= want.abs() * 1.2e-7 && got != 0.0;
            assert!(near, "pow({x:e}, {y:e}): {got:e}, not {want:e}");
        }
    }
    for x in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
        assert!(super::sin(x).is_nan() && super::cos(x).is_nan() && super::tan(x).is_nan());
    }
    assert!([super::sin(-0.0), super::tan(-0.0)].iter().all(|&zero| zero == 0.0));
}
