//! Hands that are not Python's: keyboards, knobs, and other machines over MIDI and OSC.
//!
//! A thread looks at the open ports every millisecond. A key presses a note of a node; a knob sets a path, as
//! [`Session::edit`] would, but without a step in the history.

use super::leader::Leader;
use super::{Session, State};
use crate::live::News;
use crate::midi::{ControlMap, Keys, Knob, KnobMove, Message, MidiIn, MidiOut, Parser, Played};
use crate::osc::{DirtEvent, OscCounts, OscListener, OscMessage, OscSender};
use crate::patch::{Name, Named};
use krach_abi::Frame;
use krach_diag::Diagnostic;
use krach_engine::NoteId;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What plays along.
#[derive(Default)]
pub(super) struct Hands {
    keyboards: Vec<Keyboard>,
    /// The clock that the music follows.
    pub(super) leader: Option<Leader>,
    pub(super) map: ControlMap<Name>,
    moves: Vec<KnobMove<Name>>,
    osc: Option<OscListener>,
    /// Messages that are not due yet.
    early: Vec<OscMessage>,
    /// Notes of OSC that end by themselves.
    ends: Vec<(Instant, Name, NoteId)>,
    /// Messages that nothing here understands.
    refused: u64,
}

/// A MIDI input.
struct Keyboard {
    port: Box<dyn MidiIn>,
    parser: Parser,
    keys: Keys,
    /// The node that its keys play.
    node: Option<Name>,
    down: BTreeMap<(u8, u8), NoteId>,
}

impl fmt::Debug for Hands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hands").field("keyboards", &self.keyboards.len()).finish_non_exhaustive()
    }
}

/// The thread that looks at the ports, until it is dropped.
#[derive(Debug)]
pub(super) struct Listening {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// How often ports are looked at.
const LOOK: Duration = Duration::from_millis(1);
/// Moves of knobs that wait to be read; later ones are dropped.
const MOST_MOVES: usize = 256;
/// Messages of OSC that wait for their time; later ones are refused.
const MOST_EARLY: usize = 4096;
/// The address before a path.
const PREFIX: &str = "/krach/";

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic was printed where it happened.
            let _ = thread.join();
        }
    }
}

impl Session {
    pub(super) fn hands(&self) -> std::sync::MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the keys of a MIDI port play a node, and its knobs turn what they are mapped to. The answer is its number, for
    /// [`Session::midi_play`].
    ///
    /// # Errors
    /// `KR0901`: no such node.
    pub fn midi_in(&self, port: Box<dyn MidiIn>, node: Option<&str>) -> Result<usize, Diagnostic> {
        if let Some(node) = node {
            self.patch().expect_node(node)?;
        }
        let (parser, keys, node) = (Parser::default(), Keys::default(), node.map(Into::into));
        let number = {
            let mut hands = self.hands();
            hands.keyboards.push(Keyboard { port, parser, keys, node, down: BTreeMap::new() });
            hands.keyboards.len() - 1
        };
        self.listen();
        Ok(number)
    }

    /// Lets the keys of a MIDI input that is heard already play a node, or none.
    ///
    /// # Errors
    /// `KR0901`: no such node.
    pub fn midi_play(&self, number: usize, node: Option<&str>) -> Result<(), Diagnostic> {
        if let Some(node) = node {
            self.patch().expect_node(node)?;
        }
        if let Some(keyboard) = self.hands().keyboards.get_mut(number) {
            keyboard.lead(&self.state, node.map(Into::into));
        }
        Ok(())
    }

    /// The MIDI inputs that are heard.
    #[must_use]
    pub fn midi_inputs(&self) -> usize {
        self.hands().keyboards.len()
    }

    /// Maps a knob of any MIDI input to a path.
    ///
    /// # Errors
    /// `KR0404` and `KR0901`: nothing is called so; `KR0904`: it is a group.
    pub fn midi_map(&self, knob: Knob<Name>) -> Result<(), Diagnostic> {
        self.patch().readable(&knob.target)?;
        self.hands().map.add(knob);
        Ok(())
    }

