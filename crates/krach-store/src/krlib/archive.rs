//! The container: a ZIP file of stored entries, whose comment vouches for the index and whose index vouches for
//! every other entry.

use super::index::{Digest, Index, Part, SCHEMA, bad_name};
use crate::whole;
use krach_abi::Precision;
use krach_diag::{Code, Diagnostic};
use rawzip::{
    CompressionMethod, FileReader, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ReaderAt, ZipArchive,
    ZipArchiveEntryWayfinder, ZipArchiveWriter, ZipLocator,
};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The first entry, so that the first bytes of a file tell what it is (the custom of EPUB and OpenDocument).
pub(super) const MIMETYPE: (&str, &str) = ("mimetype", "application/x-krach-library");
const INDEX: &str = "index.json";
/// The archive's comment: this and the digest of the index.
const COMMENT: &str = "krlib ";

/// No library has more, and a reader must end.
const MOST_ENTRIES: usize = 1 << 20;
const LARGEST_INDEX: u64 = 1 << 28;

/// Writes a library: whole, or not at all. The same contents give the same bytes.
///
/// # Errors
/// What the file system says; the old file stays.
pub(super) fn write(
    path: &Path,
    lasting: bool,
    index: &Index,
    parts: &[(String, Vec<u8>)],
) -> io::Result<()> {
    whole::replace(path, lasting, |to| pack(to, index, parts))
}

fn pack(to: impl Write, index: &Index, parts: &[(String, Vec<u8>)]) -> io::Result<()> {
    let index = serde_json::to_vec(index).map_err(io::Error::other)?;
    let mut zip = ZipArchiveWriter::new(to);
    zip.set_comment(format!("{COMMENT}{}", Digest::of(&index)));
    let mut store = |name: &str, bytes: &[u8]| -> Result<(), rawzip::Error> {
        let (mut entry, config) = zip.new_file(name).compression_method(CompressionMethod::STORE).start()?;
        let mut writer = config.wrap(&mut entry);
        writer.write_all(bytes)?;
        let (_, descriptor) = writer.finish()?;
        entry.finish(descriptor)?;
        Ok(())
    };
    let mut all = || {
        store(MIMETYPE.0, MIMETYPE.1.as_bytes())?;
        parts.iter().try_for_each(|(name, bytes)| store(name, bytes))?;
        store(INDEX, &index)
    };
    all().map_err(io_error)?;
    zip.finish().map(drop).map_err(io_error)
}

