//! One pass: a new program from an old one, node by node.

use super::{algebra, fold, merge};
use crate::builder::{Identity, identity};
use crate::interval::{Bounds, Intervals, OnePole};
use crate::maths::Value;
use crate::{Fun, Ty};
use crate::{Line, LineId, Node, Op, Output, Program, Ram, Register, RegisterId, Sig, TableId};
use merge::Held;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The program in the making; equal nodes are made once.
#[derive(Default)]
pub(super) struct Target {
    program: Program,
    known: FxHashMap<Identity, Sig>,
}

impl Target {
    pub fn node(&self, sig: Sig) -> Node<'_> {
        self.program.node(sig)
    }

    /// The value of a constant.
    pub fn value(&self, sig: Sig) -> Option<Value<f64>> {
        match self.node(sig).op {
            Op::Real(value) => Some(Value::Real(value)),
            Op::Int(value) => Some(Value::Int(value)),
            _ => None,
        }
    }

    pub fn constant(&mut self, value: Value<f64>) -> Sig {
        match value {
            Value::Real(value) => self.push(Op::Real(value), Ty::Real, &[]),
            Value::Int(value) => self.push(Op::Int(value), Ty::Int, &[]),
        }
    }

    pub fn zero(&mut self, ty: Ty) -> Sig {
        match ty {
            Ty::Int => self.constant(Value::Int(0)),
            Ty::Real => self.constant(Value::Real(0.0)),
        }
    }

    /// As it stands, without simplification.
    pub fn apply(&mut self, fun: Fun, operands: &[Sig]) -> Sig {
        let types: Vec<Ty> = operands.iter().map(|&sig| self.node(sig).ty).collect();
        let ty = fun.result(&types);
        match *operands {
            [a, b] if b < a && algebra::commutes(fun) => self.push(Op::Apply(fun), ty, &[b, a]),
            _ => self.push(Op::Apply(fun), ty, operands),
        }
    }

    pub fn push(&mut self, op: Op, ty: Ty, operands: &[Sig]) -> Sig {
        let node = Node::new(op, ty, operands);
        let fresh = self.program.nodes.len();
        *self.known.entry(identity(None, &node, fresh)).or_insert_with(|| self.program.nodes.push(node))
    }
}

impl Target {
    /// The new nodes in the place of the old ones, which `map` leads to; no state is dropped or merged.
    pub fn into_program(self, old: &Program, map: &[Sig]) -> Program {
        let to = |sig: Sig| map[sig.index()];
        let gate = |gate: Option<Sig>| gate.map(to);
        let register = |r: &Register| Register { next: to(r.next), gate: gate(r.gate), ..r.clone() };
        let line = |l: &Line| Line { input: to(l.input), gate: gate(l.gate), ..l.clone() };
        let ram = |r: &Ram| Ram { index: to(r.index), value: to(r.value), gate: gate(r.gate), ..r.clone() };
        let mut new = Program {
            name: old.name.clone(),
            inputs: old.inputs.clone(),
            controls: old.controls.clone(),
            registers: old.registers.iter().map(register).collect(),
            lines: old.lines.iter().map(line).collect(),
            rams: old.rams.iter().map(ram).collect(),
            outputs: old.outputs.iter().map(|o| Output { sig: to(o.sig), ..o.clone() }).collect(),
            tables: old.tables.clone(),
            noises: old.noises.clone(),
            sounds: old.sounds.clone(),
            homes: vec![None; self.program.nodes.len()],
            ..self.program
        };
        for (&sig, name) in &old.names {
            new.names.entry(to(sig)).or_insert_with(|| name.clone());
        }
        for (&sig, site) in &old.sites {
            new.sites.entry(to(sig)).or_insert_with(|| site.clone());
        }
        new
    }
}

pub(super) struct Rebuild<'a> {
    old: &'a Program,
    known: Intervals,
    held: Vec<Held>,
    target: Target,
    /// Old to new.
    map: Vec<Sig>,
    lines: FxHashMap<(Sig, Option<Sig>), LineId>,
}

impl<'a> Rebuild<'a> {
    /// The program once rewritten; dead parts are still in it.
    pub fn run(old: &'a Program, sample_rate: Option<u32>) -> Program {
        let mut rebuild = Self {
            old,
            known: Intervals::of_program(old, OnePole::Widen),
            held: merge::registers(old),
            target: Target::default(),
            map: Vec::with_capacity(old.nodes.len()),
            lines: FxHashMap::default(),
        };
        for sig in old.sigs() {
            let new = rebuild.node(sig, sample_rate);
            rebuild.map.push(new);
        }
        rebuild.finish()
    }

    fn to(&self, old: Sig) -> Sig {
        self.map[old.index()]
    }

    fn node(&mut self, sig: Sig, sample_rate: Option<u32>) -> Sig {
        let node = self.old.node(sig);
        let known = self.known.bounds(sig);
        // An int of which only one value is possible.
        if node.ty == Ty::Int && known.lo == known.hi {
            // Bounds of ints are ints of 32 bits.
            #[allow(clippy::cast_possible_truncation)]
            return self.target.constant(Value::Int(known.lo as i32));
        }
        let operands: Vec<Sig> = node.operands().iter().map(|&operand| self.to(operand)).collect();
        match (node.op, sample_rate) {
            (Op::Argument, _) => operands[0],
            (Op::SampleRate, Some(rate)) => self.target.constant(Value::Real(f64::from(rate))),
            (Op::Read(id), _) => match self.held[id.index()] {
                Held::Zero => self.target.zero(node.ty),
                Held::As(same) => self.target.push(Op::Read(same), node.ty, &[]),
            },
            (Op::Tap(id), _) => self.tap(id, node.operands()[0], operands[0]),
            (Op::Lookup(id), _) => match self.entry(id, operands[0]) {
                Some(value) => self.target.constant(value),
                None => self.target.push(node.op, node.ty, &operands),
            },
            (Op::Apply(fun), _) => self.apply(fun, node.operands(), &operands),
            (op, _) => self.target.push(op, node.ty, &operands),
        }
    }

