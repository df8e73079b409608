//! The thread that writes a journal.

use super::{Record, SCHEMA};
use crate::patch::{Name, Patch};
use crate::{Edit, Step};
use krach_abi::Frame;
use krach_pattern::Time;
use krach_store::JournalFile;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::thread::JoinHandle;

/// Takes records from any thread and lets its own write them. Dropping it writes all that it has taken.
#[derive(Debug)]
pub(crate) struct Scribe {
    /// None once records came faster than the disk: the journal ends before the first that is missing.
    records: Option<SyncSender<Record>>,
    /// Why the journal ended early, until that is read.
    fault: Option<io::Error>,
    faults: Receiver<io::Error>,
    thread: Option<JoinHandle<()>>,
    path: PathBuf,
    /// The next frame to be written as heard, and how many lie between two of them.
    next: Frame,
    rate: u32,
}

/// Records that wait for the disk.
const WAITING: usize = 16_384;
/// Bytes of a file, after which another begins with the whole patch.
const LARGEST: u64 = 64 << 20;

impl Scribe {
    /// Begins a journal in a folder.
    ///
    /// # Errors
    /// The folder cannot be written, or the system gives no thread.
    pub fn begin(folder: &Path, rate: u32, cycle: Time) -> io::Result<Self> {
        Self::begin_files(folder, rate, cycle, LARGEST)
    }

    /// The same, in files of at most about `largest` bytes.
    fn begin_files(folder: &Path, rate: u32, cycle: Time, largest: u64) -> io::Result<Self> {
        let (records, taken) = sync_channel(WAITING);
        let (failed, faults) = channel();
        let file = JournalFile::create(folder)?;
        let path = file.path().to_owned();
        let (folder, patch, scenes) = (folder.to_owned(), Patch::default(), Vec::new());
        let mut writer = Writer { folder, file, largest, patch, scenes, rate };
        let thread = std::thread::Builder::new().name("krach-journal".into());
        let thread = thread.spawn(move || {
            // A full disk ends the journal and nothing else.
            if let Err(error) = writer.begin(Frame(0), cycle).and_then(|()| writer.write_all(&taken)) {
                // Without a listener the session is being closed.
                let _ = failed.send(error);
            }
        })?;
        let (records, thread) = (Some(records), Some(thread));
        Ok(Self { records, fault: None, faults, thread, path, next: Frame(0), rate })
    }

    /// The file, or the first of them.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes a record; it never waits.
    pub fn take(&mut self, record: Record) {
        let Some(records) = &self.records else { return };
        match records.try_send(record) {
            Ok(()) => return,
            Err(TrySendError::Full(_)) => self.fault = Some(io::Error::other("the disk is too slow")),
            // The thread has ended, and reports why.
            Err(TrySendError::Disconnected(_)) => {}
        }
        self.records = None;
    }

    /// Why the journal ended early; given once.
    pub fn fault(&mut self) -> Option<io::Error> {
        self.fault.take().or_else(|| self.faults.try_recv().ok())
    }

    /// Notes once in a second how far the device has come.
    pub fn hear(&mut self, now: Frame) {
        if now >= self.next {
            self.next = now.after(self.rate as usize);
            self.take(Record::Heard(now));
        }
    }

    /// Notes how far the device came, and writes everything.
    pub fn end(&mut self, now: Frame) {
        self.take(Record::Heard(now));
        self.records = None;
        if let Some(thread) = self.thread.take() {
            // A panic was printed where it happened.
            let _ = thread.join();
        }
    }
}

impl Drop for Scribe {
    fn drop(&mut self) {
        self.records = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the thread owns.
struct Writer {
    folder: PathBuf,
    file: JournalFile,
    /// Bytes of a file, after which another begins.
    largest: u64,
    /// The patch after the last step.
    patch: Patch,
    /// The scenes so far, as the edits that make each of nothing.
    scenes: Vec<(Name, Vec<Edit>)>,
    rate: u32,
}

impl Writer {
    fn begin(&mut self, frame: Frame, cycle: Time) -> io::Result<()> {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        self.file.write(&Record::Begin { schema: SCHEMA, version, rate: self.rate, frame, cycle })
    }

    fn write_all(&mut self, taken: &Receiver<Record>) -> io::Result<()> {
        for record in taken {
            match &record {
                Record::Step { step, cycle } => {
                    if self.file.bytes() > self.largest {
                        self.begin_anew(step.frame, *cycle)?;
                    }
                    // The patch of the session took these edits already.
                    let _ = self.patch.apply_all(step.edits());
                }
                Record::Scene(name, edits) => {
                    self.scenes.retain(|(saved, _)| saved != name);
                    self.scenes.push((name.clone(), edits.clone()));
                }
                Record::Begin { .. } | Record::Heard(_) => {}
            }
            self.file.write(&record)?;
        }
        Ok(())
    }

    /// Goes on in another file, which begins with the whole patch and all scenes.
    fn begin_anew(&mut self, frame: Frame, cycle: Time) -> io::Result<()> {
        self.file = JournalFile::create(&self.folder)?;
        self.begin(frame, cycle)?;
        let whole: Vec<Edit> = Patch::default().diff(&self.patch);
        self.file.write(&Record::Step { step: Step::of(frame, whole), cycle })?;
        self.scenes
            .iter()
            .try_for_each(|(name, edits)| self.file.write(&Record::Scene(name.clone(), edits.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Journal;
    use super::*;

    #[test]
    fn a_journal_that_goes_on_in_another_file_keeps_its_scenes() {
        let folder = tempfile::tempdir().unwrap();
        let mut scribe = Scribe::begin_files(folder.path(), 48_000, Time::ZERO, 2_000).unwrap();
        let first = scribe.path().to_owned();
        let mut patch = Patch::default();
        for at in 0..40_u16 {
            let edits = vec![Edit::Tempo(100.0 + f64::from(at))];
            patch.apply_all(&edits).unwrap();
            scribe.take(Record::Step { step: Step::of(Frame(at.into()), edits.clone()), cycle: Time::ZERO });
            if at < 3 {
                scribe.take(Record::Scene(["verse", "chorus", "verse"][usize::from(at)].into(), edits));
            }
        }
        scribe.end(Frame(100));
        let last = JournalFile::latest(folder.path(), None).unwrap();
        assert!(last > first, "it is another file");
        let journal = Journal::read(&last).unwrap();
        assert_eq!(journal.patch().unwrap(), patch);
        let tempo = |name| journal.scenes.get(name).map(|scene| scene.settings().tempo);
        assert_eq!([tempo("verse"), tempo("chorus")].map(Result::unwrap), [102.0, 101.0]);
        assert_eq!(scribe.fault().map(|error| error.to_string()), None);
    }
}
