//! The functions of single precision, written in place as instructions: `krach_ir::maths::single` says what they
//! compute, and the types below take every step of it as an instruction.
//!
//! A value lies in the first lane of a vector register, because there the bits of a number are an int without a trip
//! through a general register. What is in the other lanes is never looked at. What follows from a constant operand is
//! computed while compiling: the logarithm of 2 in `pow(2, x)`.

use crate::lower::Lower;
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{
    ConstantData, Endianness, InstBuilder, InstructionData, MemFlagsData, Type, Value, types,
};
use cranelift_frontend::{FuncInstBuilder, FunctionBuilder};
use krach_ir::Fun;
use krach_ir::maths::arith::{Bits, Narrow, Wide};
use krach_ir::maths::single;
use std::cell::RefCell;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Sub};

/// Lanes of two vectors of four: the even ones of the first, its upper half, and the lower halves of both.
const EVEN: [u8; 4] = [0, 2, 0, 2];
const UPPER: [u8; 4] = [2, 3, 2, 3];
const LOWER: [u8; 4] = [0, 1, 4, 5];

/// The function being written.
struct Site<'a, 'f> {
    builder: RefCell<&'a mut FunctionBuilder<'f>>,
    /// Two lanes are looked at rather than one.
    pair: bool,
}

impl Site<'_, '_> {
    fn write<R>(&self, write: impl FnOnce(FuncInstBuilder<'_, '_>) -> R) -> R {
        write(self.builder.borrow_mut().ins())
    }

    fn cast(&self, ty: Type, value: Value) -> Value {
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.write(|ins| ins.bitcast(ty, flags, value))
    }

    /// Four lanes of the eight of two vectors, as one of the type of the first.
    fn shuffle(&self, a: Value, b: Value, lanes: [u8; 4]) -> Value {
        let ty = self.builder.borrow().func.dfg.value_type(a);
        let bytes: Vec<u8> = lanes.iter().flat_map(|lane| (0..4).map(move |byte| 4 * lane + byte)).collect();
        let order = self.builder.borrow_mut().func.dfg.immediates.push(ConstantData::from(bytes.as_slice()));
        let (a, b) = (self.cast(types::I8X16, a), self.cast(types::I8X16, b));
        let chosen = self.write(|ins| ins.shuffle(a, b, order));
        self.cast(ty, chosen)
    }

    /// A vector of a constant; the bytes are those of one lane.
    fn constant(&self, ty: Type, lane: &[u8]) -> Value {
        let all: Vec<u8> = lane.iter().copied().cycle().take(16).collect();
        let handle = self.builder.borrow_mut().func.dfg.constants.insert(ConstantData::from(all.as_slice()));
        self.write(|ins| ins.vconst(ty, handle))
    }
}

/// A value of the function being written: known already, as what follows from a constant operand, or made when it runs.
#[derive(Clone, Copy)]
enum Held<K> {
    Known(K),
    Made(Value),
}

macro_rules! lanes {
    ($($(#[$doc:meta])* $name:ident of $known:ty as $ty:ident, $bytes:expr; {
        $($op:ident $method:ident $instruction:ident $fold:expr;)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        struct $name<'s, 'a, 'f> {
            held: Held<$known>,
            site: &'s Site<'a, 'f>,
        }

        impl<'s, 'a, 'f> $name<'s, 'a, 'f> {
            fn known(site: &'s Site<'a, 'f>, known: $known) -> Self {
                Self { held: Held::Known(known), site }
            }

            fn made(site: &'s Site<'a, 'f>, value: Value) -> Self {
                Self { held: Held::Made(value), site }
            }

            fn value(self) -> Value {
                match self.held {
                    Held::Known(known) => self.site.constant(types::$ty, &$bytes(known)),
                    Held::Made(value) => value,
                }
            }
        }

        $(
            impl $op for $name<'_, '_, '_> {
                type Output = Self;

                fn $method(self, other: Self) -> Self {
                    if let (Held::Known(a), Held::Known(b)) = (self.held, other.held) {
                        return Self::known(self.site, $fold(a, b));
                    }
                    let (a, b) = (self.value(), other.value());
                    Self::made(self.site, self.site.write(|ins| ins.$instruction(a, b)))
                }
            }
        )*
    )*};
}

