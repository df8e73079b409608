//! Frames between which nothing happens to the whole: the nodes in order, on one thread or more, then the master.

use super::{DEVICE_CHANNELS, Processor};
use crate::audio::route::Route;
use crate::audio::slot::Slot;
use crate::audio::sum::Sum;
use crate::crew::{Crew, Task};
use crate::loan::Loan;
use crate::receipt::{Gauges, Return};
use krach_abi::{Adapting, Audio, AudioMut, Frame};
use std::ops::Range;
use std::sync::atomic::Ordering;

impl Processor {
    /// Computes frames between which nothing happens to the whole.
    pub(super) fn piece(&mut self, inputs: Audio<'_, f32>, outputs: &mut AudioMut<'_, f32>) {
        if let Some(crew) = self.crew.take() {
            for level in 0..self.schedule.levels.len() {
                self.share(&crew, self.schedule.level(level), inputs, outputs.frames());
            }
            self.crew = Some(crew);
        } else {
            for step in 0..self.schedule.steps.len() {
                if let Some(slot) = self.ready(step, outputs.frames()) {
                    self.play(slot, inputs, outputs.frames());
                }
            }
        }
        self.mix(outputs);
    }

    /// Computes steps that do not depend on each other, together with other threads. Nodes with events are computed here.
    fn share(&mut self, crew: &Crew, steps: Range<usize>, inputs: Audio<'_, f32>, frames: usize) {
        let (start, stems, timed) = (self.now, self.stems, self.is_timed());
        let mut shared = 0;
        for step in steps {
            let Some(slot) = self.ready(step, frames) else { continue };
            if slot.is_alone() && shared < crew.room() {
                crew.put(shared, Task { slot, start, frames, stems, timed });
                shared += 1;
            } else {
                self.play(slot, inputs, frames);
            }
        }
        crew.compute(shared, &self.nothing);
        for at in 0..shared {
            if let Some(task) = crew.take(at) {
                self.keep(task.slot, frames);
            }
        }
    }

    /// The slot of a step with what the routes bring to it, unless it has faded out.
    fn ready(&mut self, step: usize, frames: usize) -> Option<Loan<Slot>> {
        let mut slot = self.slots[self.schedule.steps[step].node as usize].take()?;
        if slot.is_gone(self.now) {
            self.out.send(Return::Slot { node: slot.node, slot });
            return None;
        }
        self.feed(step, &mut slot, frames);
        Some(slot)
    }

    fn play(&mut self, mut slot: Loan<Slot>, inputs: Audio<'_, f32>, frames: usize) {
        slot.play(self.now, frames, (inputs, self.stems), &self.due, self.is_timed());
        self.keep(slot, frames);
    }

    /// Puts a slot that was computed back in its place.
    fn keep(&mut self, mut slot: Loan<Slot>, frames: usize) {
        let node = slot.node as usize;
        if self.is_timed() {
            let spent = slot.spent;
            if self.watching > 0 {
                slot.took += spent;
            }
            let nanos = u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX);
            let timed = self.gauges.timed.load(Ordering::Relaxed);
            Gauges::count(&self.gauges.times[node], if timed { nanos } else { 0 });
        }
        slot.report(&mut self.out);
        slot.tap(false, frames).meet(&self.gauges.meters[node]);
        self.slots[node] = Some(slot);
    }

    /// Nodes are timed: someone reads the times, or a callback was too slow.
    fn is_timed(&self) -> bool {
        self.watching > 0 || self.gauges.timed.load(Ordering::Relaxed)
    }

    /// Adds up what the routes bring to a node.
    fn feed(&self, step: usize, slot: &mut Slot, frames: usize) {
        let routes = &self.schedule.routes[self.schedule.steps[step].routes.clone()];
        for player in slot.players().filter(|player| player.input.channels() > 0) {
            let inputs = player.input.channels();
            player.terms.clear(frames);
            add(&self.slots, &self.routes, routes, self.now, frames, (&mut player.terms, inputs));
            player.terms.finish(&mut player.input.head_mut(frames));
        }
    }

    /// The master, and what goes to the device past it.
    fn mix(&mut self, outputs: &mut AudioMut<'_, f32>) {
        let frames = outputs.frames();
        let routes = &self.schedule.routes[self.schedule.master.clone()];
        self.terms.clear(frames);
        add(&self.slots, &self.routes, routes, self.now, frames, (&mut self.terms, self.channels));
        let mut mixed = self.mixed.head_mut(frames);
        self.terms.finish(&mut mixed);
        self.master.process(&mut mixed, self.channels, self.now, &self.gauges);
        Adapting::Device.adapt(self.mixed.head(frames), outputs);
        let routes = &self.schedule.routes[self.schedule.device.clone()];
        if !routes.is_empty() {
            self.direct.clear(frames);
            add(&self.slots, &self.routes, routes, self.now, frames, (&mut self.direct, DEVICE_CHANNELS));
            self.direct.add_to(outputs);
            for channel in 0..outputs.channels() {
                for sample in outputs.channel_mut(channel) {
                    *sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
                }
            }
        }
    }
}

/// Adds the sound of routes to a sum of `channels` channels.
fn add(
    slots: &[Option<Loan<Slot>>],
    table: &[Option<Route>],
    routes: &[u32],
    now: Frame,
    frames: usize,
    (terms, channels): (&mut Sum<f32>, usize),
) {
    for &route in routes {
        if let Some(route) = &table[route as usize]
            && let Some(source) = &slots[route.source as usize]
        {
            route.add(&source.tap(route.pre, frames), now, terms, channels);
        }
    }
}
