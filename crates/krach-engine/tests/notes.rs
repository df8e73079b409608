//! Notes on a toy: voices are taken, let go, stolen, and go through an effect.

use krach_abi::Role;
use krach_abi::{
    Audio, AudioMut, ControlRange, Dsp, DspFactory, Frame, Ports, Precision, Seed, Voice as OneVoice, Voices,
};
use krach_engine::{Keyboard, Note, Rig, Score, Turn, render};
use std::ops::ControlFlow;

/// One output: `key` plus a thousandth of its frames since birth while `gate` is up, then `tail`.
#[derive(Debug)]
struct Voice(Ports);

const KEY: usize = 0;
const GATE: usize = 1;
const TAIL: usize = 2;

#[derive(Default)]
struct Running {
    controls: [f64; 3],
    frames: f64,
}

fn range(lo: f64, hi: f64) -> ControlRange {
    ControlRange { init: 0.0, lo, hi }
}

impl Voice {
    fn new() -> Self {
        let controls = vec![range(0.0, 127.0), range(0.0, 1.0), range(0.0, 1.0)];
        Self(Ports { inputs: 0, outputs: 1, controls })
    }
}

impl DspFactory for Voice {
    fn ports(&self) -> &Ports {
        &self.0
    }

    fn sample_rate(&self) -> u32 {
        1000
    }

    fn precision(&self) -> Precision {
        Precision::Double
    }

    fn state_bytes(&self) -> usize {
        size_of::<Running>()
    }

    fn voices_of(&self, seeds: &[Seed]) -> Box<dyn Dsp> {
        Box::new(Voices::new(&self.0, seeds.iter().map(|_| Running::default())))
    }
}

impl OneVoice for Running {
    type Sample = f64;

    fn set(&mut self, control: usize, value: f64) {
        self.controls[control] = value;
    }

    fn process(&mut self, _: Frame, _: Audio<'_, f64>, mut outputs: AudioMut<'_, f64>) {
        for frame in outputs.channel_mut(0) {
            let [key, gate, tail] = self.controls;
            *frame = if gate > 0.0 { key + self.frames / 1000.0 } else { tail };
            self.frames += 1.0;
        }
    }

    fn reset(&mut self) {
        self.frames = 0.0;
    }
}

/// Its inputs, in as many channels; its control, if it has one, is added to the last.
#[derive(Debug)]
struct Effect(Ports);

struct Copying(f64);

impl DspFactory for Effect {
    fn ports(&self) -> &Ports {
        &self.0
    }

    fn sample_rate(&self) -> u32 {
        1000
    }

    fn precision(&self) -> Precision {
        Precision::Double
    }

    fn state_bytes(&self) -> usize {
        0
    }

    fn voices_of(&self, seeds: &[Seed]) -> Box<dyn Dsp> {
        Box::new(Voices::new(&self.0, seeds.iter().map(|_| Copying(0.0))))
    }
}

impl OneVoice for Copying {
    type Sample = f64;

    fn set(&mut self, _: usize, value: f64) {
        self.0 = value;
    }

    fn process(&mut self, _: Frame, inputs: Audio<'_, f64>, mut outputs: AudioMut<'_, f64>) {
        for port in 0..inputs.channels().min(outputs.channels()) {
            outputs.channel_mut(port).copy_from_slice(inputs.channel(port));
        }
        if let Some(last) = outputs.channels().checked_sub(1) {
            outputs.channel_mut(last).iter_mut().for_each(|sample| *sample += self.0);
        }
    }

    fn reset(&mut self) {}
}

fn note(frame: u64, frames: usize, key: f64) -> Note {
    Note { frame: Frame(frame), frames, key, velocity: 1.0 }
}

fn keyboard(voices: usize) -> Keyboard {
    Keyboard { voices, roles: vec![(KEY, Role::Key), (GATE, Role::Gate)] }
}

fn played(voices: usize, notes: &[Note], frames: usize, block: usize) -> Vec<f64> {
    let (voice, keyboard) = (Voice::new(), keyboard(voices));
    let rig = Rig { keyboard: Some(&keyboard), ..Rig::solo(&voice) };
    let score: Score<'_, f64> = Score { notes: notes.to_vec(), block, ..Score::new(frames) };
    let mut sound = render(&rig, &score, &mut |_| ControlFlow::Continue(())).expect("it fits");
    sound.remove(0)
}

#[test]
fn a_note_sounds_from_its_frame_until_it_is_let_go() {
    let sound = played(1, &[note(3, 2, 60.0)], 8, 512);
    assert_eq!(sound, [0.0, 0.0, 0.0, 60.0, 60.001, 0.0, 0.0, 0.0]);
}

#[test]
fn a_note_beyond_the_range_of_its_control_keeps_its_pitch() {
    let mut voice = Voice::new();
    voice.0.controls[KEY] = range(36.0, 96.0);
    let keyboard = keyboard(1);
    let rig = Rig { keyboard: Some(&keyboard), ..Rig::solo(&voice) };
    let score: Score<'_, f64> = Score { notes: vec![note(0, 1, 24.0), note(1, 1, 120.0)], ..Score::new(2) };
    let sound = render(&rig, &score, &mut |_| ControlFlow::Continue(())).expect("it fits");
    assert_eq!(sound[0], [24.0, 120.0]);
}