fn io_error(error: rawzip::Error) -> io::Error {
    match error.into_kind() {
        rawzip::ErrorKind::IO(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

/// Where the bytes of a library are: in its file, or, if that was damaged and has been mended, here.
#[derive(Debug)]
enum Bytes {
    File(FileReader),
    Mended(Vec<u8>),
}

impl ReaderAt for Bytes {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read_at(buffer, offset),
            Self::Mended(bytes) => bytes.as_slice().read_at(buffer, offset),
        }
    }
}

/// A library being read: the index is in memory, everything else is read when it is asked for, and checked then.
/// It is read, not mapped: a mapped file that is made shorter would end the process.
#[derive(Debug)]
pub(super) struct Archive {
    path: PathBuf,
    zip: ZipArchive<Bytes>,
    bytes: u64,
    entries: FxHashMap<Box<str>, ZipArchiveEntryWayfinder>,
}

impl Archive {
    /// Opens a library and reads its index.
    ///
    /// # Errors
    /// `KR0501` no such file; `KR0701` it is not a library, or cut off; `KR0702` of another version; `KR0703`
    /// damaged in its index.
    pub(super) fn open(path: &Path) -> Result<(Self, Index), Diagnostic> {
        let unreadable = |error: &dyn std::fmt::Display| {
            Diagnostic::error(Code::Unreadable, format!("cannot read `{}`: {error}", path.display()))
        };
        let file = crate::texts::open(path)
            .map_err(|error| crate::texts::refusal(path, &path.display().to_string(), &error))?;
        let about = file.metadata().map_err(|error| unreadable(&error))?;
        if !about.is_file() {
            return Err(unreadable(&"it is not a file"));
        }
        Self::over(path, Bytes::File(FileReader::from(file)), about.len())
    }

    /// A library in memory, in place of the damaged file at `path`.
    pub(super) fn mended(
        path: &Path,
        index: &Index,
        parts: &[(String, Vec<u8>)],
    ) -> Result<(Self, Index), Diagnostic> {
        let mut bytes = Vec::new();
        pack(&mut bytes, index, parts).map_err(|error| damaged(path, "its index", &error.to_string()))?;
        let length = bytes.len() as u64;
        Self::over(path, Bytes::Mended(bytes), length)
    }

    fn over(path: &Path, from: Bytes, bytes: u64) -> Result<(Self, Index), Diagnostic> {
        let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
        let zip = ZipLocator::new().locate_in_reader(from, &mut buffer, bytes).map_err(|_| stranger(path))?;
        let mut archive = Self { path: path.to_owned(), zip, bytes, entries: FxHashMap::default() };
        let expected = archive.comment().ok_or_else(|| stranger(path))?;
        archive.list(&mut buffer).map_err(|why| archive.damaged("its directory", &why))?;
        let index = archive.read(INDEX, None).map_err(|why| archive.damaged("its index", &why))?;
        if Digest::of(&index) != expected {
            return Err(archive.damaged("its index", "the checksum differs"));
        }
        let index = archive.index(&index)?;
        Ok((archive, index))
    }

    /// The digest of the index that the comment names.
    fn comment(&self) -> Option<Digest> {
        let mut text = String::new();
        self.zip.comment().take(256).read_to_string(&mut text).ok()?;
        text.strip_prefix(COMMENT)?.try_into().ok()
    }

    /// Notes where every entry is.
    fn list(&mut self, buffer: &mut [u8]) -> Result<(), String> {
        let mut found = self.zip.entries(buffer);
        let mut entries = FxHashMap::default();
        while let Some(entry) = found.next_entry().map_err(|error| error.to_string())? {
            let path = entry.file_path();
            let name = std::str::from_utf8(path.as_bytes()).map_err(|_| "a name is not text".to_owned())?;
            if entries.len() == MOST_ENTRIES {
                return Err("it is too long".to_owned());
            }
            if entry.compression_method() != CompressionMethod::STORE {
                continue; // Not one of ours: an instrument that needs it reports it missing.
            }
            if entries.insert(Box::from(name), entry.wayfinder()).is_some() {
                return Err(format!("`{name}` is there twice"));
            }
        }
        self.entries = entries;
        Ok(())
    }

    /// The bytes of an entry, of that length if it is known.
    fn read(&self, name: &str, expected: Option<u64>) -> Result<Vec<u8>, String> {
        let missing = || format!("the entry `{name}` is missing");
        let entry = self.zip.get_entry(*self.entries.get(name).ok_or_else(missing)?);
        let (start, end) = entry.map_err(|error| error.to_string())?.compressed_data_range();
        let bytes = end.checked_sub(start).filter(|_| end <= self.bytes).ok_or("it is cut off")?;
        if expected.is_some_and(|expected| expected != bytes) || (expected.is_none() && bytes > LARGEST_INDEX)
        {
            return Err(format!("the entry `{name}` has the wrong length"));
        }
        let length = usize::try_from(bytes).map_err(|_| "it is larger than memory")?;
        let mut contents = vec![0; length];
        self.zip.get_ref().read_exact_at(&mut contents, start).map_err(|error| error.to_string())?;
        Ok(contents)
    }

    /// A part, which is what the index says, or refused.
    ///
    /// # Errors
    /// `KR0703`, with `what` it is.
    pub(super) fn part(&self, part: &Part, what: &str) -> Result<Vec<u8>, Diagnostic> {
        let bytes = self.read(&part.entry, Some(part.bytes)).map_err(|why| self.damaged(what, &why))?;
        if Digest::of(&bytes) == part.blake3 {
            return Ok(bytes);
        }
        Err(self.damaged(what, "the checksum differs"))
    }

    /// Entries that no instrument mentions: of a later version, or added by hand.
    pub(super) fn unknown(&self, index: &Index) -> Vec<String> {
        let mut known: FxHashSet<&str> = [MIMETYPE.0, INDEX].into_iter().collect();
        for record in &index.instruments {
            known.extend(record.parts().map(|part| part.entry.as_str()));
        }
        let unknown = self.entries.keys().filter(|name| !known.contains(&***name));
        let mut unknown: Vec<String> = unknown.map(ToString::to_string).collect();
        unknown.sort();
        unknown
    }

    /// Reads the index; in another version, what looks the same may mean something else.
    fn index(&self, json: &[u8]) -> Result<Index, Diagnostic> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let odd = |error: serde_json::Error| self.damaged("its index", &error.to_string());
        let index: Result<Index, _> = serde_json::from_slice(json);
        let schema = match &index {
            Ok(index) => index.schema,
            Err(_) => serde_json::from_slice::<Version>(json).map_err(odd)?.schema,
        };
        if schema != SCHEMA {
            let age = if schema > SCHEMA { "a newer" } else { "an older" };
            let path = self.path.display();
            let message =
                format!("`{path}` is a library of format {schema}, of {age} krach; this one reads {SCHEMA}");
            let report = Diagnostic::error(Code::LibraryVersion, message);
            return Err(report.help("build it anew from its sources with this krach"));
        }
        let index = index.map_err(odd)?;
        let mut names = FxHashSet::default();
        for record in &index.instruments {
            if let Some(why) = bad_name(&record.name) {
                let name: String = record.name.chars().take(40).collect();
                return Err(self.damaged("its index", &format!("{name:?} cannot be a name: {why}")));
            }
            let known = |name: &String| name.parse::<Precision>().is_ok();
            if !record.precision.iter().all(known)
                || record.all_codes().any(|target| !known(&target.precision))
            {
                return Err(self.damaged("its index", "an unknown precision"));
            }
            if record.all_codes().any(|target| target.machine >= index.machines.len()) {
                return Err(self.damaged("its index", "code for a processor that is not described"));
            }
            if !names.insert(record.name.as_str()) {
                return Err(self.damaged("its index", &format!("`{}` is there twice", record.name)));
            }
        }
        Ok(index)
    }

    fn damaged(&self, what: &str, why: &str) -> Diagnostic {
        damaged(&self.path, what, why)
    }
}

fn damaged(path: &Path, what: &str, why: &str) -> Diagnostic {
    let message = format!("`{}` is damaged: {what} cannot be used: {why}", path.display());
    Diagnostic::error(Code::Damaged, message).help("fetch or build the file again")
}

fn stranger(path: &Path) -> Diagnostic {
    let message = format!("`{}` is not an instrument library, or its end is missing", path.display());
    Diagnostic::error(Code::NotALibrary, message)
        .help("`krach build` makes one: `krach build jam.py -o kit.krlib`")
}
