//! Keyboards, knobs and other machines, on ports that are lists.

// Arguments of tests are in range.
#![allow(clippy::unwrap_used)]

mod toys;

use krach_pattern::{Origin, OscArgument, Pattern, build};
use krach_session::midi::{Knob, KnobMove, Message, MidiError, MidiIn, MidiOut, Parser, PortChange};
use krach_session::osc::{OscArg, OscListener, OscSender};
use krach_session::{Driver, Edit, HandClock, News, Node, Playing, Session, Voicing};
use krach_store::Cache;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const RATE: u32 = 48_000;

/// A port whose messages are a list, and whose plug can be pulled.
#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Vec<Vec<u8>>>>, Arc<Mutex<Option<PortChange>>>);

impl Wire {
    fn send(&self, message: Message) {
        self.0.lock().unwrap().push(message.bytes());
    }

    fn messages(&self) -> Vec<Message> {
        let mut parser = Parser::default();
        let all: Vec<u8> = self.0.lock().unwrap().iter().flatten().copied().collect();
        parser.feed(&all).collect()
    }
}

impl MidiIn for Wire {
    fn read(&mut self, hear: &mut dyn FnMut(u64, &[u8])) {
        self.0.lock().unwrap().drain(..).for_each(|bytes| hear(0, &bytes));
    }

    fn change(&mut self) -> Option<PortChange> {
        self.1.lock().unwrap().take()
    }
}

impl MidiOut for Wire {
    fn send(&mut self, bytes: &[u8]) -> Result<(), MidiError> {
        self.0.lock().unwrap().push(bytes.to_vec());
        Ok(())
    }

    fn change(&mut self) -> Option<PortChange> {
        self.1.lock().unwrap().take()
    }
}

/// A session that plays a node `a` with a gate and a level, and hears nothing of it yet.
fn session() -> (Session, HandClock) {
    let session = Session::new(Cache::new(8));
    let node = Node { gain: 1.0, ..Node::new(Voicing::Program(toys::program(&[], &["gate", "level"]))) };
    session.edit(|patch| Ok(patch.declaring(&"a".into(), node).0)).unwrap();
    session.edit(|_| Ok(vec![Edit::Master(0.05), Edit::Limiter(false)])).unwrap();
    let clock = session.play_by_hand(RATE, 128).unwrap();
    (session, clock)
}

