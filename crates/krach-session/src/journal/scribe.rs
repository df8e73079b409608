//! The thread that writes a journal.

use super::{Record, SCHEMA};
use crate::patch::Patch;
use crate::{Edit, Step};
use krach_abi::Frame;
use krach_pattern::Time;
use krach_store::JournalFile;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Takes records from any thread and lets its own write them. Dropping it writes all that it has taken.
#[derive(Debug)]
pub(crate) struct Scribe {
    /// None once records came faster than the disk: the journal ends before the first that is missing.
    records: Option<SyncSender<Record>>,
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
        let (records, taken) = sync_channel(WAITING);
        let file = JournalFile::create(folder)?;
        let path = file.path().to_owned();
        let mut writer = Writer { folder: folder.to_owned(), file, patch: Patch::default(), rate };
        let thread = std::thread::Builder::new().name("krach-journal".into());
        let thread = thread.spawn(move || {
            // A full disk ends the journal and nothing else.
            let _ = writer.begin(Frame(0), cycle).and_then(|()| writer.write_all(&taken));
        })?;
        Ok(Self { records: Some(records), thread: Some(thread), path, next: Frame(0), rate })
    }

    /// The file, or the first of them.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes a record; it never waits.
    pub fn take(&mut self, record: Record) {
        if let Some(records) = &self.records
            && records.try_send(record).is_err()
        {
            self.records = None;
        }
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
    /// The patch after the last step.
    patch: Patch,
    rate: u32,
}

impl Writer {
    fn begin(&mut self, frame: Frame, cycle: Time) -> io::Result<()> {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        self.file.write(&Record::Begin { schema: SCHEMA, version, rate: self.rate, frame, cycle })
    }

    fn write_all(&mut self, taken: &Receiver<Record>) -> io::Result<()> {
        for record in taken {
            if let Record::Step { step, cycle } = &record {
                if self.file.bytes() > LARGEST {
                    self.begin_anew(step.frame, *cycle)?;
                }
                // The patch of the session took these edits already.
                let _ = self.patch.apply_all(step.edits());
            }
            self.file.write(&record)?;
        }
        Ok(())
    }

    /// Goes on in another file, which begins with the whole patch.
    fn begin_anew(&mut self, frame: Frame, cycle: Time) -> io::Result<()> {
        self.file = JournalFile::create(&self.folder)?;
        self.begin(frame, cycle)?;
        let whole: Vec<Edit> = Patch::default().diff(&self.patch);
        self.file.write(&Record::Step { step: Step::of(frame, whole), cycle })
    }
}