    /// Maps the next knob that moves to a path, within a range.
    ///
    /// # Errors
    /// As [`Session::midi_map`].
    pub fn midi_learn(&self, path: &str, range: [f64; 2]) -> Result<(), Diagnostic> {
        self.patch().readable(path)?;
        self.hands().map.learn(path.into(), range);
        Ok(())
    }

    /// Ends all maps to a path; how many there were.
    #[must_use]
    pub fn midi_unmap(&self, path: &str) -> usize {
        self.hands().map.remove(&path.into())
    }

    /// The knobs that are mapped, in the order in which they were added.
    #[must_use]
    pub fn midi_knobs(&self) -> Vec<Knob<Name>> {
        self.hands().map.knobs().cloned().collect()
    }

    /// What knobs did since the last call: those that wait for their value, and those that were learned.
    #[must_use]
    pub fn knob_moves(&self) -> Vec<KnobMove<Name>> {
        std::mem::take(&mut self.hands().moves)
    }

    /// Plays the MIDI notes and controllers of patterns on a port, and with `clock` sends it 24 pulses a beat. None closes
    /// the port: its notes end. False while nothing plays.
    #[must_use]
    pub fn midi_out(&self, port: Option<Box<dyn MidiOut>>, clock: bool) -> bool {
        self.on_stage().map(|stage| stage.set_midi(port, clock)).is_some()
    }

    /// Sends the OSC messages of patterns to an address. False while nothing plays.
    #[must_use]
    pub fn osc_out(&self, target: Option<OscSender>) -> bool {
        self.on_stage().map(|stage| stage.set_osc(target)).is_some()
    }

    /// Hears OSC: `/krach/bass/cutoff 800` sets a path, and `/dirt/play` plays nodes as SuperDirt would. None ends it.
    pub fn osc_in(&self, listener: Option<OscListener>) {
        self.hands().osc = listener;
        self.listen();
    }

    /// What OSC was heard, and how many messages meant nothing here.
    #[must_use]
    pub fn osc_counts(&self) -> (OscCounts, u64) {
        let hands = self.hands();
        (hands.osc.as_ref().map(OscListener::counts).unwrap_or_default(), hands.refused)
    }

    /// Starts the thread that looks at the ports.
    pub(super) fn listen(&self) {
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        if listening.is_some() {
            return;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let (asked, state, hands) = (stop.clone(), self.state.clone(), self.hands.clone());
        let look = move || {
            while !asked.load(Ordering::Relaxed) {
                look(&state, &hands);
                std::thread::sleep(LOOK);
            }
        };
        let thread = std::thread::Builder::new().name("krach-hands".into()).spawn(look).ok();
        *listening = Some(Listening { stop, thread });
    }
}

/// Hears everything that came since the last look.
fn look(state: &State, hands: &Mutex<Hands>) {
    let mut hands = hands.lock().unwrap_or_else(PoisonError::into_inner);
    let hands = &mut *hands;
    if let Some(leader) = &mut hands.leader {
        leader.look(state);
    }
    let mut turned = Vec::new();
    for keyboard in &mut hands.keyboards {
        let mut messages: Vec<Message> = Vec::new();
        if let Some(change) = keyboard.port.change() {
            // No message about the keys that were down can come any more.
            keyboard.keys.release_all().into_iter().for_each(|played| keyboard.play(state, played));
            keyboard.parser = Parser::default();
            state.tell(News::Midi(change));
        }
        let parser = &mut keyboard.parser;
        keyboard.port.read(&mut |_, bytes| messages.extend(parser.feed(bytes)));
        for message in messages {
            turned.push(message);
            for played in keyboard.keys.hear(message) {
                keyboard.play(state, played);
            }
        }
    }
    for message in turned {
        // As it was set last: what this knob has just set is heard a block later.
        let present = |path: &Name| state.value(path).unwrap_or(0.0);
        for moved in hands.map.hear(message, present) {
            match moved {
                KnobMove::Set { target, value } => state.turn(&target, value, None),
                other if hands.moves.len() < MOST_MOVES => {
                    hands.moves.push(other);
                    true
                }
                _ => false,
            };
        }
    }
    hands.hear_osc(state);
}

impl Keyboard {
    /// Plays another node; the keys that are down end on the one before.
    fn lead(&mut self, state: &State, node: Option<Name>) {
        if let (Some(before), Some(stage)) = (&self.node, state.on_stage()) {
            for note in self.down.values() {
                // A node that has gone has ended its notes.
                let _ = stage.release(before, *note);
            }
        }
        self.down.clear();
        self.node = node;
    }

