//! Numbers at the level of boxes: what denotes a constant is replaced by it.

use super::Evaluator;
use crate::elaborate::diagram::{Arity, BoxId, Diagram};
use crate::elaborate::ids::{Env, FileId};
use crate::elaborate::signal::Constant;
use crate::syntax::{Compose, ExprId};
use krach_diag::Code;

impl Evaluator<'_> {
    pub(super) fn number_box(&mut self, value: Constant) -> BoxId {
        self.make(match value {
            Constant::Int(value) => Diagram::Int(value),
            Constant::Real(value) => Diagram::Real(value.to_bits()),
        })
    }

    fn literal(&self, id: BoxId) -> Option<Constant> {
        match self.boxes.get(id) {
            Diagram::Int(value) => Some(Constant::Int(value)),
            Diagram::Real(bits) => Some(Constant::Real(f64::from_bits(bits))),
            _ => None,
        }
    }

    /// The value of numbers into a primitive, if that is a number.
    pub(super) fn folded(&mut self, a: BoxId, b: BoxId) -> Option<BoxId> {
        match self.boxes.get(b) {
            Diagram::Wire => self.literal(a).map(|_| a),
            Diagram::Prim(prim) => {
                let mut numbers = Vec::with_capacity(5);
                let mut next = a;
                while let Diagram::Compose(Compose::Par, left, right) = self.boxes.get(next) {
                    numbers.push(self.literal(left)?);
                    if numbers.len() > 5 {
                        return None;
                    }
                    next = right;
                }
                numbers.push(self.literal(next)?);
                if numbers.len() != prim.inputs() as usize {
                    return None;
                }
                self.signals.origin = self.here;
                let inputs: Vec<_> = numbers.into_iter().map(|value| self.signals.number(value)).collect();
                let output = self.primitive(prim, &inputs);
                let value = self.signals.constant(output)?;
                Some(self.number_box(value))
            }
            _ => None,
        }
    }

    /// The number that a box without inputs denotes.
    pub(super) fn number(&mut self, id: BoxId) -> Option<Constant> {
        if let Some(value) = self.literal(id) {
            return Some(value);
        }
        if self.boxes.facts(id).error || self.boxes.facts(id).variants {
            return None;
        }
        // A box with functions inside may be a list or a tree that a pattern takes apart: it stays what it is.
        if self.boxes.arity(id) != Arity::Known(0, 1) {
            return None;
        }
        if matches!(self.boxes.get(id), Diagram::Slot(_) | Diagram::Slider(..)) {
            return None;
        }
        if let Some(&known) = self.numbers.get(&id) {
            return known;
        }
        let outputs = self.propagate_quietly(id);
        let value = outputs.first().and_then(|&output| self.signals.constant(output));
        self.numbers.insert(id, value);
        value
    }

    /// The number instead of what denotes it.
    pub(super) fn reduced(&mut self, id: BoxId) -> BoxId {
        let number = match self.boxes.get(id) {
            // It stays a component where it is no number, so that names inside can be looked up.
            Diagram::Component(env) if self.defines_process(env) => {
                let process = self.boxed(id);
                self.number(process)
            }
            Diagram::Component(_) => None,
            _ => self.number(id),
        };
        match number {
            Some(value) => self.number_box(value),
            None => id,
        }
    }

    /// A number that must be known now; reported if it is not.
    pub(super) fn required(&mut self, file: FileId, expr: ExprId, env: Env, what: &str) -> Option<Constant> {
        let value = self.eval(file, expr, env);
        let value = self.boxed(value);
        let number = self.number(value);
        if number.is_none() && !self.boxes.facts(value).error {
            if self.boxes.arity(value) == Arity::Fault {
                self.fault(value);
            }
            self.enter(file, expr, |this| {
                this.trouble(
                    Code::FaustNumber,
                    format!("{what} must be a number that is known while compiling"),
                );
            });
        }
        number
    }

    /// As `required`, truncated and within bounds.
    pub(super) fn required_int(
        &mut self,
        file: FileId,
        expr: ExprId,
        env: Env,
        what: &str,
        bounds: std::ops::RangeInclusive<i32>,
    ) -> Option<i32> {
        let value = self.required(file, expr, env, what)?.int();
        if bounds.contains(&value) {
            return Some(value);
        }
        self.enter(file, expr, |this| {
            let allowed = match (bounds.start(), bounds.end()) {
                (&i32::MIN, hi) => format!("be at most {hi}"),
                (lo, hi) => format!("lie between {lo} and {hi}"),
            };
            this.trouble(Code::FaustNumber, format!("{what} is {value}, but must {allowed}"));
        });
        None
    }
}
