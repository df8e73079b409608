//! What the score sends to other machines: MIDI notes and controllers, OSC, and the clock.

use crate::conductor::Timeline;
use crate::midi::{ClockOut, Ledger, Message, MidiOut, PULSES_PER_BEAT, PortChange};
use crate::osc::{OscArg, OscSender, OscTime};
use crate::performance::Outgoing;
use krach_abi::Frame;
use krach_pattern::{OscArgument, Time};
use std::fmt;
use std::time::{Duration, SystemTime};

/// The ports that the score plays on.
#[derive(Default)]
pub(super) struct Outlets {
    midi: Option<Box<dyn MidiOut>>,
    osc: Option<OscSender>,
    ledger: Ledger,
    clock: ClockOut,
    /// Whether the clock is sent.
    ticks: bool,
    /// What is due, in order of frames.
    waiting: Vec<(Frame, Outgoing)>,
    /// The ends of notes.
    ends: Vec<(Frame, u64)>,
    notes: u64,
    /// Messages that have no port, or whose port refused them.
    pub unsent: u64,
}

impl fmt::Debug for Outlets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlets")
            .field("osc", &self.osc)
            .field("unsent", &self.unsent)
            .finish_non_exhaustive()
    }
}

/// How long before its time an OSC message goes, with a time tag.
const OSC_SECONDS: f64 = 0.02;

impl Outlets {
    /// Opens a port, or closes it. The notes of the old one end.
    pub fn set_midi(&mut self, port: Option<Box<dyn MidiOut>>, ticks: bool) {
        let ends = self.ledger.panic();
        let stop = self.clock.stop();
        if self.midi.is_some() {
            self.send(ends.into_iter().chain(stop).collect());
        }
        (self.midi, self.ticks) = (port, ticks);
        self.ends.clear();
    }

    pub fn set_osc(&mut self, target: Option<OscSender>) {
        self.osc = target;
    }

    /// Whether anything listens.
    pub fn is_open(&self) -> bool {
        self.midi.is_some() || self.osc.is_some()
    }

    /// Whether the MIDI port went or came back. One that came back may still sound as when it went: all its notes end, and
    /// its clock is started again.
    pub fn change(&mut self) -> Option<PortChange> {
        let change = self.midi.as_mut()?.change()?;
        let (ends, stop) = (self.ledger.panic(), self.clock.stop());
        if matches!(change, PortChange::Came(_)) {
            self.send(ends.into_iter().chain(stop).collect());
        }
        self.ends.clear();
        Some(change)
    }

    /// Takes what the score gives from now on.
    pub fn add(&mut self, messages: Vec<(Frame, Outgoing)>) {
        self.waiting.extend(messages);
        self.waiting.sort_by_key(|(frame, _)| *frame);
    }

    /// Sends what is due at a frame.
    pub fn send_due(&mut self, timeline: &Timeline, now: Frame) {
        let rate = f64::from(timeline.rate());
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let soon = now.after((OSC_SECONDS * rate) as usize);
        let due = |(frame, what): &(Frame, Outgoing)| {
            *frame <= if matches!(what, Outgoing::Osc(..)) { soon } else { now }
        };
        let (mut due, later): (Vec<_>, _) = std::mem::take(&mut self.waiting).into_iter().partition(due);
        self.waiting = later;
        let ended: Vec<(Frame, u64)> = self.ends.extract_if(.., |(frame, _)| *frame <= now).collect();
        for (_, id) in ended {
            let end = self.ledger.release(id);
            self.send(end.into_iter().collect());
        }
        self.tick(timeline, now);
        for (frame, what) in due.drain(..) {
            match what {
                Outgoing::Note(note, end) => {
                    self.notes += 1;
                    let messages = self.ledger.press(self.notes, note.channel, note.pitch, note.velocity);
                    self.ends.push((end, self.notes));
                    self.send(messages);
                }
                Outgoing::Control(change) => {
                    let (channel, controller, value) = (change.channel, change.controller, change.value);
                    self.send(vec![Message::Control { channel, controller, value }]);
                }
                Outgoing::Osc(address, arguments) => {
                    #[allow(clippy::cast_precision_loss)]
                    let ahead = Duration::from_secs_f64(frame.since(now) as f64 / rate);
                    self.send_osc(&address, &arguments, ahead);
                }
            }
        }
    }

    /// The clock: 24 pulses a beat.
    fn tick(&mut self, timeline: &Timeline, now: Frame) {
        if !self.ticks || self.midi.is_none() {
            return;
        }
        let pulses = timeline.cycle(now).and_then(|cycle| timeline.beat(cycle));
        let pulses =
            pulses.and_then(|beat| beat.times(Time::whole(PULSES_PER_BEAT.try_into().unwrap_or(24))));
        let Ok(pulses) = pulses.map(|pulses| u64::try_from(pulses.floor()).unwrap_or(0)) else { return };
        if !self.clock.is_running() {
            let start = self.clock.start(pulses);
            self.send(start);
        }
        let count = self.clock.until(pulses + 1).count();
        self.send(vec![Message::Clock; count]);
    }

    fn send_osc(&mut self, address: &str, arguments: &[OscArgument], ahead: Duration) {
        let arguments: Vec<OscArg> = arguments
            .iter()
            .map(|argument| match argument {
                OscArgument::Float(number) => OscArg::Float(number.get()),
                OscArgument::Int(number) => OscArg::Int(*number),
                OscArgument::Text(text) => OscArg::Text(text.to_string()),
            })
            .collect();
        let time = OscTime::of(SystemTime::now()).after(ahead);
        let sent = self.osc.as_ref().map(|osc| osc.send(Some(time), &[(address, &arguments[..])]));
        self.unsent += u64::from(!matches!(sent, Some(Ok(()))));
    }

    fn send(&mut self, messages: Vec<Message>) {
        for message in messages {
            let sent = self.midi.as_mut().map(|port| port.send(&message.bytes()));
            self.unsent += u64::from(!matches!(sent, Some(Ok(()))));
        }
    }

    /// Ends every note, also those of a synth that missed a message; what waits is given up.
    pub fn panic(&mut self) {
        self.waiting.clear();
        self.ends.clear();
        let ends = self.ledger.panic();
        if self.midi.is_some() {
            self.send(ends);
        }
    }
}

impl Drop for Outlets {
    fn drop(&mut self) {
        self.set_midi(None, false);
    }
}
