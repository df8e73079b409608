//! One pattern on one path.

use super::act::Act;
use super::notes::NoteIds;
use super::tempo::Timeline;
use crate::patch::{Name, Playing};
use krach_abi::Frame;
use krach_engine::NoteId;
use krach_pattern::{Event, OWN_PATH, Overflow, Pitch, QueryError, Time, TimeSpan, Value};
use std::collections::VecDeque;

/// Seconds for which acts are kept after they were given, in case they are taken back.
const KEPT_SECONDS: u32 = 8;

/// An act of a pattern.
#[derive(Clone, Debug)]
struct Entry {
    at: Time,
    /// Of a release, the onset of its note; of all else its own moment.
    onset: Time,
    act: Act,
}

/// What a query needs besides the pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub seed: u64,
    /// The frequency of A4, in Hz.
    pub tuning: f64,
}

/// Reads a pattern cycle by cycle, and gives its acts piece by piece.
#[derive(Clone, Debug)]
pub(super) struct Player {
    playing: Playing,
    plays_notes: bool,
    /// Nothing begins before this cycle, and nothing before this frame.
    from: Time,
    first: Frame,
    /// The next cycle to ask for; none if the pattern has ended.
    next_cycle: Option<i64>,
    /// In order of time; those before `next` are given.
    entries: VecDeque<Entry>,
    next: usize,
}

impl Player {
    /// Plays what begins neither before a cycle nor before a frame. A path that plays notes takes a number as a MIDI
    /// note.
    pub fn new(playing: Playing, plays_notes: bool, from: Time, first: Frame) -> Self {
        let (next_cycle, entries) = (Some(from.floor()), VecDeque::new());
        Self { playing, plays_notes, from, first, next_cycle, entries, next: 0 }
    }

    /// The acts before a frame that were not given yet, each with its frame and cycle.
    ///
    /// # Errors
    /// The pattern cannot be asked. It has ended then; the notes that sound are let go at their time.
    pub fn advance(
        &mut self,
        until: Frame,
        timeline: &Timeline,
        scale: Scale,
        ids: &mut NoteIds,
        found: &mut Vec<(Frame, Time, Act)>,
    ) -> Result<(), QueryError> {
        while let Some(cycle) = self.next_cycle {
            let read = timeline.frame(Time::whole(cycle)).map_err(QueryError::from);
            match read.and_then(|start| {
                if start < until { self.read(cycle, timeline, scale, ids) } else { Ok(false) }
            }) {
                Ok(true) => self.next_cycle = cycle.checked_add(1),
                Ok(false) => break,
                Err(error) => {
                    self.next_cycle = None;
                    return Err(error);
                }
            }
        }
        while let Some(entry) = self.entries.get(self.next) {
            let frame = timeline.frame(entry.at)?;
            if frame >= until {
                break;
            }
            found.push((frame, entry.at, entry.act.clone()));
            self.next += 1;
        }
        self.forget(until, timeline)?;
        Ok(())
    }

    /// Forgets what was given long ago.
    fn forget(&mut self, until: Frame, timeline: &Timeline) -> Result<(), Overflow> {
        let kept = Frame(until.0.saturating_sub(u64::from(KEPT_SECONDS * timeline.rate())));
        while self.next > 0 && timeline.frame(self.entries[0].at)? < kept {
            self.entries.pop_front();
            self.next -= 1;
        }
        Ok(())
    }

    /// Asks for one cycle of the session.
    fn read(
        &mut self,
        cycle: i64,
        timeline: &Timeline,
        scale: Scale,
        ids: &mut NoteIds,
    ) -> Result<bool, QueryError> {
        let (mut entries, from, first) = (Vec::new(), self.from, self.first);
        let acts = Acts { playing: &self.playing, plays_notes: self.plays_notes, scale };
        acts.of_cycle(cycle, ids, &mut entries)?;
        for entry in entries {
            if entry.onset >= from && timeline.frame(entry.onset)? >= first {
                self.entries.push_back(entry);
            }
        }
        let open = &mut self.entries.make_contiguous()[self.next..];
        open.sort_by_key(|entry| (entry.at, entry.act.rank()));
        Ok(true)
    }

    /// Takes back what was given from a frame on.
    pub fn rewind(&mut self, from: Frame, timeline: &Timeline) -> Result<(), Overflow> {
        while self.next > 0 && timeline.frame(self.entries[self.next - 1].at)? >= from {
            self.next -= 1;
        }
        Ok(())
    }

