//! Bounds of signals, as the Faust language defines them: they decide how long a delay may be.
//!
//! Audio inputs lie in -1..1. Ints wrap around, so an int that may leave 32 bits may be any int, a counter too.
//! Nothing unsafe rests on these bounds: the program clamps every delay and every index.
//!
//! A loop starts at 0 and its bounds grow until they hold: [`EXACT`] times to the value that was met, which finds
//! `max(abs(x)) ~ _`; then to the next power of two, which finds `(+(1) : %(50)) ~ _`; beyond 2^31 to infinity.

use crate::elaborate::int_or_real::Natures;
use crate::elaborate::interner::Texts;
use crate::elaborate::signal::{SigId, Signal, Signals, Wave};
use krach_abi::Role;
use krach_ir::maths::Float;
use krach_ir::{Control, Fun, Ty};
use std::f64::consts::{FRAC_PI_2, PI};

/// All values lie in `lo..=hi`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Range {
    pub lo: f64,
    pub hi: f64,
}

impl Range {
    fn new(lo: f64, hi: f64) -> Self {
        Self { lo, hi }
    }

    fn contains(self, value: f64) -> bool {
        self.lo <= value && value <= self.hi
    }

    fn within(self, lo: f64, hi: f64) -> bool {
        lo <= self.lo && self.hi <= hi
    }

    /// Of ints: beyond 32 bits they wrap around. What has no bound at all is left to be reported as that.
    fn wrapped(self) -> Self {
        let known = self.lo.is_finite() && self.hi.is_finite();
        if known && !self.within(INTS.lo, INTS.hi) { INTS } else { self }
    }

    fn hull(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }
}

const NONE: Range = Range { lo: 0.0, hi: 0.0 };
const ALL: Range = Range { lo: f64::NEG_INFINITY, hi: f64::INFINITY };
const TRUTH: Range = Range { lo: 0.0, hi: 1.0 };
const INTS: Range = Range { lo: i32::MIN as f64, hi: i32::MAX as f64 };

/// How often the bounds of a loop grow to the very values that are met.
const EXACT: u32 = 8;

/// The exponent of the least power of two that a bound grows to: a loop of tiny values ends soon, too.
const LEAST: f64 = -64.0;

/// A bound above 0 that is moving up to `bound`.
fn grown(bound: f64, round: u32) -> f64 {
    if round < EXACT {
        bound
    } else if bound <= 2_f64.powi(31) {
        let power = bound.log2().ceil().max(LEAST).exp2();
        // The logarithm of a bound just above a power is that of the power: such a bound would never hold.
        if power < bound { 2.0 * power } else { power }
    } else {
        f64::INFINITY
    }
}

pub(crate) struct Ranges {
    all: Vec<Range>,
}

impl Ranges {
    /// `order`: operands and table contents first.
    pub fn of(signals: &Signals, texts: &Texts, order: &[SigId], natures: &Natures) -> Self {
        let mut ranges = Self { all: vec![NONE; signals.len()] };
        let mut loops = vec![NONE; signals.loops()];
        for round in 0.. {
            for &id in order {
                ranges.all[id.index()] = match signals.get(id) {
                    Signal::Previous(at) => loops[at.index()],
                    _ => ranges.range(signals, texts, natures, id),
                };
            }
            let mut moved = false;
            for &id in order {
                let Signal::Previous(at) = signals.get(id) else { continue };
                let next = ranges.get(signals.next(at));
                let known = &mut loops[at.index()];
                if next.lo < known.lo {
                    known.lo = -grown(-next.lo, round);
                    moved = true;
                }
                if next.hi > known.hi {
                    known.hi = grown(next.hi, round);
                    moved = true;
                }
            }
            if !moved {
                break;
            }
        }
        ranges
    }

    pub fn get(&self, id: SigId) -> Range {
        self.all[id.index()]
    }

