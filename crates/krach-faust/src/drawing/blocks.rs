//! From a program to sheets: one for the program, one for each use of a library function.
//!
//! A block is a value, with the constants it uses and with what only prepares its single input, so that a picture
//! shows where signals flow rather than every multiplication by itself.

use super::label::{LONGEST, WIRE, Words, number, short};
use super::{Block, Kind, Port, Sheet, Wire};
use crate::print::calls::Regions;
use crate::print::controls::smoothed;
use crate::print::graph::{Head, Key, Reader, Reading, equal_registers};
use crate::print::work;
use krach_ir::{CallId, Fun, Intervals, OnePole, Op, Program, RegisterId, Sig};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

pub(super) fn sheets(program: &Program) -> Vec<Sheet> {
    let work = work(program);
    let regions =
        Regions::of(program, |id: CallId| !program.call(id).results.is_empty() && work[id.index()] > 1);
    let intervals = Intervals::of_program(program, OnePole::Widen);
    let registers = equal_registers(program);
    let smoothed = smoothed(program);
    let reads = program.sigs().rev().filter_map(|sig| match program.node(sig).op {
        Op::Read(register) => Some((registers[register.index()], program.name_of(sig)?.clone())),
        _ => None,
    });
    let reads = reads.collect();
    let mut sheets: Vec<Sheet> = Vec::new();
    let mut wanted: Vec<Option<CallId>> = vec![None];
    let mut next = 0;
    while let Some(&region) = wanted.get(next) {
        next += 1;
        let results: Vec<Sig> = match region {
            Some(call) => program.call(call).results.clone(),
            None => program.outputs().iter().map(|output| output.sig).collect(),
        };
        let reader = Reader { regions: &regions, intervals: &intervals, region, registers: &registers };
        let reading = reader.read(&results, &[]);
        let mut drafter = Drafter::new(program, region, &reading, &smoothed, &reads);
        drafter.calls = wanted.len();
        let sheet = drafter.sheet(&results);
        wanted.extend(drafter.uses.iter().copied().map(Some));
        sheets.push(sheet);
    }
    sheets
}

/// How a value is shown.
#[derive(Clone, Debug)]
struct Piece {
    words: Words,
    /// Values that come in by wire, by input port.
    wires: Vec<(usize, usize)>,
}

struct Drafter<'a> {
    program: &'a Program,
    region: Option<CallId>,
    reading: &'a Reading,
    smoothed: &'a FxHashMap<Sig, Arc<str>>,
    /// What the user called the registers.
    reads: &'a FxHashMap<RegisterId, Arc<str>>,
    pieces: Vec<Piece>,
    /// How often a value is used, and whether by a register.
    used: Vec<usize>,
    blocks: Vec<Block>,
    block_of: Vec<Option<usize>>,
    /// Sheets there are before those of `uses`.
    calls: usize,
    uses: Vec<CallId>,
}

impl<'a> Drafter<'a> {
    fn new(
        program: &'a Program,
        region: Option<CallId>,
        reading: &'a Reading,
        smoothed: &'a FxHashMap<Sig, Arc<str>>,
        reads: &'a FxHashMap<RegisterId, Arc<str>>,
    ) -> Self {
        let count = reading.values.len();
        let mut used = vec![0; count];
        reading.roots.iter().for_each(|&root| used[root] += 2);
        for value in &reading.values {
            value.operands.iter().for_each(|&operand| used[operand] += 1);
            // What is remembered stands for itself.
            value.memory.iter().for_each(|&operand| used[operand] += 2);
        }
        for (at, value) in reading.values.iter().enumerate().rev() {
            if value.head == Head::Fun(Fun::ToReal) && used[at] > 0 {
                used[value.operands[0]] += used[at] - 1;
            }
        }
        let mut this = Self {
            program,
            region,
            reading,
            smoothed,
            reads,
            pieces: Vec::with_capacity(count),
            used,
            blocks: Vec::new(),
            block_of: vec![None; count],
            calls: 0,
            uses: Vec::new(),
        };
        for at in 0..count {
            let piece = this.piece(at);
            this.pieces.push(piece);
        }
        this
    }

    fn piece(&self, at: usize) -> Piece {
        let value = &self.reading.values[at];
        let plain = |words: Words| Piece { words, wires: Vec::new() };
        if self.smooth_control(at).is_some() {
            return plain(Words::wire());
        }
        match &value.head {
            Head::Real(value) => plain(Words::atom(number(*value))),
            Head::Int(value) => plain(Words::atom(number(f64::from(*value)))),
            Head::SampleRate => plain(Words::atom("SR")),
            head @ (Head::Fun(_) | Head::Fraction | Head::Delay(_)) => self.operation(head, &value.operands),
            _ => {
                let wires = value.operands.iter().copied().enumerate();
                let wires = wires.filter(|&(_, operand)| !self.is_text(operand)).collect();
                Piece { words: Words::wire(), wires }
            }
        }
    }

