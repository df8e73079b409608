//! Sound systems and their devices, by name.

use super::{DEFAULT_BLOCK, DeviceError, DeviceFormat, DeviceRequest};
use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{BufferSize, HostId, SampleFormat, StreamConfig, SupportedBufferSize, SupportedStreamConfigRange};
use std::sync::mpsc;
use std::time::Duration;

/// A sound system: the word that chooses it, other words for it, and its number at `cpal`.
struct System {
    name: &'static str,
    aliases: &'static [&'static str],
    id: HostId,
}

/// In the order in which they are tried. A sound server comes before the sound card itself, which it shares among
/// programs; PipeWire speaks the protocol of PulseAudio.
#[cfg(target_os = "linux")]
const SYSTEMS: &[System] = &[
    System { name: "pulse", aliases: &["pulseaudio", "pipewire"], id: HostId::PulseAudio },
    System { name: "jack", aliases: &[], id: HostId::Jack },
    System { name: "alsa", aliases: &[], id: HostId::Alsa },
];
#[cfg(target_os = "macos")]
const SYSTEMS: &[System] = &[
    System { name: "coreaudio", aliases: &[], id: HostId::CoreAudio },
    System { name: "jack", aliases: &[], id: HostId::Jack },
];
#[cfg(target_os = "windows")]
const SYSTEMS: &[System] = &[
    System { name: "wasapi", aliases: &[], id: HostId::Wasapi },
    System { name: "jack", aliases: &[], id: HostId::Jack },
];

/// The words that choose a device without a loudspeaker.
const NULL: &str = "null";

/// A device that is there, and the sound system it belongs to.
#[derive(Clone)]
pub(super) struct Found {
    pub device: cpal::Device,
    system: &'static str,
    name: String,
}

/// A device of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Chooses it: `pulse:alsa_output.usb`, for [`DeviceRequest::device`].
    pub name: String,
    /// As the sound system shows it to people.
    pub title: String,
    /// The sound system: `pulse`, `jack`, `alsa`.
    pub system: &'static str,
    /// Channels it plays and its rate in Hz, if it plays.
    pub output: Option<(usize, u32)>,
    /// Channels it records and its rate in Hz, if it records.
    pub input: Option<(usize, u32)>,
    /// Whether its sound system would choose it.
    pub default: bool,
}

/// A sound system that was asked for its devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundSystem {
    pub name: &'static str,
    /// Its devices, or why it does not answer.
    pub devices: Result<Vec<DeviceInfo>, DeviceError>,
}

/// Asks every sound system for its devices, in the order in which they are tried.
#[must_use]
pub fn sound_systems() -> Vec<SoundSystem> {
    let ask = |system: &'static System| SoundSystem {
        name: system.name,
        devices: within(move || {
            let host = system.open()?;
            let devices =
                devices_of(system, &host)?.iter().map(|found| found.info(&host)).collect::<Vec<_>>();
            // ALSA lists converters and cards that are not there.
            Ok(devices.into_iter().filter(|it| it.output.is_some() || it.input.is_some()).collect())
        }),
    };
    SYSTEMS.iter().map(ask).collect()
}

/// Runs `ask` on a thread of its own: a sound server that hangs must not hang the music.
pub(super) fn within<T: Send + 'static>(
    ask: impl FnOnce() -> Result<T, DeviceError> + Send + 'static,
) -> Result<T, DeviceError> {
    const LONGEST: Duration = Duration::from_secs(4);
    let (sender, answer) = mpsc::channel();
    let run = move || {
        let _quiet = quiet_alsa();
        // The receiver is gone: the answer came too late.
        let _ = sender.send(ask());
    };
    std::thread::Builder::new()
        .name("krach-devices".into())
        .spawn(run)
        .map_err(|error| DeviceError::Failed(error.to_string()))?;
    match answer.recv_timeout(LONGEST) {
        Ok(answer) => answer,
        Err(_) => Err(DeviceError::Failed("it does not answer".into())),
    }
}

impl System {
    fn named(word: &str) -> Option<&'static Self> {
        let is = |name: &&str| name.eq_ignore_ascii_case(word);
        SYSTEMS.iter().find(|system| is(&system.name) || system.aliases.iter().any(is))
    }

    fn open(&self) -> Result<cpal::Host, DeviceError> {
        #[cfg(target_os = "linux")]
        if self.id == HostId::Alsa {
            krach_alsa::load().map_err(DeviceError::NoLibrary)?;
        }
        Ok(cpal::host_from_id(self.id)?)
    }
}

