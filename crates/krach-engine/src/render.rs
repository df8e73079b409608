//! The off-line processor: the same calls a sound card would make, as fast as they return.

use crate::audio::{Ensemble, Manner};
use crate::cue::{Act, Cues};
use crate::{Keyboard, NullDevice, RenderError, Score};
use krach_abi::{
    Adapting, Audio, AudioMut, Block, Buffer, Dsp, DspFactory, FlushGuard, Frame, Ports, Sample, VoiceIo,
};
use std::ops::ControlFlow;

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
pub fn render<S: Sample>(
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

/// Who plays: one voice, or several by notes.
enum Player<S> {
    Solo(Box<dyn Dsp>),
    Ensemble(Box<Ensemble<S>>),
}

/// A score half played.
struct Performance<'a, S> {
    player: Player<S>,
    effect: Option<Effect<S>>,
    inputs: &'a [&'a [S]],
    /// Of the player, and how many of its controls there are before those of the effect.
    ports: Ports,
    own: usize,
    cues: Cues,
    /// One block of every input, padded by silence, and of every output.
    given: Buffer<S>,
    heard: Buffer<S>,
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
        let longest = score.block.clamp(1, score.frames.max(1));
        let (player, notes) = match rig.keyboard {
            Some(keyboard) => {
                let ensemble = Ensemble::new(rig.voice, keyboard, Manner::Poly, score.seed, longest);
                (Player::Ensemble(Box::new(ensemble)), score.notes.as_slice())
            }
            None => (Player::Solo(rig.voice.instantiate(score.seed)), &[][..]),
        };
        let mut performance = Self {
            player,
            effect: rig.effect.map(|effect| Effect::new(effect, rig.voice.ports().outputs, score, longest)),
            inputs: score.inputs,
            own: rig.voice.ports().controls.len(),
            cues: Cues::new(&score.turns, notes),
            given: Buffer::new(ports.inputs, longest),
            heard: Buffer::new(ports.outputs, longest),
            ports,
            outputs,
        };
        for &(control, value) in &score.values {
            performance.turn(control, value, Frame::default());
        }
        Ok(performance)
    }

    fn turn(&mut self, control: usize, value: f64, at: Frame) {
        let range = self.ports.controls[control];
        let value = value.max(range.lo).min(range.hi);
        match (&mut self.player, &mut self.effect) {
            (_, Some(effect)) if control >= self.own => effect.dsp.set(0, control - self.own, value),
            (Player::Solo(dsp), _) => dsp.set(0, control, value),
            (Player::Ensemble(ensemble), _) => ensemble.turn(control, value, at),
        }
    }

    /// Computes `frames` frames from `start`, in as many pieces as its acts ask for.
    fn advance(&mut self, start: usize, frames: usize) {
        let _flush = FlushGuard::new();
        let origin = Frame::default();
        let mut at = start;
        while at < start + frames {
            self.begin(origin.after(at));
            let next = self.cues.next_frame().since(origin).min(start + frames);
            self.compute(at, next - at);
            at = next;
        }
    }

    /// What happens before a frame is computed.
    fn begin(&mut self, frame: Frame) {
        while let Some(act) = self.cues.next_at(frame) {
            match (act, &mut self.player) {
                (Act::Turn { control, value }, _) => self.turn(control, value, frame),
                (Act::Release(id), Player::Ensemble(ensemble)) => {
                    ensemble.release(id);
                }
                (Act::Press { id, key, velocity }, Player::Ensemble(ensemble)) => {
                    ensemble.press(id, [key, velocity], frame);
                }
                (Act::Release(_) | Act::Press { .. }, Player::Solo(_)) => {}
            }
        }
        if let Player::Ensemble(ensemble) = &mut self.player {
            ensemble.let_go(frame);
        }
    }

    fn compute(&mut self, at: usize, count: usize) {
        for port in 0..self.given.channels() {
            let given = self.inputs.get(port).and_then(|input| input.get(at..)).unwrap_or(&[]);
            let given = &given[..given.len().min(count)];
            let block = &mut self.given.channel_mut(port)[..count];
            block[..given.len()].copy_from_slice(given);
            block[given.len()..].fill(S::default());
        }
        let (start, inputs) = (Frame::default().after(at), self.given.head(count));
        let mut heard = self.heard.head_mut(count);
        match &mut self.effect {
            None => self.player.compute(start, inputs, &mut heard),
            Some(effect) => {
                self.player.compute(start, inputs, &mut effect.dry.head_mut(count));
                effect.compute(start, &mut heard);
            }
        }
        for (port, output) in self.outputs.iter_mut().enumerate() {
            output[at..at + count].copy_from_slice(heard.channel(port));
        }
    }
}

impl<S: Sample> Player<S> {
    fn compute(&mut self, start: Frame, inputs: Audio<'_, S>, outputs: &mut AudioMut<'_, S>) {
        match self {
            Self::Solo(dsp) => solo(dsp.as_mut(), start, inputs, outputs),
            Self::Ensemble(ensemble) => ensemble.compute(start, inputs, outputs),
        }
    }
}

/// One voice, always on.
fn solo<S: Sample>(dsp: &mut dyn Dsp, start: Frame, inputs: Audio<'_, S>, outputs: &mut AudioMut<'_, S>) {
    let frames = 0..outputs.frames();
    let mut block = Block { start, inputs, outputs: outputs.part(frames), voices: &mut [VoiceIo::BUSY] };
    S::process(dsp, &mut block);
}

/// What the sound goes through, running.
struct Effect<S> {
    dsp: Box<dyn Dsp>,
    /// One block of the sound of the voices, and the same in as many channels as the effect takes.
    dry: Buffer<S>,
    adapted: Buffer<S>,
}

impl<S: Sample> Effect<S> {
    fn new(factory: &dyn DspFactory, given: usize, score: &Score<'_, S>, block: usize) -> Self {
        Self {
            dsp: factory.instantiate(score.seed),
            dry: Buffer::new(given, block),
            adapted: Buffer::new(factory.ports().inputs, block),
        }
    }

    fn compute(&mut self, start: Frame, outputs: &mut AudioMut<'_, S>) {
        let dry = self.dry.head(outputs.frames());
        Adapting::Effect.adapt(dry, &mut self.adapted.head_mut(outputs.frames()));
        let inputs = self.adapted.head(outputs.frames());
        solo(self.dsp.as_mut(), start, inputs, outputs);
    }
}
