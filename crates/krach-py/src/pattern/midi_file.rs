//! Patterns to MIDI files, and back.

use super::argument::{PlaceTuple, at_user, count, number, origin, seed};
use super::{Pattern, query_error};
use crate::error;
use krach_diag::{Code, Diagnostic};
use krach_pattern::{Event, Pitch, Real, Refusal, Time, TimeSpan, Timed, Value, timeline};
use krach_store::{MidiFile, MidiPart, WrittenNote};
use pyo3::prelude::*;
use std::path::PathBuf;

/// Ticks of a beat in the files that we write: divisible by 3, 5 and 64.
const TICKS: u16 = 960;

/// The key of a hit, which has no pitch: C4.
const HIT: u8 = 60;

fn refused(py: Python<'_>, message: String) -> PyErr {
    at_user(py, Diagnostic::error(Code::PatternArgument, message))
}

/// Writes patterns by name: each is a track.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub fn pattern_write_midi(
    py: Python<'_>,
    path: PathBuf,
    parts: Vec<(String, Bound<'_, Pattern>)>,
    cycles: &Bound<'_, PyAny>,
    bpm: &Bound<'_, PyAny>,
    meter: (Bound<'_, PyAny>, Bound<'_, PyAny>),
    drawn: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let cycles = count(py, "`cycles`", cycles)?;
    let tempo = number(py, "`bpm`", bpm)?;
    if !(1..=100_000).contains(&cycles) {
        return Err(refused(py, format!("`cycles` is 1–100000, got {cycles}")));
    }
    if !(4.0..=6000.0).contains(&tempo) {
        return Err(refused(py, format!("`bpm` is 4–6000 in a MIDI file, got {tempo}")));
    }
    let meter = (count(py, "a meter", &meter.0)?, count(py, "a meter", &meter.1)?);
    let fits = (1..=255).contains(&meter.0) && (1..=64).contains(&meter.1) && meter.1.count_ones() == 1;
    let Some((over, under)) = u8::try_from(meter.0).ok().zip(u32::try_from(meter.1).ok()).filter(|_| fits)
    else {
        let message = format!("a meter of a MIDI file is such as (7, 8), not ({}, {})", meter.0, meter.1);
        return Err(refused(py, message));
    };
    let seed = seed(py, Some(drawn))?;
    let beats =
        Time::new(4 * meter.0, meter.1).map_err(|_| refused(py, "this meter is too fine".to_owned()))?;
    let parts = parts
        .into_iter()
        .map(|(name, pattern)| Ok(MidiPart { name, notes: notes(py, pattern.get(), cycles, beats, seed)? }))
        .collect::<PyResult<_>>()?;
    let file = MidiFile { ticks: TICKS, tempo, meter: (over, under), parts };
    py.detach(|| file.write(&path)).map_err(|report| error::raise(py, &report))
}

/// The notes of some cycles, of `beats` beats each.
fn notes(
    py: Python<'_>,
    pattern: &Pattern,
    cycles: i64,
    beats: Time,
    seed: u64,
) -> PyResult<Vec<WrittenNote>> {
    let events =
        pattern.0.query(TimeSpan::cycles(0, cycles), seed).map_err(|error| query_error(py, &error))?;
    let mut notes = Vec::new();
    for event in events.iter().filter(|event| event.has_onset()) {
        let value = event.value(seed).map_err(|error| query_error(py, &error))?;
        let note =
            written(event, &value, beats).map_err(|error| at_user(py, Refusal::from(error).diagnostic()))?;
        notes.extend(note);
    }
    Ok(notes)
}

fn written(
    event: &Event<'_>,
    value: &Value<'_>,
    beats: Time,
) -> Result<Option<WrittenNote>, krach_pattern::Overflow> {
    let tick = |time: Time| -> Result<u64, krach_pattern::Overflow> {
        let ticks = time.times(beats)?.times(Time::whole(TICKS.into()))?.plus(Time::HALF)?;
        Ok(u64::try_from(ticks.floor()).unwrap_or(0))
    };
    let start = event.whole.start;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let small = |number: f64| number.round().clamp(0.0, 127.0) as u8;
    let (channel, key, velocity, end) = match value {
        Value::Note { pitch, velocity, .. } => {
            let key = pitch.map_or(HIT, |pitch| match pitch {
                Pitch::Midi(key) => key,
                Pitch::Hz(hz) => small(69.0 + 12.0 * (hz.get() / 440.0).log2()),
            });
            (0, key, small(127.0 * velocity), event.release()?)
        }
        Value::Number(key) => (0, small(*key), 127, event.release()?),
        Value::Midi(note) => {
            let length = Time::approximate(note.duration.get()).unwrap_or(Time::HALF);
            (note.channel, note.pitch, note.velocity, start.plus(length)?)
        }
        _ => return Ok(None),
    };
    if velocity == 0 {
        return Ok(None);
    }
    let (first, last) = (tick(start)?, tick(end)?);
    Ok(Some(WrittenNote { start: first, length: (last - first).max(1), channel, key, velocity }))
}

/// Tempo, meter, number of cycles and patterns by name of a MIDI file. A cycle is a bar.
#[pyfunction]
#[allow(clippy::type_complexity)]
pub fn pattern_read_midi(
    py: Python<'_>,
    path: PathBuf,
    at: Option<PlaceTuple>,
) -> PyResult<(f64, (u8, u32), i64, Vec<(String, Pattern)>)> {
    let file = py.detach(|| MidiFile::read(&path)).map_err(|report| error::raise(py, &report))?;
    let origin = origin(at);
    let bar = Time::new(i64::from(file.meter.0) * 4 * i64::from(file.ticks), file.meter.1.into());
    let refuse = |refusal: Refusal| at_user(py, refusal.diagnostic());
    let bar = bar.map_err(|error| refuse(error.into()))?;
    let cycle = |ticks: u64| -> Result<Time, Refusal> {
        Ok(Time::whole(i64::try_from(ticks).map_err(|_| Refusal::TooFine)?).over(bar)?)
    };
    let timed = |note: &WrittenNote| -> Result<Timed, Refusal> {
        Ok(Timed {
            start: cycle(note.start)?,
            length: cycle(note.length)?,
            pitch: Pitch::midi(note.key.into())?,
            velocity: Real::new(f64::from(note.velocity) / 127.0).unwrap_or(Real::ONE),
        })
    };
    let ends = file.parts.iter().flat_map(|part| &part.notes).map(|note| note.start + note.length).max();
    let cycles = cycle(ends.unwrap_or(0)).map_err(refuse)?.ceil().max(1);
    let parts = file
        .parts
        .iter()
        .map(|part| {
            let notes = part.notes.iter().map(timed).collect::<Result<Vec<_>, _>>().map_err(refuse)?;
            Ok((part.name.clone(), Pattern::made(py, timeline(&notes, cycles, &origin))?))
        })
        .collect::<PyResult<_>>()?;
    Ok((file.tempo, file.meter, cycles, parts))
}
