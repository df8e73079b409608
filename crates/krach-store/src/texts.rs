//! Texts from disk.

use krach_diag::{Code, Diagnostic, Source};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

/// The largest text in bytes.
const LARGEST: u64 = 64 << 20;

/// The name under which `-`, standard input, is read.
const STDIN: &str = "<stdin>";

/// Every text read in this session, so that a report draws the text that was meant and not a later edit.
#[derive(Debug, Default)]
pub struct Sources(HashMap<Arc<str>, Arc<Source>>);

impl Sources {
    pub fn remember(&mut self, source: Arc<Source>) {
        self.0.insert(source.name().clone(), source);
    }

    /// The text of that name, if it was read or can be read now.
    pub fn recall(&mut self, name: &str) -> Option<Arc<Source>> {
        match self.0.get(name) {
            Some(source) => Some(source.clone()),
            None => {
                let path = Path::new(name);
                let source = path.is_file().then(|| read_bytes(path).ok()).flatten()?;
                self.remember(source.clone());
                Some(source)
            }
        }
    }
}

/// Reads a text file, `-` being standard input. A byte order mark is dropped.
///
/// # Errors
/// `KR0501` if there is no such file, it is a directory, unreadable, not UTF-8 text or larger than 64 MB.
pub fn read(path: &Path) -> Result<Arc<Source>, Diagnostic> {
    read_as(path, |bytes| {
        String::from_utf8(bytes).map_err(|error| {
            format!("it is not UTF-8 text: byte {} is odd", error.utf8_error().valid_up_to())
        })
    })
}

/// The bytes of a text file, and its name in messages; `-` is standard input.
///
/// # Errors
/// As for [`read`], except that the bytes may be in any encoding.
pub fn read_raw(path: &Path) -> Result<(String, Vec<u8>), Diagnostic> {
    let (name, bytes) = if path == Path::new("-") {
        (STDIN.to_owned(), bytes_of(io::stdin().lock()))
    } else {
        (path.display().to_string(), open(path).and_then(bytes_of))
    };
    let bytes = bytes.map_err(|error| refusal(path, &name, &error))?;
    Ok((name, bytes))
}

/// Opens a file to read it. A named pipe is refused, because opening it waits until another program writes to it; the
/// pipes that a shell makes of `<(…)` have a writer already.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let of_shell = path.starts_with("/dev/fd") || path.starts_with("/proc");
        if !of_shell && path.metadata()?.file_type().is_fifo() {
            let message = "it is a named pipe; let the shell read it: `krach dump - < PIPE`";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
    }
    File::open(path)
}

/// The encoding that a Python text declares in a comment of its first two lines (PEP 263), in lower case.
#[must_use]
pub fn declared_encoding(bytes: &[u8]) -> Option<String> {
    bytes.split(|&byte| byte == b'\n').take(2).find_map(|line| {
        let line = std::str::from_utf8(line).ok()?.trim_start();
        let declared = line.strip_prefix('#')?.split_once("coding")?.1.strip_prefix([':', '='])?.trim_start();
        let end = declared.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c));
        let name = &declared[..end.unwrap_or(declared.len())];
        (!name.is_empty()).then(|| name.to_ascii_lowercase())
    })
}

/// Reads a text file whose language is one of bytes, as Faust is: what is not UTF-8 is read as Latin-1.
///
/// # Errors
/// As for [`read`], except that any text will do.
pub fn read_bytes(path: &Path) -> Result<Arc<Source>, Diagnostic> {
    read_as(path, |bytes| {
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect()))
    })
}

type Decode = fn(Vec<u8>) -> Result<String, String>;

fn read_as(path: &Path, decode: Decode) -> Result<Arc<Source>, Diagnostic> {
    let (name, bytes) = read_raw(path)?;
    let text = decode(bytes)
        .map_err(|why| refusal(path, &name, &io::Error::new(io::ErrorKind::InvalidData, why)))?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok(Arc::new(Source::new(name, text)))
}

