//! Short lines as chains of cells.
//!
//! A line of a few frames whose taps are constant, such as the past of a biquad, is the same as one line of one frame
//! behind another. Compiled, each of these is a slot that is read and written; a ring would compute a place for every tap.

use super::rebuild::Target;
use crate::{Line, LineId, Op, Program, Sig};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The longest line that becomes a chain: each frame of it is moved in every frame.
const LONGEST: u32 = 4;

/// The same samples, with each short line of constant taps as a chain of lines of one frame. The links carry the keys of
/// the line with an apostrophe for each frame more.
#[must_use]
pub fn in_cells(old: Program) -> Program {
    let short = short(&old);
    if !short.contains(&true) {
        return old;
    }
    let mut target = Target::default();
    let mut map: Vec<Sig> = Vec::with_capacity(old.nodes.len());
    let mut lines: Vec<Line> = Vec::new();
    let mut known: FxHashMap<(LineId, u32), LineId> = FxHashMap::default();
    for sig in old.sigs() {
        let node = old.node(sig);
        let operands: Vec<Sig> = node.operands().iter().map(|operand| map[operand.index()]).collect();
        let Op::Tap(id) = node.op else {
            map.push(target.push(node.op, node.ty, &operands));
            continue;
        };
        let line = old.line(id);
        let to = |sig: Sig| map[sig.index()];
        let mut link = |input: Sig, max: u32, at: u32| {
            *known.entry((id, at)).or_insert_with(|| {
                let keys = line.keys.iter().map(|key| later(key, at)).collect();
                lines.push(Line { ty: line.ty, input, max, gate: line.gate.map(to), keys });
                LineId::new(lines.len() - 1)
            })
        };
        let tap = match old.node(node.operands()[0]).op {
            Op::Int(frames) if short[id.index()] => {
                let one = target.constant(crate::maths::Value::Int(1));
                (0..frames.unsigned_abs()).fold(to(line.input), |input, at| {
                    let link = link(input, 1, at);
                    target.push(Op::Tap(link), line.ty, &[one])
                })
            }
            _ => {
                let link = link(to(line.input), line.max, 0);
                target.push(Op::Tap(link), line.ty, &operands)
            }
        };
        map.push(tap);
    }
    let mut new = target.into_program(&old, &map);
    new.lines = lines;
    new
}

/// The lines that become chains.
fn short(program: &Program) -> Vec<bool> {
    let mut short: Vec<bool> = program.lines.iter().map(|line| (2..=LONGEST).contains(&line.max)).collect();
    for node in program.nodes.iter() {
        if let Op::Tap(id) = node.op {
            let max = program.line(id).max.cast_signed();
            short[id.index()] &=
                matches!(program.node(node.operands()[0]).op, Op::Int(frames) if (1..=max).contains(&frames));
        }
    }
    short
}

fn later(key: &Arc<str>, frames: u32) -> Arc<str> {
    if frames == 0 { key.clone() } else { format!("{key}{}", "'".repeat(frames as usize)).into() }
}
