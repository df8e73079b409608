//! A take: audio that goes to disk while it is made.

use crate::wav::{WavSamples, io_error};
use crate::whole::{reason, refusal};
use flac_codec::encode::{FlacSampleWriter, Options};
use hound::{SampleFormat, WavSpec, WavWriter};
use krach_diag::Diagnostic;
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How a take holds its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeFormat {
    Wav(WavSamples),
    /// Whole numbers of 24 bits, compressed without loss.
    Flac,
}

impl TakeFormat {
    /// The format that the name of a file asks for: `.flac`, or `.wav` with the samples given.
    ///
    /// # Errors
    /// `KR0502`: another ending.
    pub fn of(path: &Path, samples: WavSamples) -> Result<Self, Diagnostic> {
        match path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).as_deref() {
            Some("wav") => Ok(Self::Wav(samples)),
            Some("flac") => Ok(Self::Flac),
            _ => {
                Err(refusal(path, "a take is a WAV or FLAC file").help("end its name with `.wav` or `.flac`"))
            }
        }
    }

    fn bytes_per_sample(self) -> u64 {
        match self {
            Self::Wav(WavSamples::Int16) => 2,
            Self::Wav(WavSamples::Int24) | Self::Flac => 3,
            Self::Wav(WavSamples::Float) => 4,
        }
    }
}

trait Media: Write + Seek + Send {}

impl<T: Write + Seek + Send> Media for T {}

impl fmt::Debug for TakeWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TakeWriter").field("files", &self.files).finish_non_exhaustive()
    }
}

type Open = fn(&Path) -> io::Result<Box<dyn Media>>;

/// A file that its encoder writes to and we flush: the encoder of FLAC keeps it to itself.
#[derive(Clone)]
struct Handle(Arc<Mutex<Box<dyn Media>>>);

impl Handle {
    fn get(&self) -> MutexGuard<'_, Box<dyn Media>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Handle {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.get().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.get().flush()
    }
}

impl Seek for Handle {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.get().seek(to)
    }
}

/// Writes a take frame by frame. A crash leaves a file that plays to within a second of the crash. Before a file
/// reaches 4 GB, the most that WAV can hold, the take goes on in the next one, `take-2.wav`, without a gap.
pub struct TakeWriter {
    path: PathBuf,
    format: TakeFormat,
    channels: u16,
    rate: u32,
    /// Frames that one file takes.
    most: u64,
    open: Open,
    file: Encoder,
    /// Frames in the file, and since its header was last made true.
    frames: u64,
    pending: u64,
    files: Vec<PathBuf>,
}

enum Encoder {
    Wav(WavWriter<Handle>, WavSamples),
    Flac(Box<FlacSampleWriter<Handle>>, Handle, Vec<i32>),
}

/// Bytes of one file: a little less than its header can count.
const LARGEST: u64 = u32::MAX as u64 - 4096;
/// The most channels of a FLAC file.
const FLAC_CHANNELS: u16 = 8;

impl TakeWriter {
    /// Begins a take. The file is there at once; its folder is made if only that is missing.
    ///
    /// # Errors
    /// `KR0502`: the file exists already, cannot be made, or has too many channels.
    pub fn create(path: &Path, format: TakeFormat, channels: u16, rate: u32) -> Result<Self, Diagnostic> {
        Self::begin(path, format, channels, rate, LARGEST, open_new)
    }

    fn begin(
        path: &Path,
        format: TakeFormat,
        channels: u16,
        rate: u32,
        largest: u64,
        open: Open,
    ) -> Result<Self, Diagnostic> {
        let most_channels = if format == TakeFormat::Flac { FLAC_CHANNELS } else { 256 };
        if !(1..=most_channels).contains(&channels) {
            let why =
                format!("it would have {channels} channels, and its format has at most {most_channels}");
            return Err(refusal(path, &why));
        }
        if let Some(folder) =
            path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        {
            std::fs::create_dir(folder).map_err(|error| refusal(path, &reason(&error)))?;
        }
        let most = (largest / (u64::from(channels) * format.bytes_per_sample())).max(1);
        let file =
            encoder(path, format, channels, rate, open).map_err(|error| refusal(path, &reason(&error)))?;
        Ok(Self {
            path: path.to_owned(),
            format,
            channels,
            rate,
            most,
            open,
            file,
            frames: 0,
            pending: 0,
            files: vec![path.to_owned()],
        })
    }