    fn range(&self, signals: &Signals, texts: &Texts, natures: &Natures, id: SigId) -> Range {
        let get = |id| self.get(id);
        match signals.get(id) {
            Signal::Int(value) => Range::new(value.into(), value.into()),
            Signal::Real(bits) => Range::new(f64::from_bits(bits), f64::from_bits(bits)),
            Signal::Input(port) => {
                let (lo, hi) = signals.input_ranges.get(port as usize).copied().unwrap_or((-1.0, 1.0));
                Range { lo, hi }
            }
            Signal::Widget(id) => {
                let widget = signals.widget_of(id);
                let [_, lo, hi, _] = widget.range.map(f64::from_bits);
                // Notes reach beyond the range of a slider.
                match Control::role_of(texts.get(widget.name), hi).map(Role::range) {
                    Some([least, most]) => Range::new(lo.min(least), hi.max(most)),
                    None => Range::new(lo, hi),
                }
            }
            Signal::Slot(_) | Signal::SampleRate | Signal::Previous(_) => ALL,
            Signal::Random => INTS,
            Signal::Wrong(_) => NONE,
            Signal::Apply(Fun::Mul, _) => {
                let range = self.product(signals, id);
                if natures.get(id) == Ty::Int { range.wrapped() } else { range }
            }
            Signal::Apply(fun, [a, b, c]) => match fun.arity() {
                1 => unary(fun, get(a)),
                2 => {
                    let ints = natures.get(a) == Ty::Int && natures.get(b) == Ty::Int;
                    let range = binary(fun, get(a), get(b), ints);
                    if natures.get(id) == Ty::Int { range.wrapped() } else { range }
                }
                _ => get(b).hull(get(c)),
            },
            Signal::Power(a, b) => power(get(a), get(b)),
            Signal::Delay(x, _) | Signal::Hold(x, _) => get(x).hull(NONE),
            Signal::Prefix(a, x) => get(a).hull(get(x)),
            Signal::Waveform(wave) => wave_range(signals.wave_of(wave)),
            Signal::Read(_, init, _) => get(init),
            Signal::ReadWrite(_, init, [_, value, _]) => get(init).hull(get(value)),
            Signal::Attach(x, _) | Signal::Shown(_, x) => get(x),
            Signal::Lowest(x) => Range::new(get(x).lo, get(x).lo),
            Signal::Highest(x) => Range::new(get(x).hi, get(x).hi),
            Signal::Bounds([lo, hi, x]) => {
                let narrowed = Range::new(get(x).lo.max(get(lo).lo), get(x).hi.min(get(hi).hi));
                if narrowed.lo <= narrowed.hi { narrowed } else { get(x) }
            }
        }
    }
}

impl Ranges {
    /// Of a product, in which equal factors are a square and not negative.
    fn product(&self, signals: &Signals, id: SigId) -> Range {
        let mut factors = signals.factors(id);
        factors.sort_unstable();
        let one = Range::new(1.0, 1.0);
        factors.chunk_by(|a, b| a == b).fold(one, |product, equal| {
            let power = f64::from(u32::try_from(equal.len()).unwrap_or(u32::MAX));
            times(product, whole_power(self.get(equal[0]), power))
        })
    }
}

fn wave_range(wave: &Wave) -> Range {
    let hull = |range: Range, value: f64| range.hull(Range::new(value, value));
    let start = Range::new(f64::INFINITY, f64::NEG_INFINITY);
    match wave {
        Wave::Ints(values) => values.iter().map(|&value| f64::from(value)).fold(start, hull),
        Wave::Reals(values) => values.iter().copied().fold(start, hull),
        Wave::Sound(sound, channel) => sound.channels()[*channel].iter().copied().fold(start, hull),
    }
}

fn unary(fun: Fun, x: Range) -> Range {
    let f = |value: f64| f64::unary(fun, value);
    let ends = || Range::new(f(x.lo), f(x.hi));
    match fun {
        Fun::ToReal => x,
        Fun::ToInt => Range::new(x.lo.trunc(), x.hi.trunc()),
        Fun::Abs if x.contains(0.0) => Range::new(0.0, x.hi.max(-x.lo)),
        Fun::Abs => Range::new(x.lo.abs().min(x.hi.abs()), x.lo.abs().max(x.hi.abs())),
        Fun::Floor | Fun::Ceil | Fun::Round | Fun::Rint | Fun::Trunc => ends(),
        Fun::Exp | Fun::Tanh | Fun::Atan | Fun::Sinh | Fun::Asinh | Fun::Cbrt | Fun::Erf | Fun::Expm1 => {
            ends()
        }
        Fun::Sqrt => Range::new(f(x.lo.max(0.0)), f(x.hi.max(0.0))),
        Fun::Log | Fun::Log10 => {
            let end = |value: f64| if value > 0.0 { f(value) } else { f64::NEG_INFINITY };
            Range::new(end(x.lo), end(x.hi))
        }
        Fun::Sin if x.within(-FRAC_PI_2, FRAC_PI_2) => ends(),
        Fun::Cos if x.within(0.0, PI) => Range::new(f(x.hi), f(x.lo)),
        Fun::Cos if x.within(-FRAC_PI_2, FRAC_PI_2) => Range::new(f(x.lo).min(f(x.hi)), 1.0),
        Fun::Sin | Fun::Cos => Range::new(-1.0, 1.0),
        Fun::Tan if -FRAC_PI_2 < x.lo && x.hi < FRAC_PI_2 => ends(),
        Fun::Asin => Range::new(f(x.lo.clamp(-1.0, 1.0)), f(x.hi.clamp(-1.0, 1.0))),
        Fun::Acos => Range::new(f(x.hi.clamp(-1.0, 1.0)), f(x.lo.clamp(-1.0, 1.0))),
        _ => ALL,
    }
}

