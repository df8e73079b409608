//! From acts of the score, and of hands, to events of the stage.

use super::Performance;
use super::placed::Placed;
use super::track::{From, Leg};
use crate::conductor::{Act, Cue};
use crate::patch::{Knob, Name, Named};
use krach_abi::Frame;
use krach_engine::{NoteId, StageError, When};
use krach_pattern::{ControlChange, MidiNote, OscArgument};

/// The length of the way to a level that the score sets.
const STEP_SECONDS: f64 = 0.005;
/// The length of the fade before everything is cut.
const CUT_SECONDS: f64 = 0.005;
/// The group of all events of the score, which are taken back together. Those of hands have group 0.
pub(super) const SCORE: u32 = 1;

/// How a knob goes to a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Move {
    /// At once; a level by a ramp of that length, in seconds.
    Step(f64),
    /// In a straight line over frames.
    Slide(usize),
}

/// A message of the score for another machine.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outgoing {
    /// A MIDI note, and the frame of its end.
    Note(MidiNote, Frame),
    Control(ControlChange),
    Osc(Name, Vec<OscArgument>),
}

/// A note that begins.
struct Onset<'c> {
    note: NoteId,
    gate: &'c Name,
    hertz: Option<f64>,
    velocity: f64,
    params: &'c [(Name, f64)],
    tied: bool,
}

impl Performance {
    /// Sends one act of the score. A name that nothing has is passed over: the patch warned of it.
    pub(super) fn perform(&mut self, cue: &Cue) -> Result<(), StageError> {
        let when = When { frame: cue.frame, group: SCORE };
        match &cue.act {
            Act::Press { note, gate, hertz, velocity, params, tied } => {
                let onset =
                    Onset { note: *note, gate, hertz: *hertz, velocity: *velocity, params, tied: *tied };
                self.press(&cue.path, &onset, when)
            }
            Act::Release { note, gate, tied } => self.release(&cue.path, (*note, gate, *tied), when),
            Act::Set { control, value } => {
                let path = match control {
                    None => cue.path.clone(),
                    Some(path) if path.contains('/') => path.clone(),
                    Some(control) => format!("{}/{control}", cue.path).into(),
                };
                self.turn_path(&path, *value, Move::Step(STEP_SECONDS), when)
            }
            Act::Slide { to, frames } => self.turn_path(&cue.path, *to, Move::Slide(*frames), when),
            // The conductor gives curves as slides.
            Act::Follow { .. } => Ok(()),
            Act::Midi { note, cycles } => {
                let timeline = self.conductor.timeline();
                let end = timeline.cycle(cue.frame).and_then(|cycle| timeline.frame(cycle.plus(*cycles)?));
                self.outbox.push((cue.frame, Outgoing::Note(*note, end.unwrap_or(cue.frame))));
                Ok(())
            }
            Act::ControlChange(change) => {
                self.outbox.push((cue.frame, Outgoing::Control(*change)));
                Ok(())
            }
            Act::Osc { address, arguments } => {
                self.outbox.push((cue.frame, Outgoing::Osc(address.clone(), arguments.clone())));
                Ok(())
            }
        }
    }

    fn press(&mut self, path: &Name, onset: &Onset<'_>, when: When) -> Result<(), StageError> {
        // An input of the device plays no notes.
        let Some(placed) = self.nodes.get_mut(path).filter(|placed| placed.plays) else { return Ok(()) };
        let given = onset.params.iter().filter_map(|(name, value)| Some((placed.control(name)?, *value)));
        let given: Vec<_> = given.collect();
        if **onset.gate != *"gate" {
            let gate = placed.control(onset.gate).map(|gate| (gate, 1.0));
            for ((id, number), value) in given.into_iter().chain(gate) {
                self.stage.set(id, number, value, when)?;
            }
            return Ok(());
        }
        let key = placed.key_of(onset.hertz, when.frame);
        let (id, poly) = (placed.voice, placed.voices > 1);
        for &((owner, number), value) in given.iter().filter(|((owner, _), _)| !poly || *owner != id) {
            self.stage.set(owner, number, value, when)?;
        }
        self.stage.press(id, onset.note, [key, onset.velocity], onset.tied, when)?;
        for &((_, number), value) in given.iter().filter(|((owner, _), _)| poly && *owner == id) {
            self.stage.set_note(id, onset.note, number, value, when)?;
        }
        Ok(())
    }

    fn release(
        &mut self,
        path: &Name,
        (note, gate, tied): (NoteId, &Name, bool),
        when: When,
    ) -> Result<(), StageError> {
        let Some(placed) = self.nodes.get(path) else { return Ok(()) };
        if **gate != *"gate" {
            let gate = placed.control(gate);
            return gate.map_or(Ok(()), |(id, number)| self.stage.set(id, number, 0.0, when));
        }
        // What ties a note to the next ends when that one has begun.
        let when = if tied { When { frame: when.frame.after(1), ..when } } else { when };
        self.stage.release(placed.voice, note, when)
    }

