//! The notes that sound at a moment, down to the place in the text or the line of Python that wrote them.

use super::Session;
use crate::conductor::Timeline;
use crate::patch::{Driver, Name, Patch, Playing};
use krach_abi::Frame;
use krach_diag::{Code, Diagnostic};
use krach_pattern::{Event, Overflow, QueryError, Time, TimeSpan, Value, note_name};
use std::fmt;

/// A note that sounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Sounding {
    /// The node that plays it.
    pub node: Name,
    /// `A1`, `440 Hz`, or `hit`.
    pub note: String,
    /// The cycle in which it began.
    pub cycle: Time,
    /// The place of its text or its line, if they are known: `jam.py:3`, columns 5–7 of a text.
    pub origin: Option<String>,
}

/// `bass: A1 since bar 2.25, jam.py:3`
impl fmt::Display for Sounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bar = (1.0 + self.cycle.approximately()) * 1e4;
        write!(f, "{}: {} since bar {}", self.node, self.note, bar.round() / 1e4)?;
        self.origin.as_ref().map_or(Ok(()), |origin| write!(f, ", {origin}"))
    }
}

/// The longest note that is found, in cycles.
const LONGEST: i64 = 8;
/// The rate of the clock while nothing plays.
const RATE: u32 = 48_000;

impl Session {
    /// The notes of patterns that sound at a moment, in seconds of [`Position::seconds`](crate::Position), as the patch is
    /// now.
    ///
    /// # Errors
    /// `KR0904` for a moment that is none; `KR0803` and `KR0804` for a pattern that cannot be asked.
    pub fn sounding_at(&self, seconds: f64) -> Result<Vec<Sounding>, Diagnostic> {
        let patch = self.sounding();
        let settings = patch.settings();
        let line = match self.on_stage() {
            Some(stage) => Ok(stage.timeline()),
            None => Timeline::new(RATE, settings.tempo, settings.meter),
        };
        let frame = |line: &Timeline| (seconds * f64::from(line.rate())).round();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let cycle = line.and_then(|line| {
            let frame = frame(&line);
            (0.0..9e15)
                .contains(&frame)
                .then_some(Frame(frame as u64))
                .map(|frame| line.cycle(frame))
                .transpose()
        });
        let Some(cycle) = cycle.map_err(|_| no_moment(seconds))? else { return Err(no_moment(seconds)) };
        let mut found = Vec::new();
        for (path, driver) in patch.drivers() {
            if let Driver::Playing(playing) = driver
                && patch.node(path).is_some()
            {
                let asked = sounding(&patch, (path, playing), cycle, &mut found);
                asked.map_err(|error| crate::performance::fell(&(path.clone(), error)))?;
            }
        }
        Ok(found)
    }
}

fn no_moment(seconds: f64) -> Diagnostic {
    let report = Diagnostic::error(Code::Level, format!("{seconds} s is no moment of the music"));
    report.help("give seconds from the start, 0 or more: `kr.why(at=kr.now.seconds)`")
}

/// Adds the notes of one pattern that sound in a cycle.
fn sounding(
    patch: &Patch,
    (node, playing): (&Name, &Playing),
    cycle: Time,
    found: &mut Vec<Sounding>,
) -> Result<(), QueryError> {
    let (seed, offset) = (patch.settings().seed, Time::whole(playing.offset));
    let own = cycle.minus(offset)?;
    let last = own.floor().checked_add(1).ok_or(Overflow)?;
    let first = last.saturating_sub(LONGEST);
    let events = playing.pattern.query(TimeSpan::cycles(first, last), seed)?;
    for event in events.iter().filter(|event| event.has_onset() && event.whole.start <= own) {
        let starts_in_session = event.whole.start.plus(offset)?;
        if event.release()? > own
            && starts_in_session >= Time::ZERO
            && let Some(note) = note(event, seed)?
        {
            let origin = event.origin.place().map(|place| {
                let span = event.origin.span();
                let text = event.origin.line().filter(|_| span.is_some());
                let whole = text.map_or_else(
                    || format!("{}:{}", place.file, place.line),
                    |line| format!("{}:{}", line.file, line.line),
                );
                match span {
                    Some(_) => {
                        format!("{whole}, columns {}–{} of its text", place.column, place.end_column - 1)
                    }
                    None => whole,
                }
            });
            found.push(Sounding { node: node.clone(), note, cycle: starts_in_session, origin });
        }
    }
    Ok(())
}

/// The name of the note of an event, if it is one.
fn note(event: &Event<'_>, seed: u64) -> Result<Option<String>, QueryError> {
    Ok(match event.value(seed)? {
        Value::Note { pitch: None, .. } => Some("hit".into()),
        Value::Note { pitch: Some(krach_pattern::Pitch::Midi(number)), .. } => Some(note_name(number)),
        Value::Note { pitch: Some(krach_pattern::Pitch::Hz(hz)), .. } => Some(format!("{} Hz", hz.get())),
        Value::Number(number) => Some(format!("note {number}")),
        Value::Midi(note) => Some(format!("MIDI {}", note_name(note.pitch))),
        _ => None,
    })
}
