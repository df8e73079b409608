//! `krach new`: a piece to begin with.

use crate::shell::WELL;
use crate::{Failure, Shell};
use clap::Args;
use krach_diag::{Code, Diagnostic};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A test renders it.
const PIECE: &str = include_str!("new/piece.py");

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The Python file to write; it must not exist yet
    #[arg(value_name = "FILE.py")]
    pub file: PathBuf,
}

pub(crate) fn new(shell: &Shell<'_>, what: &New) -> Result<i32, Failure> {
    let name = what.file.display();
    if what.file.extension().is_none_or(|ending| ending != "py") {
        let message = format!("cannot write `{name}`: a piece is a Python file");
        return Err(Diagnostic::error(Code::Unwritable, message).help("end its name with `.py`").into());
    }
    write(&what.file).map_err(|error| {
        let report = Diagnostic::error(Code::Unwritable, format!("cannot write `{name}`: {error}"));
        report.help(match error.kind() {
            ErrorKind::AlreadyExists => "choose another name: nothing is overwritten",
            _ => "name a file in a folder that exists and that you may write to",
        })
    })?;
    let wav = what.file.with_extension("wav");
    shell.remark(&format!(
        "wrote {name}: `krach render {name} -o {} --bars 8` renders it, `krach` plays it line by line",
        wav.display()
    ));
    Ok(WELL)
}

fn write(file: &Path) -> std::io::Result<()> {
    let mut made = File::create_new(file)?;
    let written = made.write_all(PIECE.as_bytes()).and_then(|()| made.sync_all());
    if written.is_err() {
        // Half a piece on a full disk is none. If it cannot be removed either, the first error says why.
        let _ = std::fs::remove_file(file);
    }
    written
}
