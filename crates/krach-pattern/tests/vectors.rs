//! The events of known patterns, one line of `fixtures/patterns/vectors.txt` each.

// Arguments of tests are in range.
#![allow(clippy::unwrap_used)]

use krach_diag::Source;
use krach_pattern::build::{cat, control, curve, hit, note, seq};
use krach_pattern::{Manner, Origin, Pattern, Pitch, Shape, Time, TimeSpan, notation};
use std::collections::BTreeMap;

fn tap() -> Pattern {
    hit("gate", &Manner::default(), Origin::default()).unwrap()
}

fn midi(numbers: &[u8]) -> Pattern {
    let pitches: Vec<_> = numbers.iter().map(|&number| Pitch::Midi(number)).collect();
    note(&pitches, &Manner::default(), &Origin::default()).unwrap()
}

fn time(numerator: i64, denominator: i64) -> Time {
    Time::new(numerator, denominator).unwrap()
}

/// The patterns, as the fixture writes them.
fn patterns() -> BTreeMap<&'static str, Pattern> {
    let rest = Pattern::silence;
    let (two, half) = (Time::whole(2), time(3, 2));
    let doubled = tap().every(2, &tap().fast(two).unwrap()).unwrap();
    let rhythm = notation::krach(&Source::new("", "x . x"), &Manner::default()).0;
    let all = [
        ("hit()*2", tap().repeat(2)),
        ("note(69)", Ok(midi(&[69]))),
        ("note(69,72)", Ok(midi(&[69, 72]))),
        (
            "seq(69,70,None,72).over(2)",
            seq(&[midi(&[69]), midi(&[70]), rest(), midi(&[72])]).unwrap().over(two),
        ),
        ("(hit()*2).reverse()", tap().repeat(2).unwrap().reverse()),
        ("(hit()+rest()).fast(1.5)", tap().then(&rest()).unwrap().fast(half)),
        ("hit().over(1.5)", tap().over(half)),
        ("(hit()*2).shift(.25)", tap().repeat(2).unwrap().shift(time(1, 4))),
        ("hit().every(2, fast 2)", Ok(doubled.clone())),
        ("hit().every(2, fast 2) + rest()", doubled.then(&rest())),
        ("cat(hit().every(2, fast 2), rest())", cat(&[doubled, rest()])),
        (
            "seq(69,70).over(2) + hit()",
            seq(&[midi(&[69]), midi(&[70])]).unwrap().over(two).unwrap().then(&tap()),
        ),
        ("hit().spread(3,8)", tap().spread(3, 8, 0)),
        ("(hit()*2).spread(3,8)", tap().repeat(2).unwrap().spread(3, 8, 0)),
        ("(hit()*8).swing(2/3)", tap().repeat(8).unwrap().swing(time(2, 3), 8)),
        ("ctrl(\"a\",1).over(4)", control("a", 1.0, Origin::default()).unwrap().over(Time::whole(4))),
        (
            "sine(0,1,steps=4).over(2)",
            curve(Shape::Sine, 0.0, 1.0, Some(4), &Origin::default()).unwrap().over(two),
        ),
        ("struct(p(\"x . x\"), seq(69,70))", seq(&[midi(&[69]), midi(&[70])]).unwrap().structured(&rhythm)),
    ];
    all.into_iter().map(|(name, pattern)| (name, pattern.unwrap())).collect()
}

/// `g1@0 g0@1/4`: gate and frequency by their first letters, the time in cycles.
fn heard(pattern: &Pattern, cycles: i64) -> Vec<String> {
    let mut all = Vec::new();
    // A gate that opened in the cycle before may fall in the first.
    let events = pattern.query(TimeSpan::cycles(-1, cycles), 0).unwrap();
    for event in events.iter().filter(|event| event.has_onset()) {
        all.extend(event.changes(0, 440.0).unwrap());
    }
    all.retain(|change| TimeSpan::cycles(0, cycles).contains(change.at));
    all.sort_by_key(|change| change.at);
    let short = |label: &str| match label {
        "gate" => "g".to_owned(),
        "freq" => "f".to_owned(),
        "ctrl" => "=".to_owned(),
        other => other.to_owned(),
    };
    let number = |value: f64| format!("{value:.3}").trim_end_matches('0').trim_end_matches('.').to_owned();
    all.iter()
        .map(|change| format!("{}{}@{}", short(change.label), number(change.value), change.at))
        .collect()
}

#[test]
fn known_patterns_have_their_known_events() {
    let mut patterns = patterns();
    for line in include_str!("../../../fixtures/patterns/vectors.txt").lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let [name, cycles, events] = line.split(" ; ").collect::<Vec<_>>()[..] else { panic!("{line}") };
        let pattern = patterns.remove(name).unwrap_or_else(|| panic!("no pattern {name}"));
        assert_eq!(heard(&pattern, cycles.parse().unwrap()).join(" "), events, "{name}");
    }
    assert!(patterns.is_empty(), "without a line: {:?}", patterns.keys());
}
