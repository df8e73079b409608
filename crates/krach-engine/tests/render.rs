//! The stage, with a toy on it.

use krach_abi::{
    Audio, AudioMut, ControlRange, Dsp, DspFactory, Frame, Ports, Precision, Seed, Voice, Voices,
};
use krach_engine::{DeviceError, DeviceRequest, Offer, RenderError, Rig, Score, Turn, play, render};
use std::ops::ControlFlow;

/// Multiplies its input by a control and adds the number of frames so far.
#[derive(Debug)]
struct Toy(Ports);

struct Running {
    gain: f64,
    frames: f64,
}

impl Toy {
    fn new() -> Self {
        let gain = ControlRange { init: 1.0, lo: -2.0, hi: 2.0 };
        Self(Ports { inputs: 1, outputs: 2, controls: vec![gain] })
    }
}

impl DspFactory for Toy {
    fn ports(&self) -> &Ports {
        &self.0
    }

    fn sample_rate(&self) -> u32 {
        48_000
    }

    fn precision(&self) -> Precision {
        Precision::Single
    }

    fn state_bytes(&self) -> usize {
        size_of::<Running>()
    }

    fn voices_of(&self, seeds: &[Seed]) -> Box<dyn Dsp> {
        let voice = |seed: &Seed| Running { gain: 1.0, frames: f64::from(seed.instance) };
        Box::new(Voices::new(&self.0, seeds.iter().map(voice)))
    }
}

impl Voice for Running {
    type Sample = f64;

    fn set(&mut self, _control: usize, value: f64) {
        self.gain = value;
    }

    fn process(&mut self, _: Frame, inputs: Audio<'_, f64>, mut outputs: AudioMut<'_, f64>) {
        for (frame, &input) in inputs.channel(0).iter().enumerate() {
            outputs.channel_mut(0)[frame] = input * self.gain + self.frames;
            outputs.channel_mut(1)[frame] = self.gain;
            self.frames += 1.0;
        }
    }

    fn reset(&mut self) {
        self.frames = 0.0;
    }
}

fn quiet(_: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn turn(frame: u64, value: f64) -> Turn {
    Turn { frame: Frame(frame), control: 0, value }
}

#[test]
fn events_fall_on_their_frame_at_any_block_size() {
    let turns = vec![turn(70, 0.5), turn(3, 2.0), turn(3, -1.0), turn(0, 0.25), turn(999, 0.0)];
    let input = [1.0_f32; 40];
    let play = |block| {
        let score = Score { inputs: &[&input], turns: turns.clone(), block, ..Score::new(100) };
        render(&Rig::solo(&Toy::new()), &score, &mut quiet).expect("a score")
    };
    let wanted = play(512);
    assert_eq!(wanted[1][..5], [0.25, 0.25, 0.25, -1.0, -1.0]);
    assert_eq!((wanted[1][69], wanted[1][70], wanted[1][99]), (-1.0, 0.5, 0.5));
    assert_eq!((wanted[0][2], wanted[0][39], wanted[0][40]), (2.25, 38.0, 40.0), "silence follows the input");
    for block in [0, 1, 7, 64, usize::MAX] {
        assert_eq!(play(block), wanted, "block {block}");
    }
}

#[test]
fn values_are_clamped_and_seeds_passed_on() {
    let score: Score<'_, f64> =
        Score { values: vec![(0, 1.5), (0, 99.0)], seed: Seed { instance: 5, voice: 0 }, ..Score::new(2) };
    assert_eq!(
        render(&Rig::solo(&Toy::new()), &score, &mut quiet).expect("a score"),
        [[5.0, 6.0], [2.0, 2.0]]
    );
    let nothing: Score<'_, f32> = Score::new(0);
    assert_eq!(render(&Rig::solo(&Toy::new()), &nothing, &mut quiet).expect("a score"), [[0.0; 0], [0.0; 0]]);
}

#[test]
fn what_cannot_be_played_is_refused() {
    let refused =
        |score: Score<'_, f32>| render(&Rig::solo(&Toy::new()), &score, &mut quiet).expect_err("refused");
    let values = |control, value| Score { values: vec![(control, value)], ..Score::new(1) };
    assert_eq!(refused(values(1, 0.0)), RenderError::NoSuchControl { control: 1, controls: 1 });
    let why = refused(values(0, f64::INFINITY));
    assert_eq!(why, RenderError::ControlValue { control: 0, frame: None, value: f64::INFINITY });
    let why = refused(Score { turns: vec![turn(8, f64::NAN)], ..Score::new(1) });
    assert_eq!(why.to_string(), "the value NaN of control 0 at frame 8 is not finite");
    let why = refused(Score { inputs: &[&[], &[]], ..Score::new(1) });
    assert_eq!(why, RenderError::Inputs { given: 2, wanted: 1 });
    let why = refused(Score::new(usize::MAX));
    assert_eq!(why, RenderError::TooLong { frames: usize::MAX, channels: 2 });
}

#[test]
fn progress_is_told_and_may_end_it() {
    let mut heard = Vec::new();
    let score: Score<'_, f32> = Score { block: 40, ..Score::new(100) };
    render(&Rig::solo(&Toy::new()), &score, &mut |done| {
        heard.push(done);
        ControlFlow::Continue(())
    })
    .expect("a score");
    assert_eq!(heard, [40, 80, 100]);
    let stopped = render(&Rig::solo(&Toy::new()), &score, &mut |_| ControlFlow::Break(()));
    assert_eq!(stopped, Err(RenderError::Cancelled { done: 40 }));
}

#[test]
fn finished_audio_plays_to_its_end() {
    let on = |device: &str| {
        let request =
            DeviceRequest { device: Some(device.into()), rate: Some(48_000), ..DeviceRequest::default() };
        Offer::of(&request)
    };
    assert!(on("a device that is not there").is_err());
    let mut heard = Vec::new();
    let mut listen = |done| {
        heard.push(done);
        ControlFlow::Continue(())
    };
    let (format, stats) =
        play(&[vec![0.0; 5000], vec![0.0; 9600]], on("null").unwrap(), &mut listen).unwrap();
    assert_eq!((format.device.as_str(), format.rate), ("null", 48_000));
    assert!(stats.frames >= 9600, "{stats:?}");
    assert!(heard.is_sorted() && heard.last() == Some(&9600), "{heard:?}");
    let stopped = play(&[vec![0.0; 480_000]], on("null").unwrap(), &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(DeviceError::Cancelled { .. })), "{stopped:?}");
}
