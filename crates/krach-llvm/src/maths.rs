//! The rows of the table of functions as instructions, bit for bit what `krach_ir::maths` computes. Scalars and vectors
//! have the same ones.

use crate::inline;
use crate::text::{Kind, Type, Value, Writer};
use krach_ir::Fun;
use krach_ir::maths::single;

/// Computes a row in place.
pub(crate) fn apply(writer: &Writer, fun: Fun, operands: &[Value]) -> Value {
    let lanes = operands.iter().map(|value| value.ty.lanes).max().expect("a function has an operand");
    let kind = operands[0].ty.kind;
    if kind == Kind::F32 && single::WRITTEN.contains(&fun) {
        return inline::written(writer, fun, operands, lanes).expect("the table is whole");
    }
    match (kind, operands) {
        (Kind::F32 | Kind::F64, &[x]) => real(writer, fun, x),
        (Kind::F32 | Kind::F64, &[a, b]) => reals(writer, fun, a, b),
        (_, &[x]) => int(writer, fun, x),
        (_, &[a, b]) => ints(writer, fun, a, b),
        _ => unreachable!("{fun} of {} operands", operands.len()),
    }
}

fn int(writer: &Writer, fun: Fun, x: Value) -> Value {
    match fun {
        Fun::Abs => {
            let no = Value::int(Kind::I1, 0);
            writer.intrinsic("abs", &[x.ty], x.ty, &[x, no])
        }
        other => unreachable!("{other} of an int"),
    }
}

fn ints(writer: &Writer, fun: Fun, a: Value, b: Value) -> Value {
    let pick = |name: &str| {
        let lanes = a.ty.lanes.max(b.ty.lanes);
        let (a, b) = (writer.wide(a, lanes), writer.wide(b, lanes));
        writer.intrinsic(name, &[a.ty], a.ty, &[a, b])
    };
    // Counts are taken modulo the width.
    let count = || writer.binary("and", b, Value::int(Kind::I32, 31));
    match fun {
        Fun::Add => writer.binary("add", a, b),
        Fun::Sub => writer.binary("sub", a, b),
        Fun::Mul => writer.binary("mul", a, b),
        Fun::Rem => remainder(writer, a, b),
        Fun::Min => pick("smin"),
        Fun::Max => pick("smax"),
        Fun::And => writer.binary("and", a, b),
        Fun::Or => writer.binary("or", a, b),
        Fun::Xor => writer.binary("xor", a, b),
        Fun::Shl => writer.binary("shl", a, count()),
        Fun::Shr => writer.binary("ashr", a, count()),
        Fun::Lt => writer.compare("icmp slt", a, b),
        Fun::Le => writer.compare("icmp sle", a, b),
        Fun::Gt => writer.compare("icmp sgt", a, b),
        Fun::Ge => writer.compare("icmp sge", a, b),
        Fun::Eq => writer.compare("icmp eq", a, b),
        Fun::Ne => writer.compare("icmp ne", a, b),
        other => unreachable!("{other} of ints"),
    }
}

/// The divisors 0 and -1 would trap; both leave the remainder 0, as 1 does.
fn remainder(writer: &Writer, a: Value, b: Value) -> Value {
    let one = Value::int(Kind::I32, 1);
    let next = writer.binary("add", b, one);
    let odd = writer.compare("icmp ule", next, one);
    let divisor = writer.select(odd, one, b);
    writer.binary("srem", a, divisor)
}

fn real(writer: &Writer, fun: Fun, x: Value) -> Value {
    let of = |name: &str| writer.intrinsic(name, &[x.ty], x.ty, &[x]);
    match fun {
        Fun::Round => round(writer, x),
        Fun::Abs => of("fabs"),
        Fun::Floor => of("floor"),
        Fun::Ceil => of("ceil"),
        Fun::Trunc => of("trunc"),
        Fun::Rint => of("roundeven"),
        Fun::Sqrt => of("sqrt"),
        Fun::ToInt => {
            let int = x.ty.of(Kind::I32);
            writer.intrinsic("fptosi.sat", &[int, x.ty], int, &[x])
        }
        other => unreachable!("{other} of a real"),
    }
}

fn reals(writer: &Writer, fun: Fun, a: Value, b: Value) -> Value {
    match fun {
        Fun::Add => writer.binary("fadd", a, b),
        Fun::Sub => writer.binary("fsub", a, b),
        Fun::Mul => writer.binary("fmul", a, b),
        Fun::Div => writer.binary("fdiv", a, b),
        Fun::Min => writer.select(writer.compare("fcmp olt", a, b), a, b),
        Fun::Max => writer.select(writer.compare("fcmp olt", b, a), a, b),
        Fun::Lt => writer.compare("fcmp olt", a, b),
        Fun::Le => writer.compare("fcmp ole", a, b),
        Fun::Gt => writer.compare("fcmp ogt", a, b),
        Fun::Ge => writer.compare("fcmp oge", a, b),
        Fun::Eq => writer.compare("fcmp oeq", a, b),
        Fun::Ne => writer.compare("fcmp une", a, b),
        other => unreachable!("{other} of reals"),
    }
}

/// Whether the bits differ, also those of a NaN or of the two zeros.
pub(crate) fn differ(writer: &Writer, a: Value, b: Value) -> Value {
    let bits = |value: Value| match value.ty.kind {
        Kind::F32 => writer.convert("bitcast", value, Kind::I32),
        Kind::F64 => writer.convert("bitcast", value, Kind::I64),
        _ => value,
    };
    writer.compare("icmp ne", bits(a), bits(b))
}

fn signed(writer: &Writer, size: Value, sign: Value) -> Value {
    let size = writer.wide(size, sign.ty.lanes);
    writer.intrinsic("copysign", &[sign.ty], sign.ty, &[size, sign])
}

fn one(ty: Type) -> Value {
    Value::real(ty.kind, 1.0)
}

/// The remainder by 1: what lies behind the point, with the sign of the whole. A number too small to be normal would be
/// flushed by the subtraction, but not by the function: unless it cannot be one, it passes by.
pub(crate) fn fraction(writer: &Writer, x: Value, flushed: bool) -> Value {
    let whole = real(writer, Fun::Trunc, x);
    let rest = signed(writer, writer.binary("fsub", x, whole), x);
    if flushed {
        return rest;
    }
    let size = real(writer, Fun::Abs, x);
    let small = writer.compare("fcmp olt", size, one(x.ty));
    writer.select(small, x, rest)
}

/// Half away from zero: what lies behind the point is exact, so no tie is missed.
fn round(writer: &Writer, x: Value) -> Value {
    let whole = real(writer, Fun::Trunc, x);
    let rest = writer.binary("fsub", x, whole);
    let size = real(writer, Fun::Abs, rest);
    let next = writer.binary("fadd", whole, signed(writer, one(x.ty), x));
    let away = writer.compare("fcmp oge", size, Value::real(x.ty.kind, 0.5));
    writer.select(away, next, whole)
}
