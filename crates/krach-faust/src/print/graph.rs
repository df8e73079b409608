//! One region of a program as a graph of readable values: what is computed there, from what, in the order in which
//! it was written.
//!
//! Here the program's bookkeeping disappears: parameters of open calls, casts that Faust makes by itself, clamps
//! that are part of a delay. Uses of closed calls become single values.

use crate::print::calls::Regions;
use krach_ir::{CallId, ControlId, Fun, Intervals, Op, Program, RamId, RegisterId, Sig, TableId, Ty};
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// What a value is, before it has a place in the order. The order of this enum breaks ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key {
    /// A register's value of the frame before.
    Before(RegisterId),
    Node(Sig),
    /// A use of a library function, with all its results.
    Call(CallId),
    /// One of its several results.
    Channel(CallId, usize),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Head {
    Real(f64),
    Int(i32),
    SampleRate,
    Input(u32),
    /// A parameter of the function that the region is.
    Parameter(usize),
    Control(ControlId),
    /// By ordinal.
    Noise(u32),
    Before(RegisterId),
    Fun(Fun),
    /// `x - floor(x)`
    Fraction,
    /// A number of frames ago.
    Delay(i32),
    /// The second operand says how many frames; clamped if that is not proved.
    VaryingDelay(Option<(i32, i32)>),
    /// A delay line that stands still while the third operand is 0.
    HeldDelay(i32),
    Lookup(TableId),
    /// Operands: where to write, what, where to read, and the gate if there is one.
    Recall(RamId),
    Call(CallId),
    Channel(usize, usize),
}

#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub key: Key,
    pub head: Head,
    pub ty: Ty,
    /// Indices of values of the same region, smaller than its own.
    pub operands: Vec<usize>,
    /// What a register is written with, and its gate, where the value is a register's.
    pub memory: Vec<usize>,
}

/// The values of a region that its results and meters need, operands before their users, else as they were written.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub values: Vec<Value>,
    pub roots: Vec<usize>,
    /// What its meters show.
    pub shown: Vec<usize>,
}

const PLAIN: [Fun; 10] = [
    Fun::Add,
    Fun::Sub,
    Fun::Mul,
    Fun::Div,
    Fun::Min,
    Fun::Max,
    Fun::Abs,
    Fun::Floor,
    Fun::ToInt,
    Fun::ToReal,
];

pub(crate) struct Reader<'a> {
    pub regions: &'a Regions<'a>,
    pub intervals: &'a Intervals,
    pub region: Option<CallId>,
    /// For each register, the first that is always equal.
    pub registers: &'a [RegisterId],
}

type Shape = (Head, Ty, Vec<Key>, Vec<Key>);

/// Registers that are written with the same signal under the same gate are one.
pub(crate) fn equal_registers(program: &Program) -> Vec<RegisterId> {
    let mut first = FxHashMap::default();
    let registers = program.registers().iter().enumerate();
    registers.map(|(at, r)| *first.entry((r.next, r.gate)).or_insert(RegisterId::new(at))).collect()
}

