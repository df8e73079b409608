//! One interpreted copy: its state, and one frame after the other.

use super::{Entries, InterpretError};
use crate::maths::{Float, Value};
use crate::{Fun, Ty};
use crate::{Noise, NoiseId, Op, Program, RamId, Sig};
use krach_abi::{Audio, AudioMut, Buffer, FlushGuard, Frame, Precision, Seed, Voice};
use std::sync::Arc;

impl Ty {
    pub(super) fn bytes(self, precision: Precision) -> u64 {
        match self {
            Self::Int => 4,
            Self::Real => precision.bytes() as u64,
        }
    }

    fn zero<R: Float>(self) -> Value<R> {
        match self {
            Self::Int => Value::Int(0),
            Self::Real => Value::Real(R::ZERO),
        }
    }
}

/// What copies share: the program and the contents of its tables.
#[derive(Debug)]
pub(super) struct Code<R> {
    pub(super) program: Arc<Program>,
    rate: R,
    tables: Vec<Entries<R>>,
    rams: Vec<Entries<R>>,
    /// Read-write tables in the order in which they can be written: each after the node that is the last it needs.
    writes: Vec<(Sig, RamId)>,
}

impl<R: Float> Code<R> {
    pub fn new(program: Arc<Program>, sample_rate: u32) -> Result<Self, InterpretError> {
        let tables = program.tables.iter().map(|table| program.entries(&table.init, table.len, sample_rate));
        let tables = tables.collect::<Result<_, _>>()?;
        let rams = program.rams.iter().map(|ram| program.entries(&ram.init, ram.len, sample_rate));
        let rams = rams.collect::<Result<_, _>>()?;
        let mut writes: Vec<(Sig, RamId)> = (program.rams.iter().enumerate())
            .map(|(at, ram)| (ram.index.max(ram.value).max(ram.gate.unwrap_or(ram.index)), RamId::new(at)))
            .collect();
        writes.sort_unstable();
        Ok(Self { program, rate: R::from_f64(f64::from(sample_rate)), tables, rams, writes })
    }
}

/// The last inputs of a delay line, in a ring.
pub(super) struct Ring<R> {
    past: Entries<R>,
    /// Where the next input goes; what is there is the oldest.
    at: usize,
}

impl<R: Float> Ring<R> {
    /// The input of 1 to `max` frames ago.
    fn ago(&self, frames: usize) -> Value<R> {
        let max = self.past.len();
        self.past.get((self.at + max - frames) % max)
    }

    /// Takes over the inputs of another line of its type, as far back as it reaches.
    pub(super) fn inherit(&mut self, other: &Self) {
        for frames in (1..=self.past.len().min(other.past.len())).rev() {
            self.push(other.ago(frames));
        }
    }

    fn push(&mut self, value: Value<R>) {
        if !self.past.is_empty() {
            self.past.set(self.at, value);
            self.at = (self.at + 1) % self.past.len();
        }
    }
}

pub(super) struct Running<R> {
    pub(super) code: Arc<Code<R>>,
    seed: Seed,
    controls: Vec<R>,
    /// Of every node, in this frame.
    values: Vec<Value<R>>,
    pub(super) registers: Vec<Value<R>>,
    pub(super) lines: Vec<Ring<R>>,
    pub(super) rams: Vec<Entries<R>>,
    pub(super) noises: Vec<i32>,
}

impl<R: Float> Running<R> {
    pub fn new(code: Arc<Code<R>>, seed: Seed) -> Self {
        let p = &code.program;
        let line = |line: &crate::Line| Ring { past: Entries::zeros(line.ty, line.max as usize), at: 0 };
        Self {
            seed,
            controls: p.controls.iter().map(|control| R::from_f64(control.init)).collect(),
            values: p.nodes.iter().map(|node| node.ty.zero()).collect(),
            registers: p.registers.iter().map(|register| register.ty.zero()).collect(),
            lines: p.lines.iter().map(line).collect(),
            rams: code.rams.clone(),
            noises: p.noises.iter().map(|noise| seed.noise(noise.ordinal)).collect(),
            code,
        }
    }

    /// The first output of a program without inputs, for a number of frames.
    pub fn collect(mut self, frames: usize) -> Entries<R> {
        let _flush = FlushGuard::new();
        let code = self.code.clone();
        let sig = code.program.outputs[0].sig;
        let mut entries = Entries::zeros(code.program.node(sig).ty, frames);
        let nothing = Buffer::new(0, 0);
        for frame in 0..frames {
            self.frame(nothing.head(0), frame);
            entries.set(frame, self.values[sig.index()]);
        }
        entries
    }