fn binary(fun: Fun, a: Range, b: Range, ints: bool) -> Range {
    match fun {
        Fun::Add => Range::new(a.lo + b.lo, a.hi + b.hi),
        Fun::Sub => Range::new(a.lo - b.hi, a.hi - b.lo),
        Fun::Mul => times(a, b),
        Fun::Div if b.contains(0.0) => ALL,
        Fun::Div => corners(a, b, |a, b| if a.is_infinite() && b.is_infinite() { 0.0 } else { a / b }),
        Fun::Rem => {
            let reach = b.lo.abs().max(b.hi.abs());
            // Of ints, at most one less than the divisor.
            let most = if ints { (reach - 1.0).max(0.0) } else { reach };
            Range::new(a.lo.max(-most).min(0.0), a.hi.min(most).max(0.0))
        }
        Fun::Min => Range::new(a.lo.min(b.lo), a.hi.min(b.hi)),
        Fun::Max => Range::new(a.lo.max(b.lo), a.hi.max(b.hi)),
        Fun::Lt | Fun::Le | Fun::Gt | Fun::Ge | Fun::Eq | Fun::Ne => TRUTH,
        Fun::And if a.lo >= 0.0 && b.lo >= 0.0 => Range::new(0.0, a.hi.min(b.hi)),
        Fun::And if a.lo >= 0.0 => Range::new(0.0, a.hi),
        Fun::And if b.lo >= 0.0 => Range::new(0.0, b.hi),
        Fun::Or | Fun::Xor if a.lo >= 0.0 && b.lo >= 0.0 => {
            Range::new(0.0, (a.hi.max(b.hi) + 1.0).log2().ceil().exp2() - 1.0)
        }
        Fun::And | Fun::Or | Fun::Xor => INTS,
        Fun::Shl if b.lo >= 0.0 && b.hi <= 31.0 => corners(a, b, |a, count| a * count.exp2()),
        Fun::Shr if b.lo >= 0.0 && b.hi <= 31.0 => corners(a, b, |a, count| (a / count.exp2()).floor()),
        Fun::Shl | Fun::Shr => INTS,
        Fun::Pow => power(a, b),
        Fun::Atan2 => Range::new(-PI, PI),
        Fun::Remainder => {
            let half = b.lo.abs().max(b.hi.abs()) / 2.0;
            Range::new(-half, half)
        }
        _ => ALL,
    }
}

/// The extremes of a function that is monotone in each operand are at the corners.
fn corners(a: Range, b: Range, f: impl Fn(f64, f64) -> f64) -> Range {
    let all = [f(a.lo, b.lo), f(a.lo, b.hi), f(a.hi, b.lo), f(a.hi, b.hi)];
    if all.iter().any(|value| value.is_nan()) {
        return ALL;
    }
    Range::new(
        all.into_iter().fold(f64::INFINITY, f64::min),
        all.into_iter().fold(f64::NEG_INFINITY, f64::max),
    )
}

fn power(a: Range, b: Range) -> Range {
    let whole = b.lo == b.hi && b.lo.fract() == 0.0 && b.lo > 0.0;
    if a.lo > 0.0 || a.lo >= 0.0 && b.lo >= 0.0 {
        corners(a, b, f64::powf)
    } else if whole {
        whole_power(a, b.lo)
    } else {
        ALL
    }
}

/// Of a power with a whole exponent above 0: an even one is not negative.
fn whole_power(a: Range, exponent: f64) -> Range {
    if exponent % 2.0 == 0.0 {
        let (lo, hi) = (a.lo.abs().min(a.hi.abs()), a.lo.abs().max(a.hi.abs()));
        Range::new(if a.contains(0.0) { 0.0 } else { lo.powf(exponent) }, hi.powf(exponent))
    } else {
        Range::new(a.lo.powf(exponent), a.hi.powf(exponent))
    }
}

fn times(a: Range, b: Range) -> Range {
    corners(a, b, |a, b| if a == 0.0 || b == 0.0 { 0.0 } else { a * b })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_grows_to_one_that_holds() {
        for power in -1074..=31 {
            let power = 2_f64.powi(power);
            for bound in [power, power.next_up(), power.next_down()] {
                assert!(grown(bound, EXACT) >= bound, "{bound:e}");
            }
        }
        assert_eq!(grown(2_f64.powi(31), EXACT), 2_f64.powi(31));
        assert_eq!(grown(2_f64.powi(31).next_up(), EXACT), f64::INFINITY);
        assert_eq!(grown(3.0, EXACT), 4.0);
    }
}