    fn entry(&self, table: TableId, index: Sig) -> Option<Value<f64>> {
        match self.target.value(index)? {
            Value::Int(index) => fold::entry(self.old.table(table), index),
            Value::Real(_) => None,
        }
    }

    fn apply(&mut self, fun: Fun, old: &[Sig], operands: &[Sig]) -> Sig {
        let values: Option<Vec<Value<f64>>> = operands.iter().map(|&sig| self.target.value(sig)).collect();
        if let Some(value) = values.and_then(|values| fold::apply(fun, &values)) {
            return self.target.constant(value);
        }
        let known: Vec<Bounds> = old.iter().map(|&old| self.known.bounds(old)).collect();
        algebra::simplify(&mut self.target, fun, operands, &known)
            .unwrap_or_else(|| self.target.apply(fun, operands))
    }

    /// Lines of equal input become one; a line is as long as its taps reach. A tap that might leave its own line
    /// gets its clamp as nodes.
    fn tap(&mut self, id: LineId, old_at: Sig, mut at: Sig) -> Sig {
        let line = self.old.line(id);
        let known = self.known.bounds(old_at);
        let max = line.max.cast_signed();
        if !known.interval().within(0.0, f64::from(max)) {
            let zero = self.target.zero(Ty::Int);
            at = self.target.apply(Fun::Max, &[at, zero]);
            let most = self.target.constant(Value::Int(max));
            at = self.target.apply(Fun::Min, &[at, most]);
        }
        let input = self.to(line.input);
        let silent = matches!(self.target.value(input), Some(Value::Int(0) | Value::Real(0.0)));
        if known.hi <= 0.0 || max == 0 || silent {
            return input;
        }
        let gate = line.gate.map(|gate| self.to(gate)).filter(|&gate| !self.is_always(gate));
        let lines = &mut self.target.program.lines;
        let id = *self.lines.entry((input, gate)).or_insert_with(|| {
            lines.push(Line { ty: line.ty, input, max: 0, gate, keys: Vec::new() });
            LineId::new(lines.len() - 1)
        });
        let merged = &mut lines[id.index()];
        // At least 0 and at most `max`.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let reach = known.hi.min(f64::from(max)) as u32;
        merged.max = merged.max.max(reach);
        add_keys(&mut merged.keys, &line.keys);
        self.target.push(Op::Tap(id), line.ty, &[at])
    }

    fn is_always(&self, gate: Sig) -> bool {
        matches!(self.target.value(gate), Some(Value::Int(open)) if open != 0)
    }

    fn finish(mut self) -> Program {
        let old = self.old;
        let registers: Vec<Register> = (old.registers.iter())
            .map(|register| Register {
                next: self.to(register.next),
                gate: register.gate.map(|gate| self.to(gate)).filter(|&gate| !self.is_always(gate)),
                ..register.clone()
            })
            .collect();
        let rams = old.rams.iter().map(|ram| Ram {
            index: self.to(ram.index),
            value: self.to(ram.value),
            gate: ram.gate.map(|gate| self.to(gate)).filter(|&gate| !self.is_always(gate)),
            ..ram.clone()
        });
        let rams = rams.collect();
        let outputs = old.outputs.iter().map(|output| Output { sig: self.to(output.sig), ..output.clone() });
        let outputs = outputs.collect();
        let (names, sites) = (self.carried(&old.names), self.carried(&old.sites));
        let program = &mut self.target.program;
        program.registers = registers;
        for (at, held) in self.held.iter().enumerate() {
            match held {
                Held::As(first) if first.index() != at => {
                    add_keys(&mut program.registers[first.index()].keys, &old.registers[at].keys);
                }
                _ => {}
            }
        }
        program.name.clone_from(&old.name);
        program.metadata.clone_from(&old.metadata);
        program.credits.clone_from(&old.credits);
        program.sounds.clone_from(&old.sounds);
        program.polyphony.clone_from(&old.polyphony);
        program.inputs.clone_from(&old.inputs);
        program.controls.clone_from(&old.controls);
        program.tables.clone_from(&old.tables);
        program.noises.clone_from(&old.noises);
        program.homes = vec![None; program.nodes.len()];
        program.rams = rams;
        program.outputs = outputs;
        program.names = names;
        program.sites = sites;
        self.target.program
    }

    /// What people wrote about a node holds for the node it became; the first word stays.
    fn carried<T: Clone>(&self, old: &BTreeMap<Sig, T>) -> BTreeMap<Sig, T> {
        let mut new = BTreeMap::new();
        for (&sig, what) in old {
            new.entry(self.to(sig)).or_insert_with(|| what.clone());
        }
        new
    }
}

fn add_keys(keys: &mut Vec<Arc<str>>, more: &[Arc<str>]) {
    for key in more {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
}

impl Held {
    pub fn own(at: usize) -> Self {
        Self::As(RegisterId::new(at))
    }
}
