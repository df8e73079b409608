//! `fixtures/patterns/notation.txt`: texts, and the patterns or reports they give.

// Arguments of tests are in range.
#![allow(clippy::unwrap_used)]

use krach_diag::{Diagnostic, Source};
use krach_pattern::{Manner, Pattern, TimeSpan, notation};

fn shown(report: &Diagnostic) -> String {
    let place = report.place.as_ref().expect("reports of a text have a place");
    format!("! {}-{} {}", place.column, place.end_column, report.message)
}

fn events(pattern: &Pattern, cycles: i64) -> String {
    let found = pattern.query(TimeSpan::cycles(0, cycles), 0).unwrap();
    let shown = found.iter().filter(|event| event.has_onset()).map(|event| {
        // An atom shows as the pattern of it alone.
        let alone = krach_pattern::build::atom(event.atom.clone(), event.origin.clone()).unwrap();
        format!("{alone}@{}", event.whole.start)
    });
    format!("{cycles}: {}", shown.collect::<Vec<_>>().join(" "))
}

#[test]
fn texts_give_their_patterns_and_reports() {
    let mut cases = 0;
    for case in include_str!("../../../fixtures/patterns/notation.txt").split("--- ").skip(1) {
        let mut lines = case.lines();
        let name = lines.next().unwrap();
        let source = Source::new("jam.py", lines.next().unwrap());
        let read = if name.starts_with("krach: ") { notation::krach } else { notation::tidal };
        let (pattern, reports) = read(&source, &Manner::default());
        let (wrong, right): (Vec<_>, Vec<_>) =
            lines.filter(|line| !line.is_empty()).partition(|line| line.starts_with('!'));
        assert_eq!(reports.iter().map(shown).collect::<Vec<_>>(), wrong, "{name}");
        for line in right {
            let found = match line.split_once(": ") {
                Some((cycles, _)) if !line.starts_with('=') => events(&pattern, cycles.parse().unwrap()),
                _ => format!("= {pattern}"),
            };
            assert_eq!(found, line, "{name}");
        }
        cases += 1;
    }
    assert!(cases > 30, "{cases}");
}

#[test]
fn every_event_knows_its_bytes() {
    let text = "x [C4 E4] <G4 A4:0.5>*2 . 60";
    let (pattern, reports) = notation::krach(&Source::new("jam.py", text), &Manner::default());
    assert_eq!(reports, []);
    let mut seen: Vec<&str> = Vec::new();
    for event in pattern.query(TimeSpan::cycles(0, 2), 0).unwrap() {
        let span = event.origin.span().expect("from a text");
        seen.push(&text[span.start as usize..span.end as usize]);
    }
    for word in ["x", "C4", "E4", "G4", "A4", "60"] {
        assert!(seen.contains(&word), "{word} of {seen:?}");
    }
}

#[test]
fn a_thousand_brackets_are_an_error() {
    for (open, read) in [("[", notation::krach as fn(&Source, &Manner) -> _), ("<", notation::tidal)] {
        let (_, reports): (Pattern, Vec<Diagnostic>) =
            read(&Source::new("deep", open.repeat(1000)), &Manner::default());
        assert!(reports[0].message.contains("brackets nest at most 64 deep"), "{:?}", reports[0]);
    }
}
