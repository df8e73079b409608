//! Making nodes, simplified. Constants fold in double, in programs of single precision too.

use super::{SigId, Signal, Signals};
use krach_ir::maths::Value;
use krach_ir::{Fun, Rule, Ty};

/// A signal that is a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Constant {
    Int(i32),
    Real(f64),
}

impl Constant {
    pub fn real(self) -> f64 {
        match self {
            Self::Int(value) => f64::from(value),
            Self::Real(value) => value,
        }
    }

    /// Truncated toward zero, saturating.
    pub fn int(self) -> i32 {
        match self {
            Self::Int(value) => value,
            #[allow(clippy::cast_possible_truncation)]
            Self::Real(value) => value as i32,
        }
    }

    fn is(self, value: f64) -> bool {
        // Exact: only the number itself is neutral.
        #[allow(clippy::float_cmp)]
        let equal = self.real() == value;
        equal
    }
}

impl Signals {
    pub fn constant(&self, id: SigId) -> Option<Constant> {
        match self.get(id) {
            Signal::Int(value) => Some(Constant::Int(value)),
            Signal::Real(bits) => Some(Constant::Real(f64::from_bits(bits))),
            _ => None,
        }
    }

    pub fn number(&mut self, value: Constant) -> SigId {
        match value {
            Constant::Int(value) => self.int(value),
            Constant::Real(value) => self.real(value),
        }
    }

    fn is(&self, id: SigId, value: f64) -> bool {
        self.constant(id).is_some_and(|constant| constant.is(value))
    }

    /// The type, where it is plain to see.
    fn nature(&self, id: SigId) -> Option<Ty> {
        Some(match self.get(id) {
            Signal::Int(_) => Ty::Int,
            Signal::Real(_) | Signal::Input(_) | Signal::Widget(_) | Signal::SampleRate => Ty::Real,
            Signal::Apply(fun, _) => match fun.rule() {
                Rule::Real | Rule::ToReal => Ty::Real,
                Rule::Compare | Rule::Bits | Rule::ToInt => Ty::Int,
                Rule::Same | Rule::Select => return None,
            },
            _ => return None,
        })
    }

    pub fn real_of(&mut self, x: SigId) -> SigId {
        self.apply(Fun::ToReal, &[x])
    }

    pub fn int_of(&mut self, x: SigId) -> SigId {
        self.apply(Fun::ToInt, &[x])
    }

    /// A function of signals; operands of another type than it wants are cast later.
    pub fn apply(&mut self, fun: Fun, operands: &[SigId]) -> SigId {
        if let Some(value) = self.fold(fun, operands) {
            return self.number(value);
        }
        if let Some(simple) = self.simpler(fun, operands) {
            return simple;
        }
        let mut all = [SigId(0); 3];
        all[..operands.len()].copy_from_slice(operands);
        if matches!(fun, Fun::Add | Fun::Mul) {
            all[..2].sort_unstable();
        }
        let made = self.make(Signal::Apply(fun, all));
        if operands.iter().all(|&operand| self.constant(operand).is_some()) {
            self.undefined.push(made);
        }
        made
    }

    /// The value, if all operands are constants and it is one that may stand in a program.
    fn fold(&self, fun: Fun, operands: &[SigId]) -> Option<Constant> {
        let mut constants = [Constant::Int(0); 3];
        let mut types = [Ty::Int; 3];
        for (at, &operand) in operands.iter().enumerate() {
            constants[at] = self.constant(operand)?;
            types[at] = if let Constant::Real(_) = constants[at] { Ty::Real } else { Ty::Int };
        }
        let count = operands.len();
        if fun == Fun::Rem && constants[1].is(0.0) {
            return None;
        }
        match (fun, constants[0]) {
            (Fun::ToInt, value) => return Some(Constant::Int(value.int())),
            (Fun::ToReal, value) => return Some(Constant::Real(value.real())),
            _ => {}
        }
        let wanted = |at: usize| match (fun.wants(at, &types[..count]), constants[at]) {
            (Ty::Int, value) => Value::Int(value.int()),
            (Ty::Real, value) => Value::Real(value.real()),
        };
        let values = [wanted(0), wanted(1.min(count - 1)), wanted(2.min(count - 1))];
        // Constants round half to even, running signals half away from zero.
        let fun = if fun == Fun::Round { Fun::Rint } else { fun };
        match fun.eval::<f64>(&values[..count]) {
            Value::Int(value) => Some(Constant::Int(value)),
            Value::Real(value) if value.is_nan() => None,
            Value::Real(value) => Some(Constant::Real(value)),
        }
    }

    fn simpler(&mut self, fun: Fun, operands: &[SigId]) -> Option<SigId> {
        match *operands {
            [x] => self.simpler_unary(fun, x),
            [a, b] if a == b => self.simpler_equal(fun, a),
            [a, b] => self.simpler_binary(fun, a, b),
            [s, a, b] => match self.constant(s) {
                Some(selector) => Some(if selector.int() == 0 { a } else { b }),
                None => (a == b).then_some(a),
            },
            _ => None,
        }
    }

