//! Ints and reals. A program says of every signal which it is; Faust infers it from the text. Here it is decided
//! how much of the difference must be written: `55` suffices beside a real, `55.0` is needed beside an int.

use crate::print::graph::{Head, Reading, Value};
use crate::print::layout::{Layout, Place};
use crate::print::loops::Loops;
use crate::syntax::ast::Expr;
use krach_ir::maths;
use krach_ir::{Fun, Rule, Ty};

/// What Faust makes of a value's text if nothing more is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Real,
    Int,
    /// As the loop around it comes out.
    Loop,
}

/// The kinds of all values: as their text comes out by itself, and as their users see them.
pub(crate) struct Kinds {
    pub own: Vec<Kind>,
    pub seen: Vec<Kind>,
}

impl Kinds {
    pub fn of(reading: &Reading, layout: &Layout) -> Self {
        let mut kinds = Self { own: Vec::new(), seen: Vec::new() };
        for (value, place) in reading.values.iter().zip(&layout.places) {
            let own = if value.ty == Ty::Int { Kind::Int } else { own(value, &kinds.seen) };
            kinds.own.push(own);
            // Definitions of reals are written as reals.
            let defined = matches!(place, Place::Defined(_) | Place::Inside(..));
            kinds.seen.push(if defined && value.ty == Ty::Real && own == Kind::Int {
                Kind::Real
            } else {
                own
            });
        }
        kinds
    }
}

/// The kind of a value that is a real in the program.
fn own(value: &Value, kinds: &[Kind]) -> Kind {
    match value.head {
        Head::Real(number) if matches!(Expr::number(number), Expr::Int(_)) => Kind::Int,
        Head::Before(_) => Kind::Loop,
        Head::Delay(_) | Head::VaryingDelay(_) => kinds[value.operands[0]],
        Head::Fun(Fun::ToReal) => Kind::Int,
        Head::Fun(fun) if keeps_kind(fun) => join(carriers(fun, value).iter().map(|&at| kinds[at])),
        // Unless all is the loop's, one operand is written as a real.
        Head::Fun(fun) if needs_real(fun) && value.operands.iter().all(|&at| kinds[at] == Kind::Loop) => {
            Kind::Loop
        }
        _ => Kind::Real,
    }
}

fn join(kinds: impl Iterator<Item = Kind>) -> Kind {
    let all: Vec<Kind> = kinds.collect();
    if all.contains(&Kind::Real) {
        Kind::Real
    } else if all.contains(&Kind::Loop) {
        Kind::Loop
    } else {
        Kind::Int
    }
}

/// Functions that are ints of ints and reals of reals, with the same values.
pub(crate) fn keeps_kind(fun: Fun) -> bool {
    matches!(fun, Fun::Min | Fun::Max | Fun::Abs | Fun::Select)
}

/// Functions that must not be computed with ints: these would wrap around, or fold to an int.
pub(crate) fn needs_real(fun: Fun) -> bool {
    matches!(fun, Fun::Add | Fun::Sub | Fun::Mul | Fun::Div | Fun::Pow)
}

/// The operands whose kind the result takes.
pub(crate) fn carriers(fun: Fun, value: &Value) -> &[usize] {
    if fun.rule() == Rule::Select { &value.operands[1..] } else { &value.operands }
}

/// The operand that is written as a real so that a function is one of reals: none if one is real anyway, otherwise
/// a constant if there is one.
pub(crate) fn to_force(operands: &[usize], reading: &Reading, kinds: &[Kind]) -> Option<usize> {
    if operands.iter().any(|&at| kinds[at] == Kind::Real) {
        return None;
    }
    let ints = || operands.iter().copied().filter(|&at| kinds[at] == Kind::Int);
    ints().find(|&at| matches!(reading.values[at].head, Head::Real(_))).or_else(|| ints().next())
}

/// What is constant: Faust folds it, and refuses where the result is not a number.
pub(crate) fn constants(reading: &Reading, loops: &Loops) -> Vec<Option<maths::Value<f64>>> {
    let mut constants: Vec<Option<maths::Value<f64>>> = Vec::with_capacity(reading.values.len());
    for (at, value) in reading.values.iter().enumerate() {
        let folded = match value.head {
            Head::Real(number) => Some(maths::Value::Real(number)),
            Head::Int(number) => Some(maths::Value::Int(number)),
            Head::Fun(fun) if loops.of_value[at].is_none() => {
                let operands: Option<Vec<_>> =
                    value.operands.iter().map(|&operand| constants[operand]).collect();
                operands.map(|operands| fun.eval(&operands)).filter(|&value| is_finite(value))
            }
            _ => None,
        };
        constants.push(folded);
    }
    constants
}

fn is_finite(value: maths::Value<f64>) -> bool {
    match value {
        maths::Value::Int(_) => true,
        maths::Value::Real(value) => value.is_finite(),
    }
}