    fn frame(&mut self, inputs: Audio<'_, R>, frame: usize) {
        let code = self.code.clone();
        let program = &code.program;
        let mut writes = code.writes.iter().peekable();
        for sig in program.sigs() {
            self.values[sig.index()] = self.node(&code, sig, inputs, frame);
            while let Some((_, ram)) = writes.next_if(|(last, _)| *last == sig) {
                self.write_ram(program, *ram);
            }
        }
        for (ring, line) in self.lines.iter_mut().zip(&program.lines) {
            if is_open(&self.values, line.gate) {
                ring.push(self.values[line.input.index()]);
            }
        }
        for (held, register) in self.registers.iter_mut().zip(&program.registers) {
            if is_open(&self.values, register.gate) {
                *held = self.values[register.next.index()];
            }
        }
    }

    fn node(&mut self, code: &Code<R>, sig: Sig, inputs: Audio<'_, R>, frame: usize) -> Value<R> {
        let program = &code.program;
        let node = program.node(sig);
        let operands = node.operands();
        match node.op {
            Op::Real(value) => Value::Real(R::from_f64(value)),
            Op::Int(value) => Value::Int(value),
            Op::Input(port) => Value::Real(inputs.channel(port as usize)[frame]),
            Op::Control(id) => Value::Real(self.controls[id.index()]),
            Op::SampleRate => Value::Real(code.rate),
            Op::Read(id) => self.registers[id.index()],
            Op::Noise(id) => Value::Real(self.noise(id)),
            Op::Tap(id) => match self.int(operands[0]).clamp(0, program.line(id).max.cast_signed()) {
                0 => self.values[program.line(id).input.index()],
                frames => self.lines[id.index()].ago(frames.cast_unsigned() as usize),
            },
            Op::Lookup(id) => {
                let table = &code.tables[id.index()];
                table.get(table.clamped(self.int(operands[0])))
            }
            Op::Recall(id) => {
                let ram = &self.rams[id.index()];
                ram.get(ram.clamped(self.int(operands[0])))
            }
            Op::Argument => self.values[operands[0].index()],
            Op::Apply(fun) => self.apply(fun, operands),
        }
    }

    fn apply(&self, fun: Fun, operands: &[Sig]) -> Value<R> {
        let value = |sig: Sig| self.values[sig.index()];
        match *operands {
            [x] => fun.eval(&[value(x)]),
            [a, b] => fun.eval(&[value(a), value(b)]),
            _ => fun.eval(&operands.iter().map(|&operand| value(operand)).collect::<Vec<_>>()),
        }
    }

    fn noise(&mut self, id: NoiseId) -> R {
        let state = &mut self.noises[id.index()];
        *state = state.wrapping_mul(Noise::FACTOR).wrapping_add(Noise::STEP);
        R::binary(Fun::Div, R::from_i32(*state), R::from_i32(i32::MAX))
    }

    fn write_ram(&mut self, program: &Program, id: RamId) {
        let ram = program.ram(id);
        if is_open(&self.values, ram.gate) {
            let index = self.int(ram.index);
            let entries = &mut self.rams[id.index()];
            entries.set(entries.clamped(index), self.values[ram.value.index()]);
        }
    }

    fn int(&self, sig: Sig) -> i32 {
        match self.values[sig.index()] {
            Value::Int(value) => value,
            Value::Real(_) => unreachable!("validation makes indices ints"),
        }
    }
}

fn is_open<R>(values: &[Value<R>], gate: Option<Sig>) -> bool {
    gate.is_none_or(|gate| !matches!(values[gate.index()], Value::Int(0)))
}

impl<R: Float> Voice for Running<R> {
    type Sample = R;

    fn set(&mut self, control: usize, value: f64) {
        if let Some(held) = self.controls.get_mut(control) {
            *held = R::from_f64(value);
        }
    }

    fn reset(&mut self) {
        let code = self.code.clone();
        let program = &code.program;
        for (held, register) in self.registers.iter_mut().zip(&program.registers) {
            *held = register.ty.zero();
        }
        for ring in &mut self.lines {
            ring.past.clear();
            ring.at = 0;
        }
        self.rams.iter_mut().zip(&code.rams).for_each(|(ram, start)| ram.copy_from(start));
        for (state, noise) in self.noises.iter_mut().zip(&program.noises) {
            *state = self.seed.noise(noise.ordinal);
        }
    }

    fn process(&mut self, _: Frame, inputs: Audio<'_, R>, mut outputs: AudioMut<'_, R>) {
        let code = self.code.clone();
        for frame in 0..outputs.frames() {
            self.frame(inputs, frame);
            for (port, output) in code.program.outputs.iter().enumerate() {
                outputs.channel_mut(port)[frame] = match self.values[output.sig.index()] {
                    Value::Int(value) => R::from_i32(value),
                    Value::Real(value) => value,
                };
            }
        }
    }
}
