//! The secret with which this user vouches for compiled code.

use crate::whole::reason;
use krach_codegen::Secret;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

const BYTES: usize = 32;

/// `krach/secret` in the user's state folder (`$XDG_STATE_HOME`, or what the system has for it).
fn place() -> io::Result<PathBuf> {
    let state = dirs::state_dir().or_else(dirs::data_local_dir);
    let state = state.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no home folder"))?;
    Ok(state.join("krach").join("secret"))
}

/// Why the code that this user compiles is not kept to be run, if so.
#[must_use]
pub fn unvouched() -> Option<String> {
    let why = own().err()?;
    Some(place().map_or_else(|_| reason(&why), |place| described(&why, &place)))
}

fn described(why: &io::Error, place: &Path) -> String {
    format!("{} (`{}`)", reason(why), place.display())
}

/// The user's secret, made at the first use, readable by this user only.
///
/// # Errors
/// There is no place for it, or the file there is not private: then no code can be vouched for.
pub(crate) fn own() -> io::Result<Secret> {
    let place = place()?;
    match read(&place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(&place),
        other => other,
    }
}

fn read(place: &Path) -> io::Result<Secret> {
    let odd = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidData, why));
    // Before it is opened: opening a pipe would wait for a writer.
    if !fs::metadata(place)?.is_file() {
        return odd("the secret is not a file");
    }
    let mut file = File::open(place)?;
    let about = file.metadata()?;
    if about.len() != BYTES as u64 {
        return odd("the secret is not one");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        if about.permissions().mode() & 0o077 != 0 {
            return odd("others may read the secret");
        }
        // Root may read everybody's: but what others vouch for is not what root vouches for.
        if fs::metadata("/proc/self").is_ok_and(|own| own.uid() != about.uid()) {
            return odd("the secret belongs to another user");
        }
    }
    let mut bytes = [0; BYTES];
    file.read_exact(&mut bytes)?;
    Ok(Secret::new(bytes))
}

fn make(place: &Path) -> io::Result<Secret> {
    let folder = place.parent().expect("it is in a folder of ours");
    fs::create_dir_all(folder)?;
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    // Private from the beginning: that is how temporary files are made.
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(&bytes)?;
    temporary.as_file().sync_all()?;
    match temporary.persist_noclobber(place) {
        Ok(_) => Ok(Secret::new(bytes)),
        // Another process was first: its secret counts.
        Err(_) => read(place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("krach").join("secret");
        let tag = |secret: io::Result<Secret>| secret.unwrap().tag(&[0; 32], b"code");
        assert_eq!(read(&place).unwrap_err().kind(), io::ErrorKind::NotFound);
        let first = tag(make(&place));
        assert_eq!(tag(read(&place)), first);
        assert_eq!(tag(make(&place)), first, "who comes second takes what is there");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(place.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&place, PermissionsExt::from_mode(0o644)).unwrap();
            assert!(read(&place).is_err());
            fs::set_permissions(&place, PermissionsExt::from_mode(0o600)).unwrap();
        }
        let refused = tempfile::NamedTempFile::new_in(place.join("nowhere")).unwrap_err();
        let text = described(&refused, &place);
        assert_eq!(text.matches("secret").count(), 1, "the name of a temporary file: {text}");
        fs::write(&place, b"short").unwrap();
        assert!(read(&place).is_err());
    }
}
