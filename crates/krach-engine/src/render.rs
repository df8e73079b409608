//! The off-line processor: the same calls a sound card would make, as fast as they return.

use crate::{Event, NullDevice, RenderError, Score};
use krach_abi::{Dsp, DspFactory};
use std::ops::ControlFlow;

/// A sample format of the stage.
trait Sample: Copy + Default {
    fn process(dsp: &mut dyn Dsp, inputs: &[&[Self]], outputs: &mut [&mut [Self]]);
}

impl Sample for f32 {
    fn process(dsp: &mut dyn Dsp, inputs: &[&[Self]], outputs: &mut [&mut [Self]]) {
        dsp.process_f32(inputs, outputs);
    }
}

impl Sample for f64 {
    fn process(dsp: &mut dyn Dsp, inputs: &[&[Self]], outputs: &mut [&mut [Self]]) {
        dsp.process_f64(inputs, outputs);
    }
}

/// Renders the score: one vector of samples per output. `progress` hears the number of frames done after each
/// block and may end the work.
///
/// # Errors
/// A score that does not fit the program, and [`RenderError::Cancelled`].
pub fn render(
    factory: &dyn DspFactory,
    score: &Score<'_, f32>,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<Vec<f32>>, RenderError> {
    perform(factory, score, progress)
}

/// As [`render`], in the widest format.
///
/// # Errors
/// As for [`render`].
pub fn render_f64(
    factory: &dyn DspFactory,
    score: &Score<'_, f64>,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<Vec<f64>>, RenderError> {
    perform(factory, score, progress)
}

fn perform<S: Sample>(
    factory: &dyn DspFactory,
    score: &Score<'_, S>,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<Vec<S>>, RenderError> {
    score.check(factory.ports())?;
    let mut performance = Performance::new(factory, score)?;
    let mut clock = NullDevice::new(score.frames, score.block);
    let run = clock.run(|done, frames| {
        performance.advance(done, frames);
        progress(done + frames)
    });
    match run {
        ControlFlow::Continue(()) => Ok(performance.outputs),
        ControlFlow::Break(done) => Err(RenderError::Cancelled { done }),
    }
}

/// A score half played.
struct Performance<'a, S> {
    dsp: Box<dyn Dsp>,
    score: &'a Score<'a, S>,
    ranges: &'a [krach_abi::ControlRange],
    /// By frame; those before `due` have happened.
    events: Vec<Event>,
    due: usize,
    /// One block of every input, padded by silence.
    block: Vec<Vec<S>>,
    outputs: Vec<Vec<S>>,
}

impl<'a, S: Sample> Performance<'a, S> {
    fn new(factory: &'a dyn DspFactory, score: &'a Score<'a, S>) -> Result<Self, RenderError> {
        let ports = factory.ports();
        let mut outputs = Vec::with_capacity(ports.outputs);
        for _ in 0..ports.outputs {
            let mut port = Vec::new();
            port.try_reserve_exact(score.frames)
                .map_err(|_| RenderError::TooLong { frames: score.frames, channels: ports.outputs })?;
            port.resize(score.frames, S::default());
            outputs.push(port);
        }
        let mut events = score.events.clone();
        events.sort_by_key(|event| event.frame);
        let longest = score.block.clamp(1, score.frames.max(1));
        let block = vec![vec![S::default(); longest]; ports.inputs];
        let dsp = factory.instantiate(score.seed);
        let mut performance = Self { dsp, score, ranges: &ports.controls, events, due: 0, block, outputs };
        for &(control, value) in &score.values {
            performance.turn(control, value);
        }
        Ok(performance)
    }

    fn turn(&mut self, control: usize, value: f64) {
        let range = self.ranges[control];
        self.dsp.set(control, value.max(range.lo).min(range.hi));
    }

    /// Computes `frames` frames from `start`, in as many pieces as events ask for.
    fn advance(&mut self, start: usize, frames: usize) {
        let mut at = start;
        while at < start + frames {
            while let Some(&Event { control, value, .. }) =
                self.events.get(self.due).filter(|e| e.frame <= at)
            {
                self.turn(control, value);
                self.due += 1;
            }
            let next = self.events.get(self.due).map_or(usize::MAX, |event| event.frame);
            let count = next.min(start + frames) - at;
            self.compute(at, count);
            at += count;
        }
    }

    fn compute(&mut self, at: usize, count: usize) {
        for (port, block) in self.block.iter_mut().enumerate() {
            let given = self.score.inputs.get(port).and_then(|input| input.get(at..)).unwrap_or(&[]);
            let given = &given[..given.len().min(count)];
            block[..given.len()].copy_from_slice(given);
            block[given.len()..count].fill(S::default());
        }
        let inputs: Vec<&[S]> = self.block.iter().map(|block| &block[..count]).collect();
        let mut outputs: Vec<&mut [S]> =
            self.outputs.iter_mut().map(|port| &mut port[at..at + count]).collect();
        S::process(self.dsp.as_mut(), &inputs, &mut outputs);
    }
}