impl Reader<'_> {
    pub fn read(&self, results: &[Sig], shown: &[Sig]) -> Reading {
        let roots = self.roots(results);
        let shown: Vec<Key> = shown.iter().map(|&sig| self.key(sig)).collect();
        let mut shapes: FxHashMap<Key, Shape> = FxHashMap::default();
        let mut wanted = [&roots[..], &shown[..]].concat();
        while let Some(key) = wanted.pop() {
            if let Entry::Vacant(vacant) = shapes.entry(key) {
                let shape = vacant.insert(self.shape(key));
                wanted.extend(shape.2.iter().chain(&shape.3));
            }
        }
        let mut keys: Vec<Key> = shapes.keys().copied().collect();
        keys.sort_unstable_by_key(|&key| (self.rank(key), key));
        let index: FxHashMap<Key, usize> = keys.iter().enumerate().map(|(at, &key)| (key, at)).collect();
        let indices = |keys: &[Key]| keys.iter().map(|key| index[key]).collect();
        let value = |&key: &Key| {
            let (head, ty, operands, memory) = &shapes[&key];
            Value { key, head: *head, ty: *ty, operands: indices(operands), memory: indices(memory) }
        };
        let values = keys.iter().map(value).collect();
        Reading { values, roots: indices(&roots), shown: indices(&shown) }
    }

    /// The results; those of one call, whole and in order, are that call.
    fn roots(&self, results: &[Sig]) -> Vec<Key> {
        let keys: Vec<Key> = results.iter().map(|&sig| self.key(sig)).collect();
        let Some(&Key::Channel(call, 0)) = keys.first() else { return keys };
        let count = self.regions.program.call(call).results.len();
        let whole = (0..count).map(|at| Key::Channel(call, at));
        if whole.eq(keys.iter().copied()) { vec![Key::Call(call)] } else { keys }
    }

    /// Values are ordered as they were written: a call where its work begins, registers first.
    fn rank(&self, key: Key) -> usize {
        match key {
            Key::Before(_) => 0,
            Key::Node(sig) => sig.index() + 1,
            Key::Call(call) | Key::Channel(call, _) => {
                let call = self.regions.program.call(call);
                let parts = call.arguments.iter().map(|argument| argument.inner);
                parts.chain(call.results.iter().copied()).map(|sig| sig.index() + 1).min().unwrap_or(0)
            }
        }
    }

    fn resolve(&self, sig: Sig) -> Sig {
        self.regions.resolve(sig, self.region)
    }

    fn key(&self, sig: Sig) -> Key {
        let program = self.regions.program;
        let sig = self.resolve(sig);
        if let Some(call) = self.regions.result_of(sig, self.region) {
            let results = &program.call(call).results;
            let at = results.iter().position(|&result| result == sig);
            return match at {
                Some(at) if results.len() > 1 => Key::Channel(call, at),
                _ => Key::Call(call),
            };
        }
        match program.node(sig).op {
            Op::Read(register) => Key::Before(self.registers[register.index()]),
            _ => Key::Node(sig),
        }
    }

    fn shape(&self, key: Key) -> Shape {
        let program = self.regions.program;
        let plain = |head, ty, operands| (head, ty, operands, Vec::new());
        match key {
            Key::Node(sig) => {
                let (head, operands) = self.node(sig);
                plain(head, program.node(sig).ty, operands)
            }
            Key::Before(id) => {
                let register = program.register(id);
                let memory = std::iter::once(register.next).chain(register.gate);
                (Head::Before(id), register.ty, Vec::new(), memory.map(|sig| self.key(sig)).collect())
            }
            Key::Call(id) => {
                let call = program.call(id);
                let operands = call.arguments.iter().map(|argument| self.key(argument.outer)).collect();
                let ty = call.results.first().map_or(Ty::Real, |&result| program.node(result).ty);
                plain(Head::Call(id), ty, operands)
            }
            Key::Channel(id, at) => {
                let results = &program.call(id).results;
                let head = Head::Channel(at, results.len());
                plain(head, program.node(results[at]).ty, vec![Key::Call(id)])
            }
        }
    }

    fn node(&self, sig: Sig) -> (Head, Vec<Key>) {
        let program = self.regions.program;
        let node = program.node(sig);
        let operands = || node.operands().iter().map(|&sig| self.key(sig)).collect();
        match node.op {
            Op::Real(value) => (Head::Real(value), Vec::new()),
            Op::Int(value) => (Head::Int(value), Vec::new()),
            Op::SampleRate => (Head::SampleRate, Vec::new()),
            Op::Input(port) => (Head::Input(port), Vec::new()),
            Op::Control(id) => (Head::Control(id), Vec::new()),
            Op::Noise(id) => (Head::Noise(program.noise(id).ordinal), Vec::new()),
            Op::Read(id) => (Head::Before(id), Vec::new()),
            Op::Argument => {
                let arguments = self.region.map_or(&[][..], |call| &program.call(call).arguments[..]);
                let at = arguments.iter().position(|argument| argument.inner == sig).unwrap_or_default();
                (Head::Parameter(at), Vec::new())
            }
            Op::Tap(_) => self.tap(sig),
            Op::Lookup(id) => (Head::Lookup(id), operands()),
            Op::Recall(id) => {
                let ram = program.ram(id);
                let parts = [ram.index, ram.value, node.operands()[0]].into_iter().chain(ram.gate);
                (Head::Recall(id), parts.map(|sig| self.key(sig)).collect())
            }
            Op::Apply(fun) => match self.fraction(sig) {
                Some(of) => (Head::Fraction, vec![self.key(of)]),
                None => (Head::Fun(fun), operands()),
            },
        }
    }

    /// What `sig` is the fractional part of.
    fn fraction(&self, sig: Sig) -> Option<Sig> {
        let program = self.regions.program;
        let apply = |sig: Sig, fun: Fun| {
            let node = program.node(sig);
            (node.op == Op::Apply(fun)).then(|| node.operands())
        };
        let of = self.resolve(apply(sig, Fun::Sub)?[0]);
        let floor = self.resolve(apply(sig, Fun::Sub)?[1]);
        let same = self.regions.of_sig(floor) == self.region && program.name_of(floor).is_none();
        (same && self.resolve(apply(floor, Fun::Floor)?[0]) == of).then_some(of)
    }

    fn tap(&self, sig: Sig) -> (Head, Vec<Key>) {
        let program = self.regions.program;
        let node = program.node(sig);
        let Op::Tap(id) = node.op else { unreachable!("only taps are read as delays") };
        let line = program.line(id);
        let max = i32::try_from(line.max).unwrap_or(i32::MAX);
        let input = self.key(line.input);
        let amount = node.operands()[0];
        if let Some(gate) = line.gate {
            return (Head::HeldDelay(max), vec![input, self.key(amount), self.key(gate)]);
        }
        if let Op::Int(frames) = program.node(amount).op {
            return (Head::Delay(frames.clamp(0, max)), vec![input]);
        }
        let (amount, lo, hi) = self.unclamped(amount, max);
        if lo == hi {
            return (Head::Delay(lo), vec![input]);
        }
        let idle = self.intervals.get(amount).within(f64::from(lo), f64::from(hi)) && self.is_plain(amount);
        (Head::VaryingDelay((!idle).then_some((lo, hi))), vec![input, self.key(amount)])
    }

    /// Whether the official compiler's interval analysis keeps up with ours: arithmetic with controls.
    fn is_plain(&self, sig: Sig) -> bool {
        let program = self.regions.program;
        let (mut wanted, mut seen) = (vec![sig], 0);
        while let Some(sig) = wanted.pop() {
            let node = program.node(sig);
            let plain = match node.op {
                Op::Real(_) | Op::Int(_) | Op::SampleRate | Op::Control(_) | Op::Argument => true,
                Op::Apply(fun) => PLAIN.contains(&fun),
                _ => false,
            };
            seen += 1;
            if !plain || seen > 32 {
                return false;
            }
            wanted.extend(node.operands());
        }
        true
    }

    /// The amount without the clamps and the truncation around it (which Faust does as well), and the bounds that
    /// all the clamps make together.
    fn unclamped(&self, mut amount: Sig, max: i32) -> (Sig, i32, i32) {
        let program = self.regions.program;
        let (mut lo, mut hi) = (0, max);
        loop {
            let sig = self.resolve(amount);
            let node = program.node(sig);
            if self.regions.of_sig(sig) != self.region {
                return (amount, lo, hi);
            }
            let constant = |sig: Sig| match program.node(sig).op {
                Op::Int(value) => Some(value),
                _ => None,
            };
            let bounds = match node.op {
                Op::Apply(Fun::ToInt) => (lo, hi, node.operands()[0]),
                Op::Apply(fun @ (Fun::Max | Fun::Min)) => {
                    let (a, b) = (node.operands()[0], node.operands()[1]);
                    match (constant(a).map(|value| (value, b)).or(constant(b).map(|value| (value, a))), fun) {
                        (Some((bound, rest)), Fun::Max) => (lo.max(bound), hi, rest),
                        (Some((bound, rest)), _) => (lo, hi.min(bound), rest),
                        (None, _) => return (amount, lo, hi),
                    }
                }
                _ => return (amount, lo, hi),
            };
            if bounds.0 > bounds.1 {
                return (amount, lo, hi);
            }
            (lo, hi, amount) = bounds;
        }
    }
}