    /// Whether a value is read where it is used: constants, and what is computed of constants alone.
    fn is_text(&self, at: usize) -> bool {
        let piece = &self.pieces[at];
        let own = matches!(
            self.reading.values[at].head,
            Head::Real(_) | Head::Int(_) | Head::SampleRate | Head::Fun(_) | Head::Fraction
        );
        let once = self.used[at] == 1 && self.name(at).is_none();
        let value = &self.reading.values[at];
        // Numbers are not shared to save work, so neither are those that were cast.
        let leaf = value.operands.is_empty() || value.head == Head::Fun(Fun::ToReal);
        own && piece.wires.is_empty() && (leaf || once) && self.smooth_control(at).is_none()
    }

    fn operation(&self, head: &Head, operands: &[usize]) -> Piece {
        let inline = |&operand: &usize| {
            self.is_text(operand) && self.pieces[operand].words.text.chars().count() <= LONGEST
        };
        let outside: Vec<usize> = operands.iter().copied().filter(|operand| !inline(operand)).collect();
        let mut wires = Vec::new();
        let mut words = Vec::with_capacity(operands.len());
        for operand in operands {
            if inline(operand) {
                words.push(self.pieces[*operand].words.clone());
            } else if let [only] = outside[..]
                && self.prepares(only)
            {
                words.push(self.pieces[only].words.clone());
                wires.extend(self.pieces[only].wires.iter().map(|&(_, wire)| (0, wire)));
            } else {
                words.push(Words::wire());
                wires.push((wires.len(), *operand));
            }
        }
        let whole = Words::apply(head, &words);
        if whole.text.chars().count() <= LONGEST {
            return Piece { words: whole, wires };
        }
        // Too long to read: what prepares the input is a block of its own.
        let mut wires = Vec::new();
        let words: Vec<Words> = operands
            .iter()
            .map(|operand| {
                if inline(operand) {
                    return self.pieces[*operand].words.clone();
                }
                wires.push((wires.len(), *operand));
                Words::wire()
            })
            .collect();
        Piece { words: Words::apply(head, &words), wires }
    }

    /// Whether a value can be shown inside the only block that uses it.
    fn prepares(&self, at: usize) -> bool {
        let operation = matches!(self.reading.values[at].head, Head::Fun(_) | Head::Fraction);
        let piece = &self.pieces[at];
        let single = piece.wires.len() == 1 && piece.words.text.matches(WIRE).count() == 1;
        operation && single && self.used[at] == 1 && self.name(at).is_none()
    }

    fn smooth_control(&self, at: usize) -> Option<&Arc<str>> {
        match self.reading.values[at].key {
            Key::Node(sig) => self.smoothed.get(&sig),
            _ => None,
        }
    }

    fn name(&self, at: usize) -> Option<&Arc<str>> {
        let sig = match self.reading.values[at].key {
            Key::Node(sig) => sig,
            Key::Before(register) => return self.reads.get(&register),
            Key::Channel(call, index) => self.program.call(call).results[index],
            Key::Call(call) => match self.program.call(call).results[..] {
                [result] => result,
                _ => return None,
            },
        };
        let result = self.region.is_some_and(|call| self.program.call(call).results.contains(&sig));
        if result { None } else { self.program.name_of(sig) }
    }

    fn sheet(&mut self, results: &[Sig]) -> Sheet {
        let program = self.program;
        let inputs: Vec<String> = match self.region {
            None => program.inputs().iter().map(|input| input.to_string()).collect(),
            Some(call) => {
                program.call(call).arguments.iter().map(|argument| self.parameter(argument)).collect()
            }
        };
        self.blocks.extend(inputs.into_iter().map(|label| Block::new(Kind::Input, label)));
        let ports = self.results(results.len());
        // Values in the order in which they are computed; a register may be written with what comes later.
        let mut shown: FxHashSet<usize> = FxHashSet::default();
        let mut wanted: Vec<usize> = ports.iter().map(|&(value, _)| value).collect();
        while let Some(at) = wanted.pop() {
            let at = self.whole(at).0;
            if shown.insert(at) {
                wanted.extend(self.pieces[at].wires.iter().map(|&(_, wire)| wire));
                wanted.extend(&self.reading.values[at].memory);
            }
        }
        let mut order: Vec<usize> = shown.into_iter().collect();
        order.sort_unstable();
        for &at in &order {
            self.block(at);
        }
        let mut wires = Vec::new();
        for &at in &order {
            self.wires(at, &mut wires);
        }
        for (at, (value, port)) in ports.into_iter().enumerate() {
            let label = match self.region {
                None => program.outputs()[at].name.to_string(),
                Some(_) => String::new(),
            };
            let mut from = self.port(value);
            from.1 += port;
            wires.push(Wire { from, to: (self.blocks.len(), 0), back: false });
            self.blocks.push(Block {
                outputs: 0,
                inputs: vec![String::new()],
                ..Block::new(Kind::Output, label)
            });
        }
        let title = self.region.map_or(program.name(), |call| &program.call(call).function);
        Sheet { title: title.to_owned(), blocks: std::mem::take(&mut self.blocks), wires }
    }

