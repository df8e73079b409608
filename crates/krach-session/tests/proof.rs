//! One piece with everything that moves time: its notes fall on the frames that a calculation by hand gives, and the null
//! device plays what the render computes.

// Arguments of tests are in range.
#![allow(clippy::unwrap_used)]

mod toys;

use krach_diag::Source;
use krach_engine::DeviceRequest;
use krach_pattern::{Manner, Pattern, Time, TimeSpan, notation};
use krach_session::{At, Driver, Edit, Fade, Mixdown, Node, Playing, Session, Voicing};
use krach_store::{Cache, SoundFile, WavSamples};
use std::ops::ControlFlow;
use std::time::Duration;

const RATE: u32 = 48_000;
/// Beats of the bars; those after the last are as long as it.
const METERS: [(i64, i64); 5] = [(3, 1), (4, 1), (5, 1), (7, 1), (7, 2)];
/// Beats per minute: at the start, from cycle 2 on, and at the end of a ramp over cycles 4 and 5.
const TEMPOS: [f64; 3] = [600.0, 480.0, 900.0];
/// Gains of the nodes: the sum of open gates says which are open.
const SWING: (&str, f64) = ("swing", 1.0);
const LONG: (&str, f64) = ("long", 0.4);
const CHORD: (&str, f64) = ("chord", 0.02);
const MASTER: f64 = 0.4;
const CYCLES: i64 = 9;

fn pattern(text: &str) -> Pattern {
    let (pattern, reports) = notation::krach(&Source::new("", text), &Manner::default());
    assert!(reports.is_empty(), "{text}");
    pattern
}

/// Eight swung notes, four notes over three cycles, a chord of eight, and the four notes of a scene.
fn patterns() -> [Pattern; 4] {
    [
        pattern("x*8").swing(Time::new(2, 3).unwrap(), 8).unwrap(),
        pattern("x x x x").over(Time::whole(3)).unwrap(),
        pattern("[C4 E4 G4 B4 D5 F5 A5 C6]"),
        pattern("x x x x"),
    ]
}

fn drive(path: &str, driver: Driver) -> Edit {
    Edit::Drive(path.into(), Some(driver))
}

fn play(path: &str, pattern: Pattern) -> Edit {
    drive(path, Driver::Playing(Playing { pattern, offset: 0 }))
}

fn session() -> Session {
    let session = Session::new(Cache::new(8));
    let node = |(name, gain): (&str, f64)| {
        let count = if name == CHORD.0 { 8 } else { 1 };
        let gate = Voicing::Program(toys::program(&[], &["gate"]));
        Edit::Node(name.into(), Some(Node { gain, count, ..Node::new(gate) }.into()))
    };
    let edits = vec![Edit::Master(MASTER), Edit::Limiter(false), node(SWING), node(LONG), node(CHORD)];
    session.edit(|_| Ok(edits)).unwrap();
    session
}

/// Plays the piece: `wait` lets the music come to a cycle. With it go the meters, the tempos and, in the middle of cycle
/// 6, a scene with another pattern of the long notes.
fn perform(session: &Session, speed: f64, wait: &mut dyn FnMut(f64)) {
    let edit = |at, edits| session.edit_at(at, |_| Ok(edits)).unwrap();
    let [swing, long, chord, scene] = patterns();
    let meter = |at: usize| Edit::Meter(Time::new(METERS[at].0, METERS[at].1).unwrap());
    let all = [play(SWING.0, swing), play(LONG.0, long), play(CHORD.0, chord)];
    edit(At::Usual, [&[Edit::Tempo(speed * TEMPOS[0]), meter(0)], &all[..]].concat());
    edit(At::Cycle(Time::whole(2)), vec![Edit::Tempo(speed * TEMPOS[1])]);
    let ramp = Driver::Fade(Fade { to: speed * TEMPOS[2], bars: Time::whole(2) });
    edit(At::Cycle(Time::whole(4)), vec![drive("tempo", ramp)]);
    for at in 1..METERS.len() {
        wait(at as f64 - 0.6);
        edit(At::Usual, vec![meter(at)]);
    }
    wait(6.4);
    let mut late = session.patch();
    late.apply(&play(LONG.0, scene)).unwrap();
    session.scenes(|scenes, _| scenes.save("late", &late));
    let recalled = session.scenes(|scenes, patch| scenes.recalling("late", patch)).unwrap();
    assert_eq!(recalled.len(), 1, "what is the same plays on");
    edit(At::Usual, recalled);
    wait(CYCLES as f64);
}

