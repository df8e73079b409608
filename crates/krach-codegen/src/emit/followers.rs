//! The loop of followers: four frames per step.

use super::Writer;
use crate::kernel::{Body, Do, V};
use crate::lanes::LANES;
use crate::plan::Section;
use krach_ir::Sig;
use rustc_hash::FxHashMap;

impl Writer<'_> {
    /// Smoothers frame by frame, then the other followers in lanes; at last the values that the loop of all the rest takes.
    pub(crate) fn write_followers(mut self) -> Body {
        let wanted = self.storage.kept.clone();
        let needed = self.plan.needed(self.program, wanted.iter().copied());
        let smoothing = self.plan.smoothing(self.program);
        let frames = self.smooth(&needed, &smoothing);
        let lanes: Vec<bool> =
            needed.iter().zip(&smoothing).map(|(needed, serial)| *needed && !serial).collect();
        let own = |sig: &Sig| lanes[sig.index()] && self.is_computed(*sig);
        let taken: Vec<Sig> = (self.program.sigs().filter(own))
            .flat_map(|sig| self.program.dependencies(sig))
            .map(|sig| self.plan.source(sig))
            .chain(wanted.iter().copied())
            .collect();
        for sig in taken {
            if let Some(frames) = frames.get(&sig)
                && !self.values.contains_key(&sig)
            {
                let pack = self.pack(sig, frames);
                self.values.insert(sig, pack);
            }
        }
        self.compute_all(&lanes);
        for (place, sig) in (0..).zip(wanted) {
            self.about(sig, |writer| {
                let value = writer.number(sig);
                writer.effect(Do::Keep(place), &[value]);
            });
        }
        self.body
    }

    /// Computes four frames of smoothers. Of each node that is computed or read there: its values.
    fn smooth(&mut self, needed: &[bool], smoothing: &[bool]) -> FxHashMap<Sig, Vec<V>> {
        let any = |sig: &Sig| needed[sig.index()] || smoothing[sig.index()];
        let own = |sig: &Sig| self.plan.source(*sig) == *sig && self.plan.section(*sig) == Section::Follower;
        let read: Vec<Sig> =
            self.program.sigs().filter(|sig| own(sig) && any(sig) && self.is_leaf(*sig)).collect();
        let computed: Vec<Sig> = (self.program.sigs())
            .filter(|sig| own(sig) && smoothing[sig.index()] && !self.is_leaf(*sig))
            .collect();
        let still = self.storage.still(self.plan);
        let mut frames: FxHashMap<Sig, Vec<V>> = FxHashMap::default();
        for _ in 0..LANES {
            for &sig in &read {
                self.value(sig);
            }
            self.compute_all(smoothing);
            for &sig in read.iter().chain(&computed) {
                frames.entry(sig).or_default().push(self.values[&sig]);
            }
            let next: Vec<V> = (still.iter())
                .map(|&at| {
                    let next = self.storage.memories[at].next;
                    self.fetch(at);
                    self.about(next, |writer| writer.number(next))
                })
                .collect();
            for (&at, next) in still.iter().zip(next) {
                self.fetched[at] = Some(next);
            }
            let plan = self.plan;
            self.values.retain(|sig, _| plan.section(*sig) < Section::Follower);
            self.indices.clear();
        }
        for at in still {
            let next = self.fetched[at].expect("computed in every frame");
            let memory = self.storage.memories[at];
            self.about(memory.next, |writer| writer.effect(Do::Store(memory.slot), &[next]));
        }
        frames
    }

    /// The values of four frames as one.
    fn pack(&mut self, sig: Sig, frames: &[V]) -> V {
        self.about(sig, |writer| {
            let numbers: Vec<V> = frames.iter().map(|&value| writer.count(value)).collect();
            let element = writer.element(numbers[0]);
            writer.emit(Do::Pack, &numbers, element)
        })
    }
}
