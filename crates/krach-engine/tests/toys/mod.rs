//! Programs small enough to be checked by hand.
#![allow(dead_code)]

use krach_abi::{
    Audio, AudioMut, Buffer, ControlRange, Dsp, DspFactory, Fate, Frame, Handover, Ports, Precision, Role,
    Seed, StatePiece, Voice, Voices,
};
use krach_engine::{DeviceChannels, Out, Processor, Settings, Sound};
use std::any::Any;
use std::sync::Arc;

pub const RATE: u32 = 48_000;

/// What a toy does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Toy {
    /// A cosine that begins at 1, as long as `gate` is open. Controls: freq, gate, amp.
    Cosine,
    /// The sum of its inputs, times its control.
    Through { inputs: usize, outputs: usize },
    /// Its control as it is.
    Level,
    /// Its control. While the control is above 1, a frame takes as many microseconds.
    Slow,
    /// Its control, then NaN from that frame of its life on.
    Fails { after: u64 },
}

pub const FREQ: usize = 0;
pub const GATE: usize = 1;
pub const AMP: usize = 2;

#[derive(Debug)]
pub struct ToyFactory {
    toy: Toy,
    ports: Ports,
    /// Bytes of state to carry, which it takes a while to do.
    weight: usize,
}

impl ToyFactory {
    pub fn new(toy: Toy) -> Self {
        let range = |init, lo, hi| ControlRange { init, lo, hi };
        let (inputs, outputs, controls) = match toy {
            Toy::Cosine => {
                (0, 1, vec![range(1_000.0, 0.0, 20_000.0), range(0.0, 0.0, 1.0), range(0.5, 0.0, 1.0)])
            }
            Toy::Through { inputs, outputs } => (inputs, outputs, vec![range(1.0, 0.0, 4.0)]),
            Toy::Level | Toy::Slow | Toy::Fails { .. } => (0, 1, vec![range(0.0, -1e9, 1e9)]),
        };
        Self { toy, ports: Ports { inputs, outputs, controls }, weight: 0 }
    }

    pub fn heavy(toy: Toy, weight: usize) -> Self {
        Self { weight, ..Self::new(toy) }
    }

    /// Its first control begins at this value.
    pub fn starting(mut self, value: f64) -> Self {
        self.ports.controls[0].init = value;
        self
    }

    pub fn sound(self) -> Sound {
        Sound::new(Arc::new(self))
    }

    pub fn instrument(self, voices: usize) -> Sound {
        Sound {
            voices,
            roles: vec![(FREQ, Role::Hertz), (GATE, Role::Gate), (AMP, Role::Velocity)],
            ..self.sound()
        }
    }
}

#[derive(Debug)]
pub struct Running {
    toy: Toy,
    controls: [f64; 3],
    phase: f64,
    frames: u64,
}

impl DspFactory for ToyFactory {
    fn ports(&self) -> &Ports {
        &self.ports
    }

    fn sample_rate(&self) -> u32 {
        RATE
    }

    fn precision(&self) -> Precision {
        Precision::Single
    }

    fn state_bytes(&self) -> usize {
        16 + self.weight
    }

    fn voices_of(&self, seeds: &[Seed]) -> Box<dyn Dsp> {
        let mut controls = [0.0; 3];
        controls.iter_mut().zip(&self.ports.controls).for_each(|(value, range)| *value = range.init);
        let voice = |_: &Seed| Running { toy: self.toy, controls, phase: 0.0, frames: 0 };
        Box::new(Voices::new(&self.ports, seeds.iter().map(voice)))
    }

    fn handover(&self, from: &dyn DspFactory, voices: usize) -> Box<dyn Handover> {
        let from: &dyn Any = from;
        let alike = from.downcast_ref::<Self>().is_some_and(|from| from.toy == self.toy);
        Box::new(Carrying { bytes: if alike { 16 + self.weight } else { 0 }, left: self.weight, voices })
    }
}

struct Carrying {
    bytes: usize,
    left: usize,
    voices: usize,
}

impl Handover for Carrying {
    fn bytes(&self) -> usize {
        self.bytes
    }

