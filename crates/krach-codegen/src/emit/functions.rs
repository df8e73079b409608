//! Functions: called, or written in place where that is exact; and indices within their bounds.

use super::{View, Writer};
use crate::Spec;
use crate::kernel::{Address, Do, Element, Type, V};
use crate::maths;
use crate::plan::Section;
use krach_abi::Precision;
use krach_ir::maths::single;
use krach_ir::{Fun, Op, Rule, Sig};

/// Functions that one loop has written in place; the others are called.
const WRITTEN: usize = 16;
/// The same of a loop of four frames per step, where each takes twice the room. More of them would not stay in the
/// processor's memory of instructions; those beyond call one function in lanes.
const STEPS: usize = 8;

impl Writer<'_> {
    pub(super) fn apply(&mut self, fun: Fun, operands: &[Sig], element: Element) -> V {
        if fun == Fun::Select {
            let mask = self.mask(operands[0]);
            let (zero, other) = (self.number(operands[1]), self.number(operands[2]));
            return self.emit(Do::Choose, &[mask, other, zero], element);
        }
        let mut values: Vec<V> = operands.iter().map(|&operand| self.value(operand)).collect();
        let logic = matches!(fun, Fun::And | Fun::Or | Fun::Xor);
        if logic && values.iter().all(|&value| self.element(value) == Element::Mask) {
            return self.emit(Do::Apply(fun), &values, Element::Mask);
        }
        for value in &mut values {
            *value = self.count(*value);
        }
        if fun == Fun::Sum {
            return Fun::sum(&values, |a, b| self.emit(Do::Apply(Fun::Add), &[a, b], element));
        }
        if fun.rule() == Rule::Compare {
            return self.emit(Do::Apply(fun), &values, Element::Mask);
        }
        if element == Element::I32 {
            if self.node.is_some_and(|node| self.plan.wraps.contains(&node)) {
                return self.wrapped(values[0], values[1]);
            }
            return self.emit(Do::Apply(fun), &values, element);
        }
        self.real(fun, &mut values, element)
    }

    /// A function whose result is real: called, or written in place where that is exact.
    pub(super) fn real(&mut self, fun: Fun, values: &mut [V], element: Element) -> V {
        let literal = |v: V| match self.body.inst(v).what {
            Do::Real(value) => Some(value),
            _ => None,
        };
        let by = values.get(1).and_then(|&v| literal(v));
        if fun == Fun::Rem && by == Some(1.0) {
            let what = self.body.inst(values[0]).what;
            let flushed = matches!(what, Do::Apply(Fun::Add | Fun::Sub | Fun::Mul | Fun::Div));
            return self.emit(Do::Fraction { flushed }, &values[..1], element);
        }
        if let (Fun::Div, Some(by)) = (fun, by)
            && let Some(factor) = maths::exact_reciprocal(by, self.spec.precision)
        {
            let factor = self.emit(Do::Real(factor), &[], element);
            return self.emit(Do::Apply(Fun::Mul), &[values[0], factor], element);
        }
        if matches!(fun, Fun::Add | Fun::Mul) && literal(values[0]).is_some() {
            // Instructions fetch a constant on the right from memory by themselves.
            values.swap(0, 1);
        }
        if fun != Fun::Round && fun.native(self.spec.precision).is_some() && !self.is_written(fun) {
            let lanes = values.iter().any(|&v| self.body.inst(v).ty.is_some_and(Type::is_lanes));
            self.storage.reach(match lanes && is_short(self.spec, fun) {
                true => Address::of_lanes(fun, &self.body, values),
                false => Address::Function(fun),
            });
            return self.emit(Do::Call(fun), values, element);
        }
        self.emit(Do::Apply(fun), values, element)
    }

    /// Whether a function is written in place rather than called: in loops over frames, up to a number of places beyond
    /// which compiling it so often would take longer than calling it does.
    fn is_written(&mut self, fun: Fun) -> bool {
        let short = is_short(self.spec, fun);
        let written = match self.section {
            Section::Sample if self.view == View::One => short && self.written < WRITTEN,
            Section::Sample | Section::Follower => short && self.written < STEPS,
            _ => false,
        };
        self.written += usize::from(written);
        written
    }

    /// Computes equal functions of different values in the lanes of one vector.
    pub(super) fn bundle(&mut self, members: &[Sig]) {
        let first = self.program.node(members[0]);
        let Op::Apply(fun) = first.op else { unreachable!("only functions are bundled") };
        let element = self.storage.element(first.ty);
        let mut packs = Vec::new();
        for at in 0..first.operands().len() {
            let column: Vec<V> = (members.iter())
                .map(|&member| {
                    self.about(member, |writer| writer.number(writer.program.node(member).operands()[at]))
                })
                .collect();
            let real = |v: V| match self.body.inst(v).what {
                Do::Real(value) => Some(value.to_bits()),
                _ => None,
            };
            let first = real(column[0]);
            let constant = first.is_some() && column.iter().all(|&v| real(v) == first);
            packs.push(match constant {
                true => column[0],
                false => self.about(members[0], |writer| writer.emit(Do::Pack, &column, element)),
            });
        }
        // Two lanes of double precision fit into one vector.
        self.written += members.len().div_ceil(2);
        let all = self.about(members[0], |writer| writer.emit(Do::Apply(fun), &packs, element));
        for (lane, &member) in (0..).zip(members) {
            let value = self.about(member, |writer| writer.emit(Do::Unpack(lane), &[all], element));
            self.values.insert((member, self.view), value);
            self.settle(member);
        }
    }

    /// The remainder of an int that is not negative and less than twice the divisor.
    fn wrapped(&mut self, value: V, by: V) -> V {
        let less = self.emit(Do::Apply(Fun::Sub), &[value, by], Element::I32);
        let below = self.emit(Do::Apply(Fun::Lt), &[value, by], Element::Mask);
        self.emit(Do::Choose, &[below, value, less], Element::I32)
    }

    /// The index, within `0..len`.
    pub(super) fn clamped(&mut self, index: Sig, len: u32) -> V {
        let index = self.plan.source(index);
        let view = self.view_of(index);
        if let Some(&known) = self.indices.get(&(index, view, len)) {
            return known;
        }
        let clamped = self.clamp(index, len);
        self.indices.insert((index, view, len), clamped);
        clamped
    }

    fn clamp(&mut self, index: Sig, len: u32) -> V {
        let last = i32::try_from(len - 1).unwrap_or(i32::MAX);
        if let Op::Int(value) = self.program.node(self.plan.source(index)).op {
            return self.int(value.clamp(0, last));
        }
        if self.is_clamped(index, last) {
            return self.number(index);
        }
        let index = self.number(index);
        let zero = self.int(0);
        let raised = self.emit(Do::Apply(Fun::Max), &[index, zero], Element::I32);
        let last = self.int(last);
        self.emit(Do::Apply(Fun::Min), &[raised, last], Element::I32)
    }

    /// Whether the program itself clamps the index: `min(max(x, 0), last)`.
    fn is_clamped(&self, index: Sig, last: i32) -> bool {
        let node = |sig: Sig| self.program.node(self.plan.source(sig));
        let bounded = |sig: Sig, by: Fun, holds: &dyn Fn(i32) -> bool| {
            let operands = (node(sig).op == Op::Apply(by)).then(|| node(sig).operands())?;
            let literal = |sig: &&Sig| matches!(node(**sig).op, Op::Int(value) if holds(value));
            operands.iter().find(literal).and(operands.iter().find(|sig| !literal(sig)))
        };
        bounded(index, Fun::Min, &|value| (0..=last).contains(&value))
            .is_some_and(|inner| bounded(*inner, Fun::Max, &|value| value >= 0).is_some())
    }
}

/// Whether there is a form of the function that is written in place.
fn is_short(spec: &Spec, fun: Fun) -> bool {
    spec.precision == Precision::Single && single::WRITTEN.contains(&fun)
}
