//! The rules every program obeys after validation; engines rely on them without checking again.

use crate::{Control, Limits, Op, Program, Rule, Sig, TableInit, Ty};
use rustc_hash::FxHashSet;
use std::fmt;
use std::sync::Arc;

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The part that breaks it, as the text form names it.
    pub part: String,
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part, self.what)
    }
}

impl Program {
    /// Checks every rule; all faults at once.
    ///
    /// # Errors
    /// The faults, in order of the program's parts.
    pub fn validate(&self) -> Result<(), Vec<Fault>> {
        let faults = self.faults(0);
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn faults(&self, nested: usize) -> Vec<Fault> {
        let mut check = Check { program: self, nested, faults: Vec::new() };
        check.sizes();
        for sig in self.sigs() {
            check.node(sig);
        }
        check.state();
        check.ports();
        check.polyphony();
        check.faults
    }
}

struct Check<'a> {
    program: &'a Program,
    /// How many generators it is inside.
    nested: usize,
    faults: Vec<Fault>,
}

impl Check<'_> {
    fn fault(&mut self, part: impl fmt::Display, what: impl Into<String>) {
        self.faults.push(Fault { part: part.to_string(), what: what.into() });
    }

    fn polyphony(&mut self) {
        let Some(polyphony) = self.program.polyphony() else { return };
        if !(1..=Limits::VOICES).contains(&polyphony.voices) {
            self.fault("voices", format!("{} voices, not 1 to {}", polyphony.voices, Limits::VOICES));
        }
        let Some(effect) = &polyphony.effect else { return };
        if effect.polyphony.is_some() || self.nested > 0 {
            return self.fault("effect", "an effect follows the voices of a whole program and has none");
        }
        let own = |name: &Arc<str>| self.program.controls.iter().any(|control| control.name == *name);
        if let Some(control) = effect.controls.iter().find(|control| own(&control.name)) {
            self.fault("effect", format!("has a control {:?}, and so has the voice", control.name));
        }
        let own = |name: &Arc<str>| self.program.meters.iter().any(|meter| meter.name == *name);
        if let Some(meter) = effect.meters.iter().find(|meter| own(&meter.name)) {
            self.fault("effect", format!("has a meter {:?}, and so has the voice", meter.name));
        }
        let within = |f: Fault| Fault { part: format!("effect: {}", f.part), ..f };
        self.faults.extend(effect.faults(self.nested).into_iter().map(within));
    }

    fn sizes(&mut self) {
        let p = self.program;
        let limits = Limits::DEFAULT;
        for (what, count, limit) in [
            ("nodes", p.nodes.len(), limits.nodes),
            ("inputs", p.inputs.len(), limits.ports),
            ("outputs", p.outputs.len(), limits.ports),
        ] {
            if count > limit {
                self.fault("program", format!("{count} {what}, at most {limit}"));
            }
        }
        if p.outputs.is_empty() {
            self.fault("program", "no output");
        }
        if p.homes.len() != p.nodes.len() {
            self.fault("program", "a home for some nodes only");
        }
    }

    fn node(&mut self, sig: Sig) {
        let p = self.program;
        let node = p.node(sig);
        if !node.op.takes(node.operands().len()) {
            return self.fault(sig, format!("has {} operands", node.operands().len()));
        }
        if let Some(&late) = node.operands().iter().find(|&&operand| operand >= sig) {
            return self.fault(sig, format!("operand {late} comes later"));
        }
        let types: Vec<Ty> = node.operands().iter().map(|&operand| p.node(operand).ty).collect();
        let exists = |index: usize, len: usize| {
            if index < len { Ok(()) } else { Err("names a part that does not exist") }
        };
        let ty = match node.op {
            Op::Real(value) if value.is_finite() => Ok(Ty::Real),
            Op::Real(_) => Err("a constant that is not finite"),
            Op::Int(_) => Ok(Ty::Int),
            Op::SampleRate => Ok(Ty::Real),
            Op::Input(port) => exists(port as usize, p.inputs.len()).map(|()| Ty::Real),
            Op::Control(id) => exists(id.index(), p.controls.len()).map(|()| Ty::Real),
            Op::Noise(id) => exists(id.index(), p.noises.len()).map(|()| Ty::Real),
            Op::Read(id) => exists(id.index(), p.registers.len()).map(|()| p.register(id).ty),
            Op::Tap(id) => exists(id.index(), p.lines.len()).map(|()| p.line(id).ty),
            Op::Lookup(id) => exists(id.index(), p.tables.len()).map(|()| p.table(id).ty),
            Op::Recall(id) => exists(id.index(), p.rams.len()).map(|()| p.ram(id).ty),
            Op::Argument => Ok(types[0]),
            Op::Apply(fun) => Ok(fun.result(&types)),
        };
        match ty {
            Err(what) => return self.fault(sig, what),
            Ok(ty) if ty != node.ty => self.fault(sig, format!("is {}, its operation gives {ty}", node.ty)),
            Ok(_) => {}
        }
        if let Some(late) = p.dependencies(sig).find(|&other| other >= sig) {
            self.fault(sig, format!("reads state that {late} writes later in the frame"));
        }
        match node.op {
            Op::Tap(_) | Op::Lookup(_) | Op::Recall(_) if types[0] != Ty::Int => {
                self.fault(sig, "the index is not an int");
            }
            Op::Apply(fun) if fun.rule() == Rule::ToInt && types[0] == Ty::Int => {
                self.fault(sig, "is an int already");
            }
            Op::Apply(fun) => {
                for (position, &ty) in types.iter().enumerate() {
                    if fun.wants(position, &types) != ty {
                        self.fault(sig, format!("operand {position} of `{fun}` is {ty}"));
                    }
                }
            }
            _ => {}
        }
    }

    /// A signal that state or a port refers to.
    fn refers(&mut self, part: &str, sig: Sig, ty: Option<Ty>) {
        match self.program.nodes.get(sig.index()) {
            None => self.fault(part, format!("refers to {sig}, which does not exist")),
            Some(node) if ty.is_some_and(|ty| ty != node.ty) => {
                self.fault(part, format!("{sig} is {}", node.ty));
            }
            Some(_) => {}
        }
    }

    fn contents(&mut self, part: &str, ty: Ty, len: u32, init: &TableInit) {
        if len == 0 || len as usize > Limits::DEFAULT.table_entries {
            self.fault(part, format!("{len} entries"));
        }
        let (given, found) = match init {
            TableInit::Reals(values) if values.iter().any(|value| !value.is_finite()) => {
                return self.fault(part, "an entry that is not finite");
            }
            TableInit::Reals(values) => (values.len(), Ty::Real),
            TableInit::Ints(values) => (values.len(), Ty::Int),
            TableInit::Sound { .. } => (len as usize, Ty::Real),
            TableInit::Generated(inner) => {
                let deaf = inner.inputs.is_empty() && inner.controls.is_empty() && inner.meters.is_empty();
                if !deaf || inner.outputs.len() != 1 {
                    self.fault(part, "its generator must have one output, no input, no control, no meter");
                }
                if self.nested == Limits::NESTING {
                    return self
                        .fault(part, format!("generators in generators, more than {}", Limits::NESTING));
                }
                let faults = inner.faults(self.nested + 1);
                if !faults.is_empty() {
                    let within = |f: Fault| Fault { part: format!("{part}: {}", f.part), ..f };
                    return self.faults.extend(faults.into_iter().map(within));
                }
                (len as usize, inner.node(inner.outputs[0].sig).ty)
            }
        };
        if given != len as usize {
            self.fault(part, format!("{given} values for {len} entries"));
        }
        if found != ty {
            self.fault(part, format!("is {ty}, its contents are {found}"));
        }
    }

    fn state(&mut self) {
        let p = self.program;
        for (i, register) in p.registers.iter().enumerate() {
            let part = format!("r{i}");
            self.refers(&part, register.next, Some(register.ty));
            self.gate(&part, register.gate);
        }
        for (i, line) in p.lines.iter().enumerate() {
            let part = format!("d{i}");
            self.refers(&part, line.input, Some(line.ty));
            self.gate(&part, line.gate);
            if line.max > Limits::DEFAULT.delay_frames {
                self.fault(part, format!("{} frames, at most {}", line.max, Limits::DEFAULT.delay_frames));
            }
        }
        for (i, table) in p.tables.iter().enumerate() {
            self.contents(&format!("t{i}"), table.ty, table.len, &table.init);
        }
        for (i, ram) in p.rams.iter().enumerate() {
            let part = format!("m{i}");
            self.refers(&part, ram.index, Some(Ty::Int));
            self.refers(&part, ram.value, Some(ram.ty));
            self.gate(&part, ram.gate);
            self.contents(&part, ram.ty, ram.len, &ram.init);
        }
    }

    fn gate(&mut self, part: &str, gate: Option<Sig>) {
        if let Some(gate) = gate {
            self.refers(part, gate, Some(Ty::Int));
        }
    }

    fn meters(&mut self) {
        let mut names = FxHashSet::default();
        for (i, meter) in self.program.meters.iter().enumerate() {
            let part = format!("meter {i}");
            self.refers(&part, meter.sig, None);
            if let Some(what) = meter.fault() {
                self.fault(&part, what);
            }
            if !Control::is_name(&meter.name) {
                self.fault(&part, format!("{:?} is not the name of a meter", meter.name));
            }
            if !names.insert(&meter.name) {
                self.fault(&part, format!("`{}` is taken", meter.name));
            }
        }
    }

    fn ports(&mut self) {
        let p = self.program;
        let mut names = FxHashSet::default();
        for (i, control) in p.controls.iter().enumerate() {
            if let Some(what) = control.fault() {
                self.fault(format!("c{i}"), what);
            }
            if !Control::is_name(&control.name) {
                self.fault(format!("c{i}"), format!("{:?} is not a control name", control.name));
            }
            if !names.insert(&control.name) {
                self.fault(format!("c{i}"), format!("`{}` is taken", control.name));
            }
        }
        for (i, output) in p.outputs.iter().enumerate() {
            self.refers(&format!("output {i}"), output.sig, None);
        }
        self.meters();
        for (i, call) in p.calls.iter().enumerate() {
            let part = format!("f{i}");
            if call.parent.is_some_and(|parent| parent.index() >= i) {
                self.fault(&part, "its caller comes later");
            }
            for argument in &call.arguments {
                self.refers(&part, argument.outer, None);
                self.refers(&part, argument.inner, None);
            }
            for &result in &call.results {
                self.refers(&part, result, None);
            }
        }
        if let Some(home) = p.homes.iter().flatten().find(|home| home.index() >= p.calls.len()) {
            self.fault(home, "is a home but no call");
        }
    }
}
