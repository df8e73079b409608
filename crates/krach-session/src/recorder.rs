//! Recording while the music plays: from the audio thread through a ring to a thread that writes files.

use krach_diag::{Code, Diagnostic};
use krach_store::{TakeFormat, TakeWriter};
use rtrb::{Consumer, Producer, RingBuffer};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A signal that is recorded to a file of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// The name of the node; none is the master, which goes to the file of the take itself.
    pub stem: Option<String>,
    pub channels: u16,
}

/// A take that is running. Dropping it ends the take.
#[derive(Debug)]
pub struct Recorder {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<Result<Vec<PathBuf>, Diagnostic>>>,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    lost: AtomicU64,
    failure: Mutex<Option<Diagnostic>>,
}

/// The end of a take that the audio thread writes to. It never waits.
#[derive(Debug)]
pub struct Tape {
    ring: Producer<f32>,
    /// Samples in a frame: the channels of all tracks.
    width: usize,
    /// Frames that found no room and become silence when there is some, so that everything after them stays in its place.
    owed: usize,
    shared: Arc<Shared>,
}

/// Seconds of sound that may wait for a slow disk.
const PATIENCE: usize = 10;
/// Samples that may wait at most: 64 MB.
const MOST_WAITING: usize = 16 << 20;
const LOOK: Duration = Duration::from_millis(20);

/// The file of a track: `take.wav` for the master, `take-stems/NAME.wav` for a stem, where `/` in a name becomes `-`.
#[must_use]
pub fn track_path(take: &Path, stem: Option<&str>) -> PathBuf {
    let Some(name) = stem else { return take.to_owned() };
    let own = take.file_stem().unwrap_or_default().to_string_lossy();
    let ending = take.extension().unwrap_or_default().to_string_lossy();
    let name: String = name.chars().map(|c| if matches!(c, '/' | '\\' | '\0') { '-' } else { c }).collect();
    take.with_file_name(format!("{own}-stems")).join(format!("{name}.{ending}"))
}

impl Recorder {
    /// Begins a take of some tracks, which are all in time: every file begins with the first frame that the tape gets.
    ///
    /// # Errors
    /// `KR0502`: a file exists already or cannot be made, or two stems have one name.
    pub fn start(
        path: &Path,
        tracks: &[Track],
        format: TakeFormat,
        rate: u32,
    ) -> Result<(Self, Tape), Diagnostic> {
        let writer = |track: &Track| {
            let path = track_path(path, track.stem.as_deref());
            TakeWriter::create(&path, format, track.channels, rate)
        };
        let writers = tracks.iter().map(writer).collect::<Result<Vec<_>, _>>()?;
        let widths: Vec<usize> = tracks.iter().map(|track| track.channels.into()).collect();
        let width: usize = widths.iter().sum();
        let frames = (rate as usize * PATIENCE).min(MOST_WAITING / width.max(1)).max(4096);
        let (ring, heard) = RingBuffer::new(frames * width);
        let shared = Arc::new(Shared::default());
        let disk =
            Disk { heard, width, tracks: writers.into_iter().zip(widths).collect(), shared: shared.clone() };
        let thread = std::thread::Builder::new().name("krach-disk".into()).spawn(move || disk.run());
        let thread = thread.map_err(|error| {
            Diagnostic::error(Code::Unwritable, format!("cannot write `{}`: {error}", path.display()))
        })?;
        let tape = Tape { ring, width, owed: 0, shared: shared.clone() };
        Ok((Self { shared, thread: Some(thread) }, tape))
    }

    /// Why the take ended early: the disk is full, or a file is gone. The music plays on.
    #[must_use]
    pub fn failure(&self) -> Option<Diagnostic> {
        self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Frames that are silent in the take because the disk was too slow.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.shared.lost.load(Ordering::Relaxed)
    }

    /// Ends the take and returns its files.
    ///
    /// # Errors
    /// `KR0502`: why it ended early.
    pub fn stop(mut self) -> Result<Vec<PathBuf>, Diagnostic> {
        self.end().unwrap_or_else(|| Ok(Vec::new()))
    }

    fn end(&mut self) -> Option<Result<Vec<PathBuf>, Diagnostic>> {
        self.shared.stop.store(true, Ordering::Release);
        self.thread.take()?.join().ok()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // The files are whole; their names are of no use any more.
        let _ = self.end();
    }
}

impl Tape {
    /// Adds some frames. `channel` gives them for each channel of all tracks, in their order.
    pub fn write<'a>(&mut self, frames: usize, channel: impl Fn(usize) -> &'a [f32]) {
        self.pay();
        let room = if self.owed == 0 { (self.ring.slots() / self.width).min(frames) } else { 0 };
        if let Ok(chunk) = self.ring.write_chunk_uninit(room * self.width) {
            let (width, channel) = (self.width, &channel);
            chunk.fill_from_iter((0..room).flat_map(|at| (0..width).map(move |number| channel(number)[at])));
        }
        self.owed += frames - room;
        self.shared.lost.fetch_add((frames - room) as u64, Ordering::Relaxed);
    }

    /// Writes silence for frames that found no room.
    fn pay(&mut self) {
        let frames = (self.ring.slots() / self.width).min(self.owed);
        if let Ok(chunk) = self.ring.write_chunk_uninit(frames * self.width) {
            chunk.fill_from_iter(std::iter::repeat_n(0.0, frames * self.width));
            self.owed -= frames;
        }
    }

    /// Whether the disk thread is gone: the take has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.ring.is_abandoned()
    }
}

