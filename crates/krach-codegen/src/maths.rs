//! The rows of the table of functions as machine instructions, bit for bit what `krach_ir::maths` computes.

use crate::kernel::Element;
use crate::lower::Lower;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, InstructionData, MemFlagsData, Type, Value, types};
use krach_abi::Precision;
use krach_ir::Fun;
use krach_ir::maths::single;

/// How the machine holds one of them.
pub(crate) fn machine(element: Element) -> Type {
    match element {
        Element::F32 => types::F32,
        Element::F64 => types::F64,
        Element::I32 => types::I32,
        Element::Mask => types::I8,
    }
}

/// A constant in single precision, as it is rounded in the mode that the code runs in: too small is zero.
pub(crate) fn narrow(value: f64) -> f32 {
    #[allow(clippy::cast_possible_truncation)]
    let narrow = value as f32;
    if narrow.is_subnormal() { 0.0_f32.copysign(narrow) } else { narrow }
}

/// One over a power of two, if both are normal: multiplying by it rounds as dividing does.
pub(crate) fn exact_reciprocal(by: f64, precision: Precision) -> Option<f64> {
    let (by, reach) = match precision {
        Precision::Single => (f64::from(narrow(by)), f64::from(f32::MIN_POSITIVE)),
        Precision::Double => (by, f64::MIN_POSITIVE),
    };
    let is_power = by.to_bits() & ((1 << (f64::MANTISSA_DIGITS - 1)) - 1) == 0;
    let is_normal = (reach..=reach.recip()).contains(&by.abs());
    (is_power && is_normal).then(|| by.recip())
}

impl Lower<'_, '_> {
    /// Computes a row in place. `element` is what the first operand is made of.
    pub(crate) fn apply(&mut self, fun: Fun, element: Element, operands: &[Value]) -> Value {
        match (element, operands) {
            (Element::I32 | Element::Mask, &[x]) => self.int_unary(fun, x),
            (Element::I32 | Element::Mask, &[a, b]) => self.int_binary(fun, a, b),
            (Element::F32, _) if single::WRITTEN.contains(&fun) => {
                self.written(fun, operands).expect("the table is whole")
            }
            (Element::F32 | Element::F64, &[x]) => self.real_unary(fun, x),
            (Element::F32 | Element::F64, &[a, b]) => self.real_binary(fun, a, b),
            _ => unreachable!("{fun} of {} operands", operands.len()),
        }
    }

    fn int_unary(&mut self, fun: Fun, x: Value) -> Value {
        let real = self.real_type();
        let ins = self.builder.ins();
        match fun {
            Fun::Abs => ins.iabs(x),
            Fun::ToReal => ins.fcvt_from_sint(real, x),
            other => unreachable!("{other} of an int"),
        }
    }

    fn int_binary(&mut self, fun: Fun, a: Value, b: Value) -> Value {
        if fun == Fun::Rem {
            return self.int_remainder(a, b);
        }
        let ins = self.builder.ins();
        match fun {
            Fun::Add => ins.iadd(a, b),
            Fun::Sub => ins.isub(a, b),
            Fun::Mul => ins.imul(a, b),
            Fun::Min => ins.smin(a, b),
            Fun::Max => ins.smax(a, b),
            Fun::And => ins.band(a, b),
            Fun::Or => ins.bor(a, b),
            Fun::Xor => ins.bxor(a, b),
            // Cranelift takes shift counts modulo the width, as the table does.
            Fun::Shl => ins.ishl(a, b),
            Fun::Shr => ins.sshr(a, b),
            Fun::Lt => ins.icmp(IntCC::SignedLessThan, a, b),
            Fun::Le => ins.icmp(IntCC::SignedLessThanOrEqual, a, b),
            Fun::Gt => ins.icmp(IntCC::SignedGreaterThan, a, b),
            Fun::Ge => ins.icmp(IntCC::SignedGreaterThanOrEqual, a, b),
            Fun::Eq => ins.icmp(IntCC::Equal, a, b),
            Fun::Ne => ins.icmp(IntCC::NotEqual, a, b),
            other => unreachable!("{other} of ints"),
        }
    }

