//! One pattern on one path.

use super::notes::{Held, NoteIds};
use crate::patch::{Name, Playing};
use krach_engine::NoteId;
use krach_pattern::{
    ControlChange, Curve, Event, MidiNote, OWN_PATH, OscArgument, Pitch, QueryError, Time, TimeSpan, Value,
};

/// What happens to a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// A note begins; without a pitch it opens a gate only. Tied, it takes over an open gate.
    Press {
        note: NoteId,
        gate: Name,
        hertz: Option<f64>,
        velocity: f64,
        params: Vec<(Name, f64)>,
        tied: bool,
    },
    Release {
        note: NoteId,
        gate: Name,
        tied: bool,
    },
    /// A control of the node takes a value; without a name it is the path itself. A name with `/` is a whole path.
    Set {
        control: Option<Name>,
        value: f64,
    },
    /// The path follows a curve for that many cycles.
    Follow {
        curve: Curve,
        backwards: bool,
        cycles: Time,
    },
    Midi(MidiNote),
    ControlChange(ControlChange),
    Osc {
        address: Name,
        arguments: Vec<OscArgument>,
    },
}

impl Act {
    /// The order of acts at one moment: notes end, values are set, notes begin, and what they tie ends.
    #[must_use]
    pub fn rank(&self) -> u8 {
        match self {
            Self::Release { tied: false, .. } => 0,
            Self::Set { .. } | Self::Follow { .. } => 1,
            Self::Press { .. } | Self::Midi(_) | Self::ControlChange(_) | Self::Osc { .. } => 2,
            Self::Release { tied: true, .. } => 3,
        }
    }
}

/// Reads a pattern piece by piece.
#[derive(Clone, Debug)]
pub(crate) struct Player {
    playing: Playing,
    plays_notes: bool,
    next: Time,
    /// No onsets from here on.
    end: Option<Time>,
    /// Notes given, until their release is settled.
    held: Vec<Held>,
    /// Notes of the piece that was looked at and is not settled.
    fresh: Vec<Held>,
}

impl Player {
    /// Plays from a cycle on. A path that plays notes takes a number as a MIDI note.
    pub(crate) fn new(playing: Playing, plays_notes: bool, from: Time) -> Self {
        Self { playing, plays_notes, next: from, end: None, held: Vec::new(), fresh: Vec::new() }
    }

    /// The acts from where it stands to `until`, with their cycles. [`Player::settle`] then moves on.
    ///
    /// # Errors
    /// The pattern cannot be asked.
    pub(crate) fn peek(
        &mut self,
        until: Time,
        seed: u64,
        a4: f64,
        ids: &mut NoteIds,
    ) -> Result<Vec<(Time, Act)>, QueryError> {
        let mut acts = Vec::new();
        let mut fresh = Vec::new();
        let stop = self.end.map_or(until, |end| end.min(until));
        if self.next < stop {
            let offset = Time::whole(self.playing.offset);
            let span = TimeSpan::new(self.next.minus(offset)?, stop.minus(offset)?);
            let events = self.playing.pattern.query(span, seed)?;
            for event in events.iter().filter(|event| event.has_onset()) {
                self.acts(event, offset, (seed, a4), ids, &mut fresh, &mut acts)?;
            }
        }
        for note in self.held.iter().chain(&fresh) {
            if self.next <= note.release && note.release < until {
                let Held { id, gate, tied, .. } = note.clone();
                acts.push((note.release, Act::Release { note: id, gate, tied }));
            }
        }
        self.fresh = fresh;
        Ok(acts)
    }

    /// Moves on to where the last look ended.
    pub(crate) fn settle(&mut self, until: Time) {
        self.held.append(&mut self.fresh);
        self.next = self.next.max(until);
        // A note is kept for as long again, in case it is taken back.
        let settled = until.minus(Time::ONE).unwrap_or(until);
        self.held.retain(|note| note.release >= settled);
    }

    fn acts(
        &self,
        event: &Event<'_>,
        offset: Time,
        (seed, a4): (u64, f64),
        ids: &mut NoteIds,
        fresh: &mut Vec<Held>,
        acts: &mut Vec<(Time, Act)>,
    ) -> Result<(), QueryError> {
        let at = event.whole.start.plus(offset)?;
        let mut press = |gate: Name, hertz, velocity, params| -> Result<Act, QueryError> {
            let (id, release) = (ids.next(), event.release()?.plus(offset)?);
            let tied = event.legato >= Time::ONE;
            fresh.push(Held { id, gate: gate.clone(), onset: at, release, tied });
            Ok(Act::Press { note: id, gate, hertz, velocity, params, tied })
        };
        let act = match event.value(seed)? {
            Value::Note { pitch, gate, velocity, params } => {
                let params = params.into_iter().map(|(name, value)| (name.into(), value)).collect();
                press(gate.into(), pitch.map(|pitch| pitch.frequency(a4)), velocity, params)?
            }
            Value::Number(number) if self.plays_notes => {
                // A quarter tone is a number too: 60.5.
                let hertz = Pitch::Midi(69).frequency(a4) * ((number - 69.0) / 12.0).exp2();
                press("gate".into(), Some(hertz), 1.0, Vec::new())?
            }
            Value::Number(value) => Act::Set { control: None, value },
            Value::Control { label, value } => {
                let control = (label != OWN_PATH).then(|| label.into());
                Act::Set { control, value }
            }
            Value::Curve { curve, backwards } => {
                Act::Follow { curve, backwards, cycles: event.whole.length()? }
            }
            Value::Midi(note) => Act::Midi(note),
            Value::ControlChange(change) => Act::ControlChange(change),
            Value::Osc { address, arguments } => {
                Act::Osc { address: address.into(), arguments: arguments.to_vec() }
            }
        };
        acts.push((at, act));
        Ok(())
    }

    /// Begins no note from that cycle on.
    pub(crate) fn end(&mut self, from: Time) {
        self.end = Some(from);
    }

    /// Whether nothing is left to be let go.
    pub(crate) fn is_over(&self, until: Time) -> bool {
        self.end.is_some_and(|end| end <= until) && self.held.iter().all(|note| note.release < until)
    }

    /// The releases of all notes that sound.
    pub(crate) fn releases(&self) -> impl Iterator<Item = Act> {
        let sounding = self.held.iter().filter(|note| note.release >= self.next);
        sounding.map(|note| Act::Release { note: note.id, gate: note.gate.clone(), tied: false })
    }

    /// Goes back to a cycle: what was given from there on will be given again.
    pub(crate) fn rewind(&mut self, to: Time) {
        if to < self.next {
            self.next = to;
            self.held.retain(|note| note.onset < to);
        }
    }
}
