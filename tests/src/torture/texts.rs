//! The readers of krach's own texts, given any bytes: notations of patterns, and the text form of programs.

use super::{NODES, Reached, heard, look, text};
use krach_abi::Precision;
use krach_diag::{Diagnostic, Source};
use krach_pattern::{Event, Manner, Pattern, QueryErrorKind, Time, TimeSpan, notation};

/// There is a pattern or a report with a place, and its cycles are found alike at once and one by one.
pub fn notations(data: &[u8]) -> Reached {
    let source = Source::new("fuzz.py", text(data));
    [notation::krach, notation::tidal]
        .map(|read| pattern(&read(&source, &Manner::default())))
        .into_iter()
        .max()
        .expect("two notations")
}

fn pattern((pattern, reports): &(Pattern, Vec<Diagnostic>)) -> Reached {
    if !reports.is_empty() {
        placed(reports);
        let silent = pattern.query(TimeSpan::cycles(0, 4), 7).is_ok_and(|events| events.is_empty());
        assert!(silent, "a wrong text sounds: {reports:?}");
        return Reached::Refused;
    }
    let _ = pattern.to_string();
    let Some(whole) = onsets(pattern, 0, 3) else { return Reached::Parsed };
    let parts: Option<Vec<_>> = (0..3).map(|cycle| onsets(pattern, cycle, cycle + 1)).collect();
    let Some(parts) = parts else { return Reached::Parsed };
    assert_eq!(parts.concat(), whole, "{pattern}");
    Reached::Program
}

/// The events that begin in these cycles, in order; none if there are too many or their times are too fine.
fn onsets(pattern: &Pattern, from: i64, to: i64) -> Option<Vec<(Time, Time, String)>> {
    let span = TimeSpan::cycles(from, to);
    let events = match pattern.query(span, 7) {
        Ok(events) => events,
        Err(error) => {
            assert!(matches!(error.kind, QueryErrorKind::Overflow | QueryErrorKind::TooMany));
            return None;
        }
    };
    let inside = |event: &Event<'_>| event.part.overlap(span) == Some(event.part);
    assert!(events.iter().all(inside), "{pattern}");
    let shown = |event: &Event<'_>| {
        let text = format!("{:?} {}", event.value(7).ok()?, event.legato);
        Some((event.whole.start, event.whole.end, text))
    };
    let mut begun: Vec<_> =
        events.iter().filter(|event| event.has_onset()).map(shown).collect::<Option<_>>()?;
    begun.sort();
    Some(begun)
}

/// There is a valid program or a report with a place; it is printed and read again, and every engine hears the same.
pub fn programs(data: &[u8]) -> Reached {
    let text = text(data);
    let program = match krach_ir::parse(&Source::new("fuzz.program", text.as_str())) {
        Ok(program) => program,
        Err(reports) => {
            placed(&reports);
            return Reached::Refused;
        }
    };
    assert_eq!(program.validate(), Ok(()), "{text}");
    let printed = program.to_string();
    let again = krach_ir::parse(&Source::new("printed.program", printed.as_str()));
    assert_eq!(again.map(|again| again.to_string()), Ok(printed), "{text}");
    if program.nodes().len() <= NODES {
        look(&program);
    }
    heard(&program, Precision::Double, &text)
}

fn placed(reports: &[Diagnostic]) {
    assert!(!reports.is_empty(), "an error without a report");
    for report in reports {
        assert!(!report.message.is_empty() && report.place.is_some(), "{report:?}");
    }
}