    fn parameter(&self, argument: &krach_ir::Argument) -> String {
        match self.program.node(argument.outer).op {
            Op::Real(value) => format!("{} = {}", argument.name, number(value)),
            _ => argument.name.to_string(),
        }
    }

    /// Where the results come from: values, and which of their ports.
    fn results(&self, count: usize) -> Vec<(usize, usize)> {
        match self.reading.roots[..] {
            [whole] if count > 1 => (0..count).map(|port| (whole, port)).collect(),
            _ => self.reading.roots.iter().map(|&root| (root, 0)).collect(),
        }
    }

    /// The value that has a block, and which of its ports is meant. Casts to real are not shown.
    fn whole(&self, mut at: usize) -> (usize, usize) {
        loop {
            let value = &self.reading.values[at];
            match value.head {
                Head::Channel(port, _) => return (value.operands[0], port),
                Head::Fun(Fun::ToReal) if !self.is_text(value.operands[0]) => at = value.operands[0],
                _ => return (at, 0),
            }
        }
    }

    fn port(&self, at: usize) -> Port {
        let (whole, port) = self.whole(at);
        (self.block_of[whole].expect("every used value has a block"), port)
    }

    fn block(&mut self, at: usize) {
        let program = self.program;
        let value = &self.reading.values[at];
        let input = match value.head {
            Head::Input(port) => Some(port as usize),
            Head::Parameter(port) => Some(port),
            _ => None,
        };
        if let Some(port) = input {
            self.block_of[at] = Some(port);
            return;
        }
        let mut block = match value.head {
            Head::Control(id) => Block::new(Kind::Control, &*program.control(id).name),
            _ if self.smooth_control(at).is_some() => {
                let name = self.smooth_control(at).map_or("", |name| name);
                Block::new(Kind::Control, format!("{name} ∿"))
            }
            Head::Noise(_) => Block::new(Kind::Source, "noise"),
            Head::Before(_) => Block::new(Kind::Memory, "z⁻¹"),
            Head::Delay(1) if self.pieces[at].words.text == "·'" => Block::new(Kind::Memory, "z⁻¹"),
            Head::Delay(_) => Block::new(Kind::Memory, short(&self.pieces[at].words.text)),
            Head::VaryingDelay(_) => Block::new(Kind::Memory, "delay"),
            Head::HeldDelay(_) => Block::new(Kind::Memory, "held delay"),
            Head::Lookup(id) => Block::new(Kind::Source, format!("table[{}]", program.table(id).len)),
            Head::Recall(id) => Block::new(Kind::Memory, format!("memory[{}]", program.ram(id).len)),
            Head::Call(id) => self.call(at, id),
            _ => Block::new(Kind::Operation, short(&self.pieces[at].words.text)),
        };
        let ports = ports(&value.head);
        if block.inputs.is_empty() {
            let wires = self.pieces[at].wires.iter().map(|&(port, _)| port + 1).max().unwrap_or(0);
            let count = wires.max(value.memory.len());
            block.inputs =
                (0..count).map(|at| ports.get(at).map_or(String::new(), |p| (*p).to_owned())).collect();
        }
        if block.kind != Kind::Control {
            block.name = self.name(at).map(ToString::to_string).filter(|name| *name != block.label);
        }
        self.block_of[at] = Some(self.blocks.len());
        self.blocks.push(block);
    }

    fn call(&mut self, at: usize, id: CallId) -> Block {
        let call = self.program.call(id);
        let operands = &self.reading.values[at].operands;
        let port = |(argument, &operand): (&krach_ir::Argument, &usize)| {
            if self.is_text(operand) {
                format!("{} = {}", argument.name, self.pieces[operand].words.text)
            } else {
                argument.name.to_string()
            }
        };
        let inputs = call.arguments.iter().zip(operands).map(port).collect();
        let inside = Some(self.calls + self.uses.len());
        self.uses.push(id);
        Block { inputs, outputs: call.results.len(), inside, ..Block::new(Kind::Function, &*call.function) }
    }

    fn wires(&self, at: usize, wires: &mut Vec<Wire>) {
        let Some(block) = self.block_of[at] else { return };
        for &(port, from) in &self.pieces[at].wires {
            wires.push(Wire { from: self.port(from), to: (block, port), back: false });
        }
        // Which of these close a loop is seen once all wires are there.
        for (port, &from) in self.reading.values[at].memory.iter().enumerate() {
            wires.push(Wire { from: self.port(from), to: (block, port), back: true });
        }
    }
}

/// Names of the input ports of what is not an operator.
fn ports(head: &Head) -> &'static [&'static str] {
    match head {
        Head::VaryingDelay(_) => &["", "by"],
        Head::HeldDelay(_) => &["", "by", "gate"],
        Head::Recall(_) => &["write at", "value", "read at", "gate"],
        Head::Before(_) => &["", "gate"],
        _ => &[],
    }
}
