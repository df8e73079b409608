//! What the rows of [`Fun`] compute, in `f32` and `f64`: the one table that the interpreter, constant folding and
//! the compilers share. The common transcendental functions in single precision are our own (`single`), the others come
//! from `libm`, so that no golden depends on a platform.

pub mod arith;
pub mod single;

use crate::Fun;
use krach_abi::Precision;

/// A sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<R> {
    Int(i32),
    Real(R),
}

/// A function that compiled code may call; the others are short enough to be written in place.
#[derive(Clone, Copy, Debug)]
pub enum Native {
    F32x1(extern "C" fn(f32) -> f32),
    F32x2(extern "C" fn(f32, f32) -> f32),
    F64x1(extern "C" fn(f64) -> f64),
    F64x2(extern "C" fn(f64, f64) -> f64),
}

impl Native {
    /// The entry for the address table of compiled code.
    #[must_use]
    pub fn address(self) -> usize {
        match self {
            Self::F32x1(f) => f as usize,
            Self::F32x2(f) => f as usize,
            Self::F64x1(f) => f as usize,
            Self::F64x2(f) => f as usize,
        }
    }
}

/// The operations of one precision.
pub trait Float: krach_abi::Sample {
    const ZERO: Self;
    fn from_f64(value: f64) -> Self;
    fn to_f64(self) -> f64;
    fn from_i32(value: i32) -> Self;
    /// Truncation toward zero, saturating; NaN is 0.
    fn to_i32(self) -> i32;
    fn unary(fun: Fun, x: Self) -> Self;
    fn binary(fun: Fun, a: Self, b: Self) -> Self;
}

macro_rules! floats {
    ($float:ident, $one:ident, $two:ident,
     { $($fun:ident $callable:ident),* $(,)? }, { $($fun2:ident $callable2:ident),* $(,)? }) => {
        impl Float for $float {
            const ZERO: Self = 0.0;

            #[allow(clippy::cast_possible_truncation, clippy::cast_lossless)]
            fn from_f64(value: f64) -> Self {
                value as $float
            }

            #[allow(clippy::cast_lossless)]
            fn to_f64(self) -> f64 {
                self as f64
            }

            #[allow(clippy::cast_precision_loss, clippy::cast_lossless)]
            fn from_i32(value: i32) -> Self {
                value as $float
            }

            #[allow(clippy::cast_possible_truncation)]
            fn to_i32(self) -> i32 {
                self as i32
            }

            fn unary(fun: Fun, x: Self) -> Self {
                match fun {
                    Fun::Abs => x.abs(),
                    Fun::Floor => x.floor(),
                    Fun::Ceil => x.ceil(),
                    Fun::Round => x.round(),
                    Fun::Rint => x.round_ties_even(),
                    Fun::Trunc => x.trunc(),
                    Fun::Sqrt => x.sqrt(),
                    $(Fun::$fun => functions::$callable(x),)*
                    other => unreachable!("{other} is not a unary function of reals"),
                }
            }

            fn binary(fun: Fun, a: Self, b: Self) -> Self {
                match fun {
                    Fun::Add => a + b,
                    Fun::Sub => a - b,
                    Fun::Mul => a * b,
                    Fun::Div => a / b,
                    Fun::Min => if a < b { a } else { b },
                    Fun::Max => if a > b { a } else { b },
                    // C's fmod, which is what `%` of floats is.
                    Fun::Rem => a % b,
                    $(Fun::$fun2 => functions::$callable2(a, b),)*
                    other => unreachable!("{other} is not a binary function of reals"),
                }
            }
        }

        mod $float {
            use super::{Float, Fun, Native};

            $(
                #[allow(non_snake_case)]
                extern "C" fn $fun(x: $float) -> $float {
                    <$float as Float>::unary(Fun::$fun, x)
                }
            )*
            $(
                #[allow(non_snake_case)]
                extern "C" fn $fun2(a: $float, b: $float) -> $float {
                    <$float as Float>::binary(Fun::$fun2, a, b)
                }
            )*
            #[allow(non_snake_case)]
            extern "C" fn Rem(a: $float, b: $float) -> $float {
                a % b
            }

            pub(super) fn native(fun: Fun) -> Option<Native> {
                match fun {
                    $(Fun::$fun => Some(Native::$one($fun)),)*
                    $(Fun::$fun2 => Some(Native::$two($fun2)),)*
                    Fun::Rem => Some(Native::$two(Rem)),
                    _ => None,
                }
            }
        }
    };
}