fn devices_of(system: &System, host: &cpal::Host) -> Result<Vec<Found>, DeviceError> {
    Ok(host.devices()?.map(|device| Found::new(system, device)).collect())
}

fn title(device: &cpal::Device) -> String {
    device.description().map_or_else(|_| "a device without a name".to_owned(), |it| it.name().to_owned())
}

/// Whether a device is wanted to play or to record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Out,
    In,
}

/// Finds the device to play on; none is the device without a loudspeaker.
///
/// # Errors
/// No such device, or no sound system that answers.
pub(super) fn find_output(word: Option<&str>) -> Result<Option<Found>, DeviceError> {
    let word = named(word);
    if word == Some(NULL) {
        return Ok(None);
    }
    find(word, Way::Out).map(Some)
}

/// Finds the device to record from: without a word the default one of the sound system that plays.
///
/// # Errors
/// No such device, or no sound system that answers.
pub(super) fn find_input(word: Option<&str>, output: &Found) -> Result<Found, DeviceError> {
    find(Some(named(word).unwrap_or(output.system)), Way::In)
}

fn named(word: Option<&str>) -> Option<&str> {
    word.map(str::trim).filter(|word| !word.is_empty() && *word != "default")
}

fn find(word: Option<&str>, way: Way) -> Result<Found, DeviceError> {
    let (system, name) = match word {
        None => (None, None),
        Some(word) => match word.split_once(':') {
            Some((system, name)) if System::named(system).is_some() => (System::named(system), Some(name)),
            _ => System::named(word).map_or((None, Some(word)), |system| (Some(system), None)),
        },
    };
    let mut why = DeviceError::NoDevice;
    let mut names = Vec::new();
    for candidate in SYSTEMS.iter().filter(|one| system.is_none_or(|chosen| chosen.id == one.id)) {
        match one_of(candidate, name, way, &mut names) {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            // The last one is the system that every machine has.
            Err(error) => why = error,
        }
    }
    Err(match name {
        Some(name) if !names.is_empty() => DeviceError::NoSuch { asked: name.to_owned(), names },
        _ => why,
    })
}

/// The device of that name, or the default one. Adds the names of those that are there.
fn one_of(
    system: &System,
    name: Option<&str>,
    way: Way,
    names: &mut Vec<String>,
) -> Result<Option<Found>, DeviceError> {
    let host = system.open()?;
    let Some(name) = name else {
        let device = match way {
            Way::Out => host.default_output_device(),
            Way::In => host.default_input_device(),
        };
        return Ok(device.map(|device| Found::new(system, device)));
    };
    let mut found = devices_of(system, &host)?;
    found.retain(|one| match way {
        Way::Out => one.device.supports_output(),
        Way::In => one.device.supports_input(),
    });
    let lower = name.to_lowercase();
    let matches = |test: &dyn Fn(&str) -> bool| {
        found
            .iter()
            .position(|one| test(&one.name.to_lowercase()) || test(&title(&one.device).to_lowercase()))
    };
    let at = matches(&|one| one == lower).or_else(|| matches(&|one| one.contains(&lower)));
    names.extend(found.iter().map(Found::full_name));
    Ok(at.map(|at| found.swap_remove(at)))
}

impl Found {
    fn new(system: &System, device: cpal::Device) -> Self {
        let name = device.id().map_or_else(|_| title(&device), |id| id.id().to_owned());
        Self { device, system: system.name, name }
    }

    pub fn full_name(&self) -> String {
        format!("{}:{}", self.system, self.name)
    }

    fn info(&self, host: &cpal::Host) -> DeviceInfo {
        let of = |config: Result<cpal::SupportedStreamConfig, cpal::Error>| {
            config.ok().map(|config| (usize::from(config.channels()), config.sample_rate()))
        };
        let is = |other: Option<cpal::Device>| other.is_some_and(|other| other == self.device);
        DeviceInfo {
            name: self.full_name(),
            title: title(&self.device),
            system: self.system,
            output: of(self.device.default_output_config()),
            input: of(self.device.default_input_config()),
            default: is(host.default_output_device()) || is(host.default_input_device()),
        }
    }