    fn play(&mut self, state: &State, played: Played) {
        let (Some(node), Some(stage)) = (&self.node, state.on_stage()) else { return };
        match played {
            Played::Press { channel, key, velocity } => {
                // A node that has gone plays nothing.
                if let Ok(note) = stage.press(node, [key.into(), velocity], None) {
                    self.down.insert((channel, key), note);
                }
            }
            Played::Release { channel, key } => {
                if let Some(note) = self.down.remove(&(channel, key)) {
                    let _ = stage.release(node, note);
                }
            }
            // A node with a control `bend` hears the wheel in semitones.
            Played::Bend { semitones, .. } => {
                state.turn(&format!("{node}/bend"), semitones, None);
            }
        }
    }
}

impl State {
    /// The value that a path was set to last.
    fn value(&self, path: &str) -> Option<f64> {
        let desk = self.desk();
        desk.sounding().value(&desk.sounding().readable(path).ok()?)
    }

    /// Adds to the news, if something plays.
    pub(super) fn tell(&self, news: News) {
        if let Some(stage) = self.on_stage() {
            stage.tell(news);
        }
    }

    /// Sets a path, on a frame if it has one. Whether there is such a path.
    pub(super) fn turn(&self, path: &str, value: f64, frame: Option<Frame>) -> bool {
        let mut desk = self.desk();
        let Ok(Named::Knob(_) | Named::Node(_)) = desk.sounding().named(path) else { return false };
        let Ok(edits) = desk.sounding().setting(path, value) else { return false };
        let stage = self.on_stage();
        desk.turn(&edits, |edits| stage.map_or(Ok(()), |stage| stage.turn(edits, frame))).is_ok()
    }
}

impl Hands {
    fn hear_osc(&mut self, state: &State) {
        if let Some(stage) = state.on_stage() {
            let now = Instant::now();
            for (_, node, note) in self.ends.extract_if(.., |(end, ..)| *end <= now) {
                // A full stage releases it later: the note ends with its node.
                let _ = stage.release(&node, note);
            }
        }
        let new = self.osc.as_mut().map(OscListener::read).unwrap_or_default();
        for message in std::mem::take(&mut self.early).into_iter().chain(new) {
            let frame = match (message.time, state.on_stage()) {
                (Some(time), Some(stage)) => match stage.frame_of(time) {
                    Some(frame) => Some(frame),
                    None if self.early.len() < MOST_EARLY => {
                        self.early.push(message);
                        continue;
                    }
                    None => {
                        self.refused += 1;
                        continue;
                    }
                },
                _ => None,
            };
            let known = match message.address.strip_prefix(PREFIX) {
                Some(path) => match message.args.first().and_then(crate::osc::OscArg::number) {
                    Some(value) if value.is_finite() => state.turn(path, value, frame),
                    _ => false,
                },
                None => DirtEvent::try_from(&message).is_ok_and(|event| self.play(state, &event, frame)),
            };
            self.refused += u64::from(!known);
        }
    }

    /// Plays an event of Tidal or Strudel.
    fn play(&mut self, state: &State, event: &DirtEvent, frame: Option<Frame>) -> bool {
        for (control, value) in &event.controls {
            state.turn(&format!("{}/{control}", event.node), *value, frame);
        }
        if let Some(pan) = event.pan {
            state.turn(&format!("{}/pan", event.node), pan, frame);
        }
        let Some(stage) = state.on_stage() else { return false };
        let key = event.freq.map_or(60.0, |freq| 69.0 + 12.0 * (freq / 440.0).log2());
        match stage.press(&event.node, [key, event.gain.min(1.0)], frame) {
            Ok(note) => {
                let seconds = event.seconds.unwrap_or(0.25).min(60.0);
                self.ends.push((
                    Instant::now() + Duration::from_secs_f64(seconds),
                    event.node.as_str().into(),
                    note,
                ));
                true
            }
            Err(_) => false,
        }
    }
}