    /// Begins nothing from a frame on. What sounds keeps its release.
    pub fn end(&mut self, from: Frame, timeline: &Timeline) -> Result<(), Overflow> {
        self.next_cycle = None;
        let mut kept = VecDeque::with_capacity(self.entries.len());
        let mut next = 0;
        for (at, entry) in std::mem::take(&mut self.entries).into_iter().enumerate() {
            if timeline.frame(entry.onset)? < from {
                next += usize::from(at < self.next);
                kept.push_back(entry);
            }
        }
        (self.entries, self.next) = (kept, next);
        Ok(())
    }

    /// Whether nothing is left to be given, and nothing can be taken back.
    pub fn is_over(&self) -> bool {
        self.next_cycle.is_none() && self.entries.is_empty()
    }

    /// The releases of the notes that sound on a frame.
    pub fn releases(&self, now: Frame, timeline: &Timeline) -> Result<Vec<Act>, Overflow> {
        let mut found = Vec::new();
        for entry in self.entries.iter().skip(self.next) {
            if let Act::Release { note, gate, .. } = &entry.act
                && timeline.frame(entry.onset)? < now
            {
                found.push(Act::Release { note: *note, gate: gate.clone(), tied: false });
            }
        }
        Ok(found)
    }
}

/// From events to acts.
struct Acts<'p> {
    playing: &'p Playing,
    plays_notes: bool,
    scale: Scale,
}

/// Whether a pattern can be asked for some cycles of the session.
///
/// # Errors
/// It cannot, and why.
pub(super) fn check(
    playing: &Playing,
    plays_notes: bool,
    scale: Scale,
    cycles: std::ops::Range<i64>,
) -> Result<(), QueryError> {
    let (acts, mut ids) = (Acts { playing, plays_notes, scale }, NoteIds::default());
    for cycle in cycles {
        acts.of_cycle(cycle, &mut ids, &mut Vec::new())?;
    }
    Ok(())
}

impl Acts<'_> {
    fn of_cycle(&self, cycle: i64, ids: &mut NoteIds, entries: &mut Vec<Entry>) -> Result<(), QueryError> {
        let own = cycle.checked_sub(self.playing.offset).ok_or(Overflow)?;
        let span = TimeSpan::cycles(own, own.checked_add(1).ok_or(Overflow)?);
        let events = self.playing.pattern.query(span, self.scale.seed)?;
        events
            .iter()
            .filter(|event| event.has_onset())
            .try_for_each(|event| self.of_event(event, ids, entries))
    }

    fn of_event(
        &self,
        event: &Event<'_>,
        ids: &mut NoteIds,
        entries: &mut Vec<Entry>,
    ) -> Result<(), QueryError> {
        let offset = Time::whole(self.playing.offset);
        let at = event.whole.start.plus(offset)?;
        let mut press = |gate: Name, hertz, velocity, params| -> Result<(Act, Option<Entry>), QueryError> {
            let (note, release): (NoteId, _) = (ids.next(), event.release()?.plus(offset)?);
            let tied = event.legato >= Time::ONE;
            let end = Act::Release { note, gate: gate.clone(), tied };
            let end = Entry { at: release, onset: at, act: end };
            Ok((Act::Press { note, gate, hertz, velocity, params, tied }, Some(end)))
        };
        let a4 = self.scale.tuning;
        let (act, end) = match event.value(self.scale.seed)? {
            Value::Note { pitch, gate, velocity, params } => {
                let params = params.into_iter().map(|(name, value)| (name.into(), value)).collect();
                press(gate.into(), pitch.map(|pitch| pitch.frequency(a4)), velocity, params)?
            }
            Value::Number(number) if self.plays_notes => {
                // A quarter tone is a number too: 60.5.
                let hertz = Pitch::Midi(69).frequency(a4) * ((number - 69.0) / 12.0).exp2();
                press("gate".into(), Some(hertz), 1.0, Vec::new())?
            }
            Value::Number(value) => (Act::Set { control: None, value }, None),
            Value::Control { label, value } => {
                let control = (label != OWN_PATH).then(|| label.into());
                (Act::Set { control, value }, None)
            }
            Value::Curve { curve, backwards } => {
                (Act::Follow { curve, backwards, cycles: event.whole.length()? }, None)
            }
            Value::Midi(note) => {
                let part = Time::approximate(note.duration.get()).ok_or(Overflow)?;
                (Act::Midi { note, cycles: event.whole.length()?.times(part)? }, None)
            }
            Value::ControlChange(change) => (Act::ControlChange(change), None),
            Value::Osc { address, arguments } => {
                (Act::Osc { address: address.into(), arguments: arguments.to_vec() }, None)
            }
        };
        entries.push(Entry { at, onset: at, act });
        entries.extend(end);
        Ok(())
    }
}