#[test]
fn chords_add_up_and_each_note_begins_at_birth() {
    let sound = played(4, &[note(0, 3, 60.0), note(1, 2, 70.0), note(200, 1, 60.0)], 201, 512);
    assert_eq!(sound[..3], [60.0, 60.001 + 70.0, 60.002 + 70.001]);
    assert_eq!(sound[200], 60.0);
}

#[test]
fn a_note_that_gives_way_fades() {
    // 5 frames at 1000 Hz.
    let sound = played(1, &[note(0, 100, 60.0), note(10, 100, 70.0)], 20, 512);
    let fading = |left: f64, frame: f64| (60.0 + frame / 1000.0) * left / 5.0;
    assert_eq!(sound[9], 60.009);
    for frame in 0..5_u8 {
        let frame = f64::from(frame);
        let wanted = 70.0 + frame / 1000.0 + fading(5.0 - frame, 10.0 + frame);
        let heard = sound[10 + frame as usize];
        assert!((heard - wanted).abs() < 1e-9, "{frame}: {heard}, not {wanted}");
    }
    assert_eq!(sound[15], 70.005);
}

#[test]
fn notes_that_were_let_go_give_way_first() {
    // The first is held, the second was let go and rings on: the third takes the second's place.
    let voice = Voice::new();
    let keyboard = keyboard(2);
    let rig = Rig { keyboard: Some(&keyboard), ..Rig::solo(&voice) };
    let notes = vec![note(0, 100, 10.0), note(1, 1, 20.0), note(20, 100, 30.0)];
    let score: Score<'_, f64> = Score { notes, values: vec![(TAIL, 0.5)], ..Score::new(40) };
    let sound = &render(&rig, &score, &mut |_| ControlFlow::Continue(())).expect("it fits")[0];
    assert_eq!(sound[19], 10.019 + 0.5);
    assert_eq!(sound[39], 10.039 + 30.019);
}

#[test]
fn the_size_of_blocks_does_not_matter() {
    let notes: Vec<Note> =
        (0..40_u8).map(usize::from).map(|at| note(at as u64 * 13 % 300, at * 7 % 90, at as f64)).collect();
    let whole = played(3, &notes, 700, 512);
    for block in [1, 7, 64] {
        assert_eq!(played(3, &notes, 700, block), whole, "blocks of {block}");
    }
}

#[test]
fn velocity_is_a_level_where_no_control_takes_it() {
    let sound = played(1, &[Note { velocity: 0.5, ..note(0, 1, 60.0) }], 1, 64);
    assert_eq!(sound, [30.0]);
    let (voice, mut keyboard) = (Voice::new(), keyboard(1));
    keyboard.roles.push((TAIL, Role::Velocity));
    let rig = Rig { keyboard: Some(&keyboard), ..Rig::solo(&voice) };
    let notes = vec![Note { velocity: 0.5, ..note(0, 1, 60.0) }];
    let score: Score<'_, f64> = Score { notes, ..Score::new(2) };
    let sound = render(&rig, &score, &mut |_| ControlFlow::Continue(())).expect("it fits");
    assert_eq!(sound[0], [60.0, 0.5]);
}

#[test]
fn the_sum_goes_through_an_effect() {
    let (voice, keyboard) = (Voice::new(), keyboard(2));
    let effect = Effect(Ports { inputs: 2, outputs: 2, controls: vec![range(0.0, 9.0)] });
    let rig = Rig { voice: &voice, keyboard: Some(&keyboard), effect: Some(&effect) };
    let notes = vec![note(0, 2, 60.0), note(0, 2, 70.0)];
    let turns = vec![Turn { frame: Frame(1), control: 3, value: 99.0 }];
    let score: Score<'_, f64> = Score { notes, turns, ..Score::new(3) };
    let sound = render(&rig, &score, &mut |_| ControlFlow::Continue(())).expect("it fits");
    assert_eq!(sound, [vec![130.0, 130.002, 0.0], vec![130.0, 139.002, 9.0]]);
}

#[test]
fn channels_are_repeated_or_summed_for_an_effect() {
    let through = |channels| Effect(Ports { inputs: channels, outputs: channels, controls: Vec::new() });
    let given: [&[f64]; 3] = [&[1.0], &[10.0], &[100.0]];
    for (from, to, wanted) in [
        (1, 1, vec![1.0]),
        (1, 2, vec![1.0, 1.0]),
        (2, 1, vec![11.0]),
        (2, 3, vec![1.0, 10.0, 1.0]),
        (3, 2, vec![101.0, 10.0]),
    ] {
        let (voice, effect) = (through(from), through(to));
        let rig = Rig { effect: Some(&effect), ..Rig::solo(&voice) };
        let score: Score<'_, f64> = Score { inputs: &given[..from], ..Score::new(1) };
        let sound = render(&rig, &score, &mut |_| ControlFlow::Continue(())).expect("it fits");
        assert_eq!(sound.concat(), wanted, "{from} to {to}");
    }
}
