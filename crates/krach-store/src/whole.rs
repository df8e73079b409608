//! Files that are written whole, or not at all.

use krach_diag::{Code, Diagnostic};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Where to write: follows symbolic links, so that the link's target is replaced.
///
/// # Errors
/// `KR0502` if it is a directory, a pipe, read-only or in no directory.
pub fn target(path: &Path) -> Result<PathBuf, Diagnostic> {
    let target = resolved(path);
    if let Ok(old) = target.metadata() {
        if old.is_dir() {
            return Err(refusal(path, "it is a directory").help("give the name of a file in it"));
        }
        if is_device(&old) {
            return Ok(target);
        }
        if !old.is_file() || old.permissions().readonly() {
            return Err(refusal(path, "it exists and may not be replaced"));
        }
    }
    let directory = directory(&target);
    if !directory.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        let directory = if directory.is_dir() { path } else { directory };
        let why = format!("there is no directory `{}`", directory.display());
        return Err(refusal(path, &why).help("create it first"));
    }
    // Making a file is the surest test of whether one can be made there; it is removed at once.
    beside(directory).map_err(|error| refusal(path, &reason(&error)))?;
    Ok(target)
}

/// Whether it is a device such as `/dev/null`, which is written to and never replaced.
fn is_device(about: &std::fs::Metadata) -> bool {
    #[cfg(unix)]
    return std::os::unix::fs::FileTypeExt::is_char_device(&about.file_type());
    #[cfg(not(unix))]
    return !about.is_file() && !about.is_dir() && about.len() == 0;
}

/// The error without the name of the temporary file, which the user did not choose.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" at path ").next().unwrap_or(&text).to_owned()
}

/// What a path leads to, through symbolic links, also those that lead to nothing yet.
fn resolved(path: &Path) -> PathBuf {
    let mut target = path.to_owned();
    for _ in 0..40 {
        match target.read_link() {
            Ok(next) => target = directory(&target).join(next),
            Err(_) => break,
        }
    }
    target.canonicalize().unwrap_or(target)
}

pub(crate) fn refusal(path: &Path, why: &str) -> Diagnostic {
    Diagnostic::error(Code::Unwritable, format!("cannot write `{}`: {why}", path.display()))
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes beside the target and renames at the end: a killed or failed write leaves the old file, and a reader at the
/// same time reads the old file or the new one. A file that is not `lasting` may be lost or damaged by a power cut,
/// and is written some milliseconds sooner.
pub(crate) fn replace(
    path: &Path,
    lasting: bool,
    write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> io::Result<()> {
    if path.metadata().is_ok_and(|about| is_device(&about)) {
        let mut device = File::options().write(true).open(path)?;
        let mut to = BufWriter::new(&mut device);
        write(&mut to)?;
        return to.flush();
    }
    let mut temporary = beside(directory(path))?;
    {
        let mut to = BufWriter::new(temporary.as_file_mut());
        write(&mut to)?;
        to.flush()?;
    }
    // Before the rename: a full disk may report its error only now.
    if lasting {
        temporary.as_file().sync_all()?;
    }
    if let Ok(old) = path.metadata() {
        temporary.as_file().set_permissions(old.permissions())?;
    }
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The ending of temporary files, by which forgotten ones are found.
pub(crate) const TEMPORARY: (&str, &str) = (".krach-", ".part");

/// A temporary file with the permissions of any new file (by itself it would be private).
fn beside(directory: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY.0).suffix(TEMPORARY.1);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}