    fn simpler_unary(&mut self, fun: Fun, x: SigId) -> Option<SigId> {
        match fun {
            Fun::ToInt if self.nature(x) == Some(Ty::Int) => Some(x),
            Fun::ToReal if self.nature(x) == Some(Ty::Real) => Some(x),
            Fun::Log => match self.get(x) {
                Signal::Apply(Fun::Exp, [inner, ..]) => Some(self.real_of(inner)),
                _ => None,
            },
            _ => None,
        }
    }

    fn simpler_equal(&mut self, fun: Fun, x: SigId) -> Option<SigId> {
        match fun {
            Fun::Sub | Fun::Ne | Fun::Lt | Fun::Gt | Fun::Rem | Fun::Xor => Some(self.zero_like(x)),
            Fun::Eq | Fun::Le | Fun::Ge => Some(self.int(1)),
            Fun::And | Fun::Or => Some(self.int_of(x)),
            Fun::Min | Fun::Max => Some(x),
            _ => None,
        }
        .map(|zero| if fun.rule() == Rule::Same { zero } else { self.int_of(zero) })
    }

    fn zero_like(&mut self, x: SigId) -> SigId {
        if self.nature(x) == Some(Ty::Real) { self.real(0.0) } else { self.int(0) }
    }

    fn simpler_binary(&mut self, fun: Fun, a: SigId, b: SigId) -> Option<SigId> {
        match fun {
            Fun::Add if self.is(a, 0.0) => Some(self.like(b, a)),
            Fun::Add | Fun::Sub if self.is(b, 0.0) => Some(self.like(a, b)),
            Fun::Mul if self.is(a, 0.0) => Some(self.vanished(a, b)),
            Fun::Mul if self.is(b, 0.0) => Some(self.vanished(b, a)),
            Fun::Mul if self.is(a, 1.0) => Some(self.like(b, a)),
            Fun::Mul if self.is(b, 1.0) => Some(self.like(a, b)),
            Fun::Mul => self.cancelled_product(a, b).or_else(|| {
                let (settled, other) = if self.is_settled(a) { (a, b) } else { (b, a) };
                if self.is_settled(settled) { self.gathered(other, settled) } else { None }
            }),
            Fun::Div if self.is(b, 1.0) => Some(self.real_of(a)),
            Fun::Div if self.is(a, 0.0) && self.constant(b).is_none() => Some(self.real(0.0)),
            Fun::And if self.is(a, 0.0) || self.is(b, 0.0) => Some(self.int(0)),
            Fun::And if self.is(a, -1.0) => Some(self.int_of(b)),
            Fun::And if self.is(b, -1.0) => Some(self.int_of(a)),
            Fun::Or if self.is(a, -1.0) || self.is(b, -1.0) => Some(self.int(-1)),
            Fun::Or if self.is(a, 0.0) => Some(self.int_of(b)),
            Fun::Or if self.is(b, 0.0) => Some(self.int_of(a)),
            _ => None,
        }
    }

    /// `x` after adding the neutral constant: real if that is.
    fn like(&mut self, x: SigId, neutral: SigId) -> SigId {
        if matches!(self.get(neutral), Signal::Real(_)) { self.real_of(x) } else { x }
    }

    /// `zero * x`
    fn vanished(&mut self, zero: SigId, x: SigId) -> SigId {
        if self.nature(x) == Some(Ty::Real) { self.real(0.0) } else { self.like(zero, zero) }
    }

    /// `(c * x) * factor`, where `c` and the factor are known before the first frame, is `(c * factor) * x`.
    fn gathered(&mut self, product: SigId, factor: SigId) -> Option<SigId> {
        let Signal::Apply(Fun::Mul, [a, b, _]) = self.get(product) else { return None };
        let (c, x) = if self.is_settled(a) { (a, b) } else { (b, a) };
        let real = [c, x].into_iter().any(|id| self.nature(id) == Some(Ty::Real));
        if !real || !self.is_settled(c) || self.is_settled(x) {
            return None;
        }
        let (c, factor) = (self.real_of(c), self.real_of(factor));
        let both = self.apply(Fun::Mul, &[c, factor]);
        Some(self.apply(Fun::Mul, &[x, both]))
    }

    /// Real, but exact quotients of int constants stay ints.
    pub fn divide(&mut self, a: SigId, b: SigId) -> SigId {
        if self.is(b, 0.0) {
            // Reported when the program is made: a constant division by zero.
            let made = self.make(Signal::Apply(Fun::Div, [a, b, SigId(0)]));
            self.undefined.push(made);
            return made;
        }
        if let (Some(Constant::Int(x)), Some(Constant::Int(y))) = (self.constant(a), self.constant(b))
            && x.checked_rem(y) == Some(0)
        {
            return self.int(x.wrapping_div(y));
        }
        if let Some((a, b)) = self.cancelled(a, b) {
            return self.divide(a, b);
        }
        if self.is_settled(b) && !self.is_settled(a) {
            // One division before the first frame instead of one in every frame.
            let one = self.real(1.0);
            let inverse = self.apply(Fun::Div, &[one, b]);
            return self.apply(Fun::Mul, &[a, inverse]);
        }
        self.apply(Fun::Div, &[a, b])
    }

