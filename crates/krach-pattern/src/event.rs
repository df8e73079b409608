//! What a query finds.

use crate::query::QueryError;
use crate::value::OWN_PATH;
use crate::{
    Atom, ControlChange, Curve, MidiNote, OscArgument, Overflow, Param, Pitch, Time, TimeSpan, chance,
};
use krach_diag::{Place, Source, Span};
use std::sync::Arc;

/// Where an event comes from.
#[derive(Clone, Debug, Default)]
pub enum Origin {
    #[default]
    Unknown,
    /// A line of a Python file.
    Line(Arc<Place>),
    /// Bytes of a text in a notation, and the line of Python that holds the text if it is known.
    Text { source: Arc<Source>, span: Span, line: Option<Arc<Place>> },
}

impl Origin {
    #[must_use]
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown)
    }

    /// The place that says most: the bytes of a notation, else the line of Python.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Unknown => None,
            Self::Line(place) => Some((**place).clone()),
            Self::Text { source, span, .. } => Some(source.place(*span)),
        }
    }

    /// The bytes of a notation's text.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Text { span, .. } => Some(*span),
            _ => None,
        }
    }

    /// The line of Python.
    #[must_use]
    pub fn line(&self) -> Option<&Place> {
        match self {
            Self::Line(place) | Self::Text { line: Some(place), .. } => Some(place),
            _ => None,
        }
    }
}

/// One event of a query. It begins sounding at `whole.start`, in the one query whose span holds that moment.
#[derive(Clone, Copy, Debug)]
pub struct Event<'p> {
    /// The time that belongs to the event.
    pub whole: TimeSpan,
    /// The part of it that lies in the query's span.
    pub part: TimeSpan,
    pub atom: &'p Atom,
    pub origin: &'p Origin,
    /// How much of `whole` a note sounds: ½ unless `legato` says otherwise; 1 and more ties it to the next.
    pub legato: Time,
    /// Whether a curve runs from its end to its start.
    pub backwards: bool,
}

/// What an event says once chance and patterned parameters are settled.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'p> {
    Note { pitch: Option<Pitch>, gate: &'p str, velocity: f64, params: Vec<(&'p str, f64)> },
    Control { label: &'p str, value: f64 },
    Number(f64),
    Curve { curve: Curve, backwards: bool },
    Midi(MidiNote),
    ControlChange(ControlChange),
    Osc { address: &'p str, arguments: &'p [OscArgument] },
}

/// A control that takes a value at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Change<'p> {
    pub at: Time,
    pub label: &'p str,
    pub value: f64,
}

impl<'p> Event<'p> {
    /// Whether the event begins in the query's span. A moment holds the beginning of an event that starts at it.
    #[must_use]
    pub fn has_onset(&self) -> bool {
        self.whole.start == self.part.start
    }

    /// When a note's gate falls.
    pub fn release(&self) -> Result<Time, Overflow> {
        self.whole.start.plus(self.whole.length()?.times(self.legato)?)
    }

    /// What the event says, for a session's seed.
    pub fn value(&self, seed: u64) -> Result<Value<'p>, QueryError> {
        let number = |param: &Param, otherwise: f64| -> Result<f64, QueryError> {
            match param {
                Param::Number(number) => Ok(number.get()),
                Param::Pattern(pattern) => Ok(pattern.value_at(self.whole.start, seed)?.unwrap_or(otherwise)),
            }
        };
        Ok(match self.atom {
            Atom::Note(note) => {
                let mut params = Vec::with_capacity(note.params.len());
                for (label, param) in note.params.iter() {
                    // A rest in the parameter's pattern leaves the control as it is.
                    let value = number(param, f64::NAN)?;
                    if !value.is_nan() {
                        params.push((&**label, value));
                    }
                }
                let velocity = number(&note.velocity, 1.0)?;
                Value::Note { pitch: note.pitch, gate: &note.gate, velocity, params }
            }
            Atom::Control { label, value } => Value::Control { label, value: value.get() },
            Atom::Number(number) => Value::Number(number.get()),
            Atom::Curve(curve) => Value::Curve { curve: *curve, backwards: self.backwards },
            Atom::Random { lo, hi, seed: own } => {
                let drawn = chance::draw(seed, *own, self.whole.start);
                Value::Control { label: OWN_PATH, value: lo.get() + (hi.get() - lo.get()) * drawn }
            }
            Atom::Midi(note) => Value::Midi(*note),
            Atom::ControlChange(change) => Value::ControlChange(*change),
            Atom::Osc { address, arguments } => Value::Osc { address, arguments },
        })
    }

    /// The value of a control at a moment of the event. `None` for notes and messages.
    pub(crate) fn number_at(&self, moment: Time, seed: u64) -> Result<Option<f64>, QueryError> {
        Ok(match self.value(seed)? {
            Value::Control { value, .. } | Value::Number(value) => Some(value),
            Value::Curve { curve, backwards } => {
                let x = moment.minus(self.whole.start)?.over(self.whole.length()?)?.approximately();
                Some(curve.at(if backwards { 1.0 - x } else { x }))
            }
            _ => None,
        })
    }

    /// The controls that the event sets on a node whose A4 has `a4` hertz: a note's `freq`, `vel` if it is not 1, its
    /// parameters and its gate at the onset, its gate again at the release.
    pub fn changes(&self, seed: u64, a4: f64) -> Result<Vec<Change<'p>>, QueryError> {
        let at = self.whole.start;
        let mut changes = Vec::new();
        let mut push = |at, label, value| changes.push(Change { at, label, value });
        match self.value(seed)? {
            Value::Note { pitch, gate, velocity, params } => {
                if let Some(pitch) = pitch {
                    push(at, "freq", pitch.frequency(a4));
                }
                if velocity != 1.0 {
                    push(at, "vel", velocity);
                }
                for (label, value) in params {
                    push(at, label, value);
                }
                push(at, gate, 1.0);
                push(self.release()?, gate, 0.0);
            }
            Value::Control { label, value } => push(at, label, value),
            Value::Number(value) => push(at, OWN_PATH, value),
            Value::Curve { .. } | Value::Midi(_) | Value::ControlChange(_) | Value::Osc { .. } => {}
        }
        Ok(changes)
    }
}