    fn turn_path(&mut self, path: &str, value: f64, way: Move, when: When) -> Result<(), StageError> {
        match self.patch.named(path) {
            Ok(Named::Knob(knob)) => self.turn(&knob, value, way, when),
            _ => Ok(()),
        }
    }

    /// Moves a knob on a frame.
    pub(super) fn turn(&mut self, knob: &Knob, value: f64, way: Move, when: When) -> Result<(), StageError> {
        let Some(value) = self.sent(knob, value, way, when)? else { return Ok(()) };
        let whose = if when.group == SCORE { From::Score } else { From::Hand };
        let leg = match way {
            Move::Step(_) => Leg { start: when.frame, value, to: value, frames: 0 },
            Move::Slide(frames) => {
                let from = self.value(knob, when.frame).unwrap_or(value);
                Leg { start: when.frame, value: from, to: value, frames }
            }
        };
        self.knobs.entry(knob.clone()).or_default().push(leg, whose);
        Ok(())
    }

    /// Sends the event; the answer is the value that the knob takes, if there is such a knob.
    fn sent(&mut self, knob: &Knob, value: f64, way: Move, when: When) -> Result<Option<f64>, StageError> {
        let rate = f64::from(self.rate());
        #[allow(clippy::cast_precision_loss)]
        let seconds = match way {
            Move::Step(seconds) => seconds,
            Move::Slide(frames) => frames as f64 / rate,
        };
        let end = |placed: Option<&Placed>| placed.map(|placed| placed.end);
        let value = match knob {
            Knob::Control(..) | Knob::Tempo => value,
            Knob::Pan(_) => value.clamp(-1.0, 1.0),
            _ => value.max(0.0),
        };
        match knob {
            Knob::Control(name, control) => {
                let found = self.nodes.get(name).and_then(|placed| placed.control(control));
                let Some((id, number)) = found else { return Ok(None) };
                match way {
                    Move::Step(_) => self.stage.set(id, number, value, when)?,
                    Move::Slide(_) => self.stage.fade(id, number, value, seconds, when)?,
                }
                let range = self.patch.range(knob).unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
                return Ok(Some(value.max(range.0).min(range.1)));
            }
            Knob::Gain(name) => match end(self.nodes.get(name)) {
                Some(id) => self.stage.gain(id, value, seconds, when)?,
                None => return Ok(None),
            },
            Knob::Pan(name) => match end(self.nodes.get(name)) {
                Some(id) => self.stage.pan(id, value, seconds, when)?,
                None => return Ok(None),
            },
            Knob::Send(source, target) => {
                let route = self.patch.first_route(source, target).map(|(route, _)| route.clone());
                match route.and_then(|route| self.routes.get(&route)) {
                    Some(&route) => self.stage.level(route, value, seconds, when)?,
                    None => return Ok(None),
                }
            }
            Knob::Master => self.stage.master(value, seconds, when)?,
            // The conductor moves the tempo.
            Knob::Tempo => return Ok(None),
        }
        Ok(Some(value))
    }

    /// Takes back what the score sent for a frame and later.
    pub(super) fn revoke(&mut self, from: Frame) -> Result<(), StageError> {
        self.stage.revoke(SCORE, from)?;
        self.outbox.retain(|(frame, _)| *frame < from);
        self.knobs.values_mut().for_each(|track| track.revoke(from));
        self.nodes.values_mut().for_each(|placed| placed.revoke(from));
        Ok(())
    }

    /// Lets a node begin again that the stage muted.
    pub(super) fn revive(&mut self, node: &Name, at: Frame) -> Result<(), StageError> {
        let Some(placed) = self.nodes.get(node) else { return Ok(()) };
        self.stage.reset(placed.voice, When::at(at))?;
        if placed.end == placed.voice { Ok(()) } else { self.stage.reset(placed.end, When::at(at)) }
    }

    /// Cuts everything that sounds: it fades, and then every voice goes back to birth.
    pub(super) fn panic(&mut self, at: Frame) -> Result<(), StageError> {
        let silent = at.after(self.stage.settings().frames(CUT_SECONDS) as usize);
        for (name, placed) in &self.nodes {
            self.stage.mute(placed.end, true, CUT_SECONDS, When::at(at))?;
            self.stage.reset(placed.voice, When::at(silent))?;
            if placed.end != placed.voice {
                self.stage.reset(placed.end, When::at(silent))?;
            }
            if !self.patch.node(name).is_some_and(|node| node.muted) {
                self.stage.mute(placed.end, false, CUT_SECONDS, When::at(silent.after(1)))?;
            }
        }
        self.front = silent.after(1);
        Ok(())
    }
}
