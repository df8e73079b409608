//! Notes at given times, as a pattern: what a MIDI file or a recorded performance holds.

use crate::build::{self, Manner};
use crate::{Origin, Param, Pattern, Pitch, Real, Refusal, Time};

/// One note. Times count cycles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timed {
    pub start: Time,
    /// How long the gate is open, above 0.
    pub length: Time,
    pub pitch: Pitch,
    /// 0–1.
    pub velocity: Real,
}

/// A gate that is open up to the next onset closes just before it, so that the next note begins anew.
const LONGEST: (i64, i64) = (31, 32);

/// The notes in `cycles` cycles, after which they begin again. Notes that sound at once lie in layers, each of which plays
/// one at a time. A note that begins at the end or later is refused.
pub fn timeline(notes: &[Timed], cycles: i64, origin: &Origin) -> Result<Pattern, Refusal> {
    let end = Time::whole(cycles);
    if cycles < 1 {
        return Err(Refusal::Cycles(end));
    }
    let mut notes = notes.to_vec();
    notes.sort_by_key(|note| note.start);
    let mut layers: Vec<Vec<Timed>> = Vec::new();
    for note in notes {
        if note.start.is_negative() || note.start >= end || !note.length.is_positive() {
            return Err(Refusal::Cycles(note.start));
        }
        let is_free = |layer: &&mut Vec<Timed>| {
            layer.last().is_none_or(|last| last.start.plus(last.length).is_ok_and(|over| over <= note.start))
        };
        match layers.iter_mut().find(is_free) {
            Some(layer) => layer.push(note),
            None => layers.push(vec![note]),
        }
    }
    if layers.is_empty() {
        return Ok(Pattern::silence());
    }
    let layers = layers.iter().map(|layer| layered(layer, end, origin)).collect::<Result<Vec<_>, _>>()?;
    build::stack(&layers)
}

/// Notes one after the other, with pauses.
fn layered(notes: &[Timed], end: Time, origin: &Origin) -> Result<Pattern, Refusal> {
    let (mut steps, mut now) = (Vec::new(), Time::ZERO);
    let push = |steps: &mut Vec<_>, weight: Time, pattern| {
        if weight.is_positive() {
            steps.push((weight, pattern));
        }
    };
    for (at, note) in notes.iter().enumerate() {
        push(&mut steps, note.start.minus(now)?, Pattern::silence());
        let next = notes.get(at + 1).map_or(end, |next| next.start);
        let room = next.minus(note.start)?;
        // A gate is open for half of a step, unless the step is too short for that.
        let step = note.length.times(Time::whole(2))?.min(room);
        let longest = step.times(Time::new(LONGEST.0, LONGEST.1)?)?;
        let open = note.length.min(longest).over(step)?;
        let manner = Manner { velocity: Param::Number(note.velocity), ..Manner::default() };
        let sound = build::note(&[note.pitch], &manner, origin)?;
        push(&mut steps, step, if open == Time::HALF { sound } else { sound.legato(open)? });
        now = note.start.plus(step)?;
    }
    push(&mut steps, end.minus(now)?, Pattern::silence());
    build::alternating(steps)
}
