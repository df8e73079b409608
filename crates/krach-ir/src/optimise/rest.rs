//! The program at rest: what every frame still has to compute once the followers of controls stand still.
//!
//! A smoothed control arrives: from some frame on, the register of its one-pole is written with the bits that it holds.
//! A line of one frame that follows controls holds its input, such as Faust's `1'`. [`AtRest`] finds such registers and
//! lines in the program, and gives the same program with each of these registers as a control and each tap of these
//! lines as the line's input. So coefficients, tunings and levels depend on controls only, and `1 - 1'` is 0.
//!
//! The registers and lines are a guess, from the form of the program. The running code compares the bits that each of
//! them holds with the bits that it would be written with: a wrong guess costs time and changes no sample.

use super::rebuild::Target;
use crate::maths::Value;
use crate::{Control, ControlId, ControlKind, Fun, Intervals, LineId, OnePole, RegisterId, Sig, Ty};
use crate::{Op, Program};
use rustc_hash::FxHashMap;

/// Rounds after which nothing is taken to stand still: each one finds that a register follows more than controls.
const ROUNDS: usize = 64;
/// Nodes between a register and its next value that are looked at.
const REACH: usize = 256;

/// A program at rest. See the module's essay.
#[derive(Clone, Debug)]
pub struct AtRest {
    /// Its registers, lines, tables and noises have the numbers of the original. Some of its nodes lead nowhere.
    pub program: Program,
    /// The registers that hold what they are written with. They are the controls behind those of the original.
    pub registers: Vec<RegisterId>,
    /// The lines of one frame that hold their input.
    pub lines: Vec<LineId>,
    /// Of each node of the original: whether it is computed from controls, constants and what may stand still.
    pub followers: Vec<bool>,
}

impl AtRest {
    /// Of a program that is optimised at its sample rate; nothing if no register and no line follows only controls.
    #[must_use]
    pub fn of(program: &Program) -> Option<Self> {
        let still = Still::of(program)?;
        let ids = |flags: &[bool]| {
            let held = flags.iter().enumerate().filter(|(_, held)| **held).map(|(at, _)| at);
            held.collect::<Vec<_>>()
        };
        let registers: Vec<RegisterId> = ids(&still.registers).into_iter().map(RegisterId::new).collect();
        let lines = ids(&still.lines).into_iter().map(LineId::new).collect();
        let followers = still.follows(program);
        let program = rewrite(program, &still, &registers);
        Some(Self { program, registers, lines, followers })
    }
}

/// Which registers and lines are taken to stand still.
struct Still {
    registers: Vec<bool>,
    lines: Vec<bool>,
}

impl Still {
    fn of(program: &Program) -> Option<Self> {
        let mut still = Self {
            registers: program.registers.iter().map(|r| r.gate.is_none() && r.ty == Ty::Real).collect(),
            lines: program.lines.iter().map(|line| line.gate.is_none() && line.max == 1).collect(),
        };
        for node in program.nodes.iter() {
            // A tap of 0 frames or a varying one would need more than one place.
            if let Op::Tap(id) = node.op
                && program.node(node.operands()[0]).op != Op::Int(1)
            {
                still.lines[id.index()] = false;
            }
        }
        let loops = Loops::of(program);
        for _ in 0..ROUNDS {
            let follows = still.follows(program);
            let before = (still.registers.clone(), still.lines.clone());
            for (at, held) in still.registers.iter_mut().enumerate() {
                *held = *held && follows[program.registers[at].next.index()] && loops.settles(at);
            }
            for (held, line) in still.lines.iter_mut().zip(&program.lines) {
                *held &= follows[line.input.index()];
            }
            if before == (still.registers.clone(), still.lines.clone()) {
                return still.registers.iter().chain(&still.lines).any(|&held| held).then_some(still);
            }
        }
        None
    }

    /// Of each node: whether it is computed from controls, constants and what stands still.
    fn follows(&self, program: &Program) -> Vec<bool> {
        let mut all: Vec<bool> = Vec::with_capacity(program.nodes.len());
        for node in program.nodes.iter() {
            let own = match node.op {
                Op::Input(_) | Op::Noise(_) | Op::Recall(_) => false,
                Op::Read(id) => self.registers[id.index()],
                Op::Tap(id) => self.lines[id.index()],
                _ => true,
            };
            all.push(own && node.operands().iter().all(|operand| all[operand.index()]));
        }
        all
    }
}

/// How much of what a register holds comes back to it: the bounds of d next / d register.
type Gain = (f64, f64);

const NONE: Gain = (0.0, 0.0);

/// The loops of registers through themselves.
struct Loops<'p> {
    program: &'p Program,
    intervals: Intervals,
    /// Of each register: the first node that reads it.
    reads: Vec<Option<Sig>>,
}

impl<'p> Loops<'p> {
    fn of(program: &'p Program) -> Self {
        let mut reads = vec![None; program.registers.len()];
        for sig in program.sigs() {
            if let Op::Read(id) = program.node(sig).op {
                reads[id.index()].get_or_insert(sig);
            }
        }
        Self { program, intervals: Intervals::of_program(program, OnePole::Widen), reads }
    }

