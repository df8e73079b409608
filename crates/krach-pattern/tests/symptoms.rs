//! Faults of other pattern systems, each named after its symptom.

// Arguments of tests are in range.
#![allow(clippy::unwrap_used)]

use krach_diag::Place;
use krach_pattern::build::{control, curve, freeze, hit, note, rand, seq};
use krach_pattern::{
    Manner, Origin, Param, Pattern, Pitch, QueryErrorKind, Real, Refusal, Shape, Time, TimeSpan, Value,
};
use std::sync::Arc;

fn tap() -> Pattern {
    hit("gate", &Manner::default(), Origin::default()).unwrap()
}

fn midi(number: u8) -> Pattern {
    note(&[Pitch::Midi(number)], &Manner::default(), &Origin::default()).unwrap()
}

fn starts(pattern: &Pattern, cycles: i64) -> Vec<String> {
    let events = pattern.query(TimeSpan::cycles(0, cycles), 0).unwrap();
    events.iter().filter(|event| event.has_onset()).map(|event| event.whole.start.to_string()).collect()
}

#[test]
fn a_thinned_hit_keeps_its_release() {
    let thinned = tap().repeat(16).unwrap().thin(0.5, 0).unwrap();
    let mut open = 0;
    for event in thinned.query(TimeSpan::cycles(0, 50), 0).unwrap() {
        for change in event.changes(0, 440.0).unwrap() {
            open += if change.value == 1.0 { 1 } else { -1 };
        }
    }
    assert_eq!(open, 0);
}

#[test]
fn a_thinned_chord_stays_whole() {
    let chord = midi(60).with(&midi(64)).unwrap().with(&midi(67)).unwrap();
    let thinned = chord.repeat(8).unwrap().thin(0.5, 0).unwrap();
    let all = starts(&thinned, 10);
    assert!(all.len() > 30 && all.len() < 210, "{}", all.len());
    for start in &all {
        assert_eq!(all.iter().filter(|other| *other == start).count(), 3, "at {start}");
    }
}

#[test]
fn reversed_notes_start_on_time() {
    let line = seq(&[midi(60), midi(62), Pattern::silence()]).unwrap().reverse().unwrap();
    assert_eq!(starts(&line, 1), ["1/3", "2/3"]);
    let events = line.query(TimeSpan::cycles(0, 1), 0).unwrap();
    assert_eq!(events[1].release(), Time::new(5, 6));
}

#[test]
fn a_frozen_phrase_is_dropped_and_reversed_as_one() {
    let phrase = freeze(&midi(60).then(&midi(62)).unwrap()).unwrap();
    let line = seq(&[phrase, Pattern::silence()]).unwrap().reverse().unwrap();
    let events = line.query(TimeSpan::cycles(0, 1), 0).unwrap();
    let pitches: Vec<_> = events.iter().map(|event| event.value(0).unwrap()).collect();
    assert_eq!(starts(&line, 1), ["1/2", "3/4"]);
    assert!(matches!(pitches[0], Value::Note { pitch: Some(Pitch::Midi(60)), .. }), "{pitches:?}");
    let thinned = line.fast(Time::whole(4)).unwrap().thin(0.5, 1).unwrap();
    let count = starts(&thinned, 20).len();
    assert!(count.is_multiple_of(2) && count > 0 && count < 160, "{count}");
}

#[test]
fn random_values_differ_from_cycle_to_cycle_and_repeat() {
    let values = |seed| {
        let pattern = rand(0.0, 1.0, 4, 0, &Origin::default()).unwrap();
        let events = pattern.query(TimeSpan::cycles(0, 8), seed).unwrap();
        events.iter().map(|event| format!("{:?}", event.value(seed).unwrap())).collect::<Vec<_>>()
    };
    let mut drawn = values(0);
    assert_eq!(drawn, values(0));
    assert_ne!(drawn, values(1));
    drawn.sort();
    drawn.dedup();
    assert_eq!(drawn.len(), 32);
}

