//! What can be saved of a library whose index or end is lost: its programs, which lie in it as text.

use super::archive::{Archive, MIMETYPE};
use super::build::{Built, PROGRAMS, bound};
use super::index::{Index, bad_name};
use krach_diag::{Diagnostic, Severity, Source};
use rustc_hash::FxHashSet;
use std::fs;
use std::path::Path;

/// Larger files are not looked through: they would have to be in memory.
const LARGEST: u64 = 1 << 30;

/// The first bytes of every entry, up to the lengths of its name and of what follows that.
const HEADER: (&[u8], usize) = (b"PK\x03\x04", 30);
/// What stands behind the contents of an entry: this, their CRC, their length, twice.
const DESCRIPTOR: (&[u8], usize) = (b"PK\x07\x08", 16);

/// The programs of a library that cannot be opened because of `report`, and that report as a warning. None if there
/// is nothing to be had.
pub(super) fn salvage(path: &Path, report: &Diagnostic) -> Option<(Archive, Index, Diagnostic)> {
    let length = path.metadata().ok()?.len();
    let bytes = if length <= LARGEST { fs::read(path).ok()? } else { return None };
    let mut names = FxHashSet::default();
    let saved = programs(&bytes).filter_map(|(name, text)| {
        let program = krach_ir::parse(&Source::new(name, text)).ok()?;
        let key = krach_ir::optimise(&program).key();
        names.insert(name).then(|| Built::new(name, &program, text.to_owned(), key.into()))
    });
    let saved: Vec<Built> = saved.collect();
    let programs = match saved.len() {
        0 => return None,
        1 => "1 program".to_owned(),
        count => format!("{count} programs"),
    };
    let warning = Diagnostic { severity: Severity::Warning, helps: Vec::new(), ..report.clone() }
        .help(format!("{programs} could be saved, without sources and code; fetch or build the file again"));
    let (index, parts) = bound(saved, "the rest of a damaged file");
    let (archive, index) = Archive::mended(path, &index, &parts).ok()?;
    Some((archive, index, warning))
}

/// Names and texts of whole programs, in the order of the file.
fn programs(bytes: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    let ours =
        bytes.get(HEADER.1 + MIMETYPE.0.len()..).is_some_and(|rest| rest.starts_with(MIMETYPE.1.as_bytes()));
    let mut at = if ours { 0 } else { bytes.len() };
    std::iter::from_fn(move || {
        while let Some(start) = find(bytes, &[HEADER.0], at) {
            at = start + HEADER.0.len();
            if let Some((name, text, end)) = program(bytes, start) {
                at = end;
                return Some((name, text));
            }
        }
        None
    })
}

/// The program whose entry begins there: its name, its text, and where the entry ends.
fn program(bytes: &[u8], start: usize) -> Option<(&str, &str, usize)> {
    let length = |at: usize| Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let name_at = start + HEADER.1;
    let text_at = name_at + length(name_at - 4)?;
    let name = std::str::from_utf8(bytes.get(name_at..text_at)?).ok()?;
    let name = name.strip_prefix(PROGRAMS.0)?.strip_suffix(PROGRAMS.1)?;
    if bad_name(name).is_some() || length(name_at - 2)? > 0 {
        return None; // Nothing of ours has more in its header.
    }
    // Texts of programs have no control characters: another header means that this entry has lost its end.
    let text_end = find(bytes, &[DESCRIPTOR.0, HEADER.0], text_at)?;
    let end = text_end + DESCRIPTOR.1;
    let (text, descriptor) = (&bytes[text_at..text_end], bytes.get(text_end..end)?);
    let number = |at: usize| Some(u32::from_le_bytes(descriptor[at..at + 4].try_into().ok()?));
    let whole = descriptor.starts_with(DESCRIPTOR.0)
        && number(4)? == rawzip::crc32(text)
        && number(8)? as usize == text.len();
    Some((name, std::str::from_utf8(text).ok().filter(|_| whole)?, end))
}

/// Where one of those marks is next, from `at` on.
fn find(bytes: &[u8], marks: &[&[u8]], at: usize) -> Option<usize> {
    Some(at + bytes.get(at..)?.windows(4).position(|window| marks.contains(&window))?)
}
