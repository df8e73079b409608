//! Many sounds of one program, rendered off-line as voices side by side.

use crate::cue::{Act, Cues};
use crate::{RenderError, Score};
use krach_abi::{Block, Buffer, Dsp, DspFactory, FlushGuard, Frame, Sample, Seed, VoiceIo};
use std::ops::ControlFlow;

/// What one sound of a batch has of its own.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Variant {
    /// Control and value, set before the first frame, after the values of the score.
    pub values: Vec<(usize, f64)>,
    pub seed: Seed,
}

/// Renders one score once for each variant. `outputs` holds `score.frames` samples of each port of the first sound, then
/// those of the second, and so on. Each sound has the samples of [`crate::render`] of the same values and seed. Notes
/// are not played: they need voices of their own.
///
/// `progress` hears the number of frames done after each block and may end the work.
///
/// # Errors
/// A score that does not fit the program, and [`RenderError::Cancelled`].
///
/// # Panics
/// If `outputs` has another length.
pub fn render_batch<S: Sample>(
    factory: &dyn DspFactory,
    score: &Score<'_, S>,
    variants: &[Variant],
    outputs: &mut [S],
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<(), RenderError> {
    let ports = factory.ports();
    assert_eq!(outputs.len(), variants.len() * ports.outputs * score.frames, "a place for every sample");
    score.check(ports)?;
    for variant in variants {
        Score::<S> { values: variant.values.clone(), ..Score::new(0) }.check(ports)?;
    }
    let seeds: Vec<Seed> = variants.iter().map(|variant| variant.seed).collect();
    let longest = score.block.clamp(1, score.frames.max(1));
    let mut batch = Batch {
        dsp: factory.voices_of(&seeds),
        factory,
        busy: vec![VoiceIo::BUSY; variants.len()],
        given: Buffer::new(ports.inputs, longest),
        heard: Buffer::new(ports.outputs * variants.len(), longest),
    };
    for (voice, variant) in variants.iter().enumerate() {
        for &(control, value) in score.values.iter().chain(&variant.values) {
            batch.turn(voice, control, value);
        }
    }
    let mut cues = Cues::new(&score.turns, &[]);
    let mut at = 0;
    while at < score.frames {
        while let Some(act) = cues.next_at(Frame::default().after(at)) {
            if let Act::Turn { control, value } = act {
                (0..variants.len()).for_each(|voice| batch.turn(voice, control, value));
            }
        }
        let next = cues.next_frame().since(Frame::default());
        let count = next.min(score.frames).min(at + longest) - at;
        batch.compute(score, at, count, outputs);
        at += count;
        if progress(at).is_break() {
            return Err(RenderError::Cancelled { done: at });
        }
    }
    Ok(())
}

struct Batch<'a, S> {
    dsp: Box<dyn Dsp>,
    factory: &'a dyn DspFactory,
    busy: Vec<VoiceIo>,
    /// One block of every input, padded by silence, and of every output of every voice.
    given: Buffer<S>,
    heard: Buffer<S>,
}

impl<S: Sample> Batch<'_, S> {
    fn turn(&mut self, voice: usize, control: usize, value: f64) {
        let range = self.factory.ports().controls[control];
        self.dsp.set(voice, control, value.max(range.lo).min(range.hi));
    }

    /// Computes `count` frames from `at`.
    fn compute(&mut self, score: &Score<'_, S>, at: usize, count: usize, outputs: &mut [S]) {
        let _flush = FlushGuard::new();
        for port in 0..self.given.channels() {
            let given = score.inputs.get(port).and_then(|input| input.get(at..)).unwrap_or(&[]);
            let given = &given[..given.len().min(count)];
            let block = &mut self.given.channel_mut(port)[..count];
            block[..given.len()].copy_from_slice(given);
            block[given.len()..].fill(S::default());
        }
        let (start, inputs) = (Frame::default().after(at), self.given.head(count));
        let mut block = Block { start, inputs, outputs: self.heard.head_mut(count), voices: &mut self.busy };
        S::process(self.dsp.as_mut(), &mut block);
        for (channel, output) in outputs.chunks_mut(score.frames).enumerate() {
            output[at..at + count].copy_from_slice(&self.heard.channel(channel)[..count]);
        }
    }
}
