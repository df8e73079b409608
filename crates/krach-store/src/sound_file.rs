//! Sound files, decoded.

use crate::texts;
use krach_diag::{Code, Diagnostic};
use rubato::audioadapter_buffers::owned::InterleavedOwned;
use rubato::{Fft, FixedSync, Resampler};
use std::fs::File;
use std::path::Path;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

/// The most samples of one file, all channels together: 12 minutes of stereo at 48 kHz.
const LARGEST: usize = 1 << 26;

/// A sound file, decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundFile {
    /// In Hz.
    pub rate: u32,
    /// One vector per channel, all of one length, full scale being 1.
    pub channels: Vec<Vec<f64>>,
}

impl SoundFile {
    #[must_use]
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// Reads a WAV, FLAC, MP3 or Ogg Vorbis file. Everything after a damaged place that cannot be skipped is left out;
    /// samples that are not finite become 0.
    ///
    /// # Errors
    /// `KR0501`: there is no such file, it is not a sound file, or it has more than 64 million samples.
    pub fn read(path: &Path) -> Result<Self, Diagnostic> {
        let name = path.display().to_string();
        let file = texts::open(path).map_err(|error| texts::refusal(path, &name, &error))?;
        if path.is_dir() {
            return Err(texts::refusal(path, &name, &std::io::ErrorKind::IsADirectory.into()));
        }
        decode(file, path).map_err(|why| {
            Diagnostic::error(Code::Unreadable, format!("cannot read `{name}`: {why}"))
                .help("WAV, FLAC, MP3 and Ogg Vorbis files can be read")
        })
    }
}

impl SoundFile {
    /// The same sound at another sample rate, by a band-limited resampler, rounded to single precision so that it is the
    /// same on every processor.
    ///
    /// # Panics
    /// If `rate` is 0.
    #[must_use]
    pub fn at_rate(self, rate: u32) -> Self {
        if self.rate == rate || self.frames() == 0 {
            return self;
        }
        let channels = self.channels.iter().map(|channel| resampled(channel, self.rate, rate)).collect();
        Self { rate, channels }
    }
}

fn resampled(samples: &[f64], from: u32, to: u32) -> Vec<f64> {
    let (from, to) = (from as usize, to as usize);
    let mut resampler = Fft::<f64>::new(from, to, 1024, 1, FixedSync::Both).expect("rates above 0");
    let input = InterleavedOwned::new_from(samples.to_vec(), 1, samples.len()).expect("one channel");
    let made = resampler.process_all(&input, samples.len(), None).expect("buffers of that length");
    #[allow(clippy::cast_possible_truncation)]
    let single = |sample: f64| f64::from(sample as f32);
    // The resampler counts in floats, and may give one frame more.
    let frames = (samples.len() * to).div_ceil(from);
    made.take_data().into_iter().take(frames).map(single).collect()
}

fn decode(file: File, path: &Path) -> Result<SoundFile, String> {
    if !file.metadata().is_ok_and(|about| about.is_file()) {
        return Err("it is not a file".to_owned());
    }
    let stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
    let mut hint = Hint::new();
    if let Some(ending) = path.extension().and_then(|ending| ending.to_str()) {
        hint.with_extension(ending);
    }
    let (formats, metadata) = (FormatOptions::default(), MetadataOptions::default());
    let said = |error: Error| error.to_string();
    let none = || "it holds no sound".to_owned();
    let probed = symphonia::default::get_probe().probe(&hint, stream, formats, metadata);
    let mut format = probed.map_err(|error| match error {
        // Its message names a part of the decoder instead of the file.
        Error::Unsupported(_) => "it is not a WAV, FLAC, MP3 or Ogg Vorbis file".to_owned(),
        other => other.to_string(),
    })?;
    let track = format.default_track(TrackType::Audio).ok_or_else(none)?;
    let wanted = track.id;
    let parameters = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
    let parameters = parameters.ok_or_else(none)?;
    let options = AudioDecoderOptions::default();
    let mut decoder =
        symphonia::default::get_codecs().make_audio_decoder(parameters, &options).map_err(said)?;
    let (rate, mut channels) = samples(format.as_mut(), decoder.as_mut(), wanted).map_err(str::to_owned)?;
    for sample in channels.iter_mut().flatten().filter(|sample| !sample.is_finite()) {
        *sample = 0.0;
    }
    Ok(SoundFile { rate, channels })
}

