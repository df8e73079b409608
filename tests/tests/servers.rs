//! Devices for real: a private PulseAudio and a private JACK, each with a device that makes no sound. A callback plays,
//! the same device records what arrives, and the recording is what was played, sample for sample.
//!
//! The servers come from `scripts/setup.sh`. Where one is missing, its test says so and is skipped; with
//! `KRACH_ALL_DEVICES=1`, which `.ci/run` sets, it fails instead.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use krach_abi::{Audio, AudioMut};
use krach_engine::{Callback, Device, DeviceRequest, Notice, Offer};
use krach_tests::servers::{Jack, Server, child, in_a_child, missing, wait_for};
use std::path::Path;
use std::process::Command;

/// Plays noise and keeps what it hears.
struct Listener {
    played: Vec<f32>,
    heard: Vec<f32>,
    random: u32,
}

const SECONDS: usize = 3;
const RATE: u32 = 48_000;

impl Listener {
    fn new() -> Self {
        let room = Vec::with_capacity(60 * RATE as usize);
        Self { played: room.clone(), heard: room, random: 1 }
    }
}

impl Callback for Listener {
    fn process(&mut self, inputs: Audio<'_, f32>, mut outputs: AudioMut<'_, f32>) {
        if inputs.channels() > 0 {
            self.heard.extend_from_slice(inputs.channel(0));
        }
        for at in 0..outputs.frames() {
            self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let sample = f32::from((self.random >> 16) as u16) / 65_536.0 - 0.5;
            self.played.push(sample);
            outputs.channel_mut(0)[at] = sample;
            outputs.channel_mut(1)[at] = -sample;
        }
    }
}

fn pulse(folder: &Path) -> Server {
    let socket = folder.join("socket");
    let _ = std::fs::remove_file(&socket);
    // Every client shows one; this server does not look at it.
    std::fs::write(folder.join("cookie"), [0; 256]).unwrap();
    let server = Server::start(
        Command::new("pulseaudio")
            .args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--realtime=no"])
            .args(["--disable-shm=yes", "-L"])
            .arg(format!("module-native-protocol-unix auth-anonymous=1 socket={}", socket.display()))
            .arg("-L")
            .arg(format!("module-null-sink sink_name=stage format=float32le rate={RATE} channels=2"))
            .env("XDG_RUNTIME_DIR", folder)
            .env("HOME", folder),
    );
    wait_for("the start of PulseAudio", || socket.exists());
    server
}

/// Runs a test as a child whose PulseAudio is that of the folder.
fn with_pulse(test: &str, folder: &Path) {
    let at = folder.display().to_string();
    let (server, cookie) = (format!("unix:{at}/socket"), format!("{at}/cookie"));
    in_a_child(
        test,
        folder,
        &[("PULSE_SERVER", &server), ("PULSE_COOKIE", &cookie), ("XDG_RUNTIME_DIR", &at)],
    );
}

fn request(device: &str, inputs: usize) -> DeviceRequest {
    DeviceRequest {
        device: Some(device.into()),
        rate: Some(RATE),
        // Long, because the machines of tests are slow.
        block: Some(4096),
        outputs: Some(2),
        inputs,
        input_device: None,
    }
}

fn play(request: &DeviceRequest) -> Device<Listener> {
    let offer = Offer::of(request).unwrap();
    Device::play(offer, Listener::new()).map_err(|(error, _)| error).unwrap()
}

/// Looks in what was heard for every stretch of what was played.
fn compare(listener: &Listener, stats: krach_engine::DeviceStats) {
    let start = listener.heard.iter().position(|&sample| sample != 0.0).expect("something was heard");
    let heard = &listener.heard[start..];
    // The input may open after the first blocks were played.
    let first = &heard[..64];
    let at = listener.played.windows(64).position(|window| window == first).expect("it is what was played");
    let count = heard.len().min(listener.played.len() - at);
    assert!(count > RATE as usize, "{count} frames were heard");
    let wrong = heard[..count].iter().zip(&listener.played[at..]).position(|(a, b)| a != b);
    assert_eq!(wrong, None, "the first of {count} frames that differs; {stats:?}");
}

