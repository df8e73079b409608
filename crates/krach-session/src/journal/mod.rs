//! The journal: every step that was heard, with its frame, kept on disk while it plays.
//!
//! A [`Scribe`] takes the steps from the callers and writes them on a thread of its own: no caller waits for a disk, and
//! the music goes on where the disk is full. A [`Journal`] is what was written, to play it again or to go on from it.

mod rows;
mod scribe;
pub(crate) mod shape;

pub(crate) use scribe::Scribe;

use crate::patch::{Name, Patch};
use crate::{Edit, Scenes, Step};
use krach_abi::Frame;
use krach_diag::{Code, Diagnostic};
use krach_pattern::Time;
use krach_store::JournalFile;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The form of the records; files of another form are refused.
const SCHEMA: u32 = 1;

/// One record of a journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Record {
    /// The first one: sound begins on a frame, with a cycle of the music there.
    Begin {
        schema: u32,
        version: String,
        rate: u32,
        #[serde(with = "shape::frame")]
        frame: Frame,
        #[serde(with = "shape::time")]
        cycle: Time,
    },
    /// A step, and the cycle on its frame.
    Step {
        step: Step,
        #[serde(with = "shape::time")]
        cycle: Time,
    },
    /// Everything before this frame was asked for by the device.
    Heard(#[serde(with = "shape::frame")] Frame),
    /// A scene is saved: the edits that make it of nothing.
    Scene(Name, Vec<Edit>),
}

/// What was played: steps on frames that count from its beginning.
#[derive(Clone, Debug)]
pub struct Journal {
    /// The sample rate, in Hz.
    pub rate: u32,
    /// The cycle on the first frame.
    pub cycle: Time,
    /// The first of them makes the patch of the beginning.
    pub steps: Vec<Step>,
    /// The length of what was heard.
    pub frames: usize,
    /// The scenes that were saved.
    pub scenes: Scenes,
    /// Whether the file has an end; without, something stopped krach in the middle of a record.
    pub is_whole: bool,
}

impl Journal {
    /// Reads a journal, up to the first record that is not whole.
    ///
    /// # Errors
    /// `KR0501`: it cannot be read, or is no journal of this version.
    pub fn read(path: &Path) -> Result<Self, Diagnostic> {
        let (records, is_whole) = JournalFile::read::<Record>(path)?;
        let refuse = |why: &str| {
            Diagnostic::error(Code::Unreadable, format!("cannot read `{}`: {why}", path.display()))
        };
        let mut records = records.into_iter();
        let Some(Record::Begin { schema, rate, frame: first, cycle, .. }) = records.next() else {
            return Err(refuse("it is damaged: it has no beginning"));
        };
        if schema != SCHEMA || rate == 0 {
            let report = refuse("its form is of another version");
            return Err(report.help("use the version of krach that wrote it"));
        }
        let (mut steps, mut frames, mut scenes) = (Vec::new(), 0, Scenes::default());
        for record in records {
            match record {
                Record::Step { step, .. } => {
                    let frame = Frame(step.frame.0.saturating_sub(first.0));
                    if steps.last().is_some_and(|last: &Step| last.frame > frame) {
                        return Err(refuse("it is damaged: its steps are not in the order of their frames"));
                    }
                    frames = frames.max(frame.since(Frame(0)));
                    steps.push(Step { frame, ..step });
                }
                Record::Heard(frame) => frames = frames.max(frame.since(first)),
                Record::Scene(name, edits) => {
                    let mut patch = Patch::default();
                    patch.apply_all(&edits)?;
                    scenes.save(&name, &patch);
                }
                Record::Begin { .. } => return Err(refuse("it is damaged: it begins twice")),
            }
        }
        Ok(Self { rate, cycle, steps, frames, scenes, is_whole })
    }

    /// The journal of the user's last session with an edit, before the one that is being written; none if there is none.
    #[must_use]
    pub fn before(present: Option<&Path>) -> Option<PathBuf> {
        Self::last_of(&JournalFile::folder_of_user()?, present)
    }

    /// The last journal of a folder with an edit, before another one if that is given. A prompt that was opened and closed
    /// leaves one without.
    #[must_use]
    pub fn last_of(folder: &Path, before: Option<&Path>) -> Option<PathBuf> {
        let edits = |record: &Record| matches!(record, Record::Step { step, .. } if !step.edits().is_empty());
        let mut last = JournalFile::latest(folder, before);
        while let Some(path) = last {
            // One that cannot be read says so when it is read.
            if JournalFile::has(&path, edits).unwrap_or(true) {
                return Some(path);
            }
            last = JournalFile::latest(folder, Some(&path));
        }
        None
    }

    /// The patch after the last step.
    ///
    /// # Errors
    /// A step does not fit the patch: the file was changed.
    pub fn patch(&self) -> Result<Patch, Diagnostic> {
        let mut patch = Patch::default();
        for step in &self.steps {
            patch.apply_all(step.edits())?;
        }
        Ok(patch)
    }

    /// The same at another sample rate: steps fall on the frames nearest to their time.
    #[must_use]
    pub fn at_rate(mut self, rate: u32) -> Self {
        let moved = |frames: u64| {
            let exact = u128::from(frames) * u128::from(rate) + u128::from(self.rate / 2);
            u64::try_from(exact / u128::from(self.rate)).unwrap_or(u64::MAX)
        };
        self.frames = usize::try_from(moved(self.frames as u64)).unwrap_or(usize::MAX);
        for step in &mut self.steps {
            step.frame = Frame(moved(step.frame.0));
        }
        self.rate = rate;
        self
    }
}