fn bytes_of(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LARGEST + 1).read_to_end(&mut bytes)?;
    let refuse = |why: String| Err(io::Error::new(io::ErrorKind::InvalidData, why));
    if bytes.len() as u64 > LARGEST {
        return refuse(format!("it is larger than {} MB", LARGEST >> 20));
    }
    if let Some(at) = bytes.iter().position(|&byte| byte == 0) {
        return refuse(format!("it is not text: byte {at} is zero"));
    }
    Ok(bytes)
}

pub(crate) fn refusal(path: &Path, name: &str, error: &io::Error) -> Diagnostic {
    let report = |why: &str| Diagnostic::error(Code::Unreadable, format!("cannot read `{name}`: {why}"));
    match error.kind() {
        io::ErrorKind::NotFound => match sibling(path) {
            Some(near) => report("there is no such file").help(format!("did you mean `{near}`?")),
            None => report("there is no such file"),
        },
        io::ErrorKind::IsADirectory => report("it is a directory").help("name a file inside it"),
        io::ErrorKind::PermissionDenied => report("its permissions forbid it"),
        io::ErrorKind::InvalidData => report(&error.to_string()),
        _ if path.is_dir() => report("it is a directory").help("name a file inside it"),
        _ => report(&error.to_string()),
    }
}

/// A file of almost that name in the same directory.
fn sibling(path: &Path) -> Option<String> {
    /// Enough for any directory of sources, and no long wait in others.
    const ENTRIES: usize = 2_000;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names: Vec<String> = (directory.read_dir().ok()?.take(ENTRIES))
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let near = crate::nearest(path.file_name()?.to_str()?, names.iter().map(String::as_str))?;
    Some(path.with_file_name(near).display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(path: &Path) -> String {
        let report = read(path).unwrap_err();
        assert_eq!(report.code, Code::Unreadable);
        format!("{} {}", report.message, report.helps.join(" "))
    }

    #[test]
    fn a_text_that_was_read_is_recalled() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kick.program");
        std::fs::write(&path, "\u{feff}one\n").unwrap();
        let mut sources = Sources::default();
        sources.remember(read(&path).unwrap());
        std::fs::write(&path, "two\n").unwrap();
        assert_eq!(sources.recall(&path.display().to_string()).unwrap().text(), "one\n");
        assert!(sources.recall("<string>").is_none());
    }

    #[test]
    fn a_python_text_may_declare_its_encoding() {
        let declared = |text: &[u8]| declared_encoding(text);
        assert_eq!(declared(b"# -*- coding: latin-1 -*-\n"), Some("latin-1".to_owned()));
        assert_eq!(declared(b"#!/bin/python\n# vim: fileencoding=CP1252 :\n"), Some("cp1252".to_owned()));
        assert_eq!(declared(b"x = 1\n# coding: latin-1\n"), Some("latin-1".to_owned()));
        assert_eq!(declared(b"x = 1\ny = 2\n# coding: latin-1\n"), None);
        assert_eq!(declared(b"print('coding: latin-1')\n"), None);
    }

    #[test]
    #[cfg(unix)]
    fn a_named_pipe_is_refused_instead_of_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["pipe.py", "pipe.wav"] {
            let pipe = directory.path().join(name);
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            assert!(message(&pipe).contains("it is a named pipe"));
            assert!(crate::SoundFile::read(&pipe).unwrap_err().message.contains("it is a named pipe"));
        }
    }

    #[test]
    fn every_obstacle_has_its_sentence() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("kick.py"), "x").unwrap();
        let at = |name: &str| directory.path().join(name);
        assert!(message(&at("kik.py")).contains("no such file"));
        assert!(message(&at("kik.py")).contains("kick.py"), "the nearest file is named");
        assert!(message(directory.path()).contains("is a directory"));
        std::fs::write(at("sound.wav"), b"RIFF\0\0").unwrap();
        assert!(message(&at("sound.wav")).contains("byte 4 is zero"));
        std::fs::write(at("latin.py"), b"caf\xe9").unwrap();
        assert!(message(&at("latin.py")).contains("byte 3"));
        assert_eq!(read_bytes(&at("latin.py")).unwrap().text(), "café");
        File::create(at("huge.py")).unwrap().set_len(LARGEST + 1).unwrap();
        assert!(message(&at("huge.py")).contains("64 MB"));
    }
}
