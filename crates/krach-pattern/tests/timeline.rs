//! Notes at given times are heard at these times.
#![allow(clippy::unwrap_used)]

use krach_pattern::{Origin, Pitch, Real, Refusal, Time, TimeSpan, Timed, Value, timeline};
use proptest::prelude::*;

fn notes() -> impl Strategy<Value = Vec<Timed>> {
    let note = (0..3 * 960_i64, 1..2000_i64, 0..128_i64, 1..=127_i64);
    prop::collection::vec(note, 0..40).prop_map(|drawn| {
        drawn
            .into_iter()
            .map(|(start, length, key, velocity)| Timed {
                start: Time::new(start, 960).unwrap(),
                length: Time::new(length, 960).unwrap(),
                pitch: Pitch::midi(key).unwrap(),
                velocity: Real::new(velocity as f64 / 127.0).unwrap(),
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn every_note_is_heard_at_its_time_in_every_repetition(notes in notes(), turn in 0..3_i64) {
        let pattern = timeline(&notes, 3, &Origin::Unknown).unwrap();
        let events = pattern.query(TimeSpan::cycles(3 * turn, 3 * turn + 3), 0).unwrap();
        let mut heard = Vec::new();
        for event in events.iter().filter(|event| event.has_onset()) {
            let Value::Note { pitch: Some(pitch), velocity, .. } = event.value(0).unwrap() else { panic!() };
            let length = event.release().unwrap().minus(event.whole.start).unwrap();
            heard.push((event.whole.start.minus(Time::whole(3 * turn)).unwrap(), pitch, velocity.to_bits(), length));
        }
        let mut expected: Vec<_> =
            notes.iter().map(|note| (note.start, note.pitch, note.velocity.get().to_bits(), note.length)).collect();
        let order = |(start, pitch, velocity, _): &(Time, Pitch, u64, Time)| (*start, format!("{pitch:?}"), *velocity);
        heard.sort_by_key(order);
        expected.sort_by_key(order);
        let begun = |notes: &[(Time, Pitch, u64, Time)]| notes.iter().map(order).collect::<Vec<_>>();
        prop_assert_eq!(begun(&heard), begun(&expected));
        // A gate is as long as written, or ends just before the next note of its layer or the repetition.
        prop_assert!(heard.iter().all(|(_, _, _, length)| length.is_positive()));
        let total = |notes: &[(Time, Pitch, u64, Time)]| notes.iter().map(|note| note.3.approximately()).sum::<f64>();
        prop_assert!(total(&heard) <= total(&expected) + 1e-9);
    }
}

#[test]
fn a_gate_is_as_long_as_written_where_there_is_room() {
    let note = |start, length| Timed {
        start: Time::new(start, 8).unwrap(),
        length: Time::new(length, 8).unwrap(),
        pitch: Pitch::midi(60).unwrap(),
        velocity: Real::ONE,
    };
    let pattern = timeline(&[note(0, 1), note(2, 2), note(4, 3)], 1, &Origin::Unknown).unwrap();
    let events = pattern.query(TimeSpan::cycles(0, 1), 0).unwrap();
    let ends: Vec<_> = events.iter().map(|event| event.release().unwrap()).collect();
    // The second note would end where the third begins: it ends one 32nd of itself earlier.
    let expected = [Time::new(1, 8), Time::new(2 * 32 + 2 * 31, 8 * 32), Time::new(7, 8)].map(Result::unwrap);
    assert_eq!(ends, expected);
    assert!(matches!(timeline(&[note(8, 1)], 1, &Origin::Unknown), Err(Refusal::Cycles(_))));
    assert!(matches!(timeline(&[], 0, &Origin::Unknown), Err(Refusal::Cycles(_))));
}
