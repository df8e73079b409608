//! From cycles to frames, against sums of fractions; and what a conductor gives for known music.

// Arguments of tests are in range.
#![allow(clippy::unwrap_used)]

mod toys;

use krach_abi::Frame;
use krach_diag::Source;
use krach_pattern::{Manner, Pattern, Time, notation};
use krach_session::{Act, Conductor, Cue, Driver, Edit, Fade, Patch, Playing, Timeline};
use proptest::prelude::*;
use std::sync::Arc;

const RATE: u32 = 48_000;

fn time(numerator: i64, denominator: i64) -> Time {
    Time::new(numerator, denominator).unwrap()
}

/// Seconds as a fraction of whole numbers, added up bar by bar.
#[derive(Clone, Copy)]
struct Seconds(i128, i128);

impl Seconds {
    fn plus(self, n: i128, d: i128) -> Self {
        let (mut a, mut b) = ((self.0 * d + n * self.1).abs(), self.1 * d);
        let sum = (self.0 * d + n * self.1, b);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Self(sum.0 / a.max(1), sum.1 / a.max(1))
    }

    /// The nearest frame, halves up.
    fn frame(self) -> u64 {
        let (n, d) = (self.0 * i128::from(RATE), self.1);
        u64::try_from((2 * n + d).div_euclid(2 * d)).unwrap()
    }
}

proptest! {
    #[test]
    fn every_moment_of_every_bar_is_exact(
        bars in prop::collection::vec((1_i128..16, 1_i128..3, 40_i128..300, 0_i128..4), 1..6),
        at in 0_i64..96,
    ) {
        // Meters m/d and tempos t + q/4 that change at each bar line.
        let tempo = |t: i128, q: i128| (t * 4 + q) as f64 / 4.0;
        let (m, d, t, q) = bars[0];
        let meter = |m: i128, d: i128| time(m as i64, d as i64);
        let mut timeline = Timeline::new(RATE, tempo(t, q), meter(m, d)).unwrap();
        let mut start = Seconds(0, 1);
        for (cycle, &(m, d, t, q)) in (0_i64..).zip(&bars) {
            let line = Time::whole(cycle);
            timeline.set_meter(line, meter(m, d)).unwrap();
            timeline.set_tempo(line, tempo(t, q)).unwrap();
            // The moment lies at/96 of this bar: m/d beats of 60/(t + q/4) seconds.
            let inside = start.plus(i128::from(at) * m * 240, 96 * d * (4 * t + q));
            let cycle = line.plus(time(at, 96)).unwrap();
            prop_assert_eq!(timeline.frame(cycle).unwrap(), Frame(inside.frame()));
            start = start.plus(m * 240, d * (4 * t + q));
        }
        // What was before a change stays where it was, and frames lead back to their cycle.
        let mut frames = Vec::new();
        for step in 0..96 * bars.len() as i64 {
            frames.push(timeline.frame(time(step, 96)).unwrap());
        }
        prop_assert!(frames.is_sorted());
        let cycle = timeline.cycle(frames[frames.len() / 2]).unwrap();
        let there = timeline.frame(cycle).unwrap().0;
        prop_assert!(there.abs_diff(frames[frames.len() / 2].0) <= 1);
    }

    #[test]
    fn a_ramp_lasts_as_long_as_many_small_steps(from in 60_u32..180, to in 60_u32..180, cycles in 1_i64..8) {
        let (from, to) = (f64::from(from), f64::from(to));
        let mut timeline = Timeline::new(RATE, from, Time::whole(4)).unwrap();
        timeline.ramp_tempo(Time::ONE, Time::whole(cycles), to).unwrap();
        let start = timeline.frame(Time::ONE).unwrap().0;
        let end = timeline.frame(Time::whole(1 + cycles)).unwrap().0;
        // Simpson's rule on 60 / tempo(beat).
        let (beats, steps) = (4.0 * cycles as f64, 2000);
        let slow = |at: usize| 60.0 / (from + (to - from) * at as f64 / f64::from(steps as u32));
        let inner: f64 = (1..steps).map(|at| if at % 2 == 1 { 4.0 * slow(at) } else { 2.0 * slow(at) }).sum();
        let seconds = (slow(0) + inner + slow(steps)) * beats / steps as f64 / 3.0;
        prop_assert!(((end - start) as f64 - seconds * f64::from(RATE)).abs() < 1.0);
        let half = Time::ONE.plus(time(cycles, 2)).unwrap();
        prop_assert!((timeline.tempo(half).unwrap() - (from + to) / 2.0).abs() < 1e-6);
        prop_assert!((timeline.tempo(Time::whole(20)).unwrap() - to).abs() < 1e-9);
        // Behind the ramp time goes on from its end.
        let bar = timeline.frame(Time::whole(2 + cycles)).unwrap().0 - end;
        prop_assert!((bar as f64 - 240.0 / to * f64::from(RATE)).abs() <= 1.0);
    }
}