#[test]
fn a_pattern_as_velocity_is_read_at_each_onset() {
    let ramp = curve(Shape::Ramp, 0.0, 1.0, None, &Origin::default()).unwrap();
    let manner = Manner { velocity: Param::Pattern(ramp), ..Manner::default() };
    let line = note(&[Pitch::Midi(60)], &manner, &Origin::default()).unwrap().repeat(4).unwrap();
    let events = line.query(TimeSpan::cycles(3, 4), 0).unwrap();
    let velocities: Vec<f64> = events
        .iter()
        .map(|event| match event.value(0).unwrap() {
            Value::Note { velocity, .. } => velocity,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(velocities, [0.0, 0.25, 0.5, 0.75]);
}

#[test]
fn a_reversed_curve_falls() {
    let ramp = curve(Shape::Ramp, 0.0, 1.0, None, &Origin::default()).unwrap().reverse().unwrap();
    let params = [(Arc::from("cutoff"), Param::Pattern(ramp))];
    let manner = Manner { params: params.into(), ..Manner::default() };
    let line = hit("gate", &manner, Origin::default()).unwrap().repeat(2).unwrap();
    let events = line.query(TimeSpan::cycles(0, 1), 0).unwrap();
    let cutoffs: Vec<_> = events.iter().map(|event| event.changes(0, 440.0).unwrap()[0].value).collect();
    assert_eq!(cutoffs, [1.0, 0.5]);
}

#[test]
fn legato_sets_the_length_of_every_note_below() {
    let line = midi(60).then(&midi(62)).unwrap().legato(Time::whole(2)).unwrap().legato(Time::ONE).unwrap();
    let releases: Vec<_> =
        line.query(TimeSpan::cycles(0, 1), 0).unwrap().iter().map(|event| event.release().unwrap()).collect();
    assert_eq!(releases, [Time::HALF, Time::ONE]);
}

#[test]
fn time_that_does_not_fit_names_the_line() {
    let line = Origin::Line(Arc::new(Place::line("jam.py", 7)));
    let mut pattern = control("a", 1.0, line).unwrap();
    let odd = Time::new(1_000_003, 1_000_033).unwrap();
    for _ in 0..5 {
        pattern = pattern.fast(odd).unwrap();
    }
    let error = pattern.query(TimeSpan::cycles(0, 1), 0).unwrap_err();
    assert_eq!(error.kind, QueryErrorKind::Overflow);
    assert_eq!(error.diagnostic().place, Some(Place::line("jam.py", 7)));
}

#[test]
fn endless_events_and_endless_trees_are_refused() {
    let crowd = tap().fast(Time::whole(1 << 60)).unwrap();
    assert_eq!(crowd.query(TimeSpan::cycles(0, 1), 0).unwrap_err().kind, QueryErrorKind::TooMany);
    let quiet = Pattern::silence().repeat(2).unwrap().fast(Time::whole(1 << 60)).unwrap();
    assert_eq!(quiet.query(TimeSpan::cycles(0, 1), 0).unwrap_err().kind, QueryErrorKind::TooMany);

    let mut deep = tap();
    let refused = loop {
        match deep.reverse() {
            Ok(deeper) => deep = deeper,
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(refused, Refusal::TooDeep);
    // On the smallest stack that a system gives a thread (macOS): the walk, the comparison, the drop.
    let walk = move || {
        assert_eq!(starts(&deep, 2), ["0", "1"]);
        assert_eq!(deep, deep.clone());
    };
    std::thread::Builder::new().stack_size(512 * 1024).spawn(walk).unwrap().join().unwrap();

    let mut wide = tap();
    let refused = loop {
        match wide.repeat(1000) {
            Ok(wider) => wide = wider,
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(refused, Refusal::TooLarge);
}

#[test]
fn arguments_without_meaning_are_refused() {
    let p = tap();
    assert_eq!(p.repeat(0), Err(Refusal::Repeat(0)));
    assert_eq!(p.fast(Time::ZERO), Err(Refusal::Factor(Time::ZERO)));
    assert_eq!(p.every(0, &p), Err(Refusal::Every(0)));
    assert_eq!(p.thin(1.5, 0), Err(Refusal::Probability(1.5)));
    assert!(p.thin(f64::NAN, 0).is_err());
    assert_eq!(p.mask("10"), Err(Refusal::MaskWord("10".to_owned())));
    assert_eq!(curve(Shape::Sine, 0.0, 1.0, Some(0), &Origin::default()), Err(Refusal::CurveSteps(0)));
    assert!(control("a", f64::INFINITY, Origin::default()).is_err());
    assert_eq!(Real::new(-0.0), Real::new(0.0));
}

#[test]
fn equal_patterns_of_other_lines_are_equal() {
    let at = |line| control("a", 1.0, Origin::Line(Arc::new(Place::line("jam.py", line)))).unwrap();
    assert_eq!(at(1).repeat(3).unwrap(), at(2).repeat(3).unwrap());
    assert_ne!(at(1).repeat(3).unwrap(), at(1).repeat(2).unwrap());
}
