//! What the audio thread runs: the processor, and the takes that hear it.

use super::scope::Scope;
use crate::recorder::Tape;
use krach_abi::{Audio, AudioMut, Buffer};
use krach_engine::{Callback, NodeId, Processor};
use rtrb::{Consumer, Producer, RingBuffer};
use std::sync::Arc;

/// A take on the audio thread.
#[derive(Debug)]
pub(crate) struct Tap {
    tape: Tape,
    /// Each channel of the take: of the master, or of a node.
    channels: Box<[(Option<NodeId>, usize)]>,
}

/// The processor with the takes that run.
#[derive(Debug)]
pub(crate) struct Tapped {
    processor: Processor,
    begun: Consumer<Tap>,
    /// Takes that are over go home to be freed.
    over: Producer<Tap>,
    taps: Vec<Tap>,
    silence: Buffer<f32>,
    scope: Arc<Scope>,
}

/// The other end: it begins takes, and frees those that are over.
#[derive(Debug)]
pub(super) struct Taps {
    begun: Producer<Tap>,
    over: Consumer<Tap>,
    running: usize,
    pub scope: Arc<Scope>,
}

/// Takes that run at once.
const MOST_TAPS: usize = 8;

impl Tap {
    /// `channels` are those of the tracks of the tape, in order.
    pub fn new(tape: Tape, channels: Vec<(Option<NodeId>, usize)>) -> Self {
        Self { tape, channels: channels.into() }
    }

    fn hear(&mut self, processor: &Processor, master: &AudioMut<'_, f32>, silence: &Buffer<f32>) {
        let frames = master.frames();
        let channels = &self.channels;
        self.tape.write(frames, |at| {
            let (node, channel) = channels[at];
            match node {
                None if master.channels() == 0 => &silence.channel(0)[..frames],
                None => master.channel(channel.min(master.channels() - 1)),
                Some(id) => match processor.stem(id) {
                    Some(stem) if stem.channels() > 0 => stem.channel(channel.min(stem.channels() - 1)),
                    _ => &silence.channel(0)[..frames],
                },
            }
        });
    }
}

impl Tapped {
    /// A processor that is asked for at most `block` frames at once inside.
    pub(super) fn new(processor: Processor, block: usize) -> (Self, Taps) {
        let (begin, begun) = RingBuffer::new(MOST_TAPS);
        let (over, ended) = RingBuffer::new(MOST_TAPS);
        let (taps, silence) = (Vec::with_capacity(MOST_TAPS), Buffer::new(1, block));
        let scope = Arc::new(Scope::new());
        let tapped = Self { processor, begun, over, taps, silence, scope: scope.clone() };
        (tapped, Taps { begun: begin, over: ended, running: 0, scope })
    }

    fn change_tapes(&mut self) {
        while self.taps.len() < MOST_TAPS
            && let Ok(tap) = self.begun.pop()
        {
            self.taps.push(tap);
        }
        while let Some(at) = self.taps.iter().position(|tap| tap.tape.is_over()) {
            // There is room for as many as run at once.
            if let Err(rtrb::PushError::Full(tap)) = self.over.push(self.taps.swap_remove(at)) {
                std::mem::forget(tap);
            }
        }
    }
}

impl Callback for Tapped {
    fn process(&mut self, inputs: Audio<'_, f32>, mut outputs: AudioMut<'_, f32>) {
        self.change_tapes();
        if self.taps.is_empty() {
            self.processor.process(inputs, outputs.part(0..outputs.frames()));
            return self.scope.write(&outputs);
        }
        let (frames, mut done) = (outputs.frames(), 0);
        while done < frames {
            let count = self.processor.step(inputs.part(done..frames), outputs.part(done..frames));
            let part = outputs.part(done..done + count);
            self.taps.iter_mut().for_each(|tap| tap.hear(&self.processor, &part, &self.silence));
            self.scope.write(&part);
            done += count;
        }
    }
}

impl Taps {
    /// Begins a take; gives it back if as many run as can.
    pub fn begin(&mut self, tap: Tap) -> Result<(), Tap> {
        self.tend();
        if self.running == MOST_TAPS {
            return Err(tap);
        }
        self.running += 1;
        self.begun.push(tap).map_err(|rtrb::PushError::Full(tap)| tap)
    }

    /// The number of takes that run.
    pub fn running(&self) -> usize {
        self.running
    }

    /// Frees the takes that are over.
    pub fn tend(&mut self) {
        while self.over.pop().is_ok() {
            self.running -= 1;
        }
    }
}