floats! { f32, F32x1, F32x2,
{ Exp expf, Log logf, Log10 log10f, Sin sinf, Cos cosf, Tan tanf, Asin asinf, Acos acosf, Atan atanf, Tanh tanhf,
  Sinh sinhf, Cosh coshf, Asinh asinhf, Acosh acoshf, Atanh atanhf, Cbrt cbrtf, Expm1 expm1f, Log1p log1pf,
  Logb logbf, Erf erff, Erfc erfcf, Tgamma tgammaf, Lgamma lgammaf, J0 j0f, J1 j1f, Y0 y0f, Y1 y1f },
{ Pow powf, Atan2 atan2f, Remainder remainderf, Hypot hypotf, Copysign copysignf, Ldexp ldexp_realf,
  Nextafter nextafterf, Jn jn_realf, Yn yn_realf } }
floats! { f64, F64x1, F64x2,
{ Exp exp, Log log, Log10 log10, Sin sin, Cos cos, Tan tan, Asin asin, Acos acos, Atan atan, Tanh tanh,
  Sinh sinh, Cosh cosh, Asinh asinh, Acosh acosh, Atanh atanh, Cbrt cbrt, Expm1 expm1, Log1p log1p,
  Logb logb, Erf erf, Erfc erfc, Tgamma tgamma, Lgamma lgamma, J0 j0, J1 j1, Y0 y0, Y1 y1 },
{ Pow pow, Atan2 atan2, Remainder remainder, Hypot hypot, Copysign copysign, Ldexp ldexp_real,
  Nextafter nextafter, Jn jn_real, Yn yn_real } }

/// `libm`, our own functions in the place of its slow ones, and its functions of an int as functions of reals.
mod functions {
    pub use super::single::{
        cos as cosf, cosh as coshf, exp as expf, log as logf, log10 as log10f, pow as powf, sin as sinf,
        sinh as sinhf, tan as tanf, tanh as tanhf,
    };
    pub use libm::*;

    macro_rules! of_reals {
        ($float:ident: $logb:ident $ilogb:ident $ldexp:ident $scalbn:ident $jn:ident $jn_int:ident $yn:ident $yn_int:ident) => {
            pub fn $logb(x: $float) -> $float {
                if x == 0.0 {
                    $float::NEG_INFINITY
                } else if x.is_finite() {
                    // An exponent is a small integer, exact in both formats.
                    #[allow(clippy::cast_precision_loss, clippy::cast_lossless)]
                    let exponent = libm::$ilogb(x) as $float;
                    exponent
                } else {
                    x.abs()
                }
            }

            pub fn $ldexp(x: $float, exponent: $float) -> $float {
                libm::$scalbn(x, whole(exponent.into()))
            }

            pub fn $jn(order: $float, x: $float) -> $float {
                libm::$jn_int(order_of(order.into()), x)
            }

            pub fn $yn(order: $float, x: $float) -> $float {
                libm::$yn_int(order_of(order.into()), x)
            }
        };
    }

    of_reals! { f32: logbf ilogbf ldexp_realf scalbnf jn_realf jnf yn_realf ynf }
    of_reals! { f64: logb ilogb ldexp_real scalbn jn_real jn yn_real yn }

    #[allow(clippy::cast_possible_truncation)]
    fn whole(x: f64) -> i32 {
        x as i32
    }

    /// Bounded, because the time a Bessel function takes grows with its order.
    fn order_of(x: f64) -> i32 {
        whole(x).clamp(-10_000, 10_000)
    }
}

impl Fun {
    /// The function compiled code calls for this row, if it is one to be called.
    #[must_use]
    pub fn native(self, precision: Precision) -> Option<Native> {
        match precision {
            Precision::Single => f32::native(self),
            Precision::Double => f64::native(self),
        }
    }

