//! Pure functions as Faust writes them: operators, primitives, a few names of the libraries.

use crate::print::graph::Head;
use crate::print::layout::Place;
use crate::print::numerals::{carriers, keeps_kind, needs_real, to_force};
use crate::print::vocabulary::Helper;
use crate::print::write::Writer;
use crate::syntax::ast::{Expr, Infix};
use krach_ir::{Fun, Rule, Ty, maths};

impl Writer<'_> {
    /// A function of operands, surely a real if `real`.
    pub fn fun(&mut self, fun: Fun, at: usize, inside: Option<usize>, real: bool) -> Expr {
        let reading = self.reading;
        let value = &reading.values[at];
        if let Some(folded) = self.folded(fun, at, real) {
            return folded;
        }
        if fun == Fun::ToReal {
            let of = self.refer(value.operands[0], inside);
            return if real { Expr::call(Expr::name("float"), vec![of]) } else { of };
        }
        let must = value.ty == Ty::Real && (needs_real(fun) || real && keeps_kind(fun));
        let carriers = carriers(fun, value);
        let mut forced = if must { to_force(carriers, reading, &self.kinds.seen) } else { None };
        let first_carrier = value.operands.len() - carriers.len();
        let mut operands = Vec::with_capacity(3);
        for (position, &operand) in value.operands.iter().enumerate() {
            let here = position >= first_carrier && forced.take_if(|at| *at == operand).is_some();
            let operand = self.implied(fun, position, operand).unwrap_or(operand);
            operands.push(self.given(operand, inside, here));
        }
        self.hide(fun, at, &mut operands);
        self.apply(fun, value.ty, operands)
    }

    /// A cast that Faust makes by itself: of a selector.
    fn implied(&self, fun: Fun, position: usize, operand: usize) -> Option<usize> {
        let value = &self.reading.values[operand];
        let is_cast = value.head == Head::Fun(Fun::ToInt) && self.layout.places[operand] == Place::Inline;
        (fun == Fun::Select && position == 0 && is_cast && self.constants[operand].is_none())
            .then(|| value.operands[0])
    }

    /// Where Faust folds a constant in another way than krach computes it, the result is written.
    fn folded(&mut self, fun: Fun, at: usize, real: bool) -> Option<Expr> {
        match (fun, self.constants[at]?) {
            (Fun::Round, maths::Value::Real(value)) => Some(self.constant(value, real)),
            (Fun::ToInt, maths::Value::Int(value)) => Some(Expr::Int(value)),
            _ => None,
        }
    }

    /// The compiler refuses constants that are not numbers, such as `1 / 0`; krach computes them. A part of them
    /// that the compiler cannot see through makes it do the same.
    fn hide(&mut self, fun: Fun, at: usize, operands: &mut [Expr]) {
        let parts = &self.reading.values[at].operands;
        let is_zero = |at: usize| match self.constants[at] {
            Some(maths::Value::Int(value)) => value == 0,
            Some(maths::Value::Real(value)) => value == 0.0,
            None => false,
        };
        let divides = matches!(fun, Fun::Div | Fun::Rem | Fun::Remainder);
        if divides && self.reading.values[at].ty == Ty::Real && is_zero(parts[1]) {
            operands[1] = Expr::Name(self.vocabulary.helper(Helper::Zero));
        } else if self.constants[at].is_none() && parts.iter().all(|&part| self.constants[part].is_some()) {
            let zero = Expr::Name(self.vocabulary.helper(Helper::Zero));
            let seen = std::mem::replace(&mut operands[0], Expr::Wire);
            operands[0] = Expr::infix(Infix::Add, seen, zero);
        }
    }

    fn apply(&mut self, fun: Fun, ty: Ty, mut operands: Vec<Expr>) -> Expr {
        if let Some(operator) = infix(fun, ty) {
            let [left, mut right] = <[Expr; 2]>::try_from(operands).unwrap_or([Expr::Wire, Expr::Wire]);
            if fun == Fun::Rem && !matches!(right, Expr::Int(divisor) if divisor != 0) {
                // An int remainder by 0 is 0; the sign of the divisor never matters.
                right = Expr::call(Expr::name("abs"), vec![right]);
                right = Expr::call(Expr::name("max"), vec![Expr::Int(1), right]);
            }
            return operation(operator, left, right);
        }
        if matches!(fun, Fun::Min | Fun::Max) {
            // Where one of them is not a number Faust's result is the first operand, krach's the second.
            operands.swap(0, 1);
        }
        let function = match fun {
            Fun::ToInt => Expr::name("int"),
            Fun::Rem => Expr::name("fmod"),
            Fun::Select => Expr::name("select2"),
            Fun::Tgamma => self.vocabulary.library("ma", "gamma"),
            Fun::J0 => self.vocabulary.library("ma", "J0"),
            Fun::J1 => self.vocabulary.library("ma", "J1"),
            Fun::Jn => self.vocabulary.library("ma", "Jn"),
            Fun::Y0 => self.vocabulary.library("ma", "Y0"),
            Fun::Y1 => self.vocabulary.library("ma", "Y1"),
            Fun::Yn => self.vocabulary.library("ma", "Yn"),
            fun if crate::prim::Prim::find(fun.name()).is_none()
                && fun.rule() == Rule::Real
                && fun != Fun::Trunc =>
            {
                self.vocabulary.library("ma", fun.name())
            }
            Fun::Trunc => Expr::Name(self.vocabulary.helper(Helper::Truncate)),
            _ => Expr::name(fun.name()),
        };
        Expr::call(function, operands)
    }
}

/// Behind a chain of processors the operator joins the chain: `x : f : *(0.5)`.
fn operation(operator: Infix, left: Expr, right: Expr) -> Expr {
    let joins = matches!(operator, Infix::Add | Infix::Sub | Infix::Mul | Infix::Div);
    let commutes = matches!(operator, Infix::Add | Infix::Mul);
    let (left, right) =
        if commutes && right.is_chain() && !left.is_chain() { (right, left) } else { (left, right) };
    match (left, right) {
        (left, right) if joins && left.is_chain() => {
            left.then(Expr::call(Expr::Operator(operator), vec![right]))
        }
        (Expr::Name(name), Expr::Int(-1)) if operator == Infix::Mul => Expr::Negative(name),
        (left, right) => Expr::infix(operator, left, right),
    }
}

fn infix(fun: Fun, ty: Ty) -> Option<Infix> {
    Some(match fun {
        Fun::Add => Infix::Add,
        Fun::Sub => Infix::Sub,
        Fun::Mul => Infix::Mul,
        Fun::Div => Infix::Div,
        Fun::Rem if ty == Ty::Int => Infix::Rem,
        Fun::Lt => Infix::Lt,
        Fun::Le => Infix::Le,
        Fun::Gt => Infix::Gt,
        Fun::Ge => Infix::Ge,
        Fun::Eq => Infix::Eq,
        Fun::Ne => Infix::Ne,
        Fun::And => Infix::And,
        Fun::Or => Infix::Or,
        Fun::Xor => Infix::Xor,
        Fun::Shl => Infix::Shl,
        Fun::Shr => Infix::Shr,
        _ => return None,
    })
}
