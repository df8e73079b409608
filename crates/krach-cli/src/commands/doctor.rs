//! `krach doctor`: everything that sound needs, one check after the other.

use super::devices::reason;
use crate::shell::{NO_DEVICE, WELL, counted};
use crate::{Failure, Shell};
use clap::Args;
use krach_abi::{Audio, AudioMut};
use krach_engine::{
    AudioPriority, Callback, Device, DeviceFormat, DeviceRequest, DeviceStats, Offer, SoundSystem,
    sound_systems,
};
use krach_session::chosen_device;
use krach_session::midi::{MidiSystem, midi_systems};
use krach_store::{CodeFolder, FaustFolders};
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The device to examine, as for `krach beep`
    #[arg(long)]
    pub device: Option<String>,
    /// Print one JSON object: {schema, ok, checks: [{name, ok, detail, remedy}]}
    #[arg(long)]
    pub json: bool,
}

/// The shape of `krach doctor --json`, version 1.
#[derive(Serialize)]
struct Findings {
    schema: u32,
    /// Whether every check is.
    ok: bool,
    checks: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    detail: String,
    remedy: Option<String>,
}

impl Check {
    fn new(name: &'static str, ok: bool, detail: String) -> Self {
        Self { name, ok, detail, remedy: None }
    }

    /// What to do if the check is not ok.
    fn or(mut self, remedy: &str) -> Self {
        self.remedy = (!self.ok).then(|| remedy.to_owned());
        self
    }
}

pub(crate) fn doctor(shell: &Shell<'_>, what: &Doctor) -> Result<i32, Failure> {
    let device = what.device.clone().or_else(chosen_device);
    let libraries = shell.host.libraries();
    let checks = shell.work(move |_| examine(device, &libraries), |_| {})?;
    let plays = checks.iter().all(|check| check.name != "device" || check.ok);
    let ok = checks.iter().all(|check| check.ok);
    if what.json {
        let json = serde_json::to_string_pretty(&Findings { schema: 1, ok, checks });
        shell.say(&(json.expect("strings are JSON") + "\n"))?;
    } else {
        let line = |check: &Check| {
            let mark = if check.ok { "ok  " } else { "FAIL" };
            let remedy =
                check.remedy.as_ref().map_or_else(String::new, |text| format!("      help: {text}\n"));
            format!("{mark}  {}: {}\n{remedy}", check.name, check.detail)
        };
        shell.say(&checks.iter().map(line).collect::<String>())?;
    }
    Ok(if plays { WELL } else { NO_DEVICE })
}

fn examine(device: Option<String>, libraries: &[PathBuf]) -> Vec<Check> {
    let systems = sound_systems();
    let mut checks = vec![library(&systems), hosts(&systems)];
    checks.extend(playing(device));
    checks.push(midi());
    checks.push(cache());
    checks.push(faust_libraries(libraries));
    checks
}

/// On Linux ALSA's library is loaded when a device is asked for.
fn library(systems: &[SoundSystem]) -> Check {
    use krach_engine::DeviceError::NoLibrary;
    let missing = systems.iter().find_map(|system| match &system.devices {
        Err(error @ NoLibrary(_)) => Some(error.to_string()),
        _ => None,
    });
    let needed = systems.iter().all(|system| system.devices.is_err());
    let detail = missing.clone().unwrap_or_else(|| "everything that sound needs is there".to_owned());
    Check::new("library", missing.is_none() || !needed, detail)
        .or("install ALSA's library: `apt install libasound2`, or the package of your system")
}

fn hosts(systems: &[SoundSystem]) -> Check {
    let say = |system: &SoundSystem| match &system.devices {
        Ok(devices) => format!("{} with {}", system.name, counted(devices.len(), "device")),
        Err(error) => format!("{}: {}", system.name, reason(error)),
    };
    let answers =
        systems.iter().any(|system| system.devices.as_ref().is_ok_and(|devices| !devices.is_empty()));
    let detail: Vec<String> = systems.iter().map(say).collect();
    Check::new("hosts", answers, detail.join("; "))
        .or("start PulseAudio, PipeWire or JACK, or plug a sound card in")
}