    /// Adds frames, given sample by sample, channel after channel.
    ///
    /// # Errors
    /// `KR0502`: the disk is full, or the file is gone. What was written before stays playable.
    pub fn write(&mut self, samples: &[f32]) -> Result<(), Diagnostic> {
        let width = usize::from(self.channels);
        let mut rest = samples;
        while !rest.is_empty() {
            if self.frames == self.most {
                self.roll_over()?;
            }
            let room = usize::try_from(self.most - self.frames).unwrap_or(usize::MAX);
            let (now, later) = rest.split_at(room.saturating_mul(width).min(rest.len()));
            self.add(now).map_err(|error| self.refused(&error))?;
            let frames = (now.len() / width) as u64;
            self.frames += frames;
            self.pending += frames;
            // Once a second the header says how much there is.
            if self.pending >= u64::from(self.rate) {
                self.pending = 0;
                let flushed = match &mut self.file {
                    Encoder::Wav(file, _) => file.flush().map_err(io_error),
                    Encoder::Flac(_, file, _) => file.flush(),
                };
                flushed.map_err(|error| self.refused(&error))?;
            }
            rest = later;
        }
        Ok(())
    }

    /// Ends the take and returns its files, in order.
    ///
    /// # Errors
    /// `KR0502`: the end cannot be written.
    pub fn finish(self) -> Result<Vec<PathBuf>, Diagnostic> {
        let last = self.files.last().unwrap_or(&self.path).clone();
        close(self.file).map_err(|error| refusal(&last, &reason(&error)))?;
        Ok(self.files)
    }

    fn refused(&self, error: &io::Error) -> Diagnostic {
        refusal(self.files.last().unwrap_or(&self.path), &reason(error))
    }

    fn add(&mut self, samples: &[f32]) -> io::Result<()> {
        match &mut self.file {
            Encoder::Wav(file, kind) => {
                samples.iter().try_for_each(|&sample| kind.write(sample, file)).map_err(io_error)
            }
            Encoder::Flac(file, _, whole) => {
                whole.clear();
                whole.extend(samples.iter().map(|&sample| WavSamples::whole(sample, 8_388_607.0)));
                file.write(whole).map_err(io::Error::other)
            }
        }
    }

    /// Goes on in the next file.
    fn roll_over(&mut self) -> Result<(), Diagnostic> {
        let number = self.files.len() + 1;
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let ending = self.path.extension().unwrap_or_default().to_string_lossy();
        let next = self.path.with_file_name(format!("{stem}-{number}.{ending}"));
        let file = encoder(&next, self.format, self.channels, self.rate, self.open)
            .map_err(|error| refusal(&next, &reason(&error)))?;
        let full = std::mem::replace(&mut self.file, file);
        close(full).map_err(|error| self.refused(&error))?;
        self.files.push(next);
        (self.frames, self.pending) = (0, 0);
        Ok(())
    }
}

/// A file that was not there before: a take never takes the place of another.
fn open_new(path: &Path) -> io::Result<Box<dyn Media>> {
    Ok(Box::new(BufWriter::new(File::create_new(path)?)))
}

fn encoder(path: &Path, format: TakeFormat, channels: u16, rate: u32, open: Open) -> io::Result<Encoder> {
    let media = Handle(Arc::new(Mutex::new(open(path)?)));
    match format {
        TakeFormat::Wav(kind) => {
            let sample_format =
                if kind == WavSamples::Float { SampleFormat::Float } else { SampleFormat::Int };
            let spec = WavSpec { channels, sample_rate: rate, bits_per_sample: kind.bits(), sample_format };
            let mut file = WavWriter::new(media, spec).map_err(io_error)?;
            file.flush().map_err(io_error)?;
            Ok(Encoder::Wav(file, kind))
        }
        TakeFormat::Flac => {
            let channels = u8::try_from(channels).map_err(io::Error::other)?;
            // Its index of places would be written at the end only.
            let options = Options::default().no_seektable();
            let file = FlacSampleWriter::new(media.clone(), options, rate, 24, channels, None);
            Ok(Encoder::Flac(Box::new(file.map_err(io::Error::other)?), media, Vec::new()))
        }
    }
}

