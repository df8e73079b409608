//! Dropping what no output and no meter needs, keeping the order of the rest.

use crate::sound::Sounds;
use crate::{Call, CallId, LineId, Node, Nodes, NoiseId, Op, Program, RamId, RegisterId, Sig, TableId};

/// The program without dead nodes and dead state. Controls and inputs stay: they are the program's ports. A call
/// stays while one of its results is alive, and keeps its arguments.
pub(crate) fn prune(program: &Program) -> Program {
    let alive = Alive::of(program);
    let sigs = Renumbering::of(&alive.nodes);
    let registers = Renumbering::of(&alive.registers);
    let lines = Renumbering::of(&alive.lines);
    let tables = Renumbering::of(&alive.tables);
    let rams = Renumbering::of(&alive.rams);
    let noises = Renumbering::of(&alive.noises);
    let calls = Renumbering::of(&alive.calls);
    let sig = |old: Sig| Sig(sigs.to(old.index()));
    let op = |op: Op| match op {
        Op::Read(id) => Op::Read(RegisterId(registers.to(id.index()))),
        Op::Tap(id) => Op::Tap(LineId(lines.to(id.index()))),
        Op::Lookup(id) => Op::Lookup(TableId(tables.to(id.index()))),
        Op::Recall(id) => Op::Recall(RamId(rams.to(id.index()))),
        Op::Noise(id) => Op::Noise(NoiseId(noises.to(id.index()))),
        other => other,
    };
    // A dead call may still own live nodes (a loop read from outside): they move to the nearest live caller.
    let home = |home: Option<CallId>| {
        let callers = std::iter::successors(home, |id| program.call(*id).parent);
        callers.into_iter().find(|id| alive.calls[id.index()]).map(|id| CallId(calls.to(id.index())))
    };
    let mut nodes = Nodes::default();
    for (old, _) in program.nodes.iter().zip(&alive.nodes).filter(|(_, alive)| **alive) {
        let operands: Vec<Sig> = old.operands().iter().map(|&operand| sig(operand)).collect();
        nodes.push(Node::new(op(old.op), old.ty, &operands));
    }
    let mut pruned = Program {
        name: program.name.clone(),
        metadata: program.metadata.clone(),
        polyphony: program.polyphony.clone(),
        inputs: program.inputs.clone(),
        controls: program.controls.clone(),
        nodes,
        homes: sigs.keep(&program.homes).map(|&old| home(old)).collect(),
        registers: registers.keep(&program.registers).cloned().collect(),
        lines: lines.keep(&program.lines).cloned().collect(),
        tables: tables.keep(&program.tables).cloned().collect(),
        rams: rams.keep(&program.rams).cloned().collect(),
        noises: noises.keep(&program.noises).cloned().collect(),
        calls: calls
            .keep(&program.calls)
            .map(|call| Call { parent: home(call.parent), ..call.clone() })
            .collect(),
        outputs: program.outputs.clone(),
        meters: program.meters.clone(),
        names: program
            .names
            .iter()
            .filter(|(s, _)| alive.nodes[s.index()])
            .map(|(&s, n)| (sig(s), n.clone()))
            .collect(),
        sites: program
            .sites
            .iter()
            .filter(|(s, _)| alive.nodes[s.index()])
            .map(|(&s, n)| (sig(s), n.clone()))
            .collect(),
        credits: program.credits.clone(),
        sounds: Sounds::default(),
    };
    pruned.sounds = program.sounds.kept(pruned.contents());
    renumber(&mut pruned, sig);
    pruned
}

/// Replaces every signal that state, ports and records of calls refer to.
pub(crate) fn renumber(program: &mut Program, sig: impl Fn(Sig) -> Sig) {
    for register in &mut program.registers {
        register.next = sig(register.next);
        register.gate = register.gate.map(&sig);
    }
    for line in &mut program.lines {
        line.input = sig(line.input);
        line.gate = line.gate.map(&sig);
    }
    for ram in &mut program.rams {
        ram.index = sig(ram.index);
        ram.value = sig(ram.value);
        ram.gate = ram.gate.map(&sig);
    }
    for output in &mut program.outputs {
        output.sig = sig(output.sig);
    }
    for meter in &mut program.meters {
        meter.sig = sig(meter.sig);
    }
    for call in &mut program.calls {
        for argument in &mut call.arguments {
            argument.outer = sig(argument.outer);
            argument.inner = sig(argument.inner);
        }
        for result in &mut call.results {
            *result = sig(*result);
        }
    }
}

