//! The foreign functions that are known, by their C names. Faust calls them with `ffunction`.

use crate::elaborate::signal::{SigId, Signal, Signals};
use krach_ir::Fun;
use std::f64::consts::LN_2;

/// C functions that are rows of the table of functions.
const ROWS: &[(&str, Fun)] = &[
    ("acos", Fun::Acos),
    ("acosh", Fun::Acosh),
    ("asin", Fun::Asin),
    ("asinh", Fun::Asinh),
    ("atan", Fun::Atan),
    ("atan2", Fun::Atan2),
    ("atanh", Fun::Atanh),
    ("cbrt", Fun::Cbrt),
    ("ceil", Fun::Ceil),
    ("copysign", Fun::Copysign),
    ("cos", Fun::Cos),
    ("cosh", Fun::Cosh),
    ("erf", Fun::Erf),
    ("erfc", Fun::Erfc),
    ("exp", Fun::Exp),
    ("expm1", Fun::Expm1),
    ("fabs", Fun::Abs),
    ("floor", Fun::Floor),
    ("fmod", Fun::Rem),
    ("hypot", Fun::Hypot),
    ("ilogb", Fun::Logb),
    ("j0", Fun::J0),
    ("j1", Fun::J1),
    ("jn", Fun::Jn),
    ("isgreater", Fun::Gt),
    ("isgreaterequal", Fun::Ge),
    ("isless", Fun::Lt),
    ("islessequal", Fun::Le),
    ("ldexp", Fun::Ldexp),
    ("lgamma", Fun::Lgamma),
    ("log", Fun::Log),
    ("log10", Fun::Log10),
    ("log1p", Fun::Log1p),
    ("logb", Fun::Logb),
    ("nearbyint", Fun::Rint),
    ("nextafter", Fun::Nextafter),
    ("pow", Fun::Pow),
    ("remainder", Fun::Remainder),
    ("rint", Fun::Rint),
    ("round", Fun::Round),
    ("scalbn", Fun::Ldexp),
    ("sin", Fun::Sin),
    ("sinh", Fun::Sinh),
    ("sqrt", Fun::Sqrt),
    ("tan", Fun::Tan),
    ("tanh", Fun::Tanh),
    ("tgamma", Fun::Tgamma),
    ("trunc", Fun::Trunc),
    ("y0", Fun::Y0),
    ("y1", Fun::Y1),
    ("yn", Fun::Yn),
];

/// The result of a call, if the function is known with that many arguments. `least` is the smallest normal number of
/// the program's precision.
pub(crate) fn call(signals: &mut Signals, name: &str, arguments: &[SigId], least: f64) -> Option<SigId> {
    let plain = |name: &str| ROWS.iter().find(|(known, _)| *known == name).map(|&(_, fun)| fun);
    // `sinf` and `sinl` are `sin` in another precision.
    let short = name.strip_suffix(['f', 'l']).unwrap_or(name);
    if let Some(fun) = plain(name).or_else(|| plain(short)) {
        return (fun.arity() == arguments.len()).then(|| signals.apply(fun, arguments));
    }
    match (name, short, arguments) {
        ("isnan" | "isnanf" | "isnanl", _, &[x]) => Some(is_nan(signals, x)),
        (_, "isin", &[x]) | ("isinff" | "isinfl", _, &[x]) => Some(is_infinite(signals, x)),
        ("isfinite" | "finite" | "finitef" | "finitel", _, &[x]) => Some(is_finite(signals, x)),
        ("isnormal", _, &[x]) => {
            let finite = is_finite(signals, x);
            let (size, least) = (signals.apply(Fun::Abs, &[x]), signals.real(least));
            let large = signals.apply(Fun::Ge, &[size, least]);
            Some(signals.apply(Fun::And, &[finite, large]))
        }
        ("signbit", _, &[x]) => {
            let (one, zero) = (signals.real(1.0), signals.real(0.0));
            let signed = signals.apply(Fun::Copysign, &[one, x]);
            Some(signals.apply(Fun::Lt, &[signed, zero]))
        }
        (_, "fmin", &[a, b]) => Some(other_than_nan(signals, Fun::Min, a, b)),
        (_, "fmax", &[a, b]) => Some(other_than_nan(signals, Fun::Max, a, b)),
        (_, "fdim", &[a, b]) => {
            let (difference, zero) = (signals.apply(Fun::Sub, &[a, b]), signals.real(0.0));
            Some(signals.apply(Fun::Max, &[zero, difference]))
        }
        // With one rounding more than in C.
        (_, "fma", &[a, b, c]) => {
            let product = signals.apply(Fun::Mul, &[a, b]);
            Some(signals.apply(Fun::Add, &[product, c]))
        }
        (_, "exp2", &[x]) => {
            let two = signals.real(2.0);
            Some(signals.apply(Fun::Pow, &[two, x]))
        }
        (_, "log2", &[x]) => {
            let (natural, scale) = (signals.apply(Fun::Log, &[x]), signals.real(LN_2));
            Some(signals.apply(Fun::Div, &[natural, scale]))
        }
        (_, "lrint" | "llrint", &[x]) => {
            let rounded = signals.apply(Fun::Rint, &[x]);
            Some(signals.int_of(rounded))
        }
        (_, "lround" | "llround", &[x]) => {
            let rounded = signals.apply(Fun::Round, &[x]);
            Some(signals.int_of(rounded))
        }
        ("arc4random", _, []) => Some(signals.make(Signal::Random)),
        _ => None,
    }
}

/// Neither at least 0 nor below it; `x != x` would be simplified.
fn is_nan(signals: &mut Signals, x: SigId) -> SigId {
    let x = signals.real_of(x);
    let zero = signals.real(0.0);
    let above = signals.apply(Fun::Ge, &[x, zero]);
    let below = signals.apply(Fun::Lt, &[x, zero]);
    let number = signals.apply(Fun::Or, &[above, below]);
    let none = signals.int(0);
    signals.apply(Fun::Eq, &[number, none])
}

/// Neither of them a NaN if there is another: `fmin` and `fmax` of C.
fn other_than_nan(signals: &mut Signals, fun: Fun, a: SigId, b: SigId) -> SigId {
    // Where an operand is not a number, the program's `min` and `max` give the second.
    let (lesser, missing) = (signals.apply(fun, &[b, a]), is_nan(signals, a));
    signals.apply(Fun::Select, &[missing, lesser, b])
}

fn is_finite(signals: &mut Signals, x: SigId) -> SigId {
    let (missing, infinite) = (is_nan(signals, x), is_infinite(signals, x));
    let not_finite = signals.apply(Fun::Or, &[missing, infinite]);
    let none = signals.int(0);
    signals.apply(Fun::Eq, &[not_finite, none])
}

/// Not 0, and its own half.
fn is_infinite(signals: &mut Signals, x: SigId) -> SigId {
    let x = signals.real_of(x);
    let (zero, half) = (signals.real(0.0), signals.real(0.5));
    let halved = signals.apply(Fun::Mul, &[x, half]);
    let same = signals.apply(Fun::Eq, &[halved, x]);
    let other = signals.apply(Fun::Ne, &[x, zero]);
    signals.apply(Fun::And, &[same, other])
}
