//! Laws that hold for every pattern.

// Arguments of tests are in range.
#![allow(clippy::unwrap_used)]

use krach_pattern::build::{cat, control, curve, freeze, hit, note, rand, seq, stack};
use krach_pattern::{Event, Manner, Origin, Pattern, Pitch, QueryError, Shape, Time, TimeSpan};
use proptest::prelude::*;

fn time(numerator: i64, denominator: i64) -> Time {
    Time::new(numerator, denominator).expect("small")
}

fn factors() -> impl Strategy<Value = Time> {
    (1_i64..6, 1_i64..6).prop_map(|(n, d)| time(n, d))
}

fn offsets() -> impl Strategy<Value = Time> {
    (-12_i64..12, 1_i64..6).prop_map(|(n, d)| time(n, d))
}

fn atoms() -> impl Strategy<Value = Pattern> {
    let at = Origin::default;
    prop_oneof![
        Just(Pattern::silence()),
        Just(hit("gate", &Manner::default(), at()).unwrap()),
        (40_u8..80).prop_map(move |n| note(&[Pitch::Midi(n)], &Manner::default(), &at()).unwrap()),
        (0_u8..9).prop_map(move |n| control("a", n.into(), at()).unwrap()),
        Just(curve(Shape::Ramp, 0.0, 1.0, None, &at()).unwrap()),
        (1_i64..5, 0_u64..3).prop_map(move |(steps, seed)| rand(0.0, 1.0, steps, seed, &at()).unwrap()),
    ]
}

/// Small patterns of every node.
fn patterns() -> impl Strategy<Value = Pattern> {
    atoms().prop_recursive(4, 24, 4, |inner| {
        let some = prop::collection::vec(inner.clone(), 1..4);
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            some.clone().prop_map(|all| seq(&all).unwrap()),
            some.clone().prop_map(|all| cat(&all).unwrap()),
            some.prop_map(|all| stack(&all).unwrap()),
            (inner.clone(), 1_i64..4).prop_map(|(p, n)| p.repeat(n).unwrap()),
            (inner.clone(), factors()).prop_map(|(p, by)| p.fast(by).unwrap()),
            (inner.clone(), offsets()).prop_map(|(p, by)| p.shift(by).unwrap()),
            (inner.clone(), factors()).prop_map(|(p, by)| p.legato(by).unwrap()),
            inner.clone().prop_map(|p| p.reverse().unwrap()),
            inner.clone().prop_map(|p| freeze(&p).unwrap()),
            (two.clone(), 1_i64..4).prop_map(|((p, q), n)| p.every(n, &q).unwrap()),
            (two, 0_u64..9).prop_map(|((p, q), seed)| p.sometimes(0.4, &q, seed).unwrap()),
            (inner.clone(), 0_u64..9).prop_map(|(p, seed)| p.thin(0.3, seed).unwrap()),
            (inner.clone(), 0_i64..5, 0_i64..8).prop_map(|(p, n, turn)| p.spread(n, 5, turn).unwrap()),
            inner.clone().prop_map(|p| p.mask("x . x 0 1").unwrap()),
            (inner, 1_i64..10, 1_i64..5).prop_map(|(p, n, grid)| p.swing(time(n, 10), 2 * grid).unwrap()),
        ]
    })
}

/// An event as a value that can be compared and ordered.
type Seen = (Time, Time, String);

fn seen(event: &Event<'_>) -> Seen {
    let value = event.value(7).expect("small patterns");
    (event.whole.start, event.whole.end, format!("{value:?} {}", event.legato))
}

fn found(pattern: &Pattern, start: Time, end: Time) -> Vec<Event<'_>> {
    pattern.query(TimeSpan::new(start, end), 7).expect("small patterns")
}

/// The events that begin in a span, in one order.
fn onsets(pattern: &Pattern, start: Time, end: Time) -> Vec<Seen> {
    let mut all: Vec<Seen> =
        found(pattern, start, end).iter().filter(|event| event.has_onset()).map(seen).collect();
    all.sort();
    all
}

fn cycles(pattern: &Pattern) -> Vec<Seen> {
    onsets(pattern, Time::whole(-2), Time::whole(5))
}

fn moved(mut all: Vec<Seen>, map: impl Fn(Time) -> Time) -> Vec<Seen> {
    for (start, end, _) in &mut all {
        (*start, *end) = (map(*start), map(*end));
    }
    all.sort();
    all
}