/// Seconds from the start of the piece to a cycle.
fn seconds(cycle: f64) -> f64 {
    let beats = |at: usize| {
        let (numerator, denominator) = METERS[at.min(METERS.len() - 1)];
        numerator as f64 / denominator as f64
    };
    let part = |at: usize| (cycle - at as f64).clamp(0.0, 1.0) * beats(at);
    let steady =
        |cycles: [usize; 2], tempo: f64| (cycles[0]..cycles[1]).map(part).sum::<f64>() * 60.0 / tempo;
    // Linear in beats per minute over beats: the integral of 60 / (from + slope b).
    let [_, from, to] = TEMPOS;
    let slope = (to - from) / (beats(4) + beats(5));
    let ramp = 60.0 / slope * (1.0 + slope * (part(4) + part(5)) / from).ln();
    steady([0, 2], TEMPOS[0]) + steady([2, 4], from) + ramp + steady([6, CYCLES as usize + 1], to)
}

/// The level of each frame: gates by their gains. A pattern of the long notes begins on frame `late`.
fn expected(frames: usize, start: u64, late: u64) -> Vec<f64> {
    let mut level = vec![0.0; frames];
    let frame = |cycle: Time| start + (seconds(cycle.approximately()) * f64::from(RATE)).round() as u64;
    let [swing, long, chord, scene] = patterns();
    let always = 0..u64::MAX;
    for (pattern, gain, heard) in [
        (swing, SWING.1, always.clone()),
        (long, LONG.1, 0..late),
        (scene, LONG.1, late..u64::MAX),
        (chord, CHORD.1, always),
    ] {
        for event in pattern.query(TimeSpan::cycles(0, CYCLES + 1), 0).unwrap() {
            let begin = frame(event.whole.start);
            if event.has_onset() && heard.contains(&begin) {
                let gate = begin as usize..(frame(event.release().unwrap()) as usize).min(frames);
                level[gate.start.min(frames)..gate.end].iter_mut().for_each(|level| *level += gain * MASTER);
            }
        }
    }
    level
}

#[test]
fn onsets_are_exact_and_the_null_device_plays_the_render_sample_for_sample() {
    let session = session();
    let mut clock = session.play_by_hand(RATE, 128).unwrap();
    let mut heard = clock.run(1_000)[0].clone();
    perform(&session, 1.0, &mut |cycle| {
        while session.now().unwrap().cycle.approximately() < cycle {
            heard.extend_from_slice(&clock.run(128)[0]);
        }
    });
    let steps = session.steps();
    let [start, late] = [1, steps.len() - 1].map(|at| steps[at].frame.0);
    let [swing, ..] = patterns();
    let swung = swing.query(TimeSpan::cycles(0, 1), 0).unwrap();
    let onsets: Vec<_> = swung.iter().map(|event| event.whole.start.approximately()).collect();
    let by_hand = (0..8).map(|at| f64::from(at / 2) / 4.0 + f64::from(at % 2) / 6.0);
    assert!(onsets.iter().zip(by_hand).all(|(found, wanted)| (found - wanted).abs() < 1e-12), "{onsets:?}");
    for (at, (&heard, wanted)) in heard.iter().zip(expected(heard.len(), start, late)).enumerate() {
        assert!((f64::from(heard) - wanted).abs() < 1e-4, "frame {at}: {heard} is not {wanted}");
    }
    for block in [64, 1000] {
        assert!(rendered(&session, heard.len(), block) == heard, "off-line in blocks of {block}");
    }
}

fn rendered(session: &Session, frames: usize, block: usize) -> Vec<f32> {
    let how = Mixdown { frames, sample_rate: RATE, block };
    session.replay(&session.steps(), how, &mut |_| ControlFlow::Continue(())).unwrap().swap_remove(0)
}

#[test]
fn the_null_device_plays_the_piece_as_it_is_rendered() {
    let (session, folder) = (session(), tempfile::tempdir().unwrap());
    let device = DeviceRequest { device: Some("null".into()), rate: Some(RATE), ..DeviceRequest::default() };
    session.play(&device).unwrap();
    let take = session.record(&folder.path().join("take.wav"), WavSamples::Float, false).unwrap();
    perform(&session, 3.0, &mut |cycle| {
        let there = session.wait(Time::approximate(cycle).unwrap(), Duration::from_secs(30));
        assert!(there, "the clock stands still");
    });
    let files = take.stop().unwrap();
    assert_eq!(session.stats().unwrap().stage.late, 0, "nothing came late");
    let take = SoundFile::read(&files[0]).unwrap().channels.swap_remove(0);
    let render = rendered(&session, take.len() + RATE as usize * 10, 512);
    let first = take.iter().position(|&sample| sample != 0.0).expect("something is heard");
    let begun = render.iter().position(|&sample| sample != 0.0).unwrap();
    assert!(render.len() - begun >= take.len() - first);
    let pairs = take[first..].iter().zip(&render[begun..]);
    let differs = pairs.enumerate().find(|(_, (live, off_line))| **live != f64::from(**off_line));
    assert_eq!(differs, None, "the first frame that differs, live and off-line");
    assert!(take.len() - first > RATE as usize / 2, "the take holds the piece");
}
