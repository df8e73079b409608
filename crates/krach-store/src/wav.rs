//! Sound to disk.

use crate::whole::{self, reason, refusal};
use hound::{SampleFormat, WavSpec, WavWriter};
use krach_diag::{Code, Diagnostic};
use std::io;
use std::path::{Path, PathBuf};

/// Bytes of samples one RIFF file can hold, header aside.
const LARGEST: u64 = u32::MAX as u64 - 1024;

/// Writes 32-bit float WAV: whole, or not at all. The samples go to a temporary file beside the target, which is
/// renamed at the end, so that a killed or failed write leaves what was there before.
///
/// # Errors
/// `KR0502` as for [`wav_target`], and if the disk is full, the channels differ in length or the sound is beyond the
/// 4 GB of the format.
pub fn write_wav(path: &Path, channels: &[Vec<f32>], sample_rate: u32) -> Result<(), Diagnostic> {
    let target = wav_target(path)?;
    let spec = spec(channels, sample_rate).map_err(|why| refusal(path, &why))?;
    write(&target, spec, channels).map_err(|error| refusal(path, &reason(&error)))
}

/// The bytes of a 16-bit WAV file, for a player that is no file's: louder than full scale is clipped.
///
/// # Errors
/// `KR0502` as for [`write_wav`].
pub fn wav_bytes(channels: &[Vec<f32>], sample_rate: u32) -> Result<Vec<u8>, Diagnostic> {
    let refuse = |why: &str| Diagnostic::error(Code::Unwritable, format!("cannot make a WAV: {why}"));
    let spec = spec(channels, sample_rate).map_err(|why| refuse(&why))?;
    let spec = WavSpec { bits_per_sample: 16, sample_format: SampleFormat::Int, ..spec };
    let mut bytes = io::Cursor::new(Vec::new());
    let mut encode = || -> Result<(), hound::Error> {
        let mut writer = WavWriter::new(&mut bytes, spec)?;
        for frame in 0..channels[0].len() {
            for channel in channels {
                // A float's conversion saturates, and NaN is 0.
                #[allow(clippy::cast_possible_truncation)]
                writer.write_sample((channel[frame] * 32767.0).round() as i16)?;
            }
        }
        writer.finalize()
    };
    encode().map_err(|error| refuse(&error.to_string()))?;
    Ok(bytes.into_inner())
}

/// The file that a WAV of that name would be: what a link points to is replaced, not the link.
///
/// # Errors
/// `KR0502` if it is a directory, a device, read-only, in no directory, or `-`.
pub fn wav_target(path: &Path) -> Result<PathBuf, Diagnostic> {
    if path == Path::new("-") {
        return Err(refusal(path, "a WAV file cannot go to standard output").help("give a file name"));
    }
    whole::target(path)
}

fn spec(channels: &[Vec<f32>], sample_rate: u32) -> Result<WavSpec, String> {
    let frames = channels.first().map_or(0, Vec::len);
    if channels.iter().any(|channel| channel.len() != frames) {
        return Err("the channels differ in length".to_owned());
    }
    let count = u16::try_from(channels.len()).ok().filter(|&count| count > 0);
    let count = count.ok_or_else(|| format!("{} channels", channels.len()))?;
    if frames as u64 * u64::from(count) * 4 > LARGEST {
        return Err("a WAV file holds at most 4 GB".to_owned());
    }
    Ok(WavSpec { channels: count, sample_rate, bits_per_sample: 32, sample_format: SampleFormat::Float })
}

fn write(path: &Path, spec: WavSpec, channels: &[Vec<f32>]) -> io::Result<()> {
    whole::replace(path, |to| {
        let mut writer = WavWriter::new(to, spec).map_err(io_error)?;
        for frame in 0..channels[0].len() {
            for channel in channels {
                writer.write_sample(channel[frame]).map_err(io_error)?;
            }
        }
        writer.finalize().map_err(io_error)
    })
}

fn io_error(error: hound::Error) -> io::Error {
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
        write_wav(&path, &channels, 44_100).unwrap();
        let mut reader = hound::WavReader::open(&path).unwrap();
        assert_eq!((reader.spec().channels, reader.spec().sample_rate), (2, 44_100));
        let samples: Vec<f32> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(samples, [0.0, 1.0, 0.25, f32::MIN_POSITIVE, -1.5, -0.0]);
        assert_eq!(directory.path().read_dir().unwrap().count(), 1, "no temporary stays behind");
    }

    #[test]
    fn bytes_for_a_player_are_a_file_that_can_be_read() {
        let bytes = wav_bytes(&[vec![0.0, 0.5, 2.0, f32::NAN]], 48_000).unwrap();
        let samples: Vec<i16> =
            hound::WavReader::new(&bytes[..]).unwrap().samples().map(Result::unwrap).collect();
        assert_eq!(samples, [0, 16384, 32767, 0]);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("old.wav");
        std::fs::write(&path, "old").unwrap();
        let report = write_wav(&path, &[vec![0.0], vec![]], 48_000).unwrap_err();
        assert_eq!(report.code, Code::Unwritable);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nothing_yet_stays_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("latest.wav");
        std::os::unix::fs::symlink("take1.wav", &link).unwrap();
        write_wav(&link, &[vec![0.5]], 48_000).unwrap();
        assert!(link.is_symlink() && directory.path().join("take1.wav").is_file());
    }

    #[test]
    fn places_that_cannot_hold_a_file_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let sound = [vec![0.0]];
        let message = |path: &Path| write_wav(path, &sound, 48_000).unwrap_err().message;
        assert!(message(directory.path()).contains("is a directory"));
        assert!(message(&directory.path().join("no/a.wav")).contains("no directory"));
        assert!(message(&directory.path().join("no/")).contains("no directory"));
        assert!(message(Path::new("-")).contains("standard output"));
        #[cfg(target_os = "linux")]
        assert!(!message(Path::new("/proc/a.wav")).contains(".part"));
        #[cfg(unix)]
        assert!(message(Path::new("/dev/null")).contains("not a file"));
        assert!(write_wav(&directory.path().join("a.wav"), &[], 48_000).is_err());
    }
}
