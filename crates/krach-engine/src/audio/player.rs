//! A source of sound with its buffers: a program that runs, or an input of the device.

use super::sum::Sum;
use super::voices::Ensemble;
use super::watch::Watch;
use crate::note::NoteId;
use crate::ramp::scale;
use krach_abi::{Audio, Buffer, Frame, Status};
use std::ops::Range;

pub(crate) enum Source {
    Notes(Box<Ensemble<f32>>),
    /// Channels of the device's input, from this one on.
    Device(usize),
}

pub(crate) struct Player {
    pub source: Source,
    pub outputs: usize,
    /// What the routes bring, and the terms of it.
    pub input: Buffer<f32>,
    pub terms: Sum<f32>,
    /// What it plays: as wide as its outputs, or as those of the player before it.
    pub heard: Buffer<f32>,
    /// The same after gain and pan; one channel has become left and right.
    pub post: Buffer<f32>,
    /// The control of each number.
    pub controls: Box<[Option<u16>]>,
    pub watch: Watch,
}

/// The largest number of a control, and one.
pub(crate) fn table(numbers: &[u16]) -> usize {
    numbers.iter().map(|&number| usize::from(number) + 1).max().unwrap_or(0)
}

impl Player {
    /// `width`: channels of the player before it.
    pub fn new(
        source: Source,
        [inputs, outputs]: [usize; 2],
        numbers: &[u16],
        width: usize,
        [block, second]: [usize; 2],
    ) -> Self {
        let mut controls = vec![None; table(numbers)];
        for (control, &number) in (0..).zip(numbers) {
            controls[usize::from(number)] = Some(control);
        }
        let wide = outputs.max(width);
        Self {
            source,
            outputs,
            input: Buffer::new(inputs, block),
            terms: Sum::new(inputs, block),
            heard: Buffer::new(wide, block),
            post: Buffer::new(if wide == 1 { 2 } else { wide }, block),
            controls: controls.into(),
            watch: Watch::new(second),
        }
    }

    /// Becomes a copy of a player of the same program whose state it has been given.
    pub fn copy(&mut self, from: &Self, same: &[Option<u16>], frame: Frame) {
        if let (Source::Notes(from), Source::Notes(to)) = (&from.source, &mut self.source) {
            to.adopt(from, same, frame);
        }
        self.watch = from.watch;
    }

    fn control(&self, number: u16) -> Option<usize> {
        self.controls.get(usize::from(number)).copied().flatten().map(usize::from)
    }

    pub fn turn(&mut self, number: u16, value: f64, at: Frame) {
        if let (Some(control), Source::Notes(ensemble)) = (self.control(number), &mut self.source) {
            ensemble.turn(control, value, at);
        }
    }

    pub fn turn_note(&mut self, note: NoteId, number: u16, value: f64, at: Frame) {
        if let (Some(control), Source::Notes(ensemble)) = (self.control(number), &mut self.source) {
            ensemble.turn_note(note, control, value, at);
        }
    }

    pub fn ensemble(&mut self) -> Option<&mut Ensemble<f32>> {
        match &mut self.source {
            Source::Notes(ensemble) => Some(ensemble),
            Source::Device(_) => None,
        }
    }

    pub fn must_close(&self, at: Frame) -> bool {
        matches!(&self.source, Source::Notes(ensemble) if ensemble.must_close(at))
    }

    /// Fills its own outputs for some frames of the block that begins at `start`.
    pub fn play(&mut self, start: Frame, frames: Range<usize>, device: Audio<'_, f32>) {
        let (first, count, block) = (start.after(frames.start), frames.len(), frames.end);
        let outputs = self.outputs;
        let mut heard = self.heard.head_mut(block);
        let mut heard = heard.some(0..outputs);
        let mut heard = heard.part(frames.clone());
        match &mut self.source {
            Source::Device(from) => {
                for port in 0..outputs {
                    let to = heard.channel_mut(port);
                    match from.checked_add(port).filter(|&channel| channel < device.channels()) {
                        Some(channel) => to.copy_from_slice(&device.channel(channel)[frames.clone()]),
                        None => to.fill(0.0),
                    }
                }
            }
            Source::Notes(ensemble) => {
                if self.watch.silences(first) {
                    heard.silence();
                    return;
                }
                let inputs = self.input.head(block).part(frames);
                let alone = ensemble.run_alone(first, inputs, &mut heard);
                let status = alone.unwrap_or_else(|| ensemble.run(first, inputs, count));
                if status == Status::NotFinite {
                    ensemble.mend(first, inputs, &mut self.watch);
                }
                if status == Status::NotFinite || alone.is_none() {
                    ensemble.mix(first, &mut heard);
                }
                match (self.watch.failed, self.watch.fade) {
                    (None, _) => {}
                    (_, Some(fade)) => {
                        (0..outputs).for_each(|port| scale(heard.channel_mut(port), first, &[fade]));
                    }
                    (Some(failed), None) => heard.part(failed.since(first)..count).silence(),
                }
            }
        }
    }

    /// The channel of its outputs that is heard on a channel of a wider whole: they are repeated in turn, as everywhere
    /// on the stage.
    pub fn spread(&self, channel: usize) -> Option<usize> {
        channel.checked_rem(self.outputs)
    }
}

impl std::fmt::Debug for Player {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Player").field("outputs", &self.outputs).finish_non_exhaustive()
    }
}
