//! `krach devices`.

use crate::shell::WELL;
use crate::{Failure, Shell};
use clap::Args;
use krach_engine::{DeviceError, DeviceInfo, SoundSystem, sound_systems};
use serde::Serialize;

#[derive(Debug, Args)]
pub(crate) struct Devices {
    /// Print one JSON object: {schema, systems: [{name, error, devices: [{name, title, default, output, input}]}]}
    #[arg(long)]
    pub json: bool,
}

/// The shape of `krach devices --json`, version 1.
#[derive(Serialize)]
struct Listing {
    schema: u32,
    systems: Vec<System>,
}

#[derive(Serialize)]
struct System {
    name: &'static str,
    /// Why it does not answer.
    error: Option<String>,
    devices: Vec<Device>,
}

#[derive(Serialize)]
struct Device {
    name: String,
    title: String,
    default: bool,
    output: Option<Ports>,
    input: Option<Ports>,
}

#[derive(Serialize)]
struct Ports {
    channels: usize,
    rate: u32,
}

pub(crate) fn devices(shell: &Shell<'_>, what: &Devices) -> Result<i32, Failure> {
    let systems = shell.work(|_| sound_systems(), |_| {})?;
    if what.json {
        let listing = Listing { schema: 1, systems: systems.into_iter().map(System::from).collect() };
        let json = serde_json::to_string_pretty(&listing).expect("strings and numbers are JSON");
        shell.say(&(json + "\n"))?;
        return Ok(WELL);
    }
    shell.say(&systems.iter().map(lines).collect::<String>())?;
    shell.remark(
        "`null` is a device without sound; KRACH_DEVICE and --device choose a device by a part of its name",
    );
    Ok(WELL)
}

/// The devices of one system, one a line, the default one with a star.
fn lines(system: &SoundSystem) -> String {
    let devices = match &system.devices {
        Err(error) => return format!("{}: {}\n", system.name, reason(error)),
        Ok(devices) if devices.is_empty() => return format!("{}: it has no devices\n", system.name),
        Ok(devices) => devices,
    };
    let line = |device: &DeviceInfo| {
        let ports = [("plays", device.output), ("records", device.input)];
        let ports: Vec<String> = ports
            .iter()
            .filter_map(|(verb, ports)| {
                ports.map(|(channels, rate)| format!("{verb} {channels} channels at {rate} Hz"))
            })
            .collect();
        let star = if device.default { '*' } else { ' ' };
        format!("{star} {}  ({}): {}\n", device.name, device.title, ports.join(", "))
    };
    devices.iter().map(line).collect()
}

/// Why a sound system does not answer.
pub(crate) fn reason(error: &DeviceError) -> String {
    match error {
        DeviceError::NoDevice => "it does not run".to_owned(),
        error => error.to_string(),
    }
}

impl From<SoundSystem> for System {
    fn from(system: SoundSystem) -> Self {
        let (error, devices) = match system.devices {
            Ok(devices) => (None, devices),
            Err(error) => (Some(reason(&error)), Vec::new()),
        };
        let ports = |ports: Option<(usize, u32)>| ports.map(|(channels, rate)| Ports { channels, rate });
        let device = |it: DeviceInfo| Device {
            name: it.name,
            title: it.title,
            default: it.default,
            output: ports(it.output),
            input: ports(it.input),
        };
        Self { name: system.name, error, devices: devices.into_iter().map(device).collect() }
    }
}