/// Plays silence for a moment and looks at it.
fn playing(device: Option<String>) -> Vec<Check> {
    let request = DeviceRequest { device, outputs: Some(2), ..DeviceRequest::default() };
    let opened =
        Offer::of(&request).and_then(|offer| Device::play(offer, Silence).map_err(|(error, _)| error));
    let device = match opened {
        Ok(device) => device,
        Err(error) => {
            let chosen = request.device.map_or_else(String::new, |name| format!("`{name}` is chosen, but "));
            let check = Check::new("device", false, format!("{chosen}{error}"));
            return vec![check.or(
                "`krach devices` lists the devices; `--device null` runs without sound, and `krach render` writes files",
            )];
        }
    };
    (0..40)
        .take_while(|_| device.stats().blocks < 8)
        .for_each(|_| std::thread::sleep(Duration::from_millis(50)));
    stream(&device.format(), &device.stats())
}

fn stream(format: &DeviceFormat, stats: &DeviceStats) -> Vec<Check> {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let block = Duration::from_secs_f64(format.block as f64 / f64::from(format.rate.max(1)));
    vec![
        Check::new("device", stats.blocks > 0, format!("sound plays on {}", format.device))
            .or("the device opens and asks for no sound: choose another one, or start its sound server again"),
        Check::new("rate", true, format!("{} Hz, {}", format.rate, counted(format.outputs, "channel"))),
        Check::new("block", true, format!("{} frames, {:.1} ms", format.block, milliseconds(block))),
        Check::new(
            "latency",
            stats.latency < Duration::from_millis(200),
            format!("{:.1} ms from krach to the loudspeaker", milliseconds(stats.latency)),
        )
        .or("choose a smaller block, or play through PipeWire or JACK"),
        Check::new(
            "priority",
            stats.priority == AudioPriority::Granted,
            match stats.priority {
                AudioPriority::Granted => "the sound runs before other programs",
                _ => "the system gives no real-time priority: other programs may interrupt the sound",
            }
            .to_owned(),
        )
        .or("allow it: add `@audio - rtprio 20` to /etc/security/limits.d/audio.conf, join the group `audio`, log in again"),
    ]
}

struct Silence;

impl Callback for Silence {
    fn process(&mut self, _: Audio<'_, f32>, mut outputs: AudioMut<'_, f32>) {
        outputs.silence();
    }
}

/// The ports of every MIDI system.
fn midi() -> Check {
    let mut answers = false;
    let say = |system: Box<dyn MidiSystem>| {
        let ports = system.inputs().and_then(|inputs| Ok((inputs, system.outputs()?)));
        let (inputs, outputs) = match ports {
            Ok(ports) => ports,
            Err(error) => return format!("{}: {error}", system.name()),
        };
        answers = true;
        let list =
            |names: Vec<String>| if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        format!("{}: hears {}, sends to {}", system.name(), list(inputs), list(outputs))
    };
    let detail: Vec<String> = midi_systems().into_iter().map(say).collect();
    Check::new("midi", answers, detail.join("; "))
        .or("for MIDI, load the sequencer of ALSA (`modprobe snd-seq`) or start JACK; sound needs neither")
}

fn cache() -> Check {
    let detail = match CodeFolder::of_user().as_ref().map(CodeFolder::counts) {
        Some(counts) => format!("{} in {}", counted(counts.files, "file"), counts.folder.display()),
        None => "no compiled code is kept: KRACH_CACHE is off, or there is no folder for it".to_owned(),
    };
    Check::new("cache", true, detail)
}

fn faust_libraries(installed: &[PathBuf]) -> Check {
    let found = FaustFolders::new(&[], installed).find("stdfaust.lib", "");
    let detail = match &found {
        Ok(path) => path.display().to_string(),
        Err(_) => "`stdfaust.lib` is not found: Faust programs that import it do not compile".to_owned(),
    };
    Check::new("faust libraries", found.is_ok(), detail).or(
        "install them with `pip install cyfaust`, or choose their folder with --include or FAUST_LIB_PATH",
    )
}