lanes! {
    Double of f64 as F64X2, f64::to_le_bytes; {
        Add add fadd f64::add;
        Sub sub fsub f64::sub;
        Mul mul fmul f64::mul;
        Div div fdiv f64::div;
    }
    Single of f32 as F32X4, f32::to_le_bytes; {
        Add add fadd f32::add;
        Sub sub fsub f32::sub;
        Mul mul fmul f32::mul;
        Div div fdiv f32::div;
    }
    Word of u64 as I64X2, u64::to_le_bytes; {
        Add add iadd u64::wrapping_add;
        Sub sub isub u64::wrapping_sub;
        BitOr bitor bor u64::bitor;
    }
    /// All bits set where it is true.
    Mask of bool as I64X2, |truth| [u8::from(truth).wrapping_neg(); 8]; {
        BitAnd bitand band bool::bitand;
        BitOr bitor bor bool::bitor;
    }
}

impl<'s, 'a, 'f> Double<'s, 'a, 'f> {
    fn unary(self, fold: fn(f64) -> f64, write: fn(FuncInstBuilder<'_, '_>, Value) -> Value) -> Self {
        match self.held {
            Held::Known(known) => Self::known(self.site, fold(known)),
            Held::Made(value) => Self::made(self.site, self.site.write(|ins| write(ins, value))),
        }
    }

    fn compare(self, condition: FloatCC, other: Self, fold: fn(&f64, &f64) -> bool) -> Mask<'s, 'a, 'f> {
        if let (Held::Known(a), Held::Known(b)) = (self.held, other.held) {
            return Mask::known(self.site, fold(&a, &b));
        }
        let (a, b) = (self.value(), other.value());
        Mask::made(self.site, self.site.write(|ins| ins.fcmp(condition, a, b)))
    }
}

impl<'s, 'a, 'f> Wide for Double<'s, 'a, 'f> {
    type Narrow = Single<'s, 'a, 'f>;
    type Bits = Word<'s, 'a, 'f>;
    type Truth = Mask<'s, 'a, 'f>;

    fn constant(self, value: f64) -> Self {
        Self::known(self.site, value)
    }

    fn abs(self) -> Self {
        self.unary(f64::abs, |ins, value| ins.fabs(value))
    }

    fn nearest(self) -> Self {
        self.unary(f64::round_ties_even, |ins, value| ins.nearest(value))
    }

    fn signed_as(self, sign: Self) -> Self {
        let (top, value, sign) = (self.constant(-0.0).value(), self.value(), sign.value());
        Self::made(self.site, self.site.write(|ins| ins.bitselect(top, sign, value)))
    }

    fn less(self, than: Self) -> Mask<'s, 'a, 'f> {
        self.compare(FloatCC::LessThan, than, f64::lt)
    }

    fn equals(self, other: Self) -> Mask<'s, 'a, 'f> {
        self.compare(FloatCC::Equal, other, f64::eq)
    }

    fn choose(truth: Mask<'s, 'a, 'f>, yes: Self, no: Self) -> Self {
        let mask = match truth.held {
            Held::Known(truth) => return if truth { yes } else { no },
            Held::Made(value) => truth.site.cast(types::F64X2, value),
        };
        let (yes, no) = (yes.value(), no.value());
        Self::made(truth.site, truth.site.write(|ins| ins.bitselect(mask, yes, no)))
    }

    // In the forms that become one `min` or `max` instruction, which need the same values twice.
    fn least(self, other: Self) -> Self {
        let (a, b) = (Self::made(self.site, self.value()), Self::made(self.site, other.value()));
        Self::choose(a.less(b), a, b)
    }

    fn most(self, other: Self) -> Self {
        let (a, b) = (Self::made(self.site, self.value()), Self::made(self.site, other.value()));
        Self::choose(b.less(a), a, b)
    }

    fn bits(self) -> Word<'s, 'a, 'f> {
        match self.held {
            Held::Known(known) => Word::known(self.site, known.to_bits()),
            Held::Made(value) => Word::made(self.site, self.site.cast(types::I64X2, value)),
        }
    }

    fn narrow(self) -> Single<'s, 'a, 'f> {
        let value = self.value();
        Single::made(self.site, self.site.write(|ins| ins.fvdemote(value)))
    }
}

impl<'s, 'a, 'f> Bits for Word<'s, 'a, 'f> {
    type Wide = Double<'s, 'a, 'f>;

    fn constant(self, value: u64) -> Self {
        Self::known(self.site, value)
    }

    fn left(self, by: u8) -> Self {
        match self.held {
            Held::Known(known) => Self::known(self.site, known << by),
            Held::Made(value) => {
                Self::made(self.site, self.site.write(|ins| ins.ishl_imm_u(value, i64::from(by))))
            }
        }
    }

    fn right(self, by: u8) -> Self {
        match self.held {
            Held::Known(known) => Self::known(self.site, known >> by),
            Held::Made(value) => {
                Self::made(self.site, self.site.write(|ins| ins.ushr_imm_u(value, i64::from(by))))
            }
        }
    }

