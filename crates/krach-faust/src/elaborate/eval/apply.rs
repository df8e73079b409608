//! Applying functions to arguments, and turning functions into boxes.

use super::Evaluator;
use crate::elaborate::diagram::{Arity, BoxId, Diagram};
use crate::elaborate::ids::{Env, FileId};
use crate::syntax::{Compose, Expr, ExprId};
use krach_diag::Code;

impl Evaluator<'_> {
    /// Whether inputs and outputs inside do not fit. A parameter cannot be bound to such a box, used or not; a
    /// pattern may take it apart.
    pub(super) fn misfits(&self, value: BoxId) -> bool {
        self.boxes.arity(value) == Arity::Fault && !matches!(self.boxes.get(value), Diagram::Environment(_))
    }

    /// `function(arguments)`; arguments that are left over go to the result.
    pub(super) fn apply(&mut self, function: BoxId, arguments: &[BoxId]) -> BoxId {
        let mut function = function;
        let mut rest = arguments;
        while let Some((&first, others)) = rest.split_first() {
            match self.boxes.get(function) {
                Diagram::Error => return function,
                Diagram::Closure(..) if self.misfits(first) => {
                    self.fault(first);
                    return self.error();
                }
                Diagram::Closure(file, expr, bound, env) => {
                    function = self.apply_lambda(file, expr, bound, env, first);
                }
                Diagram::Matcher(case, taken) => function = self.apply_case(case, taken, first),
                Diagram::Environment(_) => {
                    self.trouble(Code::FaustEnvironment, "an environment cannot be applied".to_owned());
                    return self.error();
                }
                _ => return self.apply_box(function, rest, arguments.len() - rest.len()),
            }
            rest = others;
        }
        function
    }

    /// Binds one more parameter, to a number where the argument denotes one; the last one evaluates the body.
    fn apply_lambda(&mut self, file: FileId, expr: ExprId, bound: u32, env: Env, argument: BoxId) -> BoxId {
        let held = self.files[file.index()].file.clone();
        let Expr::Lambda(parameters, body) = held.syntax.expr(expr) else {
            unreachable!("closures are made of lambdas")
        };
        let name = self.text(file, parameters[bound as usize]);
        let argument = self.reduced(argument);
        let env = self.bind(env, name, argument);
        if bound as usize + 1 == parameters.len() {
            self.eval(file, *body, env)
        } else {
            self.make(Diagram::Closure(file, expr, bound + 1, env))
        }
    }

    /// The arguments side by side into the box, after parameters have taken `taken` of them; inputs that get none become
    /// wires.
    fn apply_box(&mut self, function: BoxId, arguments: &[BoxId], taken: usize) -> BoxId {
        let function = self.boxed(function);
        let together = self.parallel(arguments);
        let arguments = self.boxed(together);
        let (inputs, given) = match (self.boxes.arity(function), self.boxes.arity(arguments)) {
            (Arity::Known(inputs, _), Arity::Known(_, given)) => (inputs, given),
            (Arity::Fault, _) => {
                self.fault(function);
                return self.error();
            }
            _ => {
                self.fault(arguments);
                return self.error();
            }
        };
        let Some(missing) = inputs.checked_sub(given) else {
            let (given, most) = (taken + given as usize, taken + inputs as usize);
            let called = self.called();
            self.trouble(
                Code::FaustArguments,
                format!("too many arguments: {given}, but {called} takes {most}"),
            );
            return self.error();
        };
        let entering = if missing == 0 {
            arguments
        } else {
            let wires = self.wires(missing);
            let second =
                given == 1 && matches!(self.boxes.get(function), Diagram::Prim(prim) if prim.takes_second());
            let (first, last) = if second { (wires, arguments) } else { (arguments, wires) };
            self.make(Diagram::Compose(Compose::Par, first, last))
        };
        // `sin(0.5)` can still be taken apart, unlike `0.5 : sin`.
        self.connected(Compose::Seq, entering, function)
    }

    /// What is applied here, in the user's words.
    fn called(&self) -> String {
        const LONGEST: usize = 40;
        let (file, expr) = self.here;
        let syntax = self.syntax(file);
        let Some(&Expr::Apply(function, _)) = syntax.exprs.get(expr.index()) else {
            return "the box".to_owned();
        };
        let span = syntax.span(function);
        let text = &syntax.source().text()[span.start as usize..span.end as usize];
        if text.len() > LONGEST || text.contains('\n') { "the box".to_owned() } else { format!("`{text}`") }
    }

    /// The diagram as a box: functions inside get an input for each missing parameter.
    pub fn boxed(&mut self, id: BoxId) -> BoxId {
        if self.boxes.arity(id) != Arity::Later {
            return id;
        }
        if let Some(&known) = self.boxed.get(&id) {
            return known;
        }
        if !self.deeper() {
            return self.error();
        }
        let outer = std::mem::replace(&mut self.here, self.boxes.facts(id).origin);
        let result = match self.boxes.get(id) {
            Diagram::Closure(..) | Diagram::Matcher(..) => {
                let (slot, value) = self.fresh_slot();
                let body = self.apply(id, &[value]);
                let body = self.boxed(body);
                self.make(Diagram::Symbolic(slot, body))
            }
            Diagram::Component(env) => self.process_of(env),
            Diagram::Compose(compose, a, b) => {
                let a = self.boxed(a);
                let b = self.boxed(b);
                self.compose(compose, a, b)
            }
            Diagram::Group(group, label, inner) => {
                let inner = self.boxed(inner);
                self.make(Diagram::Group(group, label, inner))
            }
            Diagram::Symbolic(slot, body) => {
                let body = self.boxed(body);
                self.make(Diagram::Symbolic(slot, body))
            }
            _ => id,
        };
        self.here = outer;
        self.boxed.insert(id, result);
        result
    }
}