    /// Computes the function. The operands have the types its rule wants.
    #[must_use]
    pub fn eval<R: Float>(self, operands: &[Value<R>]) -> Value<R> {
        use Value::{Int, Real};
        match (self, operands) {
            (Self::Select, &[Int(s), a, b]) => {
                if s == 0 {
                    a
                } else {
                    b
                }
            }
            (Self::Sum, terms) => Fun::sum(terms, |a, b| Self::Add.eval(&[a, b])),
            (Self::ToInt, &[Real(x)]) => Int(x.to_i32()),
            (Self::ToReal, &[Int(x)]) => Real(R::from_i32(x)),
            (Self::Abs, &[Int(x)]) => Int(x.wrapping_abs()),
            (fun, &[Real(x)]) => Real(R::unary(fun, x)),
            (fun, &[Int(a), Int(b)]) => Int(fun.ints(a, b)),
            (fun, &[Real(a), Real(b)]) => match fun.compare(a.partial_cmp(&b)) {
                Some(truth) => Int(i32::from(truth)),
                None => Real(R::binary(fun, a, b)),
            },
            (fun, operands) => unreachable!("{fun} of {operands:?} does not pass validation"),
        }
    }

    /// The truth of a comparison, given how the operands are ordered (not at all if one is NaN).
    fn compare(self, ordering: Option<std::cmp::Ordering>) -> Option<bool> {
        use std::cmp::Ordering::{Equal, Greater, Less};
        Some(match self {
            Self::Lt => ordering == Some(Less),
            Self::Le => matches!(ordering, Some(Less | Equal)),
            Self::Gt => ordering == Some(Greater),
            Self::Ge => matches!(ordering, Some(Greater | Equal)),
            Self::Eq => ordering == Some(Equal),
            Self::Ne => ordering != Some(Equal),
            _ => return None,
        })
    }

    fn ints(self, a: i32, b: i32) -> i32 {
        if let Some(truth) = self.compare(Some(a.cmp(&b))) {
            return i32::from(truth);
        }
        match self {
            Self::Add => a.wrapping_add(b),
            Self::Sub => a.wrapping_sub(b),
            Self::Mul => a.wrapping_mul(b),
            Self::Rem => a.checked_rem(b).unwrap_or(0),
            Self::Min => a.min(b),
            Self::Max => a.max(b),
            Self::And => a & b,
            Self::Or => a | b,
            Self::Xor => a ^ b,
            Self::Shl => a.wrapping_shl(b.cast_unsigned()),
            Self::Shr => a.wrapping_shr(b.cast_unsigned()),
            other => unreachable!("{other} is not a function of ints"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Value::{Int, Real};
    use super::*;

    #[test]
    fn the_corners() {
        assert_eq!(Fun::Rem.eval::<f64>(&[Int(-7), Int(3)]), Int(-1));
        assert_eq!(Fun::Rem.eval::<f64>(&[Int(1), Int(0)]), Int(0));
        assert_eq!(Fun::Rem.eval::<f64>(&[Int(i32::MIN), Int(-1)]), Int(0));
        assert_eq!(Fun::Add.eval::<f64>(&[Int(i32::MAX), Int(1)]), Int(i32::MIN));
        assert_eq!(Fun::ToInt.eval(&[Real(f64::NAN)]), Int(0));
        assert_eq!(Fun::ToInt.eval(&[Real(-1e300)]), Int(i32::MIN));
        assert_eq!(Fun::Round.eval(&[Real(-0.5_f32)]), Real(-1.0));
        assert_eq!(Fun::Rint.eval(&[Real(0.5_f32)]), Real(0.0));
        assert_eq!(Fun::Ne.eval(&[Real(f64::NAN), Real(0.0)]), Int(1));
        assert_eq!(Fun::Select.eval(&[Int(-3), Real(1.0), Real(2.0)]), Real(2.0));
        assert_eq!(Fun::Remainder.eval(&[Real(-0.75), Real(2.0)]), Real(-0.75));
    }

    #[test]
    fn every_row_computes_in_both_precisions() {
        for &fun in Fun::ALL {
            for precision in [Precision::Single, Precision::Double] {
                let _ = fun.native(precision);
            }
            let real = |x: f64| Real(x);
            let operands: &[Value<f64>] = match fun.rule() {
                crate::Rule::Bits => &[Int(6), Int(3)],
                crate::Rule::ToReal => &[Int(6)],
                crate::Rule::Select => &[Int(1), real(0.5), real(0.25)],
                _ => &[real(0.5), real(0.25), real(0.125), real(2.0), real(1.0)],
            };
            let _ = fun.eval(&operands[..fun.arity()]);
        }
    }
}
