//! Sound to disk.

use crate::whole::{self, reason, refusal};
use hound::{SampleFormat, WavSpec, WavWriter};
use krach_diag::{Code, Diagnostic};
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Bytes of samples one RIFF file can hold, header aside.
const LARGEST: u64 = u32::MAX as u64 - 1024;

/// The most channels of one file.
const MOST_CHANNELS: u16 = 256;

/// More channels than this, and more than frames, are an array with its axes exchanged.
const TURNED: usize = 16;

/// How a WAV file holds its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum WavSamples {
    /// Whole numbers of 16 bits: sound above full scale is clipped.
    Int16,
    /// Whole numbers of 24 bits: sound above full scale is clipped.
    Int24,
    /// Floats of 32 bits, bit for bit.
    #[default]
    Float,
}

impl FromStr for WavSamples {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "16" => Ok(Self::Int16),
            "24" => Ok(Self::Int24),
            "float" => Ok(Self::Float),
            _ => Err("samples have 16 or 24 bits, or are `float`".to_owned()),
        }
    }
}

impl WavSamples {
    pub(crate) fn bits(self) -> u16 {
        match self {
            Self::Int16 => 16,
            Self::Int24 => 24,
            Self::Float => 32,
        }
    }

    /// A sample as a whole number, of which `largest` is 1. A float's conversion saturates, and NaN becomes 0.
    #[allow(clippy::cast_possible_truncation)]
    pub(crate) fn whole(sample: f32, largest: f32) -> i32 {
        (f64::from(sample.clamp(-1.0, 1.0)) * f64::from(largest)).round() as i32
    }

    pub(crate) fn write<W: io::Write + io::Seek>(
        self,
        sample: f32,
        to: &mut WavWriter<W>,
    ) -> hound::Result<()> {
        match self {
            Self::Int16 => to.write_sample(Self::whole(sample, 32_767.0)),
            Self::Int24 => to.write_sample(Self::whole(sample, 8_388_607.0)),
            Self::Float => to.write_sample(sample),
        }
    }
}

/// Writes a WAV file: whole, or not at all. The samples go to a temporary file beside the target, which is
/// renamed at the end, so that a killed or failed write leaves what was there before.
///
/// # Errors
/// `KR0502` as for [`wav_target`], and if the disk is full, the channels differ in length or the sound is beyond the
/// 4 GB of the format. `KR0407`: more than 256 channels, or frames in the place of channels.
pub fn write_wav(
    path: &Path,
    channels: &[Vec<f32>],
    sample_rate: u32,
    samples: WavSamples,
) -> Result<(), Diagnostic> {
    let target = wav_target(path)?;
    let spec = spec(channels, sample_rate, samples).map_err(|report| Diagnostic {
        message: format!("cannot write `{}`: {}", path.display(), report.message),
        ..report
    })?;
    whole::replace(&target, true, |to| encode(to, spec, samples, channels).map_err(io_error))
        .map_err(|error| refusal(path, &reason(&error)))
}

/// The bytes of a WAV file, for a player that reads no files, or for standard output.
///
/// # Errors
/// As for [`write_wav`].
pub fn wav_bytes(
    channels: &[Vec<f32>],
    sample_rate: u32,
    samples: WavSamples,
) -> Result<Vec<u8>, Diagnostic> {
    let refuse = |why: &str| Diagnostic::error(Code::Unwritable, format!("cannot make a WAV: {why}"));
    let spec = spec(channels, sample_rate, samples).map_err(|report| Diagnostic {
        message: format!("cannot make a WAV: {}", report.message),
        ..report
    })?;
    let mut bytes = io::Cursor::new(Vec::new());
    encode(&mut bytes, spec, samples, channels).map_err(|error| refuse(&error.to_string()))?;
    Ok(bytes.into_inner())
}

/// Where to write a WAV of that name: follows symbolic links, so that the target of a link is replaced.
///
/// # Errors
/// `KR0502` if it is a directory, read-only, in no directory, or `-`.
pub fn wav_target(path: &Path) -> Result<PathBuf, Diagnostic> {
    if path == Path::new("-") {
        return Err(refusal(path, "a WAV file cannot go to standard output").help("give a file name"));
    }
    whole::target(path)
}

/// The number of channels of a WAV file, if a file can have as many.
///
/// # Errors
/// `KR0407`: no channel, or more than 256.
pub fn wav_channels(count: usize) -> Result<u16, Diagnostic> {
    let refuse = |help: &str| {
        let message = format!("{count} channels, where a WAV file has 1 to {MOST_CHANNELS}");
        Err(Diagnostic::error(Code::BadInput, message).help(help))
    };
    match u16::try_from(count) {
        Ok(0) => refuse("give one channel or more"),
        Ok(count) if count <= MOST_CHANNELS => Ok(count),
        _ => refuse("mix the channels, or write them to several files"),
    }
}