proptest! {
    #[test]
    fn queries_of_the_parts_add_up(p in patterns(), a in offsets(), b in offsets(), c in offsets()) {
        let mut times = [a, b, c];
        times.sort();
        let [a, b, c] = times;
        prop_assume!(a < b && b < c);
        let mut parts = onsets(&p, a, b);
        parts.extend(onsets(&p, b, c));
        parts.sort();
        prop_assert_eq!(parts, onsets(&p, a, c));
    }

    #[test]
    fn parts_lie_in_the_query_and_in_their_wholes(p in patterns(), a in offsets(), length in factors()) {
        let span = TimeSpan::new(a, a.plus(length).unwrap());
        for event in p.query(span, 7).unwrap() {
            prop_assert_eq!(event.part.overlap(span), Some(event.part));
            prop_assert_eq!(event.part.overlap(event.whole), Some(event.part));
            prop_assert!(event.part.start < event.part.end);
        }
    }

    #[test]
    fn a_moment_finds_what_sounds_at_it(p in patterns(), at in offsets()) {
        let all = |events: Vec<Event<'_>>| {
            let mut all: Vec<Seen> = events.iter().map(seen).collect();
            all.sort();
            all
        };
        let moment = all(p.query(TimeSpan::new(at, at), 7).unwrap());
        let around = p.query(TimeSpan::cycles(at.floor(), at.floor() + 1), 7).unwrap();
        let around = all(around.into_iter().filter(|event| event.part.contains(at)).collect());
        prop_assert_eq!(moment, around);
    }

    #[test]
    fn shifting_back_undoes_shifting(p in patterns(), by in offsets()) {
        let there = p.shift(by).unwrap();
        prop_assert_eq!(cycles(&there.shift(by.negated().unwrap()).unwrap()), cycles(&p));
        let (start, end) = (Time::ZERO, Time::whole(3));
        let moved = moved(onsets(&p, start, end), |time| time.plus(by).unwrap());
        let there: Vec<_> = onsets(&there, start.plus(by).unwrap(), end.plus(by).unwrap());
        let bare = |all: Vec<Seen>| all.into_iter().map(|(start, end, _)| (start, end)).collect::<Vec<_>>();
        prop_assert_eq!(bare(there), bare(moved));
    }

    #[test]
    fn slowing_undoes_speed(p in patterns(), by in factors()) {
        prop_assert_eq!(cycles(&p.fast(by).unwrap().slow(by).unwrap()), cycles(&p));
        prop_assert_eq!(cycles(&p.over(by).unwrap()), cycles(&p.slow(by).unwrap()));
    }

    #[test]
    fn reversing_twice_is_nothing(p in patterns()) {
        prop_assert_eq!(cycles(&p.reverse().unwrap().reverse().unwrap()), cycles(&p));
    }

    #[test]
    fn layers_may_change_places(p in patterns(), q in patterns()) {
        prop_assert_eq!(cycles(&p.with(&q).unwrap()), cycles(&q.with(&p).unwrap()));
        let mut both = cycles(&p);
        both.extend(cycles(&q));
        both.sort();
        prop_assert_eq!(cycles(&p.with(&q).unwrap()), both);
    }

    #[test]
    fn joining_is_associative_and_silence_takes_a_step(p in patterns(), q in patterns(), r in patterns()) {
        let left = p.then(&q).unwrap().then(&r).unwrap();
        prop_assert_eq!(&left, &p.then(&q.then(&r).unwrap()).unwrap());
        prop_assert_eq!(&left, &seq(&[p, q, r]).unwrap());
    }

    #[test]
    fn what_thin_drops_and_mask_hides_were_events_before(p in patterns(), drop in 0.0..=1.0) {
        let all = cycles(&p);
        for less in [p.thin(drop, 3).unwrap(), p.mask("x . 1").unwrap()] {
            prop_assert!(cycles(&less).iter().all(|event| all.contains(event)));
        }
        prop_assert_eq!(cycles(&p.thin(0.0, 3).unwrap()), all.clone());
        prop_assert_eq!(cycles(&p.thin(1.0, 3).unwrap()), vec![]);
        prop_assert_eq!(cycles(&p.mask("1").unwrap()), all);
    }

    #[test]
    fn sometimes_is_one_or_the_other_in_every_cycle(p in patterns(), q in patterns(), seed: u64) {
        let mixed = p.sometimes(0.5, &q, seed).unwrap();
        for cycle in 0..4 {
            let of = |p: &Pattern| onsets(p, Time::whole(cycle), Time::whole(cycle + 1));
            prop_assert!(of(&mixed) == of(&p) || of(&mixed) == of(&q));
        }
    }

    #[test]
    fn patterns_built_alike_are_equal_and_print(p in patterns(), q in patterns()) {
        prop_assert_eq!(p == q, cycles(&p) == cycles(&q) && p == q);
        prop_assert_eq!(&p.reverse().unwrap(), &p.reverse().unwrap());
        prop_assert!(!p.to_string().is_empty());
    }

    #[test]
    fn no_argument_and_no_time_panics(
        p in patterns(), n: i64, d: i64, x: f64, seed: u64, text in "[xC4 0-9.*!?@_:,<>(){}|/~%\\[\\]-]{0,24}",
    ) {
        let (a, b) = (Time::new(n, d).unwrap_or(Time::whole(n)), Time::approximate(x).unwrap_or(Time::ONE));
        let made = [
            p.fast(a), p.slow(a), p.over(b), p.shift(a), p.swing(b, n), p.every(n, &p), p.repeat(n % 100),
            p.spread(n, d, n), p.thin(x, seed), p.sometimes(x, &p, seed), p.mask(&text), p.legato(a),
        ];
        for made in made.into_iter().flatten() {
            let span = TimeSpan::new(a, a.plus(Time::ONE).unwrap_or(a));
            let _: Result<Vec<Event<'_>>, QueryError> = made.query(span, seed);
        }
        let source = krach_diag::Source::new("any", text.as_str());
        for read in [krach_pattern::notation::krach, krach_pattern::notation::tidal] {
            let (pattern, reports) = read(&source, &Manner::default());
            prop_assert!(reports.iter().all(|report| report.place.is_some()));
            let _: Result<Vec<Event<'_>>, QueryError> = pattern.query(TimeSpan::cycles(0, 2), seed);
        }
    }
}
