//! Computing constants now, to the same bits as an engine of double precision would later.

use crate::Fun;
use crate::maths::Value;
use crate::{Table, TableInit};
use krach_abi::FlushGuard;

/// The result of a function of constants, unless it is not finite: a program holds no such constant.
pub(super) fn apply(fun: Fun, operands: &[Value<f64>]) -> Option<Value<f64>> {
    let _flush = FlushGuard::new();
    finite(fun.eval(operands))
}

/// The entry of a table at a constant index; a generated one is not known before the sample rate is.
pub(super) fn entry(table: &Table, index: i32) -> Option<Value<f64>> {
    let at = usize::try_from(index).unwrap_or(0).min(table.len as usize - 1);
    match &table.init {
        TableInit::Reals(values) => Some(Value::Real(values[at])),
        TableInit::Ints(values) => Some(Value::Int(values[at])),
        // What a sound holds has no bearing on what is made of the program.
        TableInit::Sound { .. } | TableInit::Generated(_) => None,
    }
}

fn finite(value: Value<f64>) -> Option<Value<f64>> {
    match value {
        Value::Real(real) if !real.is_finite() => None,
        value => Some(value),
    }
}
