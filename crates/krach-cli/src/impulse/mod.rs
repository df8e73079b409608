//! The official impulse test: four runs of a program whose samples say whether two compilers agree.
//!
//! A run is a fresh copy at 44100 Hz in double precision, called for 64 frames at a time. What is special about a
//! call (its size, a pressed button, a key that is held) is said through controls, as a host would.

mod midi;
mod rand;

use rand::Rand;

use krach_abi::{Block, Buffer, Dsp, DspFactory, FlushGuard, Frame, Precision, Seed, VoiceIo};
use krach_diag::{Diagnostic, Source};
use krach_faust::{Decoded, Elaborated, File, Files, Missing, Options, elaborate_whole};
use krach_ir::ControlKind;
use std::ops::ControlFlow;
use std::sync::Arc;

/// In Hz.
pub(crate) const IMPULSE_RATE: u32 = 44_100;

/// Frames of one call.
const BLOCK: usize = 64;

/// How a program is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    /// All controls at their start; in the first block 1 in the first frame of every input, and all buttons down.
    Mono,
    /// The same, each block in two calls of random sizes.
    Split,
    /// A number of voices are summed, each with a key that is held from the start; no input.
    Voices(u8),
}

impl Run {
    /// The runs of the official test, in order.
    pub const ALL: [Self; 4] = [Self::Mono, Self::Split, Self::Voices(4), Self::Voices(1)];
}

/// The program that a Faust text describes, as the official test sees it: every sound file is the test's own, and
/// `count` is known call by call.
#[must_use]
pub(crate) fn elaborate_impulse(source: &Source, files: &dyn Files) -> (Option<Elaborated>, Vec<Diagnostic>) {
    let options = Options { precision: Precision::Double, impulse: true, ..Options::default() };
    elaborate_whole(source, &Synthetic(files), &options)
}

/// Files as they are, but every recording is the sine that the official test puts in its place.
struct Synthetic<'a>(&'a dyn Files);

impl Files for Synthetic<'_> {
    fn open(&self, name: &str, from: &str) -> Result<Arc<File>, Missing> {
        self.0.open(name, from)
    }

    fn near(&self, name: &str, from: &str) -> Option<String> {
        self.0.near(name, from)
    }

    fn sounds(&self, names: &[String], _from: &str) -> Vec<Result<Arc<Decoded>, Missing>> {
        const FRAMES: u16 = 4096;
        let part = |part: usize| {
            let shift = f64::from(u16::try_from(part).unwrap_or(u16::MAX));
            let turn = |frame| f64::from(frame) * std::f64::consts::TAU / f64::from(FRAMES);
            let wave: Arc<[f64]> = (0..FRAMES).map(|frame| (shift + turn(frame)).sin()).collect();
            Ok(Arc::new(Decoded { rate: IMPULSE_RATE, channels: vec![wave.clone(), wave] }))
        };
        (0..names.len()).map(part).collect()
    }
}

/// Runs a program for a number of frames. `hear` is given the samples of each call, one slice per output, and may
/// break off. `factory` is the program compiled (or interpreted) for [`IMPULSE_RATE`].
pub(crate) fn respond(
    factory: &dyn DspFactory,
    whole: &Elaborated,
    run: Run,
    frames: usize,
    hear: &mut dyn FnMut(&[&[f64]]) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut trial = Trial::new(factory, whole, run);
    let mut rand = Rand::new();
    for start in (0..frames).step_by(BLOCK) {
        let count = BLOCK.min(frames - start);
        let first = match run {
            Run::Split => rand.below_2_31() as usize % count,
            _ => count,
        };
        trial.begin_block(start / BLOCK);
        trial.call(start == 0, first, hear)?;
        if first < count {
            trial.call(start == 0 && first == 0, count - first, hear)?;
        }
    }
    ControlFlow::Continue(())
}

/// A run in progress.
struct Trial<'a> {
    whole: &'a Elaborated,
    run: Run,
    voices: Vec<Box<dyn Dsp>>,
    input: Buffer<f64>,
    mix: Vec<[f64; BLOCK]>,
    heard: Buffer<f64>,
}

impl<'a> Trial<'a> {
    fn new(factory: &dyn DspFactory, whole: &'a Elaborated, run: Run) -> Self {
        let ports = factory.ports();
        let count = match run {
            Run::Voices(count) => count,
            _ => 1,
        };
        let voices = (0..count).map(|_| factory.instantiate(Seed::default())).collect();
        let (input, heard) = (Buffer::new(ports.inputs, BLOCK), Buffer::new(ports.outputs, BLOCK));
        let mix = vec![[0.0; BLOCK]; ports.outputs];
        let mut trial = Self { whole, run, voices, input, mix, heard };
        match run {
            Run::Voices(_) => trial.hold_keys(),
            _ => trial.play_prelude(),
        }
        trial
    }

    fn play_prelude(&mut self) {
        let controls = self.whole.program.controls().iter().zip(&self.whole.widget_ranges).enumerate();
        for (at, (control, &range)) in controls {
            if let Some(value) = midi::prelude(&control.face, range) {
                self.voices.iter_mut().for_each(|voice| voice.set(0, at, value));
            }
        }
    }

    /// Voice i holds key 60 + 2 i, struck with velocity 100.
    fn hold_keys(&mut self) {
        const VELOCITY: f64 = 100.0 / 127.0;
        for (at, voice) in (0_u8..).zip(&mut self.voices) {
            let key = f64::from(60 + 2 * at);
            for (at, control) in self.whole.program.controls().iter().enumerate() {
                if let Some(role) = control.role() {
                    voice.set(0, at, role.value(key, VELOCITY));
                }
            }
        }
    }

    /// Buttons are down in the first block.
    fn begin_block(&mut self, block: usize) {
        if block > 1 || matches!(self.run, Run::Voices(_)) {
            return;
        }
        let controls = self.whole.program.controls().iter().enumerate();
        for (button, _) in controls.filter(|(_, control)| control.kind == ControlKind::Button) {
            let value = if block == 0 { 1.0 } else { 0.0 };
            self.voices.iter_mut().for_each(|voice| voice.set(0, button, value));
        }
    }

    /// One call of every voice; `onset` is whether it begins with the first frame of the run.
    fn call(
        &mut self,
        onset: bool,
        count: usize,
        hear: &mut dyn FnMut(&[&[f64]]) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let impulse = onset && count > 0 && !matches!(self.run, Run::Voices(_));
        for port in 0..self.input.channels() {
            self.input.channel_mut(port).fill(0.0);
            self.input.channel_mut(port)[0] = f64::from(u8::from(impulse));
        }
        self.mix.iter_mut().for_each(|port| port.fill(0.0));
        let _flush = FlushGuard::new();
        for dsp in &mut self.voices {
            if let Some(control) = self.whole.count {
                #[allow(clippy::cast_precision_loss)]
                dsp.set(0, control, count as f64);
            }
            dsp.process_f64(&mut Block {
                start: Frame::default(),
                inputs: self.input.head(count),
                outputs: self.heard.head_mut(count),
                voices: &mut [VoiceIo::BUSY],
            });
            for (port, mix) in self.mix.iter_mut().enumerate() {
                mix.iter_mut()
                    .zip(&self.heard.channel(port)[..count])
                    .for_each(|(sum, sample)| *sum += sample);
            }
        }
        let heard: Vec<&[f64]> = self.mix.iter().map(|port| &port[..count]).collect();
        hear(&heard)
    }
}

#[cfg(test)]
mod tests;