    fn number(self) -> Double<'s, 'a, 'f> {
        match self.held {
            Held::Known(known) => Double::known(self.site, f64::from_bits(known)),
            Held::Made(value) => Double::made(self.site, self.site.cast(types::F64X2, value)),
        }
    }
}

impl Word<'_, '_, '_> {
    /// The low halves, where numbers of single precision lie.
    fn low(self) -> Value {
        let halves = self.site.cast(types::I32X4, self.value());
        if self.site.pair { self.site.shuffle(halves, halves, EVEN) } else { halves }
    }
}

impl<'s, 'a, 'f> Narrow for Single<'s, 'a, 'f> {
    type Wide = Double<'s, 'a, 'f>;

    fn constant(self, value: f32) -> Self {
        Self::known(self.site, value)
    }

    fn widen(self) -> Double<'s, 'a, 'f> {
        match self.held {
            Held::Known(known) => Double::known(self.site, known.into()),
            Held::Made(value) => Double::made(self.site, self.site.write(|ins| ins.fvpromote_low(value))),
        }
    }

    fn if_odd(self, count: Word<'s, 'a, 'f>, other: Self) -> Self {
        let count = count.low();
        let top = self.site.write(|ins| ins.ishl_imm_u(count, 31));
        let mask = self.site.write(|ins| ins.sshr_imm_u(top, 31));
        let mask = self.site.cast(types::F32X4, mask);
        let (own, other) = (self.value(), other.value());
        Self::made(self.site, self.site.write(|ins| ins.bitselect(mask, other, own)))
    }

    fn half_turned(self, count: Word<'s, 'a, 'f>) -> Self {
        let count = count.low();
        let top = self.site.write(|ins| ins.ushr_imm_u(count, 1));
        let top = self.site.write(|ins| ins.ishl_imm_u(top, 31));
        let (own, sign) = (self.value(), self.site.cast(types::F32X4, top));
        Self::made(self.site, self.site.write(|ins| ins.bxor(own, sign)))
    }
}

impl Lower<'_, '_> {
    /// Four lanes of the eight of two vectors.
    pub(crate) fn lanes_of(&mut self, a: Value, b: Value, lanes: [u8; 4]) -> Value {
        Site { builder: RefCell::new(&mut self.builder), pair: false }.shuffle(a, b, lanes)
    }

    /// A function of reals in single precision; nothing if it is none of those that are written in place.
    pub(crate) fn written(&mut self, fun: Fun, operands: &[Value]) -> Option<Value> {
        let literals: Vec<Option<f32>> = operands.iter().map(|&operand| self.literal(operand)).collect();
        // Of constants alone, the result would be rounded by the compiler's mode of arithmetic, not by that of the code.
        let all = literals.iter().all(Option::is_some);
        let site = Site { builder: RefCell::new(&mut self.builder), pair: false };
        let lane = |(&value, literal): (&Value, Option<f32>)| match literal {
            Some(literal) if !all => Single::known(&site, literal),
            _ => Single::made(&site, site.write(|ins| ins.scalar_to_vector(types::F32X4, value))),
        };
        let operands: Vec<Single<'_, '_, '_>> = operands.iter().zip(literals).map(lane).collect();
        let result = single::apply(fun, &operands)?.value();
        Some(site.write(|ins| ins.extractlane(result, 0)))
    }

    /// The same of that many lanes, two at a time: those are as many as fit in double precision. `literals` has the
    /// constants.
    pub(crate) fn written_lanes(
        &mut self,
        fun: Fun,
        operands: &[Value],
        literals: &[Option<f32>],
        lanes: usize,
    ) -> Option<Value> {
        let site = Site { builder: RefCell::new(&mut self.builder), pair: true };
        let half = |high: bool| {
            let lane = |(&value, literal): (&Value, &Option<f32>)| match literal {
                Some(literal) => Single::known(&site, *literal),
                None if high => Single::made(&site, site.shuffle(value, value, UPPER)),
                None => Single::made(&site, value),
            };
            let operands: Vec<Single<'_, '_, '_>> = operands.iter().zip(literals).map(lane).collect();
            Some(single::apply(fun, &operands)?.value())
        };
        let low = half(false)?;
        if lanes <= 2 {
            return Some(low);
        }
        let high = half(true)?;
        Some(site.shuffle(low, high, LOWER))
    }

    fn literal(&self, value: Value) -> Option<f32> {
        let dfg = &self.builder.func.dfg;
        match dfg.insts[dfg.value_def(value).inst()?] {
            InstructionData::UnaryIeee32 { imm, .. } => Some(f32::from_bits(imm.bits())),
            _ => None,
        }
    }
}
