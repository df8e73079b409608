//! Registers that always hold the same.
//!
//! Two loops of one shape over equal inputs are equal, but no walk from the leaves finds it, because each rests on
//! itself. So all registers of a type are taken for equal, and for zero, until that is contradicted: partition
//! refinement (Hopcroft 1971), in the form of optimistic value numbering (Alpern, Wegman and Zadeck 1988).

use super::algebra;
use crate::builder::{Identity, identity};
use crate::{Fun, Ty};
use crate::{LineId, Node, Op, Program, RegisterId, Sig};
use rustc_hash::FxHashMap;

/// Chains of registers take as many rounds as they are long; beyond this nothing is merged.
const ROUNDS: usize = 40;

/// What stands for a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// It never holds anything but 0.
    Zero,
    /// The first register that always holds the same: itself, if there is no other.
    As(RegisterId),
}

/// One entry per register.
pub(super) fn registers(program: &Program) -> Vec<Held> {
    let count = program.registers.len();
    let mut classes: Vec<u32> = program.registers.iter().map(|register| zero(register.ty)).collect();
    let mut known = 2;
    for _ in 0..ROUNDS {
        let (finer, found) = refine(program, &classes);
        classes = finer;
        if found == known {
            return stand_ins(&classes);
        }
        known = found;
    }
    (0..count).map(Held::own).collect()
}

/// The class of registers that hold 0, and the number of the constant 0.
fn zero(ty: Ty) -> u32 {
    match ty {
        Ty::Int => 0,
        Ty::Real => 1,
    }
}

fn stand_ins(classes: &[u32]) -> Vec<Held> {
    let mut first = FxHashMap::default();
    let stand_in = |(at, &class): (usize, &u32)| match class {
        0 | 1 => Held::Zero,
        _ => *first.entry(class).or_insert(Held::own(at)),
    };
    classes.iter().enumerate().map(stand_in).collect()
}

/// Splits classes whose members are written with different values; also the number of classes.
fn refine(program: &Program, classes: &[u32]) -> (Vec<u32>, usize) {
    let numbers = numbers(program, classes);
    let number = |sig: Sig| numbers[sig.index()];
    let mut finer: FxHashMap<(u32, u32, Option<u32>), u32> = FxHashMap::default();
    // A register that is written with 0 stays 0, with any gate.
    let classes = program.registers.iter().zip(classes).map(|(register, &class)| {
        let next = number(register.next);
        let closed = register.gate.is_some_and(|gate| number(gate) == zero(Ty::Int));
        if class == zero(register.ty) && (next == class || closed) {
            return class;
        }
        let fresh = u32::try_from(finer.len() + 2).expect("fewer classes than registers");
        *finer.entry((class, next, register.gate.map(number))).or_insert(fresh)
    });
    let classes = classes.collect();
    (classes, finer.len() + 2)
}

/// Equal numbers for nodes that are equal if registers of one class are.
fn numbers(program: &Program, classes: &[u32]) -> Vec<u32> {
    let mut known: FxHashMap<Identity, u32> = FxHashMap::default();
    let mut lines: FxHashMap<(u32, Option<u32>, u32), LineId> = FxHashMap::default();
    let mut numbers: Vec<u32> = Vec::with_capacity(program.nodes.len());
    // The zeros have the numbers of their classes, so other nodes start after those.
    for (op, ty) in [(Op::Int(0), Ty::Int), (Op::Real(0.0), Ty::Real)] {
        known.insert(identity(None, &Node::new(op, ty, &[]), 0), zero(ty));
    }
    for node in program.nodes.iter() {
        let mut operands: Vec<Sig> = node.operands().iter().map(|sig| Sig(numbers[sig.index()])).collect();
        if let Some(number) = known_number(program, node, &operands, &numbers, classes) {
            numbers.push(number);
            continue;
        }
        let op = match node.op {
            Op::Read(id) => Op::Read(RegisterId(classes[id.index()])),
            Op::Tap(id) => {
                let line = program.line(id);
                let gate = line.gate.map(|gate| numbers[gate.index()]);
                Op::Tap(*lines.entry((numbers[line.input.index()], gate, line.max)).or_insert(id))
            }
            op => op,
        };
        if matches!(op, Op::Apply(fun) if algebra::commutes(fun)) {
            operands.sort_unstable();
        }
        let fresh = u32::try_from(known.len()).expect("fewer than nodes");
        let same = identity(None, &Node::new(op, node.ty, &operands), 0);
        numbers.push(*known.entry(same).or_insert(fresh));
    }
    numbers
}

/// The number of a node that is another one, or 0, in disguise.
fn known_number(
    program: &Program,
    node: Node<'_>,
    operands: &[Sig],
    numbers: &[u32],
    classes: &[u32],
) -> Option<u32> {
    let zero = zero(node.ty);
    let is_zero = |sig: &Sig| sig.0 == zero;
    match node.op {
        Op::Argument => Some(operands[0].0),
        Op::Read(id) => Some(zero).filter(|_| classes[id.index()] == zero),
        Op::Tap(id) => Some(zero).filter(|_| numbers[program.line(id).input.index()] == zero),
        Op::Apply(Fun::Mul) => Some(zero).filter(|_| operands.iter().any(is_zero)),
        Op::Apply(Fun::Add) if is_zero(&operands[0]) => Some(operands[1].0),
        Op::Apply(Fun::Add) if is_zero(&operands[1]) => Some(operands[0].0),
        _ => None,
    }
}
