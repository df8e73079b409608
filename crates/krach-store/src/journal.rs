//! Journals: records on disk, one in each line, written as they happen.
//!
//! A line is the hash of a record, a space, and the record as JSON. It is written in one piece. A crash at any byte leaves
//! whole lines, and the beginning of one more line, whose hash does not fit.

use crate::texts::{open, refusal};
use krach_diag::{Code, Diagnostic};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// A journal that is being written.
#[derive(Debug)]
pub struct JournalFile {
    file: File,
    path: PathBuf,
    bytes: u64,
}

/// Bytes that the journals of a folder may take together; the oldest are removed.
const FOLDER_LIMIT: u64 = 256 << 20;
/// Letters of a hash in hexadecimal.
const HASH: usize = 16;
const EXTENSION: &str = "journal";

impl JournalFile {
    /// `krach/journal` in the user's state folder (`$XDG_STATE_HOME`, or the one of the system). None if there is no such
    /// folder, or if `KRACH_JOURNAL=off`.
    #[must_use]
    pub fn folder_of_user() -> Option<PathBuf> {
        if std::env::var("KRACH_JOURNAL").is_ok_and(|choice| choice.trim() == "off") {
            return None;
        }
        Some(dirs::state_dir().or_else(dirs::data_local_dir)?.join("krach").join("journal"))
    }

    /// Begins a journal in a folder, and removes the oldest ones there where all of them are too large.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub fn create(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        remove_oldest(folder, FOLDER_LIMIT);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs());
        // A clock that was set back gives no name before those that are there.
        let (seconds, first) = match all(folder).last().and_then(|path| moment(path)) {
            Some((seconds, 999..)) if seconds >= now => (seconds + 1, 0),
            Some((seconds, number)) if seconds >= now => (seconds, number + 1),
            _ => (now, 0),
        };
        let mut options = OpenOptions::new();
        options.append(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        for number in first..1000 {
            // Names are in the order of time.
            let path = folder.join(format!("{seconds:012}-{number:03}.{EXTENSION}"));
            match options.open(&path) {
                Ok(file) => return Ok(Self { file, path, bytes: 0 }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "a thousand journals of this second are there"))
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes that were written.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds a record.
    ///
    /// # Errors
    /// The disk is full, or the record is no JSON.
    pub fn write(&mut self, record: &impl Serialize) -> io::Result<()> {
        let json = serde_json::to_string(record)?;
        let line = format!("{} {json}\n", hash(json.as_bytes()));
        self.file.write_all(line.as_bytes())?;
        self.bytes += line.len() as u64;
        Ok(())
    }

    /// The records of a journal up to the first line that is not whole, and whether all lines are.
    ///
    /// # Errors
    /// `KR0501`: the file cannot be read, has no whole line, or a line holds another kind of record.
    pub fn read<T: DeserializeOwned>(path: &Path) -> Result<(Vec<T>, bool), Diagnostic> {
        let mut records = Vec::new();
        let is_whole = Self::each(path, |record| {
            records.push(record);
            true
        })?;
        if records.is_empty() {
            return Err(refuse(path, "it is no journal of krach"));
        }
        Ok((records, is_whole))
    }

    /// Whether a record of a journal, up to the first line that is not whole, passes a test. No further one is read.
    ///
    /// # Errors
    /// `KR0501`: the file cannot be read, or a line before holds another kind of record.
    pub fn has<T: DeserializeOwned>(path: &Path, test: impl Fn(&T) -> bool) -> Result<bool, Diagnostic> {
        let mut found = false;
        Self::each(path, |record| {
            found = test(&record);
            !found
        })?;
        Ok(found)
    }

    /// Gives the records to `see` until it answers false, or up to the first line that is not whole. Whether all lines that
    /// were read are.
    fn each<T: DeserializeOwned>(path: &Path, mut see: impl FnMut(T) -> bool) -> Result<bool, Diagnostic> {
        let unreadable = |error| refusal(path, &path.display().to_string(), &error);
        let mut lines = BufReader::new(open(path).map_err(unreadable)?.take(FOLDER_LIMIT));
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            if lines.read_until(b'\n', &mut line).map_err(unreadable)? == 0 {
                break;
            }
            let Some(json) = line.strip_suffix(b"\n").and_then(whole) else { return Ok(false) };
            let record = serde_json::from_slice(json).map_err(|error| {
                let why = format!("its record {number} cannot be used: {error}");
                refuse(path, &why).help("use the version of krach that wrote it")
            })?;
            if !see(record) {
                break;
            }
        }
        Ok(true)
    }

    /// The journal in a folder that was begun last, before another one if that is given.
    #[must_use]
    pub fn latest(folder: &Path, before: Option<&Path>) -> Option<PathBuf> {
        all(folder).into_iter().rfind(|path| before.is_none_or(|before| &**path < before))
    }
}

fn refuse(path: &Path, why: &str) -> Diagnostic {
    Diagnostic::error(Code::Unreadable, format!("cannot read `{}`: {why}", path.display()))
}

/// The JSON of a line whose hash fits.
fn whole(line: &[u8]) -> Option<&[u8]> {
    let (given, json) = line.split_at_checked(HASH)?;
    let json = json.strip_prefix(b" ")?;
    (hash(json).as_bytes() == given).then_some(json)
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..HASH].to_owned()
}

