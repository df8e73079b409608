//! Exact time, in cycles.

use std::cmp::Ordering;
use std::fmt;

/// A moment or a length in cycles: a fraction in lowest terms, its denominator positive.
///
/// Arithmetic is exact. A result whose numerator or denominator does not fit in 64 bits is an [`Overflow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Time {
    numerator: i64,
    denominator: i64,
}

/// The result of an exact calculation does not fit in 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time needs more than 64 bits")
    }
}

impl std::error::Error for Overflow {}

impl Time {
    pub const ZERO: Self = Self::whole(0);
    pub const ONE: Self = Self::whole(1);
    pub const HALF: Self = Self { numerator: 1, denominator: 2 };

    /// A whole number of cycles.
    #[must_use]
    pub const fn whole(cycles: i64) -> Self {
        Self { numerator: cycles, denominator: 1 }
    }

    /// `numerator / denominator`, reduced. A denominator of zero is an overflow.
    pub fn new(numerator: i64, denominator: i64) -> Result<Self, Overflow> {
        Self::reduced(numerator.into(), denominator.into())
    }

    fn reduced(numerator: i128, denominator: i128) -> Result<Self, Overflow> {
        if denominator == 0 {
            return Err(Overflow);
        }
        let sign = denominator.signum();
        let common =
            match (u64::try_from(numerator.unsigned_abs()), u64::try_from(denominator.unsigned_abs())) {
                (Ok(a), Ok(b)) => u128::from(gcd(a, b)),
                _ => wide_gcd(numerator.unsigned_abs(), denominator.unsigned_abs()),
            };
        let common = i128::try_from(common).map_err(|_| Overflow)?;
        let (numerator, denominator) = if common == 1 {
            (numerator * sign, denominator * sign)
        } else if let (Ok(n), Ok(d), Ok(g)) =
            (i64::try_from(numerator), i64::try_from(denominator), i64::try_from(common))
        {
            // Division of 64 bits is several times faster.
            (i128::from(n / g) * sign, i128::from(d / g) * sign)
        } else {
            (numerator / common * sign, denominator / common * sign)
        };
        let narrow = |number: i128| i64::try_from(number).map_err(|_| Overflow);
        Ok(Self { numerator: narrow(numerator)?, denominator: narrow(denominator)? })
    }

    /// The fraction with the smallest denominator within a billionth of `number`: 0.1 is 1/10, 0.67 is 67/100.
    ///
    /// `None` for numbers that are not finite or larger than 2⁵³.
    #[must_use]
    pub fn approximate(number: f64) -> Option<Self> {
        const LARGEST: f64 = 9_007_199_254_740_992.0;
        const TOLERANCE: f64 = 1e-9;
        if !number.is_finite() || number.abs() > LARGEST {
            return None;
        }
        // Convergents of the continued fraction (Khinchin, "Continued Fractions", §2).
        let target = number.abs();
        let (mut before, mut now) = ((0_i128, 1_i128), (1_i128, 0_i128));
        let mut rest = target;
        for _ in 0..64 {
            let digit = rest.floor();
            // Truncation is exact: the digit is a whole number.
            #[allow(clippy::cast_possible_truncation)]
            let whole = digit as i128;
            let next = (
                whole.checked_mul(now.0)?.checked_add(before.0)?,
                whole.checked_mul(now.1)?.checked_add(before.1)?,
            );
            (before, now) = (now, next);
            #[allow(clippy::cast_precision_loss)]
            let error = (now.0 as f64 / now.1 as f64 - target).abs();
            if error <= TOLERANCE * target {
                break;
            }
            rest = 1.0 / (rest - digit);
        }
        let sign = if number < 0.0 { -1 } else { 1 };
        Self::reduced(now.0 * sign, now.1).ok()
    }

    #[must_use]
    pub const fn numerator(self) -> i64 {
        self.numerator
    }

    #[must_use]
    pub const fn denominator(self) -> i64 {
        self.denominator
    }

    /// The cycle this moment is in.
    #[must_use]
    pub const fn floor(self) -> i64 {
        self.numerator.div_euclid(self.denominator)
    }

    /// The first cycle that does not start before this moment.
    #[must_use]
    pub const fn ceil(self) -> i64 {
        let floor = self.floor();
        if self.denominator == 1 { floor } else { floor + 1 }
    }