    /// Whether a register comes to rest while everything else that it is computed from stands still: each frame less
    /// is left of the distance. A phase, which comes back whole, does not.
    fn settles(&self, register: usize) -> bool {
        let Some(read) = self.reads[register] else { return true };
        let mut known = FxHashMap::default();
        let gain =
            self.gain(self.program.registers[register].next, RegisterId::new(register), read, &mut known);
        gain.is_some_and(|(lo, hi)| -1.0 < lo && hi < 1.0)
    }

    /// Nothing if it is too far to look, or through a function that is not followed.
    fn gain(&self, sig: Sig, id: RegisterId, read: Sig, known: &mut FxHashMap<Sig, Gain>) -> Option<Gain> {
        // A node before the first reading of the register does not depend on it.
        if sig < read {
            return Some(NONE);
        }
        if let Some(&gain) = known.get(&sig) {
            return Some(gain);
        }
        if known.len() >= REACH {
            return None;
        }
        // While it is looked at, it counts towards the limit.
        known.insert(sig, NONE);
        let node = self.program.node(sig);
        if node.op == Op::Read(id) {
            known.insert(sig, (1.0, 1.0));
            return Some((1.0, 1.0));
        }
        let mut gains = Vec::with_capacity(node.operands().len());
        for &operand in node.operands() {
            gains.push(self.gain(operand, id, read, known)?);
        }
        let gain = match (node.op, gains.as_slice()) {
            (_, all) if all.iter().all(|&gain| gain == NONE) => NONE,
            (Op::Apply(Fun::Add), &[a, b]) => (a.0 + b.0, a.1 + b.1),
            (Op::Apply(Fun::Sum), all) => all.iter().fold(NONE, |sum, gain| (sum.0 + gain.0, sum.1 + gain.1)),
            (Op::Apply(Fun::Sub), &[a, b]) => (a.0 - b.1, a.1 - b.0),
            (Op::Apply(Fun::Min | Fun::Max), &[a, b]) => (a.0.min(b.0), a.1.max(b.1)),
            (Op::Apply(Fun::Mul), &[gain, NONE]) => self.scaled(gain, node.operands()[1]),
            (Op::Apply(Fun::Mul), &[NONE, gain]) => self.scaled(gain, node.operands()[0]),
            _ => return None,
        };
        known.insert(sig, gain);
        Some(gain)
    }

    fn scaled(&self, gain: Gain, by: Sig) -> Gain {
        let by = self.intervals.get(by);
        let all = [gain.0 * by.lo, gain.0 * by.hi, gain.1 * by.lo, gain.1 * by.hi];
        // Infinite bounds leave NaN behind, which no comparison accepts.
        if all.iter().any(|product| product.is_nan()) {
            return (f64::NEG_INFINITY, f64::INFINITY);
        }
        (all.into_iter().fold(f64::INFINITY, f64::min), all.into_iter().fold(f64::NEG_INFINITY, f64::max))
    }
}

/// The same nodes but for what stands still. Nothing is dropped and no state merged, since both programs share it; only
/// ints are folded, since a real of constants must keep its rounding.
fn rewrite(old: &Program, still: &Still, registers: &[RegisterId]) -> Program {
    let mut target = Target::default();
    let mut map: Vec<Sig> = Vec::with_capacity(old.nodes.len());
    let control = |id: RegisterId| {
        let at = registers.binary_search(&id).expect("it stands still");
        Op::Control(ControlId::new(old.controls.len() + at))
    };
    for sig in old.sigs() {
        let node = old.node(sig);
        let operands: Vec<Sig> = node.operands().iter().map(|operand| map[operand.index()]).collect();
        let new = match node.op {
            Op::Read(id) if still.registers[id.index()] => target.push(control(id), node.ty, &[]),
            Op::Tap(id) if still.lines[id.index()] => map[old.line(id).input.index()],
            Op::Apply(fun) => match folded(&target, fun, node.ty, &operands) {
                Some(Folded::Same(sig)) => sig,
                Some(Folded::Int(value)) => target.constant(Value::Int(value)),
                None => target.push(node.op, node.ty, &operands),
            },
            op => target.push(op, node.ty, &operands),
        };
        map.push(new);
    }
    let mut new = target.into_program(old, &map);
    // Nothing is known of what a register holds: its bounds as a control would prove too much.
    let any = [0.0, f64::MIN, f64::MAX, 1.0];
    for id in registers {
        let control = Control::new(format!("register {id}"), ControlKind::Number, any);
        new.controls.push(control);
    }
    new
}

/// What a node comes to.
enum Folded {
    Same(Sig),
    Int(i32),
}

fn folded(target: &Target, fun: Fun, ty: Ty, operands: &[Sig]) -> Option<Folded> {
    let int = |sig: &Sig| match target.value(*sig) {
        Some(Value::Int(value)) => Some(value),
        _ => None,
    };
    if let (Fun::Select, Some(which)) = (fun, int(&operands[0])) {
        return Some(Folded::Same(operands[if which == 0 { 1 } else { 2 }]));
    }
    let ints: Option<Vec<Value<f64>>> = operands.iter().map(|sig| int(sig).map(Value::Int)).collect();
    match (ty, ints) {
        (Ty::Int, Some(values)) => match fun.eval(&values) {
            Value::Int(value) => Some(Folded::Int(value)),
            Value::Real(_) => None,
        },
        _ => None,
    }
}
