//! The table of pure functions: one row each. What a row computes is in `maths`.

use crate::Ty;
use std::fmt;

/// How the types of operands and result hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// All operands of one type, the result as well.
    Same,
    /// Real operands, real result.
    Real,
    /// Operands of one type; the result is the int 0 or 1.
    Compare,
    /// Int operands, int result.
    Bits,
    /// An int selector, then two branches of one type, which is the result's.
    Select,
    /// Real to int.
    ToInt,
    /// Int to real.
    ToReal,
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $text:literal $arity:literal $rule:ident;)*) => {
        /// A pure function of signals.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Fun { $($(#[$doc])* $name,)* }

        impl Fun {
            pub const ALL: &'static [Fun] = &[$(Fun::$name,)*];

            /// The name in the text form.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Fun::$name => $text,)* }
            }

            /// Number of operands: for a sum the least, [`Fun::TERMS`].
            #[must_use]
            pub fn arity(self) -> usize {
                match self { $(Fun::$name => $arity,)* }
            }

            #[must_use]
            pub fn rule(self) -> Rule {
                match self { $(Fun::$name => Rule::$rule,)* }
            }
        }
    };
}

functions! {
    /// Ints wrap around at 32 bits, here and in `sub` and `mul`.
    Add "add" 2 Same;
    /// The sum of four terms or more, added as [`Fun::sum`] says: the same bits in every engine.
    Sum "sum" 4 Real;
    Sub "sub" 2 Same;
    Mul "mul" 2 Same;
    /// Always real, also of two ints.
    Div "div" 2 Real;
    /// The remainder with the sign of the dividend (C's `%` and `fmod`); an int remainder by 0 is 0.
    Rem "rem" 2 Same;
    /// `if a < b then a else b`: the second operand when either is NaN.
    Min "min" 2 Same;
    /// `if a > b then a else b`: the second operand when either is NaN.
    Max "max" 2 Same;
    /// |i32::MIN| is i32::MIN.
    Abs "abs" 1 Same;
    Lt "lt" 2 Compare;
    Le "le" 2 Compare;
    Gt "gt" 2 Compare;
    Ge "ge" 2 Compare;
    Eq "eq" 2 Compare;
    Ne "ne" 2 Compare;
    And "and" 2 Bits;
    Or "or" 2 Bits;
    Xor "xor" 2 Bits;
    /// The shift count is taken modulo 32.
    Shl "shl" 2 Bits;
    /// Arithmetic; the shift count is taken modulo 32.
    Shr "shr" 2 Bits;
    /// `select(s, a, b)`: `a` where s = 0, otherwise `b`. Both are always computed.
    Select "select" 3 Select;
    /// Truncation toward zero, saturating; NaN is 0.
    ToInt "int" 1 ToInt;
    ToReal "real" 1 ToReal;
    Floor "floor" 1 Real;
    Ceil "ceil" 1 Real;
    /// Half away from zero.
    Round "round" 1 Real;
    /// Half to even.
    Rint "rint" 1 Real;
    Trunc "trunc" 1 Real;
    Sqrt "sqrt" 1 Real;
    Exp "exp" 1 Real;
    Log "log" 1 Real;
    Log10 "log10" 1 Real;
    Sin "sin" 1 Real;
    Cos "cos" 1 Real;
    Tan "tan" 1 Real;
    Asin "asin" 1 Real;
    Acos "acos" 1 Real;
    Atan "atan" 1 Real;
    Tanh "tanh" 1 Real;
    Sinh "sinh" 1 Real;
    Cosh "cosh" 1 Real;
    Asinh "asinh" 1 Real;
    Acosh "acosh" 1 Real;
    Atanh "atanh" 1 Real;
    Cbrt "cbrt" 1 Real;
    Expm1 "expm1" 1 Real;
    Log1p "log1p" 1 Real;
    /// The binary exponent, an integer.
    Logb "logb" 1 Real;
    Erf "erf" 1 Real;
    Erfc "erfc" 1 Real;
    /// The gamma function.
    Tgamma "tgamma" 1 Real;
    /// The logarithm of the gamma function's magnitude.
    Lgamma "lgamma" 1 Real;
    /// Bessel functions of the first and the second kind.
    J0 "j0" 1 Real;
    J1 "j1" 1 Real;
    Y0 "y0" 1 Real;
    Y1 "y1" 1 Real;
    Pow "pow" 2 Real;
    Atan2 "atan2" 2 Real;
    /// The IEEE remainder: the quotient rounded to the nearest integer, half to even.
    Remainder "remainder" 2 Real;
    Hypot "hypot" 2 Real;
    /// The magnitude of the first, the sign of the second.
    Copysign "copysign" 2 Real;
    /// The first times 2 to the second, which is truncated.
    Ldexp "ldexp" 2 Real;
    /// The next number from the first towards the second.
    Nextafter "nextafter" 2 Real;
    /// Bessel functions of the order that the first is, truncated.
    Jn "jn" 2 Real;
    Yn "yn" 2 Real;
}

impl Fun {
    /// The least number of terms of a sum.
    pub const TERMS: usize = 4;

    /// Adds terms in the one order that every engine and printed Faust keep: term i to accumulator i mod 4, then
    /// `(0 + 1) + (2 + 3)`. An accumulator starts with its first term. There are [`Fun::TERMS`] terms or more.
    pub fn sum<T: Copy>(terms: &[T], mut add: impl FnMut(T, T) -> T) -> T {
        let mut totals = [terms[0], terms[1], terms[2], terms[3]];
        for (at, &term) in terms.iter().enumerate().skip(Self::TERMS) {
            let total = &mut totals[at % Self::TERMS];
            *total = add(*total, term);
        }
        let [a, b, c, d] = totals;
        let (low, high) = (add(a, b), add(c, d));
        add(low, high)
    }

    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fun| fun.name() == name)
    }

    /// The type of the result, given the operands' (as the rule wants them).
    #[must_use]
    pub fn result(self, operands: &[Ty]) -> Ty {
        match self.rule() {
            Rule::Same => operands[0],
            Rule::Select => operands[1],
            Rule::Real | Rule::ToReal => Ty::Real,
            Rule::Compare | Rule::Bits | Rule::ToInt => Ty::Int,
        }
    }

    /// The type that operand `position` must have, given what the operands are: mixed operands become real.
    #[must_use]
    pub fn wants(self, position: usize, operands: &[Ty]) -> Ty {
        let joined =
            |operands: &[Ty]| if operands.iter().all(|&ty| ty == Ty::Int) { Ty::Int } else { Ty::Real };
        match self.rule() {
            Rule::Same | Rule::Compare => joined(operands),
            Rule::Real | Rule::ToInt => Ty::Real,
            Rule::Bits | Rule::ToReal => Ty::Int,
            Rule::Select if position == 0 => Ty::Int,
            Rule::Select => joined(&operands[1..]),
        }
    }
}

impl fmt::Display for Fun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