/// Rate and channels of a track, to its end or as far as it can be read.
fn samples(
    format: &mut dyn FormatReader,
    decoder: &mut dyn AudioDecoder,
    wanted: u32,
) -> Result<(u32, Vec<Vec<f64>>), &'static str> {
    let (mut rate, mut channels): (u32, Vec<Vec<f64>>) = (0, Vec::new());
    let mut packet_channels: Vec<Vec<f64>> = Vec::new();
    while let Ok(Some(packet)) = format.next_packet() {
        if packet.track_id != wanted {
            continue;
        }
        let decoded = match decoder.decode(&packet) {
            Ok(decoded) => decoded,
            Err(Error::DecodeError(_)) => continue,
            Err(_) => break,
        };
        decoded.copy_to_vecs_planar(&mut packet_channels);
        if channels.is_empty() {
            rate = decoded.spec().rate();
            channels.resize(packet_channels.len(), Vec::new());
        }
        if packet_channels.len() != channels.len() {
            break;
        }
        for (channel, samples) in channels.iter_mut().zip(&packet_channels) {
            channel.extend_from_slice(samples);
        }
        if channels.len() * channels[0].len() > LARGEST {
            return Err("it is longer than 64 million samples");
        }
    }
    let full = channels.first().is_some_and(|channel| !channel.is_empty());
    if full { Ok((rate, channels)) } else { Err("it holds no sound") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(path: &Path) -> String {
        SoundFile::read(path).unwrap_err().message
    }

    #[test]
    fn a_wave_file_is_its_samples() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.wav");
        crate::write_wav(
            &path,
            &[vec![0.5, -1.5, 0.25], vec![0.0, f32::NAN, 1.0]],
            22_050,
            crate::WavSamples::Float,
        )
        .unwrap();
        let sound = SoundFile::read(&path).unwrap();
        assert_eq!(sound.rate, 22_050);
        assert_eq!(sound.channels, [vec![0.5, -1.5, 0.25], vec![0.0, 0.0, 1.0]]);
    }

    #[test]
    fn a_tone_keeps_its_pitch_and_level_at_another_rate() {
        let tone = |rate: u32| -> Vec<f64> {
            let step = std::f64::consts::TAU * 440.0 / f64::from(rate);
            (0..rate).map(|at| (step * f64::from(at)).sin()).collect()
        };
        for (from, to) in [(44_100, 48_000), (48_000, 44_100), (22_050, 48_000), (8_000, 96_000)] {
            let sound = SoundFile { rate: from, channels: vec![tone(from)] }.at_rate(to);
            assert_eq!((sound.rate, sound.frames()), (to, to as usize));
            // The ends are cut by the file, not by the tone. The phase may be off by a part of a sample.
            let middle = to as usize / 4..3 * to as usize / 4;
            let heard = &sound.channels[0][middle.clone()];
            let step = std::f64::consts::TAU * 440.0 / f64::from(to);
            let [sine, cosine] = [f64::sin, f64::cos].map(|wave| {
                let wave = |at: usize| wave(step * at as f64);
                2.0 * middle.clone().zip(heard).map(|(at, x)| wave(at) * x).sum::<f64>() / heard.len() as f64
            });
            assert!((sine.hypot(cosine) - 1.0).abs() < 1e-3, "{from} to {to}: {sine} {cosine}");
            let tone = |at: usize| sine * (step * at as f64).sin() + cosine * (step * at as f64).cos();
            let worst = middle.zip(heard).map(|(at, x)| (tone(at) - x).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-3, "{from} to {to}: {worst}");
        }
    }

    /// One block of FLAC (RFC 9639): mono, 16 bits, 8 kHz, 16 frames that are all 16384, as one constant subframe.
    #[test]
    fn a_flac_file_is_its_samples() {
        let mut bytes = b"fLaC".to_vec();
        // The last metadata block, STREAMINFO, 34 bytes: block sizes, unknown frame sizes, then packed: the rate
        // in 20 bits, channels - 1 in 3, bits - 1 in 5, the number of frames in 36; no checksum.
        bytes.extend([0x80, 0, 0, 34, 0, 16, 0, 16, 0, 0, 0, 0, 0, 0]);
        bytes.extend([0x01, 0xf4, 0x00, 0xf0, 0, 0, 0, 16]);
        bytes.extend([0; 16]);
        // A frame: sync; size in 8 bits, rate of 8 kHz; mono, 16 bits; frame 0; size - 1.
        let mut frame = vec![0xff, 0xf8, 0x64, 0x08, 0x00, 15];
        frame.push(crc(&frame, 8, 0x07).to_be_bytes()[1]);
        frame.extend([0x00, 0x40, 0x00]);
        frame.extend(crc(&frame, 16, 0x8005).to_be_bytes());
        bytes.extend(frame);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.flac");
        std::fs::write(&path, bytes).unwrap();
        let sound = SoundFile::read(&path).unwrap();
        assert_eq!((sound.rate, sound.channels.len()), (8000, 1));
        assert_eq!(sound.channels[0], [0.5; 16]);
    }

    /// A checksum of `width` bits, most significant bit first.
    fn crc(bytes: &[u8], width: u32, polynomial: u32) -> u16 {
        let top = 1_u32 << (width - 1);
        let mask = (top - 1) | top;
        let crc = bytes.iter().fold(0_u32, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte) << (width - 8), |crc, _| {
                let shifted = crc << 1 & mask;
                if crc & top == 0 { shifted } else { shifted ^ polynomial }
            })
        });
        u16::try_from(crc).unwrap()
    }

    #[test]
    fn a_file_of_noise_is_said_to_be_no_sound_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("noise.wav");
        for bytes in [&b""[..], &[0x9E; 3000], b"<html></html>"] {
            std::fs::write(&path, bytes).unwrap();
            assert!(why(&path).ends_with("it is not a WAV, FLAC, MP3 or Ogg Vorbis file"), "{}", why(&path));
        }
    }

    #[test]
    fn what_holds_no_sound_says_why() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.wav");
        assert!(why(&path).contains("a.wav`: "));
        assert!(why(directory.path()).contains("is a directory"));
        for bytes in [&b""[..], b"RIFF", b"RIFF\xff\xff\xff\xffWAVEfmt ", &[0; 5000], b"OggS", b"fLaC\0\0"] {
            std::fs::write(&path, bytes).unwrap();
            assert!(why(&path).contains("a.wav`: "), "{bytes:?}");
        }
        crate::write_wav(&path, &[vec![0.5; 8]], 8000, crate::WavSamples::Float).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            // Cut anywhere, it is a shorter sound or none.
            assert!(SoundFile::read(&path).map_or(0, |sound| sound.channels[0].len()) <= 8, "{length}");
        }
    }
}