    /// How it would play.
    pub fn output_config(
        &self,
        request: &DeviceRequest,
    ) -> Result<(StreamConfig, SampleFormat, DeviceFormat), DeviceError> {
        let usual = self.device.default_output_config().ok();
        let rate = request.rate.or(usual.as_ref().map(|usual| usual.sample_rate())).unwrap_or(48_000);
        let channels =
            request.outputs.or(usual.map(|usual| usual.channels().into())).unwrap_or(2).clamp(1, 256);
        let ranges: Vec<_> = self.device.supported_output_configs()?.collect();
        let block = request.block.unwrap_or(DEFAULT_BLOCK);
        let (config, sample_format) = choose(&ranges, rate, channels, block)?;
        let format = DeviceFormat {
            device: self.full_name(),
            rate,
            block: match config.buffer_size {
                BufferSize::Fixed(frames) => frames as usize,
                BufferSize::Default => block,
            },
            outputs: config.channels.into(),
            inputs: 0,
        };
        Ok((config, sample_format, format))
    }

    /// How it would record.
    pub fn input_config(
        &self,
        rate: u32,
        channels: usize,
        block: usize,
    ) -> Result<(StreamConfig, SampleFormat), DeviceError> {
        let ranges: Vec<_> = self.device.supported_input_configs()?.collect();
        choose(&ranges, rate, channels, block)
    }
}

/// The closest of the formats that a device offers: the rate as it is asked for, at least the channels if there are
/// enough, floats before whole numbers, the block within its bounds.
fn choose(
    ranges: &[SupportedStreamConfigRange],
    rate: u32,
    channels: usize,
    block: usize,
) -> Result<(StreamConfig, SampleFormat), DeviceError> {
    let taste = |format| {
        [SampleFormat::F32, SampleFormat::I32, SampleFormat::I16].iter().position(|it| *it == format)
    };
    if ranges.is_empty() {
        return Err(DeviceError::NoDevice);
    }
    let best = ranges
        .iter()
        .filter_map(|range| taste(range.sample_format()).map(|taste| (range, taste)))
        .filter(|(range, _)| (range.min_sample_rate()..=range.max_sample_rate()).contains(&rate))
        .min_by_key(|(range, taste)| {
            let there = usize::from(range.channels());
            (there < channels, there.abs_diff(channels), *taste)
        });
    let Some((range, _)) = best else { return Err(DeviceError::SampleRate(rate)) };
    let frames = u32::try_from(block).unwrap_or(u32::MAX);
    let buffer_size = match *range.buffer_size() {
        SupportedBufferSize::Range { min, max } => BufferSize::Fixed(frames.clamp(min, max.max(min))),
        SupportedBufferSize::Unknown => BufferSize::Default,
    };
    Ok((StreamConfig { channels: range.channels(), sample_rate: rate, buffer_size }, range.sample_format()))
}

/// ALSA writes to stderr what it does not find; what matters comes back as an error anyway.
#[cfg(target_os = "linux")]
pub(super) fn quiet_alsa() -> impl Sized {
    krach_alsa::load().is_ok().then(alsa::Output::local_error_handler)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn quiet_alsa() -> impl Sized {}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(channels: u16, format: SampleFormat) -> SupportedStreamConfigRange {
        let block = SupportedBufferSize::Range { min: 32, max: 4096 };
        SupportedStreamConfigRange::new(channels, 44_100, 48_000, block, format)
    }

    #[test]
    fn formats_are_chosen_by_rate_then_channels_then_precision() {
        let ranges = [
            range(2, SampleFormat::I16),
            range(2, SampleFormat::F32),
            range(8, SampleFormat::F32),
            range(4, SampleFormat::U8),
        ];
        let chosen = |channels| {
            choose(&ranges, 48_000, channels, 64).map(|(config, format)| (config.channels, format))
        };
        assert_eq!(chosen(1), Ok((2, SampleFormat::F32)));
        assert_eq!(chosen(3), Ok((8, SampleFormat::F32)));
        assert_eq!(chosen(100), Ok((8, SampleFormat::F32)));
        assert_eq!(choose(&ranges, 96_000, 2, 64), Err(DeviceError::SampleRate(96_000)));
        assert_eq!(choose(&[], 48_000, 2, 64), Err(DeviceError::NoDevice));
        let blocks = [1, 64, 9999].map(|block| choose(&ranges, 48_000, 2, block).map(|it| it.0.buffer_size));
        assert_eq!(blocks, [32, 64, 4096].map(|frames| Ok(BufferSize::Fixed(frames))));
    }

    #[test]
    fn the_null_device_needs_no_sound_system() {
        assert!(find_output(Some(" null ")).is_ok_and(|found| found.is_none()));
    }
}