#[test]
fn a_tempo_beyond_exact_arithmetic_is_refused() {
    assert!(Timeline::new(RATE, 1e-300, Time::ONE).is_err());
    assert!(Timeline::new(RATE, f64::NAN, Time::ONE).is_err());
    let mut timeline = Timeline::new(RATE, 133.37, time(7, 2)).unwrap();
    for change in 0..200 {
        timeline.set_tempo(time(change, 7), 100.0 + change as f64 / 7.0).unwrap();
    }
    assert!(timeline.frame(Time::whole(1_000_000)).is_ok());
}

fn notes(text: &str) -> Pattern {
    let (pattern, reports) = notation::krach(&Source::new("", text), &Manner::default());
    assert!(reports.is_empty());
    pattern
}

fn playing(meter: Time, tempo: f64, pattern: &Pattern) -> Patch {
    let mut patch = Patch::default();
    let edits = [
        Edit::Node("a".into(), Some(Arc::new(toys::source()))),
        Edit::Tempo(tempo),
        Edit::Meter(meter),
        Edit::Drive("a".into(), Some(Driver::Playing(Playing { pattern: pattern.clone(), offset: 0 }))),
    ];
    patch.apply_all(&edits).unwrap();
    patch
}

/// A conductor of everything that drives a patch.
fn conductor(patch: &Patch) -> Conductor {
    let mut conductor = Conductor::new(patch.settings(), RATE, (Time::ZERO, Frame(0))).unwrap();
    for (path, driver) in patch.drivers() {
        let notes = patch.node(path).is_some();
        conductor.drive(path, (driver, notes), (Time::ZERO, Frame(0)), 0.0).unwrap();
    }
    conductor
}

fn advance(conductor: &mut Conductor, cycle: Time) -> Vec<Cue> {
    let until = conductor.timeline().frame(cycle).unwrap();
    let (cues, fallen) = conductor.advance(until).unwrap();
    assert!(fallen.is_empty());
    cues
}

/// Onsets and releases as frames, a release negative.
fn given(conductor: &mut Conductor, cycles: i64) -> Vec<i64> {
    let cues = advance(conductor, Time::whole(cycles));
    let signed = |frame: Frame| i64::try_from(frame.0).unwrap();
    cues.iter()
        .filter_map(|cue| match cue.act {
            Act::Press { .. } => Some(signed(cue.frame)),
            Act::Release { .. } => Some(-signed(cue.frame)),
            _ => None,
        })
        .collect()
}

#[test]
fn onsets_fall_on_their_frames_in_all_meters() {
    // One bar at 120 BPM lasts meter / 2 seconds.
    for (meter, bar) in
        [(time(3, 1), 72_000), (time(4, 1), 96_000), (time(5, 1), 120_000), (time(7, 2), 84_000)]
    {
        let patch = playing(meter, 120.0, &notes("C4 E4 G4"));
        let found = given(&mut conductor(&patch), 2);
        let expected: Vec<i64> =
            (0..6).flat_map(|step| [step * bar / 3, -(step * bar / 3 + bar / 6)]).collect();
        assert_eq!(found, expected, "meter {meter}");
    }
}

#[test]
fn four_notes_over_three_bars_cross_the_bar_lines() {
    let pattern = notes("C4 D4 E4 F4").over(Time::whole(3)).unwrap();
    let patch = playing(Time::whole(4), 120.0, &pattern);
    let mut conductor = conductor(&patch);
    // Bar by bar: what begins in one bar may end in the next.
    let found: Vec<i64> = (1..=3).flat_map(|bar| given(&mut conductor, bar)).collect();
    let step = 72_000;
    let expected: Vec<i64> = (0..4).flat_map(|at| [at * step, -(at * step + step / 2)]).collect();
    assert_eq!(found, expected);
}

#[test]
fn swing_is_exact_and_chords_begin_together() {
    let pattern = notes("[C4 E4 G4 B4]*8").swing(time(2, 3), 8).unwrap();
    let patch = playing(Time::whole(4), 120.0, &pattern);
    let found = given(&mut conductor(&patch), 1);
    let mut onsets: Vec<i64> = found.into_iter().filter(|&frame| frame >= 0).collect();
    assert_eq!(onsets.len(), 32);
    onsets.dedup();
    assert_eq!(onsets, [0, 16_000, 24_000, 40_000, 48_000, 64_000, 72_000, 88_000]);
}

#[test]
fn pieces_of_any_length_give_the_same_acts() {
    let pattern = notes("C4 [E4 G4]*3 . x?").over(time(5, 4)).unwrap().legato(time(3, 2)).unwrap();
    let patch = playing(time(7, 2), 97.0, &pattern);
    let whole = advance(&mut conductor(&patch), Time::whole(8));
    for pieces in [1, 3, 7, 64] {
        let mut conductor = conductor(&patch);
        let mut found = Vec::new();
        for piece in 1..=8 * pieces {
            found.extend(advance(&mut conductor, time(piece, pieces)));
        }
        assert_eq!(found, whole, "{pieces} pieces a cycle");
    }
}

