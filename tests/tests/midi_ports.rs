//! MIDI over a private JACK server, from one client of ours to another. The server comes from `scripts/setup.sh`; where it
//! is missing, the test says so and is skipped, unless `KRACH_ALL_DEVICES` is set.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use krach_session::midi::{Message, Parser, PortChange, midi_listen, midi_systems};
use krach_tests::servers::{Jack, child, in_a_child, missing, wait_for};
use std::path::Path;

const TEST: &str = "messages_cross_jack_in_order";

#[test]
fn messages_cross_jack_in_order() {
    if child().is_some() {
        return cross();
    }
    if missing(&["jackd", "jack_lsp"]) {
        return;
    }
    let jack = Jack::start("krach-midi", 48_000, 1024);
    in_a_child(TEST, Path::new("jack"), &jack.environment());
}

fn cross() {
    let jack = midi_systems().into_iter().find(|system| system.name() == "jack").unwrap();
    wait_for("the start of JACK", || jack.inputs().is_ok());
    let before = jack.inputs().unwrap();
    let mut out = jack.open(None).unwrap();
    let mut now = jack.inputs().unwrap();
    now.retain(|name| !before.contains(name));
    let [port] = &now[..] else { panic!("{now:?}") };
    let (name, mut heard) = midi_listen(Some(port)).unwrap();
    assert_eq!((&name, heard.change()), (port, None));
    let sent: Vec<Message> = (0..100)
        .flat_map(|at| {
            [
                Message::NoteOn { channel: at % 16, key: at, velocity: 1 + at },
                Message::Bend { channel: 0, value: i16::from(at) - 50 },
                Message::Clock,
                Message::NoteOff { channel: at % 16, key: at, velocity: 64 },
            ]
        })
        .collect();
    sent.iter().for_each(|message| out.send(&message.bytes()).unwrap());
    let (mut parser, mut received, mut last) = (Parser::default(), Vec::new(), 0);
    wait_for("the last message", || {
        heard.read(&mut |time, bytes| {
            assert!(time >= last, "times go on");
            last = time;
            received.extend(parser.feed(bytes));
        });
        received.len() >= sent.len()
    });
    assert_eq!(received, sent);
    // Unplugged, and plugged in again.
    drop(out);
    let mut change = None;
    wait_for("the end of the port", || {
        change = heard.change();
        change.is_some()
    });
    assert_eq!(change, Some(PortChange::Went(port.clone())));
    let mut out = jack.open(None).unwrap();
    wait_for("the port to come back", || {
        change = heard.change();
        change.is_some()
    });
    assert_eq!(change, Some(PortChange::Came(port.clone())));
    wait_for("a message", || {
        out.send(&Message::Start.bytes()).unwrap();
        let mut again = Vec::new();
        heard.read(&mut |_, bytes| again.extend(parser.feed(bytes)));
        again.contains(&Message::Start)
    });
}