fn spec(channels: &[Vec<f32>], sample_rate: u32, samples: WavSamples) -> Result<WavSpec, Diagnostic> {
    let frames = channels.first().map_or(0, Vec::len);
    if channels.iter().any(|channel| channel.len() != frames) {
        return Err(Diagnostic::error(Code::Unwritable, "the channels differ in length"));
    }
    let turned = channels.len() > frames && channels.len() > TURNED && frames > 0;
    if turned {
        let message = format!("{} channels of {frames} frames", channels.len());
        return Err(Diagnostic::error(Code::BadInput, message)
            .help("sound has the shape (channels, frames): give sound.T"));
    }
    let count = wav_channels(channels.len())?;
    if frames as u64 * u64::from(count) * 4 > LARGEST {
        return Err(Diagnostic::error(Code::Unwritable, "a WAV file holds at most 4 GB"));
    }
    let sample_format = if samples == WavSamples::Float { SampleFormat::Float } else { SampleFormat::Int };
    Ok(WavSpec { channels: count, sample_rate, bits_per_sample: samples.bits(), sample_format })
}

fn encode<W: io::Write + io::Seek>(
    to: W,
    spec: WavSpec,
    samples: WavSamples,
    channels: &[Vec<f32>],
) -> hound::Result<()> {
    let mut writer = WavWriter::new(to, spec)?;
    for frame in 0..channels[0].len() {
        for channel in channels {
            samples.write(channel[frame], &mut writer)?;
        }
    }
    writer.finalize()
}

pub(crate) fn io_error(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_bit_for_bit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("two.wav");
        let channels = [vec![0.0, 0.25, -1.5], vec![1.0, f32::MIN_POSITIVE, -0.0]];
        write_wav(&path, &channels, 44_100, WavSamples::Float).unwrap();
        let mut reader = hound::WavReader::open(&path).unwrap();
        assert_eq!((reader.spec().channels, reader.spec().sample_rate), (2, 44_100));
        let samples: Vec<f32> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(samples, [0.0, 1.0, 0.25, f32::MIN_POSITIVE, -1.5, -0.0]);
        assert_eq!(directory.path().read_dir().unwrap().count(), 1, "no temporary stays behind");
    }

    #[test]
    fn whole_numbers_keep_full_scale_and_clip_above_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("whole.wav");
        for (samples, largest) in [(WavSamples::Int16, 32_767), (WavSamples::Int24, 8_388_607)] {
            write_wav(&path, &[vec![1.0, -1.0, 2.0, f32::NEG_INFINITY, f32::NAN, 0.0]], 48_000, samples)
                .unwrap();
            let mut reader = hound::WavReader::open(&path).unwrap();
            let read: Vec<i32> = reader.samples().map(Result::unwrap).collect();
            assert_eq!(read, [largest, -largest, largest, -largest, 0, 0]);
        }
    }

    #[test]
    fn bytes_for_a_player_are_a_file_that_can_be_read() {
        let bytes = wav_bytes(&[vec![0.0, 0.5, 2.0, f32::NAN]], 48_000, WavSamples::Int16).unwrap();
        let samples: Vec<i16> =
            hound::WavReader::new(&bytes[..]).unwrap().samples().map(Result::unwrap).collect();
        assert_eq!(samples, [0, 16384, 32767, 0]);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("old.wav");
        std::fs::write(&path, "old").unwrap();
        let report = write_wav(&path, &[vec![0.0], vec![]], 48_000, WavSamples::Float).unwrap_err();
        assert_eq!(report.code, Code::Unwritable);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    }

    #[test]
    fn frames_in_the_place_of_channels_are_refused_with_the_remedy() {
        let short: [Vec<Vec<f32>>; 2] = [vec![vec![0.0; 2]; 48_000], vec![vec![0.0; 2]; 17]];
        let wide = vec![vec![0.0; 1000]; 257];
        for (channels, help) in
            short.map(|channels| (channels, "give sound.T")).into_iter().chain([(wide, "several files")])
        {
            let report = wav_bytes(&channels, 48_000, WavSamples::Float).unwrap_err();
            assert!(report.code == Code::BadInput && report.helps[0].contains(help), "{report:?}");
        }
        for channels in [vec![vec![0.0; 1]; 16], vec![vec![]; 20], vec![vec![0.0; 256]; 256]] {
            assert!(wav_bytes(&channels, 48_000, WavSamples::Float).is_ok());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_device_takes_a_file_and_stays_a_device() {
        let device = Path::new("/dev/null");
        write_wav(device, &[vec![0.5; 10]], 48_000, WavSamples::Int24).unwrap();
        assert!(!device.metadata().unwrap().is_file());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nothing_yet_stays_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("latest.wav");
        std::os::unix::fs::symlink("take1.wav", &link).unwrap();
        write_wav(&link, &[vec![0.5]], 48_000, WavSamples::Float).unwrap();
        assert!(link.is_symlink() && directory.path().join("take1.wav").is_file());
    }

    #[test]
    fn places_that_cannot_hold_a_file_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let sound = [vec![0.0]];
        let message = |path: &Path| write_wav(path, &sound, 48_000, WavSamples::Float).unwrap_err().message;
        assert!(message(directory.path()).contains("is a directory"));
        assert!(message(&directory.path().join("no/a.wav")).contains("no directory"));
        assert!(message(&directory.path().join("no/")).contains("no directory"));
        assert!(message(Path::new("-")).contains("standard output"));
        #[cfg(target_os = "linux")]
        assert!(!message(Path::new("/proc/a.wav")).contains(".part"));
        assert!(write_wav(&directory.path().join("a.wav"), &[], 48_000, WavSamples::Float).is_err());
    }
}
