//! Iterations and routes: `par(i, 4, …)`, `route(2, 2, …)`, and the counts `inputs(…)` and `outputs(…)`.

use super::Evaluator;
use crate::elaborate::diagram::{Arity, BoxId, Diagram, Routing, Table};
use crate::elaborate::ids::{Env, FileId};
use crate::elaborate::signal::Constant;
use crate::prim::Prim;
use crate::syntax::{Compose, ExprId, Iterate, Name};
use krach_diag::Code;

/// The most copies one iteration may make, and the most ports of a route.
const MAX_COPIES: i32 = 1 << 20;

impl Evaluator<'_> {
    pub(super) fn ports(&mut self, file: FileId, body: ExprId, env: Env, inputs: bool) -> BoxId {
        let value = self.eval(file, body, env);
        let value = self.boxed(value);
        match self.boxes.arity(value) {
            Arity::Known(u, v) => self.int(i32::try_from(if inputs { u } else { v }).unwrap_or(i32::MAX)),
            _ => {
                self.fault(value);
                self.error()
            }
        }
    }

    pub(super) fn iterate(
        &mut self,
        file: FileId,
        iterate: Iterate,
        name: Name,
        (count, body): (ExprId, ExprId),
        env: Env,
    ) -> BoxId {
        let Some(count) = self.copies(file, count, env) else { return self.error() };
        let name = self.text(file, name);
        let copy = |this: &mut Self, at: usize| {
            let value = this.int(i32::try_from(at).expect("limited above"));
            let inner = this.bind(env, name, value);
            this.eval(file, body, inner)
        };
        if count == 0 && iterate == Iterate::Seq {
            let body = copy(self, 0);
            return self.sequence_of_none(body);
        }
        let mut copies = Vec::new();
        for at in 0..count {
            copies.push(copy(self, at));
            if !self.deeper() {
                return self.error();
            }
        }
        self.joined(iterate, &copies)
    }

    /// How many copies an iteration makes.
    pub(super) fn copies(&mut self, file: FileId, count: ExprId, env: Env) -> Option<usize> {
        let count = self.required_int(file, count, env, "the number of copies", i32::MIN..=MAX_COPIES)?;
        Some(usize::try_from(count).unwrap_or(0))
    }

    /// The copies of an iteration as one box.
    pub(super) fn joined(&mut self, iterate: Iterate, copies: &[BoxId]) -> BoxId {
        let Some((&first, others)) = copies.split_first() else { return self.make(Diagram::Empty) };
        let mut folded = |join: fn(&mut Self, BoxId, BoxId) -> BoxId| {
            others.iter().fold(first, |sofar, &next| join(self, sofar, next))
        };
        match iterate {
            Iterate::Par => self.parallel(copies),
            Iterate::Seq => folded(|this, sofar, next| this.compose(Compose::Seq, sofar, next)),
            Iterate::Sum => folded(|this, sofar, next| this.infix(Prim::Add, sofar, next)),
            Iterate::Prod => folded(|this, sofar, next| this.infix(Prim::Mul, sofar, next)),
        }
    }

    /// No copies in sequence are wires, as many as the body is wide.
    fn sequence_of_none(&mut self, body: BoxId) -> BoxId {
        let body = self.boxed(body);
        match self.boxes.arity(body) {
            Arity::Known(inputs, outputs) if inputs == outputs => self.wires(inputs),
            Arity::Known(inputs, outputs) => {
                let message = format!(
                    "`seq` of nothing is as wide as its body, which has {inputs} inputs and {outputs} outputs"
                );
                self.trouble(Code::FaustArity, message);
                self.error()
            }
            _ => {
                self.fault(body);
                self.error()
            }
        }
    }

    pub(super) fn route(
        &mut self,
        file: FileId,
        inputs: ExprId,
        outputs: ExprId,
        pairs: Option<ExprId>,
        env: Env,
    ) -> BoxId {
        let inputs = self.required_int(file, inputs, env, "the number of inputs", 0..=MAX_COPIES);
        let outputs = self.required_int(file, outputs, env, "the number of outputs", 0..=MAX_COPIES);
        let (Some(inputs), Some(outputs)) = (inputs, outputs) else { return self.error() };
        let mut ports = Vec::new();
        if let Some(pairs) = pairs {
            let value = self.eval(file, pairs, env);
            let mut next = self.boxed(value);
            if self.boxes.facts(next).error {
                return self.error();
            }
            loop {
                let (first, rest) = match self.boxes.get(next) {
                    Diagram::Compose(Compose::Par, first, rest) => (first, Some(rest)),
                    _ => (next, None),
                };
                if !self.ports_of(first, &mut ports) {
                    self.trouble(Code::FaustNumber, "the ports of a route must be numbers".to_owned());
                    return self.error();
                }
                match rest {
                    Some(rest) => next = rest,
                    None => break,
                }
            }
        }
        let (pairs, rest) = ports.as_chunks::<2>();
        if !rest.is_empty() {
            let message = "the ports of a route come in pairs: a source, then a destination".to_owned();
            self.trouble(Code::FaustNumber, message);
            return self.error();
        }
        let pairs = pairs.iter().map(|&[source, destination]| (source, destination)).collect();
        let routing = Routing { inputs: inputs.cast_unsigned(), outputs: outputs.cast_unsigned(), pairs };
        let table = self.boxes.intern(Table::Routing(routing));
        self.make(Diagram::Route(table))
    }

    /// The numbers that a box gives, which may be several.
    fn ports_of(&mut self, id: BoxId, ports: &mut Vec<i32>) -> bool {
        let Arity::Known(0, _) = self.boxes.arity(id) else { return false };
        for output in self.propagate_quietly(id).iter() {
            match self.signals.constant(*output).map(Constant::int) {
                Some(port) => ports.push(port),
                None => return false,
            }
        }
        true
    }
}
