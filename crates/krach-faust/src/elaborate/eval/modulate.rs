//! Widget modulation: `["target": circuit -> E]` replaces the widgets of E that a target names.

use super::Evaluator;
use crate::elaborate::diagram::{Arity, BoxId, Diagram};
use crate::elaborate::ids::{Env, FileId};
use crate::elaborate::widgets::{name_of, steps_of};
use crate::prim::Prim;
use crate::syntax::{Compose, ExprId, Name};
use krach_diag::{Code, Diagnostic};
use rustc_hash::FxHashMap;

/// One target while it is applied.
struct Target {
    /// What the path of a widget must contain, in this order.
    steps: Vec<String>,
    circuit: BoxId,
    /// The new input, if the circuit has two.
    slot: Option<BoxId>,
    found: bool,
    /// Results per box and number of steps already met.
    done: FxHashMap<(BoxId, usize), BoxId>,
}

impl Evaluator<'_> {
    pub(super) fn modulate(
        &mut self,
        file: FileId,
        targets: &[(Name, Option<ExprId>)],
        body: ExprId,
        env: Env,
    ) -> BoxId {
        let value = self.eval(file, body, env);
        let mut value = self.boxed(value);
        // The first target is outermost and takes the first of the new inputs.
        for &(target, circuit) in targets.iter().rev() {
            let circuit = match circuit {
                Some(circuit) => {
                    let circuit = self.eval(file, circuit, env);
                    self.boxed(circuit)
                }
                None => self.make(Diagram::Prim(Prim::Mul)),
            };
            let inputs = match self.boxes.arity(circuit) {
                Arity::Known(inputs @ 0..=2, 1) => inputs,
                _ => {
                    let message = "a circuit of a modulation has at most 2 inputs and 1 output".to_owned();
                    self.trouble(Code::FaustArity, message);
                    return self.error();
                }
            };
            let label = self.label(file, target, env);
            let steps =
                self.texts.get(label).split('/').map(name_of).filter(|step| !step.is_empty()).collect();
            let slot = (inputs == 2).then(|| self.fresh_slot());
            let mut target = Target {
                steps,
                circuit,
                slot: slot.map(|(_, value)| value),
                found: false,
                done: FxHashMap::default(),
            };
            let replaced = self.replace_widgets(value, 0, &mut target);
            if !target.found {
                let message = format!("no widget is called `{}`", target.steps.join("/"));
                let place = self.place_of(self.here);
                let report = Diagnostic::warning(Code::FaustUnused, message);
                self.report(match place {
                    Some(place) => report.at(place),
                    None => report,
                });
            }
            value = match slot {
                Some((slot, _)) => self.make(Diagram::Symbolic(slot, replaced)),
                None => replaced,
            };
        }
        value
    }

    fn replace_widgets(&mut self, id: BoxId, met: usize, target: &mut Target) -> BoxId {
        if !self.boxes.facts(id).widgets || !self.deeper() {
            return id;
        }
        if let Some(&done) = target.done.get(&(id, met)) {
            return done;
        }
        let result = match self.boxes.get(id) {
            Diagram::Compose(compose, a, b) => {
                let a = self.replace_widgets(a, met, target);
                let b = self.replace_widgets(b, met, target);
                self.make(Diagram::Compose(compose, a, b))
            }
            Diagram::Symbolic(slot, body) => {
                let body = self.replace_widgets(body, met, target);
                self.make(Diagram::Symbolic(slot, body))
            }
            Diagram::Group(group, label, body) => {
                let met = self.meet(label, met, target);
                let body = self.replace_widgets(body, met, target);
                self.make(Diagram::Group(group, label, body))
            }
            Diagram::Button(label) | Diagram::Checkbox(label) | Diagram::Slider(_, label, _)
                if self.meet(label, met, target) == target.steps.len() =>
            {
                target.found = true;
                let entering = match (self.boxes.arity(target.circuit), target.slot) {
                    (Arity::Known(0, _), _) => None,
                    (_, None) => Some(id),
                    (_, Some(slot)) => Some(self.make(Diagram::Compose(Compose::Par, id, slot))),
                };
                match entering {
                    Some(entering) => self.make(Diagram::Compose(Compose::Seq, entering, target.circuit)),
                    None => target.circuit,
                }
            }
            _ => id,
        };
        target.done.insert((id, met), result);
        result
    }

    /// How many steps of the target are met after the parts of this label.
    fn meet(&self, label: crate::elaborate::interner::Text, met: usize, target: &Target) -> usize {
        let parts = steps_of(self.texts.get(label));
        parts.iter().fold(met, |met, part| met + usize::from(target.steps.get(met) == Some(part)))
    }
}