    fn pieces(&self) -> Vec<StatePiece> {
        let fate = if self.bytes > 0 { Fate::Kept } else { Fate::Begun };
        vec![StatePiece { key: "phase".into(), bytes: self.bytes, fate }]
    }

    fn carry(&mut self, from: &mut dyn Dsp, to: &mut dyn Dsp, budget: &mut usize) -> bool {
        let carried = self.left.min(*budget);
        (self.left, *budget) = (self.left - carried, *budget - carried);
        if self.left > 0 {
            return false;
        }
        let (from, to): (&mut dyn Any, &mut dyn Any) = (from, to);
        let (Some(from), Some(to)) =
            (from.downcast_mut::<Voices<Running>>(), to.downcast_mut::<Voices<Running>>())
        else {
            return true;
        };
        if self.bytes > 0 {
            for (from, to) in from.all().iter().zip(to.all_mut()).take(self.voices) {
                (to.phase, to.frames) = (from.phase, from.frames);
            }
        }
        true
    }
}

impl Voice for Running {
    type Sample = f32;

    fn set(&mut self, control: usize, value: f64) {
        self.controls[control] = value;
    }

    fn reset(&mut self) {
        (self.phase, self.frames) = (0.0, 0);
    }

    fn process(&mut self, _: Frame, inputs: Audio<'_, f32>, mut outputs: AudioMut<'_, f32>) {
        for frame in 0..outputs.frames() {
            let [first, gate, amp] = self.controls;
            let sample = match self.toy {
                Toy::Cosine => {
                    let sample = gate * amp * (self.phase * std::f64::consts::TAU).cos();
                    self.phase = (self.phase + first / f64::from(RATE)).fract();
                    sample as f32
                }
                Toy::Through { .. } => {
                    let sum: f32 = (0..inputs.channels()).map(|port| inputs.channel(port)[frame]).sum();
                    sum * first as f32
                }
                Toy::Level => first as f32,
                Toy::Slow => {
                    let begun = std::time::Instant::now();
                    while first > 1.0 && begun.elapsed().as_micros() < first as u128 {}
                    first.min(0.25) as f32
                }
                Toy::Fails { after } if self.frames >= after => f32::NAN,
                Toy::Fails { .. } => first as f32,
            };
            self.frames += 1;
            for port in 0..outputs.channels() {
                outputs.channel_mut(port)[frame] = sample;
            }
        }
    }
}

/// Out to channels of the device.
pub fn device(channels: &[usize]) -> Out {
    Out::Device(DeviceChannels::new(channels).expect("a device may have them"))
}

pub fn settings() -> Settings {
    Settings::new(RATE)
}

/// Asks for frames in blocks of these sizes, in turn: the two channels of the master.
pub fn listen(processor: &mut Processor, frames: usize, sizes: &[usize]) -> [Vec<f32>; 2] {
    listen_with(processor, frames, sizes, &mut |_| {})
}

/// The same, and does something before each block.
pub fn listen_with(
    processor: &mut Processor,
    frames: usize,
    sizes: &[usize],
    before: &mut dyn FnMut(Frame),
) -> [Vec<f32>; 2] {
    let most = sizes.iter().copied().max().unwrap_or(1);
    let (input, mut output) = (Buffer::new(0, most), Buffer::new(2, most));
    let (mut heard, mut done) = ([Vec::new(), Vec::new()], 0);
    for size in sizes.iter().cycle() {
        let count = (*size).min(frames - done);
        before(processor.now());
        processor.process(input.head(count), output.head_mut(count));
        for (channel, heard) in heard.iter_mut().enumerate() {
            heard.extend_from_slice(&output.channel(channel)[..count]);
        }
        done += count;
        if done == frames {
            return heard;
        }
    }
    heard
}

/// The block sizes at which everything must sound the same.
pub const SIZES: &[&[usize]] =
    &[&[1], &[7], &[64], &[125], &[256], &[1000], &[1, 64, 3, 500, 17, 128, 2, 31, 999]];

/// The largest step from one sample to the next.
pub fn largest_step(samples: &[f32]) -> f32 {
    samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

/// Choices from a seed, by SplitMix64 (Steele, Lea and Flood 2014).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x ^ (x >> 31)) % limit as u64) as usize
    }
}
