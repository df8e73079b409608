//! `krach cache`.

use crate::shell::WELL;
use crate::{Failure, Shell};
use clap::Args;
use krach_diag::{Code, Diagnostic};
use krach_store::CodeFolder;
use serde::Serialize;

#[derive(Debug, Args)]
pub(crate) struct CacheOf {
    /// Remove all of it
    #[arg(long)]
    pub clear: bool,
    /// Print one JSON object: {schema, enabled, folder, files, bytes, limit_bytes}
    #[arg(long)]
    pub json: bool,
}

/// The shape of `krach cache --json`, version 1. `clear` is done before the numbers are taken.
#[derive(Serialize)]
struct Findings {
    schema: u32,
    enabled: bool,
    folder: Option<String>,
    files: usize,
    bytes: u64,
    limit_bytes: u64,
}

pub(crate) fn cache(shell: &Shell<'_>, what: &CacheOf) -> Result<i32, Failure> {
    let folder = CodeFolder::of_user();
    if let (true, Some(folder)) = (what.clear, &folder) {
        folder.clear().map_err(|error| {
            let folder = folder.counts().folder;
            Diagnostic::error(Code::Unwritable, format!("cannot clear `{}`: {error}", folder.display()))
        })?;
    }
    let counts = folder.as_ref().map(CodeFolder::counts);
    if what.json {
        let findings = match counts {
            Some(counts) => Findings {
                schema: 1,
                enabled: true,
                folder: Some(counts.folder.display().to_string()),
                files: counts.files,
                bytes: counts.bytes,
                limit_bytes: counts.limit,
            },
            None => Findings { schema: 1, enabled: false, folder: None, files: 0, bytes: 0, limit_bytes: 0 },
        };
        let json = serde_json::to_string_pretty(&findings).expect("strings and numbers are JSON");
        shell.say(&(json + "\n"))?;
        return Ok(WELL);
    }
    shell.say(&match counts {
        Some(counts) => format!(
            "{}: {} files, {:.1} of at most {} MB\n",
            counts.folder.display(),
            counts.files,
            megabytes(counts.bytes),
            counts.limit >> 20
        ),
        None => "nothing is kept: KRACH_CACHE is off, or there is no folder for it\n".to_owned(),
    })?;
    Ok(WELL)
}

#[allow(clippy::cast_precision_loss)]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