/// Turns the clock until something is so.
fn until(clock: &mut HandClock, test: impl Fn(&[f32]) -> bool) {
    let limit = Instant::now() + Duration::from_secs(30);
    while !test(&clock.run(1_000)[0]) {
        assert!(Instant::now() < limit, "it did not happen");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn play(session: &Session, pattern: Pattern) {
    let drive = Edit::Drive("a".into(), Some(Driver::Playing(Playing { pattern, offset: 0 })));
    session.edit(|_| Ok(vec![drive])).unwrap();
}

#[test]
fn keys_play_a_node_and_the_patch_has_no_step_of_it() {
    let (session, mut clock) = session();
    let keys = Wire::default();
    assert_eq!(session.midi_in(Box::new(keys.clone()), Some("b")).unwrap_err().code.id(), "KR0901");
    session.midi_in(Box::new(keys.clone()), Some("a")).unwrap();
    let steps = session.history().len();
    keys.send(Message::NoteOn { channel: 0, key: 60, velocity: 127 });
    until(&mut clock, |heard| heard[999] > 0.04);
    keys.send(Message::NoteOff { channel: 0, key: 60, velocity: 0 });
    until(&mut clock, |heard| heard[999] == 0.0);
    assert_eq!(session.history().len(), steps);
}

#[test]
fn a_knob_takes_over_where_it_crosses_the_value() {
    let (session, mut clock) = session();
    let wire = Wire::default();
    session.midi_in(Box::new(wire.clone()), None).unwrap();
    session.edit(|patch| patch.setting("a/level", 5.0)).unwrap();
    clock.run(1_000);
    let knob = |target: &str| Knob {
        channel: None,
        controller: 21,
        range: [0.0, 10.0],
        fine: false,
        target: target.into(),
    };
    assert_eq!(session.midi_map(knob("a/nothing")).unwrap_err().code.id(), "KR0404");
    session.midi_map(knob("a/level")).unwrap();
    let turn = |value| wire.send(Message::Control { channel: 3, controller: 21, value });
    turn(10);
    until(&mut clock, |_| session.knob_moves().iter().any(|moved| matches!(moved, KnobMove::Waiting { .. })));
    assert_eq!(session.value("a/level").unwrap(), 5.0);
    turn(80);
    turn(127);
    until(&mut clock, |heard| heard[999] > 0.49);
    assert_eq!(session.value("a/level").unwrap(), 10.0);
    // Another one is learned, and forgotten.
    session.midi_learn("a/gain", [0.0, 1.0]).unwrap();
    wire.send(Message::Control { channel: 5, controller: 22, value: 1 });
    until(&mut clock, |_| session.midi_knobs().len() == 2);
    assert_eq!(session.midi_knobs()[1].controller, 22);
    assert_eq!((session.midi_unmap("a/gain"), session.midi_knobs().len()), (1, 1));
}

#[test]
fn patterns_play_on_midi_and_every_note_ends() {
    let (session, mut clock) = session();
    let wire = Wire::default();
    play(&session, build::midi_note(64, 100, 2, 0.5, Origin::default()).unwrap());
    clock.run(100_000);
    assert!(session.stats().unwrap().unsent > 0, "a message without a port is counted");
    assert!(session.midi_out(Some(Box::new(wire.clone())), true));
    clock.run(242_000);
    let messages = wire.messages();
    let count = |test: fn(&Message) -> bool| messages.iter().filter(|message| test(message)).count();
    let [on, off] = [
        count(|message| matches!(message, Message::NoteOn { channel: 2, key: 64, velocity: 100 })),
        count(|message| matches!(message, Message::NoteOff { channel: 2, key: 64, .. })),
    ];
    assert_eq!((on, off), (2, 2), "{messages:?}");
    // A bar has 96 pulses in 96,000 frames; the clock begins on the next sixteenth.
    let pulses = count(|message| *message == Message::Clock);
    assert!((236..=242).contains(&pulses), "{pulses}");
    clock.run(60_000);
    session.panic().unwrap();
    let messages = wire.messages();
    let mut down = 0;
    for message in &messages {
        match message {
            Message::NoteOn { .. } => down += 1,
            Message::NoteOff { .. } => down -= 1,
            _ => {}
        }
    }
    assert_eq!(down, 0, "no note hangs");
    assert!(messages.contains(&Message::all_notes_off(2)));
    drop(clock);
    session.stop_device();
    assert!(wire.messages().contains(&Message::Stop));
}

#[test]
fn keys_of_a_keyboard_that_is_unplugged_are_let_go() {
    let (session, mut clock) = session();
    let keys = Wire::default();
    session.midi_in(Box::new(keys.clone()), Some("a")).unwrap();
    keys.send(Message::Control { channel: 0, controller: 64, value: 127 });
    keys.send(Message::NoteOn { channel: 0, key: 60, velocity: 127 });
    until(&mut clock, |heard| heard[999] > 0.04);
    let went = PortChange::Went("keys".into());
    *keys.1.lock().unwrap() = Some(went.clone());
    until(&mut clock, |heard| heard[999] == 0.0);
    assert!(session.news().contains(&News::Midi(went)));
    // It is back, and its pedal is up.
    keys.send(Message::NoteOn { channel: 0, key: 62, velocity: 127 });
    until(&mut clock, |heard| heard[999] > 0.04);
    keys.send(Message::NoteOff { channel: 0, key: 62, velocity: 0 });
    until(&mut clock, |heard| heard[999] == 0.0);
}

#[test]
fn a_synth_that_is_plugged_in_again_has_no_hanging_note_and_a_clock() {
    let (session, mut clock) = session();
    let wire = Wire::default();
    play(&session, build::midi_note(64, 100, 2, 0.5, Origin::default()).unwrap());
    assert!(session.midi_out(Some(Box::new(wire.clone())), true));
    clock.run(110_000);
    let came = PortChange::Came("synth".into());
    *wire.1.lock().unwrap() = Some(came.clone());
    wire.0.lock().unwrap().clear();
    clock.run(100_000);
    let messages = wire.messages();
    let place = |wanted: &dyn Fn(&Message) -> bool| messages.iter().position(wanted);
    let end = place(&|message| *message == Message::all_notes_off(2)).expect("all notes end");
    let on = place(&|message| matches!(message, Message::NoteOn { .. })).expect("the pattern plays on");
    let begun = place(&|message| matches!(message, Message::Start | Message::Continue)).expect("the clock");
    assert!(end < on && begun < on, "{messages:?}");
    assert!(session.news().contains(&News::Midi(came)));
}

#[test]
fn osc_sets_paths_plays_nodes_and_goes_out() {
    let (session, mut clock) = session();
    let listener = OscListener::local(0).unwrap();
    let sender = OscSender::to(&listener.address().unwrap().to_string()).unwrap();
    session.osc_in(Some(listener));
    sender
        .send(None, &[("/krach/a/level", &[OscArg::Float(3.0)]), ("/krach/b/level", &[OscArg::Int(1)])])
        .unwrap();
    until(&mut clock, |heard| (heard[999] - 0.15).abs() < 1e-6);
    assert_eq!(session.value("a/level").unwrap(), 3.0);
    until(&mut clock, |_| session.osc_counts().1 == 1);
    let dirt = [
        OscArg::Text("s".into()),
        OscArg::Text("a".into()),
        OscArg::Text("level".into()),
        OscArg::Float(1.0),
        OscArg::Text("sustain".into()),
        OscArg::Float(0.01),
    ];
    sender.send(None, &[("/dirt/play", &dirt)]).unwrap();
    until(&mut clock, |heard| (heard[999] - 0.1).abs() < 1e-6);
    until(&mut clock, |heard| (heard[999] - 0.05).abs() < 1e-6);
    // And out: a pattern of a message a bar.
    let mut other = OscListener::local(0).unwrap();
    assert!(session.osc_out(Some(OscSender::to(&other.address().unwrap().to_string()).unwrap())));
    play(&session, build::osc("/light", vec![OscArgument::Int(7)], Origin::default()).unwrap());
    clock.run(200_000);
    let limit = Instant::now() + Duration::from_secs(30);
    let mut heard = Vec::new();
    while heard.len() < 2 && Instant::now() < limit {
        heard.extend(other.read());
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(
        heard.len() >= 2 && heard.iter().all(|message| message.address == "/light" && message.time.is_some())
    );
}

/// A port whose messages have times.
#[derive(Clone, Default)]
struct Pulses(Arc<Mutex<Vec<(u64, Message)>>>);

impl MidiIn for Pulses {
    fn read(&mut self, hear: &mut dyn FnMut(u64, &[u8])) {
        self.0.lock().unwrap().drain(..).for_each(|(time, message)| hear(time, &message.bytes()));
    }
}

#[test]
fn the_clock_of_another_machine_is_followed_to_its_tempo_and_beat() {
    let (session, mut clock) = session();
    let pulses = Pulses::default();
    // A bar and a half passes before the other machine starts.
    clock.run(3 * RATE as usize);
    session.follow_clock(Some(Box::new(pulses.clone())));
    let (bpm, step) = (133.0, RATE as usize / 100);
    let mut pulse = 0_u32;
    for hundredth in 0..1_600_u64 {
        let now = hundredth as f64 / 100.0;
        if hundredth == 0 {
            pulses.0.lock().unwrap().push((0, Message::Start));
        }
        while f64::from(pulse) * 60.0 / bpm / 24.0 <= now {
            pulses.0.lock().unwrap().push((hundredth * 10_000, Message::Clock));
            pulse += 1;
        }
        clock.run(step);
        let limit = Instant::now() + Duration::from_secs(30);
        while !pulses.0.lock().unwrap().is_empty() {
            assert!(Instant::now() < limit, "the port is not read");
            std::thread::sleep(Duration::from_micros(200));
        }
    }
    assert!((session.followed_tempo().unwrap() - bpm).abs() < 0.5);
    let here = session.now().unwrap();
    assert!((here.tempo / bpm - 1.0).abs() < 0.02, "{}", here.tempo);
    let there = f64::from(pulse) / 24.0;
    let apart = (here.beat - 1.0 - there + 2.0).rem_euclid(4.0) - 2.0;
    assert!(apart.abs() < 0.1, "{apart} beats apart");
    assert_eq!(session.history().len(), 2, "no step of the history");
    session.follow_clock(None);
    assert_eq!(session.followed_tempo(), None);
}