#[test]
fn every_note_is_let_go_once_also_when_its_pattern_is_replaced_or_taken_back() {
    let long = notes("C4").legato(Time::whole(2)).unwrap();
    let patch = playing(Time::whole(4), 120.0, &long);
    let mut conductor = conductor(&patch);
    let path = "a".into();
    let mut cues = advance(&mut conductor, time(5, 4));
    let bar = Frame(96_000);
    conductor.revoke(bar).unwrap();
    cues.retain(|cue| cue.frame < bar);
    let other = Driver::Playing(Playing { pattern: notes("x x"), offset: 0 });
    conductor.drive(&path, (&other, true), (Time::ONE, bar), 0.0).unwrap();
    cues.extend(advance(&mut conductor, Time::whole(2)));
    cues.extend(conductor.silence(&path, Frame(2 * bar.0)).unwrap());
    cues.extend(advance(&mut conductor, Time::whole(9)));
    let mut pressed = std::collections::BTreeMap::new();
    for cue in &cues {
        match &cue.act {
            Act::Press { note, .. } => assert!(pressed.insert(*note, cue.frame).is_none()),
            Act::Release { note, .. } => assert!(pressed.remove(note).unwrap() < cue.frame),
            _ => {}
        }
    }
    assert!(pressed.is_empty(), "held for ever: {pressed:?}");
    assert_eq!(cues.len(), 6, "one long note, two hits, and their ends");
    assert!(cues.iter().all(|cue| *cue.path == *"a"));
}

#[test]
fn a_pattern_of_the_tempo_moves_all_that_comes_after() {
    let mut patch = playing(Time::whole(4), 120.0, &notes("x x x x"));
    let tempo = Driver::Playing(Playing { pattern: notes("120 60"), offset: 0 });
    patch.apply(&Edit::Drive("tempo".into(), Some(tempo))).unwrap();
    let onsets = |pieces: u64| {
        let mut conductor = conductor(&patch);
        let mut found = Vec::new();
        for piece in 1..=pieces {
            let (cues, _) = conductor.advance(Frame(piece * 400_000 / pieces)).unwrap();
            found.extend(
                cues.iter().filter(|cue| matches!(cue.act, Act::Press { .. })).map(|cue| cue.frame.0),
            );
        }
        found
    };
    // Two beats of half a second, then two of a second.
    let bar = [0, 24_000, 48_000, 96_000];
    let expected: Vec<u64> = bar.into_iter().chain(bar.map(|at| at + 144_000)).collect();
    assert_eq!(onsets(1)[..8], expected);
    assert_eq!(onsets(1), onsets(777));
}

#[test]
fn the_meter_changes_at_the_next_bar_line_and_the_position_stays() {
    let mut timeline = Timeline::new(RATE, 120.0, Time::whole(4)).unwrap();
    timeline.set_meter(time(3, 2), Time::whole(3)).unwrap();
    let frames: Vec<u64> = (0..5).map(|cycle| timeline.frame(Time::whole(cycle)).unwrap().0).collect();
    assert_eq!(frames, [0, 96_000, 192_000, 264_000, 336_000]);
    let here = timeline.cycle(Frame(100_000)).unwrap();
    timeline.set_tempo(here, 60.0).unwrap();
    assert_eq!(timeline.cycle(Frame(100_000)).unwrap(), here);
    assert_eq!(timeline.frame(here).unwrap(), Frame(100_000));
}

#[test]
fn the_tempo_can_be_turned_on_any_frame_for_ever() {
    let patch = playing(Time::whole(4), 120.0, &notes("x"));
    let mut conductor = conductor(&patch);
    let mut before = 0.0;
    for turn in 0..2_000_u32 {
        let at = Frame(u64::from(turn) * 4_801 + 17);
        conductor.set_tempo(at, 90.0 + f64::from(turn * 7 % 97) / 3.3).unwrap();
        conductor.advance(at.after(4_800)).unwrap();
        let here = conductor.timeline().cycle(at).unwrap();
        assert!(here.approximately() > before, "turn {turn}");
        assert!(conductor.timeline().frame(here).unwrap().0.abs_diff(at.0) <= 1, "turn {turn}");
        before = here.approximately();
    }
}

#[test]
fn a_fade_goes_on_where_meter_and_tempo_change_on_a_frame_that_no_simple_fraction_names() {
    let settings = Edit::Tempo(6.514447723298295);
    let mut patch = Patch::default();
    patch.apply(&settings).unwrap();
    let fade = Driver::Fade(Fade { to: 0.0, bars: Time::ONE });
    for frame in (9_000..9_100).map(Frame) {
        let mut conductor = Conductor::new(patch.settings(), RATE, (Time::ZERO, Frame(0))).unwrap();
        conductor.drive(&"pad/gain".into(), (&fade, false), (Time::ZERO, Frame(1_234)), 1.0).unwrap();
        conductor.set_tempo(Frame(5_003), 2.0803454516281845).unwrap();
        conductor.set_meter(frame, Time::ONE).unwrap();
        conductor.set_tempo(frame, 6.514447723298295).unwrap();
        let (cues, fallen) = conductor.advance(Frame(20_000)).unwrap();
        assert!(fallen.is_empty(), "{fallen:?}");
        let slid: Vec<_> = cues.iter().map(|cue| cue.frame).collect();
        assert!(slid.contains(&Frame(1_234)) && slid.contains(&frame), "{slid:?}");
    }
}