/// Old to new numbers of the parts that stay.
struct Renumbering(Vec<Option<u32>>);

impl Renumbering {
    fn of(alive: &[bool]) -> Self {
        let mut next = 0;
        let number = |&alive: &bool| {
            alive.then(|| {
                next += 1;
                next - 1
            })
        };
        Self(alive.iter().map(number).collect())
    }

    fn to(&self, old: usize) -> u32 {
        self.0[old].expect("a live node refers to live nodes only")
    }

    fn keep<'a, T>(&'a self, parts: &'a [T]) -> impl Iterator<Item = &'a T> {
        parts.iter().zip(&self.0).filter(|(_, new)| new.is_some()).map(|(part, _)| part)
    }
}

/// The parts that something needs.
pub(crate) struct Alive {
    pub nodes: Vec<bool>,
    pub registers: Vec<bool>,
    pub lines: Vec<bool>,
    tables: Vec<bool>,
    pub rams: Vec<bool>,
    noises: Vec<bool>,
    pub calls: Vec<bool>,
}

impl Alive {
    /// What outputs and meters need.
    fn of(program: &Program) -> Self {
        let meters = program.meters.iter().map(|meter| meter.sig);
        Self::reached(program, program.outputs.iter().map(|output| output.sig).chain(meters).collect())
    }

    /// What is heard: what the outputs need.
    pub fn heard(program: &Program) -> Self {
        Self::reached(program, program.outputs.iter().map(|output| output.sig).collect())
    }

    fn reached(program: &Program, mut wanted: Vec<Sig>) -> Self {
        let mut alive = Self {
            nodes: vec![false; program.nodes.len()],
            registers: vec![false; program.registers.len()],
            lines: vec![false; program.lines.len()],
            tables: vec![false; program.tables.len()],
            rams: vec![false; program.rams.len()],
            noises: vec![false; program.noises.len()],
            calls: vec![false; program.calls.len()],
        };
        let mut results: Vec<Vec<CallId>> = vec![Vec::new(); program.nodes.len()];
        for (at, call) in program.calls.iter().enumerate() {
            for result in &call.results {
                results[result.index()].push(CallId::new(at));
            }
        }
        while let Some(sig) = wanted.pop() {
            if std::mem::replace(&mut alive.nodes[sig.index()], true) {
                continue;
            }
            wanted.extend(program.dependencies(sig));
            let node = program.node(sig);
            match node.op {
                Op::Read(id) if !alive.registers[id.index()] => {
                    alive.registers[id.index()] = true;
                    let register = program.register(id);
                    wanted.extend(std::iter::once(register.next).chain(register.gate));
                }
                Op::Tap(id) => alive.lines[id.index()] = true,
                Op::Lookup(id) => alive.tables[id.index()] = true,
                Op::Recall(id) => alive.rams[id.index()] = true,
                Op::Noise(id) => alive.noises[id.index()] = true,
                _ => {}
            }
            for &id in &results[sig.index()] {
                alive.call(program, id, &mut wanted);
            }
        }
        alive
    }

    /// A live result needs the whole call: its arguments, its other results, its callers.
    fn call(&mut self, program: &Program, id: CallId, wanted: &mut Vec<Sig>) {
        let mut next = Some(id);
        while let Some(id) = next {
            if std::mem::replace(&mut self.calls[id.index()], true) {
                return;
            }
            let call = program.call(id);
            wanted.extend(call.arguments.iter().flat_map(|argument| [argument.outer, argument.inner]));
            wanted.extend(&call.results);
            next = call.parent;
        }
    }
}