    /// The divisors 0 and -1 would trap; both leave the remainder 0, as 1 does.
    pub(crate) fn int_remainder(&mut self, a: Value, b: Value) -> Value {
        let one = self.builder.ins().iconst(types::I32, 1);
        let next = self.builder.ins().iadd(b, one);
        let odd = self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, next, 1);
        let divisor = self.builder.ins().select(odd, one, b);
        self.builder.ins().srem(a, divisor)
    }

    fn real_unary(&mut self, fun: Fun, x: Value) -> Value {
        if fun == Fun::Round {
            return self.round(x);
        }
        let ins = self.builder.ins();
        match fun {
            Fun::Abs => ins.fabs(x),
            Fun::Floor => ins.floor(x),
            Fun::Ceil => ins.ceil(x),
            Fun::Trunc => ins.trunc(x),
            Fun::Rint => ins.nearest(x),
            Fun::Sqrt => ins.sqrt(x),
            Fun::ToInt => ins.fcvt_to_sint_sat(types::I32, x),
            other => unreachable!("{other} of a real"),
        }
    }

    fn real_binary(&mut self, fun: Fun, a: Value, b: Value) -> Value {
        let ins = self.builder.ins();
        match fun {
            Fun::Add => ins.fadd(a, b),
            Fun::Sub => ins.fsub(a, b),
            Fun::Mul => ins.fmul(a, b),
            Fun::Div => ins.fdiv(a, b),
            Fun::Min => self.smaller(a, b, a, b),
            Fun::Max => self.smaller(b, a, a, b),
            Fun::Lt => ins.fcmp(FloatCC::LessThan, a, b),
            Fun::Le => ins.fcmp(FloatCC::LessThanOrEqual, a, b),
            Fun::Gt => ins.fcmp(FloatCC::GreaterThan, a, b),
            Fun::Ge => ins.fcmp(FloatCC::GreaterThanOrEqual, a, b),
            Fun::Eq => ins.fcmp(FloatCC::Equal, a, b),
            Fun::Ne => ins.fcmp(FloatCC::NotEqual, a, b),
            other => unreachable!("{other} of reals"),
        }
    }

    /// `if x < y then a else b`, in the form that becomes one `min` or `max` instruction.
    fn smaller(&mut self, x: Value, y: Value, a: Value, b: Value) -> Value {
        let less = self.builder.ins().fcmp(FloatCC::LessThan, x, y);
        self.builder.ins().select(less, a, b)
    }

    /// `if mask then a else b`. A select of floats would be a branch: their bits are selected instead.
    pub(crate) fn choose(&mut self, mask: Value, a: Value, b: Value) -> Value {
        let ty = self.builder.func.dfg.value_type(a);
        if !ty.is_float() {
            return self.builder.ins().select(mask, a, b);
        }
        let (a, b) = (self.bits(a), self.bits(b));
        let chosen = self.builder.ins().select(mask, a, b);
        self.builder.ins().bitcast(ty, MemFlagsData::new(), chosen)
    }

    /// Whether the bits differ, also those of a NaN or of the two zeros.
    pub(crate) fn differ(&mut self, a: Value, b: Value) -> Value {
        let is_float = self.builder.func.dfg.value_type(a).is_float();
        let (a, b) = if is_float { (self.bits(a), self.bits(b)) } else { (a, b) };
        self.builder.ins().icmp(IntCC::NotEqual, a, b)
    }

    /// A float as an int of its width; a constant becomes one without passing through a float.
    fn bits(&mut self, value: Value) -> Value {
        let dfg = &self.builder.func.dfg;
        let bits = dfg.value_type(value).as_int();
        let literal = dfg.value_def(value).inst().and_then(|inst| match dfg.insts[inst] {
            InstructionData::UnaryIeee32 { imm, .. } => Some(i64::from(imm.bits())),
            InstructionData::UnaryIeee64 { imm, .. } => Some(imm.bits().cast_signed()),
            _ => None,
        });
        match literal {
            Some(literal) => self.builder.ins().iconst(bits, literal),
            None => self.builder.ins().bitcast(bits, MemFlagsData::new(), value),
        }
    }

    /// The remainder by 1: what lies behind the point, with the sign of the whole. A number too small to be normal
    /// would be flushed by the subtraction, but not by the function: unless it cannot be one, it passes by.
    pub(crate) fn fraction(&mut self, x: Value, flushed: bool) -> Value {
        let whole = self.builder.ins().trunc(x);
        let rest = self.builder.ins().fsub(x, whole);
        let signed = self.builder.ins().fcopysign(rest, x);
        if flushed {
            return signed;
        }
        let size = self.builder.ins().fabs(x);
        let one = self.real(1.0);
        let small = self.builder.ins().fcmp(FloatCC::LessThan, size, one);
        self.choose(small, x, signed)
    }

    /// Half away from zero: what lies behind the point is exact, so no tie is missed.
    fn round(&mut self, x: Value) -> Value {
        let whole = self.builder.ins().trunc(x);
        let rest = self.builder.ins().fsub(x, whole);
        let size = self.builder.ins().fabs(rest);
        let one = self.real(1.0);
        let step = self.builder.ins().fcopysign(one, x);
        let next = self.builder.ins().fadd(whole, step);
        let half = self.real(0.5);
        let away = self.builder.ins().fcmp(FloatCC::GreaterThanOrEqual, size, half);
        self.choose(away, next, whole)
    }

    fn real_type(&self) -> Type {
        match self.precision() {
            Precision::Single => types::F32,
            Precision::Double => types::F64,
        }
    }
}