#[test]
fn pulseaudio_plays_sample_for_sample() {
    if child().is_some() {
        let device = play(&DeviceRequest {
            input_device: Some("pulse:stage.monitor".into()),
            ..request("pulse:stage", 2)
        });
        wait_for("playing", || device.stats().frames > SECONDS as u64 * u64::from(RATE));
        let stats = device.stats();
        assert_eq!(device.format().device, "pulse:stage");
        return compare(&device.close().unwrap(), stats);
    }
    if missing(&["pulseaudio"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let _server = pulse(folder.path());
    with_pulse("pulseaudio_plays_sample_for_sample", folder.path());
}

#[test]
fn the_music_outlives_the_sound_server() {
    if let Some(folder) = child() {
        let server = pulse(&folder);
        let device = play(&request("pulse", 0));
        wait_for("playing", || device.stats().frames > 10_000);
        drop(server);
        let lost = |notice: &Notice| matches!(notice, Notice::Lost { device, .. } if device == "pulse:stage");
        wait_for("a notice", || device.notices().iter().any(lost));
        assert_eq!(device.format().device, "null");
        let before = device.stats().frames;
        wait_for("playing without a server", || device.stats().frames > before + 10_000);
        let server = pulse(&folder);
        wait_for("coming back", || device.format().device == "pulse:stage");
        let before = device.stats().frames;
        wait_for("playing again", || device.stats().frames > before + 10_000);
        // A server that hangs stops only its own stream.
        server.signal("-STOP");
        wait_for("a notice", || device.notices().iter().any(lost));
        let before = device.stats().frames;
        wait_for("playing while it hangs", || device.stats().frames > before + 10_000);
        let played = device.stats().frames;
        let listener = device.close().expect("the callback comes back from a server that hangs");
        assert!(listener.played.len() as u64 >= played, "one callback played it all");
        return;
    }
    if missing(&["pulseaudio"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    with_pulse("the_music_outlives_the_sound_server", folder.path());
}

#[test]
fn the_device_changes_while_the_music_plays() {
    if child().is_some() {
        let device = play(&request("null", 0));
        wait_for("playing", || device.stats().frames > 10_000);
        let offer = Offer::of(&DeviceRequest {
            input_device: Some("pulse:stage.monitor".into()),
            ..request("pulse:stage", 2)
        });
        device.change(offer.unwrap(), |listener| listener).unwrap();
        let before = device.stats().frames;
        wait_for("playing", || device.stats().frames > before + SECONDS as u64 * u64::from(RATE));
        let stats = device.stats();
        return compare(&device.close().unwrap(), stats);
    }
    if missing(&["pulseaudio"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let _server = pulse(folder.path());
    with_pulse("the_device_changes_while_the_music_plays", folder.path());
}

fn lost(notices: &[Notice]) -> bool {
    notices.iter().any(|notice| matches!(notice, Notice::Lost { .. }))
}

/// Runs a command for the private PulseAudio of this process.
fn pactl(arguments: &[&str]) {
    let output = Command::new("pactl").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_device_that_is_unplugged_plays_again_when_it_is_back() {
    if child().is_some() {
        let device = play(&request("pulse:stage", 0));
        wait_for("playing", || device.stats().frames > 10_000);
        // Where it has another device, PulseAudio itself moves the music there.
        pactl(&["unload-module", "module-null-sink"]);
        wait_for("a notice", || lost(&device.notices()));
        assert_eq!(device.format().device, "null");
        let before = device.stats().frames;
        wait_for("playing without the device", || device.stats().frames > before + 10_000);
        pactl(&["load-module", "module-null-sink", "sink_name=stage", "rate=48000", "channels=2"]);
        wait_for("coming back", || device.format().device == "pulse:stage");
        let before = device.stats().frames;
        wait_for("playing again", || device.stats().frames > before + 10_000);
        return;
    }
    if missing(&["pulseaudio", "pactl"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let _server = pulse(folder.path());
    with_pulse("a_device_that_is_unplugged_plays_again_when_it_is_back", folder.path());
}

#[test]
fn a_process_that_was_stopped_plays_on() {
    if child().is_some() {
        let devices = ["null", "pulse:stage"].map(|name| play(&request(name, 0)));
        devices.iter().for_each(|device| wait_for("playing", || device.stats().frames > 10_000));
        // As when the lid of a laptop is closed and opened again.
        let stop = format!("kill -STOP {0}; sleep 1; kill -CONT {0}", std::process::id());
        assert!(Command::new("sh").args(["-c", &stop]).status().unwrap().success());
        for (device, name) in devices.iter().zip(["null", "pulse:stage"]) {
            // A server may have given up a client that said nothing: then the device comes back.
            wait_for("playing on the device", || device.format().device == name);
            let before = device.stats().frames;
            wait_for("playing on", || device.stats().frames > before + 48_000);
        }
        assert!(!lost(&devices[0].notices()), "the null device needs no server");
        return;
    }
    if missing(&["pulseaudio"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let _server = pulse(folder.path());
    with_pulse("a_process_that_was_stopped_plays_on", folder.path());
}

#[test]
fn jack_plays_sample_for_sample() {
    if child().is_some() {
        let device = play(&request("jack", 2));
        let client = format!("cpal_client_{}", std::process::id());
        for channel in 0..2 {
            let connected = Command::new("jack_connect")
                .args([format!("{client}_out:out_{channel}"), format!("{client}_in:in_{channel}")])
                .status()
                .unwrap();
            assert!(connected.success());
        }
        let before = device.stats().frames;
        wait_for("playing", || device.stats().frames > before + SECONDS as u64 * u64::from(RATE));
        let stats = device.stats();
        return compare(&device.close().unwrap(), stats);
    }
    if missing(&["jackd", "jack_connect", "jack_lsp"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let jack = Jack::start("krach-devices", RATE, 2048);
    in_a_child("jack_plays_sample_for_sample", folder.path(), &jack.environment());
}
