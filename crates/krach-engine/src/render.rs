//! The off-line processor: the same calls a sound card would make, as fast as they return.

use crate::ensemble::{Ensemble, Keyboard};
use crate::{Note, NullDevice, RenderError, Score, Turn};
use krach_abi::{Dsp, DspFactory, Ports};
use std::ops::ControlFlow;

/// A sample format of the stage.
pub(crate) trait Sample: Copy + Default {
    fn process(dsp: &mut dyn Dsp, inputs: &[&[Self]], outputs: &mut [&mut [Self]]);
    fn wide(self) -> f64;
    /// The sum with another, which has a level.
    fn plus(self, other: Self, level: f64) -> Self;
}

impl Sample for f32 {
    fn process(dsp: &mut dyn Dsp, inputs: &[&[Self]], outputs: &mut [&mut [Self]]) {
        dsp.process_f32(inputs, outputs);
    }

    fn wide(self) -> f64 {
        f64::from(self)
    }

    #[allow(clippy::cast_possible_truncation)]
    fn plus(self, other: Self, level: f64) -> Self {
        self + other * level as f32
    }
}

impl Sample for f64 {
    fn process(dsp: &mut dyn Dsp, inputs: &[&[Self]], outputs: &mut [&mut [Self]]) {
        dsp.process_f64(inputs, outputs);
    }

    fn wide(self) -> f64 {
        self
    }

    fn plus(self, other: Self, level: f64) -> Self {
        self + other * level
    }
}

/// What a score is played on.
#[derive(Clone, Copy, Debug)]
pub struct Rig<'a> {
    /// The program; its controls come first.
    pub voice: &'a dyn DspFactory,
    /// How notes play it; without, it is one copy that is always on.
    pub keyboard: Option<&'a Keyboard>,
    /// What its sound goes through; its controls come next.
    pub effect: Option<&'a dyn DspFactory>,
}

impl<'a> Rig<'a> {
    /// One copy and nothing else.
    #[must_use]
    pub fn solo(voice: &'a dyn DspFactory) -> Self {
        Self { voice, keyboard: None, effect: None }
    }

    /// Inputs of the voice, outputs of the whole, controls of both.
    fn ports(&self) -> Ports {
        let mut ports = self.voice.ports().clone();
        if let Some(effect) = self.effect {
            ports.outputs = effect.ports().outputs;
            ports.controls.extend_from_slice(&effect.ports().controls);
        }
        ports
    }
}

/// Renders the score: one vector of samples per output. `progress` hears the number of frames done after each
/// block and may end the work.
///
/// # Errors
/// A score that does not fit the program, and [`RenderError::Cancelled`].
pub fn render(
    rig: &Rig<'_>,
    score: &Score<'_, f32>,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<Vec<f32>>, RenderError> {
    perform(rig, score, progress)
}

/// As [`render`], in the widest format.
///
/// # Errors
/// As for [`render`].
pub fn render_f64(
    rig: &Rig<'_>,
    score: &Score<'_, f64>,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<Vec<f64>>, RenderError> {
    perform(rig, score, progress)
}

fn perform<S: Sample>(
    rig: &Rig<'_>,
    score: &Score<'_, S>,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<Vec<S>>, RenderError> {
    let ports = rig.ports();
    score.check(&ports)?;
    let mut performance = Performance::new(rig, ports, score)?;
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

/// Who plays: one copy, or several by notes.
enum Player<S> {
    Solo(Box<dyn Dsp>),
    Ensemble(Ensemble<S>),
}

/// A score half played.
struct Performance<'a, S> {
    player: Player<S>,
    effect: Option<Effect<S>>,
    score: &'a Score<'a, S>,
    /// Of the player, and how many of its controls there are before those of the effect.
    ports: Ports,
    own: usize,
    /// By frame; those before `due` have happened.
    events: Vec<Turn>,
    due: usize,
    notes: Vec<Note>,
    struck: usize,
    /// One block of every input, padded by silence.
    block: Vec<Vec<S>>,
    outputs: Vec<Vec<S>>,
}