/// The thread that writes.
struct Disk {
    heard: Consumer<f32>,
    width: usize,
    /// Files, and their channels.
    tracks: Vec<(TakeWriter, usize)>,
    shared: Arc<Shared>,
}

impl Disk {
    fn run(mut self) -> Result<Vec<PathBuf>, Diagnostic> {
        let result = self.write_all();
        if let Err(report) = &result {
            *self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(report.clone());
        }
        result
    }

    fn write_all(&mut self) -> Result<Vec<PathBuf>, Diagnostic> {
        let mut part = Vec::new();
        loop {
            // In this order: what the tape got before the end is written.
            let stop = self.shared.stop.load(Ordering::Acquire) || self.heard.is_abandoned();
            let frames = self.heard.slots() / self.width.max(1);
            if frames == 0 {
                if stop {
                    break;
                }
                std::thread::sleep(LOOK);
                continue;
            }
            let chunk =
                self.heard.read_chunk(frames.min(4096) * self.width).expect("as many samples are there");
            let samples: Vec<f32> = chunk.into_iter().collect();
            let mut first = 0;
            for (file, channels) in &mut self.tracks {
                part.clear();
                samples
                    .chunks_exact(self.width)
                    .for_each(|frame| part.extend(&frame[first..first + *channels]));
                file.write(&part)?;
                first += *channels;
            }
        }
        let mut files = Vec::new();
        for (file, _) in self.tracks.drain(..) {
            files.extend(file.finish()?);
        }
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_abi::Buffer;
    use krach_store::{SoundFile, WavSamples};

    const FORMAT: TakeFormat = TakeFormat::Wav(WavSamples::Float);

    fn tracks() -> [Track; 3] {
        [(None, 2), (Some("bass"), 1), (Some("drums/kick"), 1)]
            .map(|(stem, channels): (Option<&str>, _)| Track { stem: stem.map(Into::into), channels })
    }

    /// A block in which every channel counts frames from `start`, on its own level.
    fn block(start: u16, frames: u16) -> Vec<Buffer<f32>> {
        tracks()
            .iter()
            .enumerate()
            .map(|(at, track)| {
                let mut buffer = Buffer::new(track.channels.into(), frames.into());
                for channel in 0..usize::from(track.channels) {
                    let samples = buffer.channel_mut(channel).iter_mut().zip(start..);
                    samples.for_each(|(sample, frame)| *sample = f32::from(frame) + at as f32 / 4.0);
                }
                buffer
            })
            .collect()
    }

    fn write(tape: &mut Tape, block: &[Buffer<f32>], frames: u16) {
        let channels: Vec<&[f32]> = block
            .iter()
            .flat_map(|track| (0..track.channels()).map(move |channel| track.channel(channel)))
            .collect();
        tape.write(frames.into(), |channel| channels[channel]);
    }

    #[test]
    fn stems_are_in_time_with_the_master() {
        let folder = tempfile::tempdir().unwrap();
        let take = folder.path().join("take.wav");
        let (recorder, mut tape) = Recorder::start(&take, &tracks(), FORMAT, 8000).unwrap();
        let mut start = 0;
        for frames in [64, 1, 7, 1000, 125].into_iter().cycle().take(40) {
            let block = block(start, frames);
            write(&mut tape, &block, frames);
            start += frames;
        }
        let files = recorder.stop().unwrap();
        let names = ["take.wav", "take-stems/bass.wav", "take-stems/drums-kick.wav"];
        assert_eq!(files, names.map(|name| folder.path().join(name)));
        for (at, file) in files.iter().enumerate() {
            let sound = SoundFile::read(file).unwrap();
            assert_eq!(sound.rate, 8000);
            let expected: Vec<f64> = (0..start).map(|frame| f64::from(frame) + at as f64 / 4.0).collect();
            assert!(sound.channels.iter().all(|channel| *channel == expected), "{}", names[at]);
        }
        assert!(tape.is_over());
    }

    #[test]
    fn a_slow_disk_costs_silence_and_no_time() {
        let (ring, mut heard) = RingBuffer::new(40);
        let shared = Arc::new(Shared::default());
        let mut tape = Tape { ring, width: 4, owed: 0, shared: shared.clone() };
        let mut write = |start, frames: u16| write(&mut tape, &block(start, frames), frames);
        let mut read = || {
            let chunk = heard.read_chunk(heard.slots()).unwrap();
            chunk.into_iter().step_by(4).collect::<Vec<f32>>()
        };
        write(1, 8);
        write(9, 8);
        assert_eq!(read(), (1..11_u16).map(f32::from).collect::<Vec<_>>());
        write(17, 2);
        // Frames 11 to 16 are silent, and 17 is in its place.
        assert_eq!(read(), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 17.0, 18.0]);
        assert_eq!(shared.lost.load(Ordering::Relaxed), 6);
    }

    #[test]
    fn a_take_that_exists_is_kept_and_an_end_without_stop_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let take = folder.path().join("take.wav");
        let master = &tracks()[..1];
        let (recorder, mut tape) = Recorder::start(&take, master, FORMAT, 8000).unwrap();
        let block = block(0, 100);
        write(&mut tape, &block[..1], 100);
        drop(recorder);
        assert_eq!(SoundFile::read(&take).unwrap().channels[0].len(), 100);
        let error = Recorder::start(&take, master, FORMAT, 8000).unwrap_err();
        assert_eq!(error.code, Code::Unwritable);
    }
}