fn close(file: Encoder) -> io::Result<()> {
    match file {
        Encoder::Wav(file, _) => file.finalize().map_err(io_error),
        Encoder::Flac(file, ..) => file.finalize().map_err(io::Error::other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SoundFile;

    const FORMATS: [(&str, TakeFormat); 3] = [
        ("take.wav", TakeFormat::Wav(WavSamples::Int24)),
        ("take.wav", TakeFormat::Wav(WavSamples::Float)),
        ("take.flac", TakeFormat::Flac),
    ];

    /// Stereo samples that every format holds exactly.
    fn samples(frames: u16) -> Vec<f32> {
        (0..frames).flat_map(|frame| [f32::from(frame) / 32_768.0, -f32::from(frame) / 32_768.0]).collect()
    }

    fn left(path: &Path) -> Vec<f64> {
        SoundFile::read(path).unwrap().channels[0].clone()
    }

    /// What a reader gets for a frame: whole numbers are scaled by 2^23 - 1 when they are written.
    fn close_to(read: &[f64], frames: std::ops::Range<u16>) {
        assert_eq!(read.len(), frames.len());
        for (sample, frame) in read.iter().zip(frames) {
            assert!((sample - f64::from(frame) / 32_768.0).abs() < 3e-7, "frame {frame}: {sample}");
        }
    }

    #[test]
    fn a_take_is_what_was_written() {
        for (name, format) in FORMATS {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            let mut take = TakeWriter::create(&path, format, 2, 1000).unwrap();
            // In pieces of odd sizes.
            for piece in samples(9000).chunks(2 * 77) {
                take.write(piece).unwrap();
            }
            assert_eq!(take.finish().unwrap(), std::slice::from_ref(&path));
            close_to(&left(&path), 0..9000);
            let again = TakeWriter::create(&path, format, 2, 1000).expect_err("the take is kept");
            assert!(again.message.contains("exists"), "{again:?}");
        }
    }

    #[test]
    fn a_crash_leaves_a_file_that_plays() {
        for (name, format) in FORMATS {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            let mut take = TakeWriter::create(&path, format, 2, 1000).unwrap();
            for _ in 0..20 {
                take.write(&samples(30_000)).unwrap();
            }
            // Neither ended nor dropped, as by `kill -9`.
            std::mem::forget(take);
            let read = left(&path);
            assert!(read.len() > 500_000 && read.len() <= 600_000, "{name}: {} frames", read.len());
            close_to(&read[..30_000], 0..30_000);
        }
    }

    #[test]
    fn a_long_take_goes_on_in_the_next_file() {
        for (name, format) in FORMATS {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            let largest = 1000 * 2 * format.bytes_per_sample();
            let mut take = TakeWriter::begin(&path, format, 2, 100, largest, open_new).unwrap();
            take.write(&samples(2500)).unwrap();
            let files = take.finish().unwrap();
            let ending = &name[4..];
            assert_eq!(files[1..], [2, 3].map(|number| folder.path().join(format!("take-{number}{ending}"))));
            let parts = [0..1000, 1000..2000, 2000..2500];
            files.iter().zip(parts).for_each(|(file, frames)| close_to(&left(file), frames));
        }
    }

    /// A disk with room for a number of bytes.
    struct Small(io::Cursor<Vec<u8>>);

    impl Write for Small {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.position() + bytes.len() as u64 > 20_000 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for Small {
        fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn a_full_disk_is_an_error() {
        for (name, format) in FORMATS {
            let open: Open = |_| Ok(Box::new(Small(io::Cursor::new(Vec::new()))));
            let mut take = TakeWriter::begin(Path::new(name), format, 2, 1000, LARGEST, open).unwrap();
            let mut random = 1_u32;
            let mut noise = || {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                f32::from((random >> 16) as u16) / 65_536.0
            };
            let piece: Vec<f32> = (0..8192).map(|_| noise()).collect();
            let error = (0..100).find_map(|_| take.write(&piece).err()).expect("the disk is full");
            assert!(error.message.contains(name), "{error:?}");
        }
    }
}