/// The second in the name of a journal, and its number in that second.
fn moment(path: &Path) -> Option<(u64, u16)> {
    let (seconds, number) = path.file_stem()?.to_str()?.split_once('-')?;
    Some((seconds.parse().ok()?, number.parse().ok()?))
}

/// The journals of a folder, the oldest first.
fn all(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut journals: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION)).collect();
    journals.sort();
    journals
}

fn remove_oldest(folder: &Path, limit: u64) {
    let mut left = limit;
    for path in all(folder).iter().rev() {
        let bytes = path.metadata().map_or(0, |about| about.len());
        match left.checked_sub(bytes) {
            Some(rest) => left = rest,
            // A file that another process removed meanwhile is gone as well.
            None => drop(fs::remove_file(path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_that_is_cut_at_any_byte_is_read_up_to_there() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = JournalFile::create(folder.path()).unwrap();
        let (records, mut ends) = (["one", "two\nlines", "", "é"], vec![0]);
        for record in records {
            journal.write(&record).unwrap();
            ends.push(usize::try_from(journal.bytes()).unwrap());
        }
        let mut bytes = fs::read(journal.path()).unwrap();
        let cut = folder.path().join("cut");
        for length in 0..=bytes.len() {
            fs::write(&cut, &bytes[..length]).unwrap();
            let expected = ends.iter().filter(|&&end| end <= length).count() - 1;
            match JournalFile::read::<String>(&cut) {
                Ok((read, whole)) => {
                    assert_eq!(
                        (&read[..], whole),
                        (&records.map(String::from)[..expected], ends.contains(&length))
                    );
                }
                Err(report) => assert_eq!((report.code.id(), expected), ("KR0501", 0)),
            }
        }
        // The end of a file that a disk lost its power over is often zeros.
        bytes.extend([0; 4_096]);
        fs::write(&cut, &bytes).unwrap();
        assert_eq!(JournalFile::read::<String>(&cut).unwrap(), (records.map(String::from).to_vec(), false));
        let other = JournalFile::read::<u32>(journal.path()).unwrap_err();
        assert!(other.message.contains("its record 1 cannot be used"), "{}", other.message);
    }

    #[test]
    fn the_last_journal_is_found_and_the_oldest_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(JournalFile::latest(folder.path(), None), None);
        let mut made = Vec::new();
        for _ in 0..3 {
            let mut journal = JournalFile::create(folder.path()).unwrap();
            journal.write(&"x".repeat(100)).unwrap();
            made.push(journal.path().to_owned());
        }
        let last = JournalFile::latest(folder.path(), None);
        assert_eq!(last.as_ref(), made.last());
        assert_eq!(JournalFile::latest(folder.path(), last.as_deref()).as_ref(), made.get(1));
        remove_oldest(folder.path(), 250);
        assert_eq!(all(folder.path()), made[1..]);
    }

    #[test]
    fn a_clock_that_was_set_back_hides_no_journal() {
        let folder = tempfile::tempdir().unwrap();
        let later = folder.path().join("099999999999-007.journal");
        fs::write(&later, "").unwrap();
        let journal = JournalFile::create(folder.path()).unwrap();
        assert!(*journal.path() > *later);
        assert_eq!(JournalFile::latest(folder.path(), None).as_deref(), Some(journal.path()));
    }
}
