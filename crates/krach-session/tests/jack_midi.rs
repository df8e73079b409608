//! MIDI over a private JACK server, from one client of ours to another. The server comes from `scripts/setup.sh`; where it
//! is missing, the test says so and is skipped, unless `KRACH_ALL_DEVICES` is set.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use krach_session::midi::{Message, Parser, PortChange, PortWatch, midi_systems};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TEST: &str = "messages_cross_jack_in_order";

fn wait_for(what: &str, mut test: impl FnMut() -> bool) {
    let start = Instant::now();
    while !test() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what} did not happen in 30 s");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn messages_cross_jack_in_order() {
    if std::env::var_os("KRACH_SERVER").is_some() {
        return cross();
    }
    let folders = std::env::var_os("PATH").unwrap();
    if !std::env::split_paths(&folders).any(|folder| folder.join("jackd").exists()) {
        assert!(
            std::env::var_os("KRACH_ALL_DEVICES").is_none(),
            "`jackd` is not installed: scripts/setup.sh"
        );
        let _ = writeln!(std::io::stderr(), "skipped: `jackd` is not installed");
        return;
    }
    let name = format!("krach-midi-{}", std::process::id());
    let mut server = Command::new("jackd")
        .args(["--no-realtime", "--name", &name, "-d", "dummy", "-r", "48000", "-p", "1024"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The child is this binary again, whose environment leads to the private server.
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .envs([("KRACH_SERVER", "jack"), ("JACK_DEFAULT_SERVER", &name)])
        .output()
        .unwrap();
    let _ = server.kill();
    let _ = server.wait();
    let said = String::from_utf8_lossy(&child.stdout) + String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

fn cross() {
    let jack = midi_systems().into_iter().find(|system| system.name() == "jack").unwrap();
    wait_for("the start of JACK", || jack.inputs().is_ok());
    let mut watch = PortWatch::default();
    let _ = watch.look(jack.inputs().unwrap());
    let mut out = jack.open(None).unwrap();
    let came = watch.look(jack.inputs().unwrap());
    let [PortChange::Came(port)] = &came[..] else { panic!("{came:?}") };
    let mut heard = jack.listen(Some(port)).unwrap();
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
    drop(out);
    assert_eq!(watch.look(jack.inputs().unwrap()), [PortChange::Went(port.clone())]);
}