    /// How far into its cycle this moment is: in `[0, 1)`.
    #[must_use]
    pub const fn fraction(self) -> Self {
        Self { numerator: self.numerator.rem_euclid(self.denominator), denominator: self.denominator }
    }

    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.numerator > 0
    }

    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.numerator < 0
    }

    pub fn plus(self, other: Self) -> Result<Self, Overflow> {
        if self.denominator == 1 && other.denominator == 1 {
            return self.numerator.checked_add(other.numerator).map(Self::whole).ok_or(Overflow);
        }
        let (a, b) = (i128::from(self.numerator), i128::from(self.denominator));
        let (c, d) = (i128::from(other.numerator), i128::from(other.denominator));
        if b == d { Self::reduced(a + c, b) } else { Self::reduced(a * d + c * b, b * d) }
    }

    pub fn minus(self, other: Self) -> Result<Self, Overflow> {
        self.plus(other.negated()?)
    }

    pub fn negated(self) -> Result<Self, Overflow> {
        let numerator = self.numerator.checked_neg().ok_or(Overflow)?;
        Ok(Self { numerator, ..self })
    }

    pub fn times(self, other: Self) -> Result<Self, Overflow> {
        if self == Self::ONE {
            return Ok(other);
        }
        if other == Self::ONE {
            return Ok(self);
        }
        let numerator = i128::from(self.numerator) * i128::from(other.numerator);
        Self::reduced(numerator, i128::from(self.denominator) * i128::from(other.denominator))
    }

    /// Division. By zero, it is an overflow.
    pub fn over(self, other: Self) -> Result<Self, Overflow> {
        if other == Self::ONE {
            return Ok(self);
        }
        let numerator = i128::from(self.numerator) * i128::from(other.denominator);
        Self::reduced(numerator, i128::from(self.denominator) * i128::from(other.numerator))
    }

    /// The nearest double, for drawing and for curves. The session computes frames from the fraction itself.
    #[must_use]
    pub fn approximately(self) -> f64 {
        #[allow(clippy::cast_precision_loss)]
        let (numerator, denominator) = (self.numerator as f64, self.denominator as f64);
        numerator / denominator
    }
}

/// Equal steps from a moment, over one denominator: each rung costs one reduction.
pub(crate) struct Ladder {
    start: i128,
    step: i128,
    denominator: i128,
}

impl Ladder {
    pub(crate) fn new(start: Time, step: Time) -> Result<Self, Overflow> {
        let common =
            wide_gcd(start.denominator.unsigned_abs().into(), step.denominator.unsigned_abs().into());
        let common = i128::try_from(common).map_err(|_| Overflow)?;
        let (b, d) = (i128::from(start.denominator), i128::from(step.denominator));
        let (start, step) =
            (i128::from(start.numerator) * (d / common), i128::from(step.numerator) * (b / common));
        Ok(Self { start, step, denominator: b / common * d })
    }

    /// `start + n · step`
    pub(crate) fn rung(&self, n: i64) -> Result<Time, Overflow> {
        let way = self.step.checked_mul(n.into()).ok_or(Overflow)?;
        Time::reduced(self.start.checked_add(way).ok_or(Overflow)?, self.denominator)
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.denominator == other.denominator {
            return self.numerator.cmp(&other.numerator);
        }
        let left = i128::from(self.numerator) * i128::from(other.denominator);
        left.cmp(&(i128::from(other.numerator) * i128::from(self.denominator)))
    }
}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<i64> for Time {
    fn from(cycles: i64) -> Self {
        Self::whole(cycles)
    }
}

/// `3/2`, or `4` for a whole number.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.numerator)?;
        if self.denominator == 1 { Ok(()) } else { write!(f, "/{}", self.denominator) }
    }
}

/// The time from `start` up to `end`, `end` not included. With `start == end` it is the moment `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeSpan {
    pub start: Time,
    pub end: Time,
}

impl TimeSpan {
    /// An end before the start counts as the start.
    #[must_use]
    pub fn new(start: Time, end: Time) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The span of whole cycles from `first` up to `end`.
    #[must_use]
    pub fn cycles(first: i64, end: i64) -> Self {
        Self::new(Time::whole(first), Time::whole(end))
    }

    #[must_use]
    pub fn is_moment(self) -> bool {
        self.start == self.end
    }

    #[must_use]
    pub fn contains(self, moment: Time) -> bool {
        self.start <= moment && (moment < self.end || self.is_moment() && moment == self.start)
    }

    pub fn length(self) -> Result<Time, Overflow> {
        self.end.minus(self.start)
    }

    /// The time that both cover. `None` if there is none.
    #[must_use]
    pub fn overlap(self, other: Self) -> Option<Self> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        let both = Self { start, end };
        (start < end || start == end && self.contains(start) && other.contains(start)).then_some(both)
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// Stein's binary algorithm (1967): shifts and subtractions only.
fn gcd(mut a: u64, mut b: u64) -> u64 {
    if a == 0 || b == 0 {
        return a | b;
    }
    let shift = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    loop {
        b >>= b.trailing_zeros();
        if a > b {
            std::mem::swap(&mut a, &mut b);
        }
        b -= a;
        if b == 0 {
            return a << shift;
        }
    }
}

/// Euclid's, for products of two 64-bit numbers, until 64 bits are enough.
fn wide_gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        if let (Ok(a), Ok(b)) = (u64::try_from(a), u64::try_from(b)) {
            return gcd(a, b).into();
        }
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn times() -> impl Strategy<Value = Time> {
        (-1_000_i64..1_000, 1_i64..200).prop_map(|(n, d)| Time::new(n, d).expect("small"))
    }

