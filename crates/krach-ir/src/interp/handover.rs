//! The reference of carrying state over: every piece whose key, kind and type the new program has, in one go.

use super::running::{Code, Running};
use crate::maths::Float;
use crate::{Program, Ty};
use krach_abi::{Dsp, Fate, Handover, StatePiece, Voices};
use std::any::Any;
use std::sync::Arc;

/// Which pieces of the old program become which of the new one: pairs of places in their lists.
#[derive(Debug)]
pub(super) struct Inheritance<R> {
    programs: [Arc<Code<R>>; 2],
    voices: usize,
    registers: Vec<(usize, usize)>,
    lines: Vec<(usize, usize)>,
    rams: Vec<(usize, usize)>,
    noises: Vec<(usize, usize)>,
}

impl<R: Float> Inheritance<R> {
    pub fn new(old: &Arc<Code<R>>, new: &Arc<Code<R>>, voices: usize) -> Self {
        let (from, to) = (&old.program, &new.program);
        Self {
            registers: pairs(&from.registers, &to.registers, |r| (&r.keys, (r.ty, 0))),
            lines: pairs(&from.lines, &to.lines, |line| {
                (&line.keys, (line.ty, u32::from(line.gate.is_some())))
            }),
            rams: pairs(&from.rams, &to.rams, |ram| (&ram.keys, (ram.ty, ram.len))),
            noises: pairs(&from.noises, &to.noises, |noise| (&noise.keys, (Ty::Int, 0))),
            programs: [old.clone(), new.clone()],
            voices,
        }
    }

    fn voice(&self, from: &Running<R>, to: &mut Running<R>) {
        self.registers.iter().for_each(|&(old, new)| to.registers[new] = from.registers[old]);
        self.lines.iter().for_each(|&(old, new)| to.lines[new].inherit(&from.lines[old]));
        self.rams.iter().for_each(|&(old, new)| to.rams[new].copy_from(&from.rams[old]));
        self.noises.iter().for_each(|&(old, new)| to.noises[new] = from.noises[old]);
    }
}

/// Pieces of state that share a key and are alike.
fn pairs<T>(old: &[T], new: &[T], of: impl Fn(&T) -> (&Vec<Arc<str>>, (Ty, u32))) -> Vec<(usize, usize)> {
    let heir = |(at, piece): (usize, &T)| {
        let (keys, kind) = of(piece);
        let shares = |piece: &T| of(piece).0.iter().any(|key| keys.contains(key));
        old.iter().position(|piece| shares(piece) && of(piece).1 == kind).map(|from| (from, at))
    };
    new.iter().enumerate().filter_map(heir).collect()
}

impl<R: Float> Handover for Inheritance<R> {
    fn bytes(&self) -> usize {
        let program = &self.programs[1].program;
        let lines = self.lines.iter().map(|&(_, new)| program.lines[new].max as usize + 1);
        let rams = self.rams.iter().map(|&(_, new)| program.rams[new].len as usize);
        let entries = self.registers.len() + lines.sum::<usize>() + rams.sum::<usize>();
        entries * size_of::<R>() + self.noises.len() * size_of::<i32>()
    }

    fn pieces(&self) -> Vec<StatePiece> {
        let [old, new] = [&self.programs[0].program, &self.programs[1].program];
        let (real, int) = (size_of::<R>(), size_of::<i32>());
        let lists = |p: &Program| {
            [
                p.registers.iter().map(|r| (r.keys.clone(), real)).collect::<Vec<_>>(),
                p.lines.iter().map(|line| (line.keys.clone(), (line.max as usize + 1) * real)).collect(),
                p.rams.iter().map(|ram| (ram.keys.clone(), ram.len as usize * real)).collect(),
                p.noises.iter().map(|noise| (noise.keys.clone(), int)).collect(),
            ]
        };
        let heirs = [&self.registers, &self.lines, &self.rams, &self.noises];
        let (mut pieces, mut dropped) = (Vec::new(), Vec::new());
        let lists = lists(old).into_iter().zip(lists(new)).zip(heirs);
        for ((old, new), heirs) in lists {
            let piece = |(keys, bytes): &(Vec<Arc<str>>, usize), fate| {
                Some(StatePiece { key: keys.first()?.clone(), bytes: *bytes, fate })
            };
            pieces.extend(new.iter().enumerate().filter_map(|(at, state)| {
                let kept = heirs.iter().any(|&(_, new)| new == at);
                piece(state, if kept { Fate::Kept } else { Fate::Begun })
            }));
            let left = old.iter().enumerate().filter(|(at, _)| heirs.iter().all(|(old, _)| old != at));
            dropped.extend(left.filter_map(|(_, state)| piece(state, Fate::Dropped)));
        }
        pieces.extend(dropped);
        pieces
    }

    fn carry(&mut self, from: &mut dyn Dsp, to: &mut dyn Dsp, _: &mut usize) -> bool {
        let (from, to): (&mut dyn Any, &mut dyn Any) = (from, to);
        let copies = (from.downcast_mut::<Voices<Running<R>>>(), to.downcast_mut::<Voices<Running<R>>>());
        let (Some(from), Some(to)) = copies else { return true };
        let [old, new] = &self.programs;
        for (from, to) in from.all().iter().zip(to.all_mut()).take(self.voices) {
            if Arc::ptr_eq(&from.code, old) && Arc::ptr_eq(&to.code, new) {
                self.voice(from, to);
            }
        }
        true
    }
}
