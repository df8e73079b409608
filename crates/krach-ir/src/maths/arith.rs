//! The two ways of computing a function of `single`: numbers for the interpreter, and instructions that a code generator
//! writes. Every function is written once over these traits, so both give the same bits.
//!
//! A choice computes both of its sides: nothing here branches, so several values can be computed side by side.

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Sub};

/// A number in double precision.
pub trait Wide:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    type Narrow: Narrow<Wide = Self>;
    type Bits: Bits<Wide = Self>;
    type Truth: Copy + BitAnd<Output = Self::Truth> + BitOr<Output = Self::Truth>;

    /// A constant, computed where this number is.
    #[must_use]
    fn constant(self, value: f64) -> Self;
    #[must_use]
    fn abs(self) -> Self;
    /// The nearest integer, of two equally near ones the even one.
    #[must_use]
    fn nearest(self) -> Self;
    /// This size with the sign of another number.
    #[must_use]
    fn signed_as(self, sign: Self) -> Self;
    fn less(self, than: Self) -> Self::Truth;
    fn equals(self, other: Self) -> Self::Truth;
    #[must_use]
    fn choose(truth: Self::Truth, yes: Self, no: Self) -> Self;
    /// `if self < other then self else other`: the other if either is NaN.
    #[must_use]
    fn least(self, other: Self) -> Self;
    /// `if self > other then self else other`: the other if either is NaN.
    #[must_use]
    fn most(self, other: Self) -> Self;
    fn bits(self) -> Self::Bits;
    /// Rounded to single precision.
    fn narrow(self) -> Self::Narrow;
}

/// The 64 bits of a number, as an int that wraps around.
pub trait Bits: Copy + Add<Output = Self> + Sub<Output = Self> + BitOr<Output = Self> {
    type Wide;

    #[must_use]
    fn constant(self, value: u64) -> Self;
    /// By less than 64.
    #[must_use]
    fn left(self, by: u8) -> Self;
    /// By less than 64; zeros come in.
    #[must_use]
    fn right(self, by: u8) -> Self;
    fn number(self) -> Self::Wide;
}

/// A number in single precision.
pub trait Narrow:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    type Wide: Wide<Narrow = Self>;

    #[must_use]
    fn constant(self, value: f32) -> Self;
    fn widen(self) -> Self::Wide;
    /// The other number if the count is odd, else this one.
    #[must_use]
    fn if_odd(self, count: <Self::Wide as Wide>::Bits, other: Self) -> Self;
    /// With the other sign if the second lowest bit of the count is set.
    #[must_use]
    fn half_turned(self, count: <Self::Wide as Wide>::Bits) -> Self;
}

impl Wide for f64 {
    type Narrow = f32;
    type Bits = Word;
    type Truth = bool;

    fn constant(self, value: f64) -> Self {
        value
    }

    fn abs(self) -> Self {
        f64::abs(self)
    }

    fn nearest(self) -> Self {
        self.round_ties_even()
    }

    fn signed_as(self, sign: Self) -> Self {
        self.copysign(sign)
    }

    fn less(self, than: Self) -> bool {
        self < than
    }

    #[allow(clippy::float_cmp)]
    fn equals(self, other: Self) -> bool {
        self == other
    }

    fn choose(truth: bool, yes: Self, no: Self) -> Self {
        if truth { yes } else { no }
    }

    fn least(self, other: Self) -> Self {
        if self < other { self } else { other }
    }

    fn most(self, other: Self) -> Self {
        if self > other { self } else { other }
    }

    fn bits(self) -> Word {
        Word(self.to_bits())
    }

    #[allow(clippy::cast_possible_truncation)]
    fn narrow(self) -> f32 {
        self as f32
    }
}

/// Ints of 64 bits that wrap around.
#[derive(Clone, Copy, Debug)]
pub struct Word(u64);

impl Add for Word {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }
}

impl Sub for Word {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.wrapping_sub(other.0))
    }
}

impl BitOr for Word {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Bits for Word {
    type Wide = f64;

    fn constant(self, value: u64) -> Self {
        Self(value)
    }

    fn left(self, by: u8) -> Self {
        Self(self.0 << by)
    }

    fn right(self, by: u8) -> Self {
        Self(self.0 >> by)
    }

    fn number(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl Narrow for f32 {
    type Wide = f64;

    fn constant(self, value: f32) -> Self {
        value
    }

    fn widen(self) -> f64 {
        self.into()
    }

    fn if_odd(self, count: Word, other: Self) -> Self {
        if count.0 & 1 == 0 { self } else { other }
    }

    fn half_turned(self, count: Word) -> Self {
        if count.0 & 2 == 0 { self } else { -self }
    }
}