impl<'a, S: Sample> Performance<'a, S> {
    fn new(rig: &Rig<'_>, ports: Ports, score: &'a Score<'a, S>) -> Result<Self, RenderError> {
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
        let mut notes = score.notes.clone();
        notes.sort_by_key(|note| note.frame);
        let longest = score.block.clamp(1, score.frames.max(1));
        let block = vec![vec![S::default(); longest]; ports.inputs];
        let player = match rig.keyboard {
            Some(keyboard) => Player::Ensemble(Ensemble::new(rig.voice, keyboard, score.seed, longest)),
            None => Player::Solo(rig.voice.instantiate(score.seed)),
        };
        let effect = rig.effect.map(|effect| Effect::new(effect, rig.voice.ports().outputs, score, longest));
        let own = rig.voice.ports().controls.len();
        let (due, struck) = (0, 0);
        let mut performance =
            Self { player, effect, score, ports, own, events, due, notes, struck, block, outputs };
        for &(control, value) in &score.values {
            performance.turn(control, value);
        }
        Ok(performance)
    }

    fn turn(&mut self, control: usize, value: f64) {
        let range = self.ports.controls[control];
        let value = value.max(range.lo).min(range.hi);
        match (&mut self.player, &mut self.effect) {
            (_, Some(effect)) if control >= self.own => effect.dsp.set(control - self.own, value),
            (Player::Solo(dsp), _) => dsp.set(control, value),
            (Player::Ensemble(ensemble), _) => ensemble.turn(control, value),
        }
    }

    /// Computes `frames` frames from `start`, in as many pieces as events and notes ask for.
    fn advance(&mut self, start: usize, frames: usize) {
        let mut at = start;
        while at < start + frames {
            let next = self.begin(at);
            let count = next.min(start + frames) - at;
            self.compute(at, count);
            at += count;
        }
    }

    /// What happens before a frame is computed, and when something happens next. Of one frame, turns come first, then
    /// notes are let go, then others begin.
    fn begin(&mut self, at: usize) -> usize {
        while let Some(&Turn { control, value, .. }) = self.events.get(self.due).filter(|e| e.frame <= at) {
            self.turn(control, value);
            self.due += 1;
        }
        let mut next = self.events.get(self.due).map_or(usize::MAX, |event| event.frame);
        if let Player::Ensemble(ensemble) = &mut self.player {
            ensemble.release(at);
            while let Some(note) = self.notes.get(self.struck).filter(|note| note.frame <= at) {
                ensemble.start(note);
                self.struck += 1;
            }
            let note = self.notes.get(self.struck).map(|note| note.frame);
            next = note.into_iter().chain(ensemble.next_release()).fold(next, usize::min);
        }
        next.max(at + 1)
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
        match &mut self.effect {
            None => self.player.compute(&inputs, &mut outputs),
            Some(effect) => {
                let mut dry: Vec<&mut [S]> = effect.dry.iter_mut().map(|port| &mut port[..count]).collect();
                self.player.compute(&inputs, &mut dry);
                effect.compute(count, &mut outputs);
            }
        }
    }
}

impl<S: Sample> Player<S> {
    fn compute(&mut self, inputs: &[&[S]], outputs: &mut [&mut [S]]) {
        match self {
            Self::Solo(dsp) => S::process(dsp.as_mut(), inputs, outputs),
            Self::Ensemble(ensemble) => ensemble.compute(inputs, outputs),
        }
    }
}

/// What the sound goes through, running.
struct Effect<S> {
    dsp: Box<dyn Dsp>,
    /// One block of what it is given, and the same in as many channels as it takes.
    dry: Vec<Vec<S>>,
    adapted: Vec<Vec<S>>,
}

impl<S: Sample> Effect<S> {
    fn new(factory: &dyn DspFactory, given: usize, score: &Score<'_, S>, block: usize) -> Self {
        let silence = |channels| vec![vec![S::default(); block]; channels];
        let dsp = factory.instantiate(score.seed);
        Self { dsp, dry: silence(given), adapted: silence(factory.ports().inputs) }
    }

    /// Where it takes fewer channels, they are summed, where more, repeated.
    fn compute(&mut self, count: usize, outputs: &mut [&mut [S]]) {
        let (given, taken) = (self.dry.len(), self.adapted.len());
        for (at, port) in self.adapted.iter_mut().enumerate() {
            port[..count].copy_from_slice(&self.dry[at % given][..count]);
            for more in self.dry.iter().skip(at + taken).step_by(taken.max(1)) {
                for (sum, &sample) in port[..count].iter_mut().zip(more) {
                    *sum = sum.plus(sample, 1.0);
                }
            }
        }
        let inputs: Vec<&[S]> = self.adapted.iter().map(|port| &port[..count]).collect();
        S::process(self.dsp.as_mut(), &inputs, outputs);
    }
}
