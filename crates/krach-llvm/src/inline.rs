//! The functions of single precision, written in place: `krach_ir::maths::single` says what they compute, and the types
//! below take every step of it as an instruction.

use crate::text::{Kind, Type, Value, Writer};
use krach_ir::Fun;
use krach_ir::maths::arith::{Bits, Narrow, Wide};
use krach_ir::maths::single;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Sub};

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident { $($op:ident $method:ident $instruction:literal;)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        struct $name<'w> {
            value: Value,
            writer: &'w Writer,
        }

        impl<'w> $name<'w> {
            fn new(writer: &'w Writer, value: Value) -> Self {
                Self { value, writer }
            }
        }

        $(
            impl $op for $name<'_> {
                type Output = Self;

                fn $method(self, other: Self) -> Self {
                    Self::new(self.writer, self.writer.binary($instruction, self.value, other.value))
                }
            }
        )*
    )*};
}

steps! {
    Double { Add add "fadd"; Sub sub "fsub"; Mul mul "fmul"; Div div "fdiv"; }
    Single { Add add "fadd"; Sub sub "fsub"; Mul mul "fmul"; Div div "fdiv"; }
    Word { Add add "add"; Sub sub "sub"; BitOr bitor "or"; }
    Mask { BitAnd bitand "and"; BitOr bitor "or"; }
}

impl<'w> Double<'w> {
    fn intrinsic(self, name: &str, operands: &[Value]) -> Self {
        let ty = self.value.ty;
        let wide: Vec<Value> = operands.iter().map(|&value| self.writer.wide(value, ty.lanes)).collect();
        Self::new(self.writer, self.writer.intrinsic(name, &[ty], ty, &wide))
    }

    fn compare(self, name: &str, other: Self) -> Mask<'w> {
        Mask::new(self.writer, self.writer.compare(name, self.value, other.value))
    }
}

impl<'w> Wide for Double<'w> {
    type Narrow = Single<'w>;
    type Bits = Word<'w>;
    type Truth = Mask<'w>;

    fn constant(self, value: f64) -> Self {
        Self::new(self.writer, self.writer.wide(Value::real(Kind::F64, value), self.value.ty.lanes))
    }

    fn abs(self) -> Self {
        self.intrinsic("fabs", &[self.value])
    }

    fn nearest(self) -> Self {
        self.intrinsic("roundeven", &[self.value])
    }

    fn signed_as(self, sign: Self) -> Self {
        self.intrinsic("copysign", &[self.value, sign.value])
    }

    fn less(self, than: Self) -> Mask<'w> {
        self.compare("fcmp olt", than)
    }

    fn equals(self, other: Self) -> Mask<'w> {
        self.compare("fcmp oeq", other)
    }

    fn choose(truth: Mask<'w>, yes: Self, no: Self) -> Self {
        Self::new(truth.writer, truth.writer.select(truth.value, yes.value, no.value))
    }

    fn least(self, other: Self) -> Self {
        Self::choose(self.less(other), self, other)
    }

    fn most(self, other: Self) -> Self {
        Self::choose(other.less(self), self, other)
    }

    fn bits(self) -> Word<'w> {
        Word::new(self.writer, self.writer.convert("bitcast", self.value, Kind::I64))
    }

    fn narrow(self) -> Single<'w> {
        Single::new(self.writer, self.writer.convert("fptrunc", self.value, Kind::F32))
    }
}

impl<'w> Bits for Word<'w> {
    type Wide = Double<'w>;

    fn constant(self, value: u64) -> Self {
        let literal = Value::int(Kind::I64, value.cast_signed());
        Self::new(self.writer, self.writer.wide(literal, self.value.ty.lanes))
    }

    fn left(self, by: u8) -> Self {
        Self::new(self.writer, self.writer.binary("shl", self.value, Value::int(Kind::I64, by.into())))
    }

    fn right(self, by: u8) -> Self {
        Self::new(self.writer, self.writer.binary("lshr", self.value, Value::int(Kind::I64, by.into())))
    }

    fn number(self) -> Double<'w> {
        Double::new(self.writer, self.writer.convert("bitcast", self.value, Kind::F64))
    }
}

impl<'w> Word<'w> {
    /// Whether this bit is set, counted from the lowest.
    fn bit(self, bit: i64) -> Value {
        let own = self.writer.binary("and", self.value, Value::int(Kind::I64, 1 << bit));
        self.writer.compare("icmp ne", own, Value::int(Kind::I64, 0))
    }
}

impl<'w> Narrow for Single<'w> {
    type Wide = Double<'w>;

    fn constant(self, value: f32) -> Self {
        Self::new(self.writer, self.writer.wide(Value::real(Kind::F32, value.into()), self.value.ty.lanes))
    }

    fn widen(self) -> Double<'w> {
        Double::new(self.writer, self.writer.convert("fpext", self.value, Kind::F64))
    }

    fn if_odd(self, count: Word<'w>, other: Self) -> Self {
        Self::new(self.writer, self.writer.select(count.bit(0), other.value, self.value))
    }

    fn half_turned(self, count: Word<'w>) -> Self {
        let turned = self.writer.make(self.value.ty, format_args!("fneg {} {}", self.value.ty, self.value));
        Self::new(self.writer, self.writer.select(count.bit(1), turned, self.value))
    }
}

/// A function of reals in single precision; nothing if it is none of those that are written in place.
pub(crate) fn written(writer: &Writer, fun: Fun, operands: &[Value], lanes: u32) -> Option<Value> {
    let operands: Vec<Single<'_>> =
        operands.iter().map(|&value| Single::new(writer, writer.wide(value, lanes))).collect();
    let result = single::apply(fun, &operands)?.value;
    debug_assert_eq!(result.ty, Type { kind: Kind::F32, lanes });
    Some(result)
}