    /// A quotient without the factors that are on both sides, as if they were never 0. None if there are none.
    fn cancelled(&mut self, a: SigId, b: SigId) -> Option<(SigId, SigId)> {
        if self.constant(b).is_some() {
            return None;
        }
        let ((mut above, over), (mut below, under)) = (self.fraction(a), self.fraction(b));
        above.extend(under);
        below.extend(over);
        self.cancel(&mut above, &mut below).then(|| (self.product(&above), self.product(&below)))
    }

    /// A product in which one side divides by a factor of the other, without that factor: `2048 / rate * rate` is
    /// 2048.
    fn cancelled_product(&mut self, a: SigId, b: SigId) -> Option<SigId> {
        let ((mut above, mut below), (others, under)) = (self.fraction(a), self.fraction(b));
        above.extend(others);
        below.extend(under);
        if !self.cancel(&mut above, &mut below) {
            return None;
        }
        let (above, below) = (self.product(&above), self.product(&below));
        Some(self.divide(above, below))
    }

    /// The factors of a product, and what it is divided by.
    fn fraction(&self, product: SigId) -> (Vec<SigId>, Vec<SigId>) {
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for factor in self.factors(product) {
            match self.get(factor) {
                Signal::Apply(Fun::Div, [x, y, _]) => {
                    above.extend(self.factors(x));
                    below.extend(self.factors(y));
                }
                _ => above.push(factor),
            }
        }
        (above, below)
    }

    /// Takes the signals that are in both lists out of them; constants stay. Whether there was one.
    fn cancel(&self, above: &mut Vec<SigId>, below: &mut Vec<SigId>) -> bool {
        let before = below.len();
        below.retain(|factor| match above.iter().position(|other| other == factor) {
            Some(at) if self.constant(*factor).is_none() => {
                above.swap_remove(at);
                false
            }
            _ => true,
        });
        below.len() < before
    }

    /// The operands of nested products, up to some number.
    pub fn factors(&self, product: SigId) -> Vec<SigId> {
        const MOST: usize = 16;
        let (mut factors, mut wanted) = (Vec::new(), vec![product]);
        while let Some(id) = wanted.pop() {
            match self.get(id) {
                Signal::Apply(Fun::Mul, [a, b, _]) if factors.len() + wanted.len() < MOST => {
                    wanted.extend([b, a]);
                }
                _ => factors.push(id),
            }
        }
        factors
    }

    fn product(&mut self, factors: &[SigId]) -> SigId {
        let one = self.int(1);
        factors.iter().fold(one, |product, &factor| self.apply(Fun::Mul, &[product, factor]))
    }

    pub fn power(&mut self, a: SigId, b: SigId) -> SigId {
        match (self.constant(a), self.constant(b)) {
            (Some(Constant::Int(base)), Some(Constant::Int(exponent))) if exponent >= 0 => {
                return self.int(base.wrapping_pow(exponent.cast_unsigned()));
            }
            (Some(_), Some(_)) => return self.apply(Fun::Pow, &[a, b]),
            _ => {}
        }
        if self.is(b, 0.0) {
            return self.real(1.0);
        }
        if self.is(b, 1.0) {
            return self.like(a, b);
        }
        if self.constant(b).is_some_and(|exponent| exponent.real() < 0.0) {
            let (a, b) = (self.real_of(a), self.real_of(b));
            return self.make(Signal::Power(a, b));
        }
        if self.is(b, 0.5) {
            return self.apply(Fun::Sqrt, &[a]);
        }
        if self.is(b, 0.25) {
            let root = self.apply(Fun::Sqrt, &[a]);
            return self.apply(Fun::Sqrt, &[root]);
        }
        self.make(Signal::Power(a, b))
    }

    pub fn delay(&mut self, x: SigId, samples: SigId) -> SigId {
        if self.is(x, 0.0) && self.constant(samples).is_none_or(|samples| samples.int() >= 0) {
            return x;
        }
        let Some(samples) = self.constant(samples).map(Constant::int) else {
            return self.make(Signal::Delay(x, samples));
        };
        if samples == 0 {
            return x;
        }
        if let Signal::Delay(inner, before) = self.get(x)
            && let Signal::Int(before) = self.get(before)
            && let Some(sum) = before.checked_add(samples)
            && before > 0
            && samples > 0
        {
            let sum = self.int(sum);
            return self.make(Signal::Delay(inner, sum));
        }
        let samples = self.int(samples);
        self.make(Signal::Delay(x, samples))
    }

    pub fn hold(&mut self, x: SigId, condition: SigId) -> SigId {
        match self.constant(condition).map(|constant| constant.is(0.0)) {
            Some(true) => self.zero_like(x),
            Some(false) => x,
            None => self.make(Signal::Hold(x, condition)),
        }
    }
}