    /// Whether a calculation in 128 bits gives the fraction `time`.
    fn is(time: Time, numerator: i128, denominator: i128) -> bool {
        i128::from(time.numerator) * denominator == numerator * i128::from(time.denominator)
    }

    proptest! {
        #[test]
        fn arithmetic_is_that_of_a_field(a in times(), b in times(), c in times()) {
            prop_assert_eq!(a.plus(b), b.plus(a));
            prop_assert_eq!(a.plus(b)?.plus(c), a.plus(b.plus(c)?));
            prop_assert_eq!(a.times(b)?.times(c), a.times(b.times(c)?));
            prop_assert_eq!(a.times(b.plus(c)?), a.times(b)?.plus(a.times(c)?));
            prop_assert_eq!(a.minus(b)?.plus(b), Ok(a));
            if b != Time::ZERO {
                prop_assert_eq!(a.over(b)?.times(b), Ok(a));
            }
        }

        #[test]
        fn any_result_is_exact_or_an_overflow(a: i64, b in 1_i64.., c: i64, d in 1_i64..) {
            let (Ok(x), Ok(y)) = (Time::new(a, b), Time::new(c, d)) else { return Ok(()) };
            let wide = [a, b, c, d].map(i128::from);
            let [a, b, c, d] = wide;
            if let Ok(product) = x.times(y) {
                // Cross-multiplied in two steps: 256 bits would be needed otherwise.
                let common = i128::try_from(wide_gcd((a * c).unsigned_abs(), (b * d).unsigned_abs())).unwrap();
                prop_assert_eq!(i128::from(product.numerator), a * c / common);
                prop_assert_eq!(i128::from(product.denominator), b * d / common);
            }
            if let (Ok(sum), true) = (x.plus(y), b < 1 << 31 && d < 1 << 31) {
                prop_assert!(is(sum, a * d + c * b, b * d));
            }
            prop_assert_eq!(x.cmp(&y), (a * d).cmp(&(c * b)));
        }

        #[test]
        fn a_moment_is_its_cycle_and_its_fraction(a in times()) {
            prop_assert_eq!(Time::whole(a.floor()).plus(a.fraction()), Ok(a));
            prop_assert!(Time::whole(a.ceil()) >= a && Time::whole(a.ceil() - 1) < a);
        }

        #[test]
        fn small_fractions_are_found_again_from_their_floats(a in times()) {
            prop_assert_eq!(Time::approximate(a.approximately()), Some(a));
        }

        #[test]
        fn overlaps_hold_what_both_hold(a in times(), b in times(), c in times(), d in times(), t in times()) {
            let (x, y) = (TimeSpan::new(a, b), TimeSpan::new(c, d));
            let both = x.overlap(y);
            prop_assert_eq!(both, y.overlap(x));
            prop_assert_eq!(both.is_some_and(|both| both.contains(t)), x.contains(t) && y.contains(t));
        }
    }

    #[test]
    fn a_time_that_does_not_fit_is_an_error() {
        let largest = Time::whole(i64::MAX);
        let finest = Time::new(1, i64::MAX).expect("fits");
        assert_eq!(largest.plus(Time::ONE), Err(Overflow));
        assert_eq!(largest.plus(finest), Err(Overflow));
        assert_eq!(finest.times(Time::HALF), Err(Overflow));
        assert_eq!(largest.times(finest), Ok(Time::ONE));
        assert_eq!(Time::whole(i64::MIN).negated(), Err(Overflow));
        assert_eq!(Time::new(1, 0), Err(Overflow));
        assert_eq!(Time::ONE.over(Time::ZERO), Err(Overflow));
        assert_eq!(Time::new(i64::MIN, -1), Err(Overflow));
    }

    #[test]
    fn floats_become_the_simplest_fraction() {
        let fraction = |number| Time::approximate(number).map(|time| time.to_string());
        assert_eq!(fraction(0.1).as_deref(), Some("1/10"));
        assert_eq!(fraction(0.67).as_deref(), Some("67/100"));
        assert_eq!(fraction(-1.0 / 3.0).as_deref(), Some("-1/3"));
        assert_eq!(fraction(0.001).as_deref(), Some("1/1000"));
        assert_eq!(fraction(0.0).as_deref(), Some("0"));
        assert_eq!(fraction(1e12).as_deref(), Some("1000000000000"));
        assert_eq!([f64::NAN, f64::INFINITY, 1e300].map(Time::approximate), [None; 3]);
        assert_eq!(fraction(1e-300), None);
    }
}
