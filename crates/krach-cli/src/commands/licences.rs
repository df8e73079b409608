//! `krach faust --licences`, `krach inspect --licences`: under which terms the libraries lend what a program uses.

use crate::shell::WELL;
use crate::target::Kind;
use crate::target::Only;
use crate::{Failure, Shell};
use clap::Args;
use krach_abi::Precision;
use krach_faust::Options;
use krach_store::FaustFolders;
use krach_store::krlib::CreditRecord;
use serde::Serialize;

#[derive(Debug, Args)]
pub(crate) struct Faust {
    #[command(flatten)]
    pub only: Only,
    /// The licence of each library function that the program uses
    #[arg(long, required = true)]
    pub licences: bool,
    /// Print one JSON object: {schema, functions}
    #[arg(long)]
    pub json: bool,
}

/// The shape of `--licences --json`, version 1.
#[derive(Serialize)]
struct Listing<'a> {
    schema: u32,
    functions: &'a [CreditRecord],
}

pub(crate) fn licences(shell: &mut Shell<'_>, what: &Faust) -> Result<i32, Failure> {
    let script = what.only.load(shell, Precision::Double)?;
    let at = what.only.target.one(&*script)?;
    let (sound, _) = script.playable(at)?;
    let mut credits = sound.program().credits().clone();
    if Kind::of(&what.only.target.file) != Some(Kind::Faust) {
        // What is printed leans on libraries where the sound has code of our own.
        let printed = script.faust(at)?;
        let libraries = FaustFolders::new(&what.only.include, &shell.host.libraries());
        let options = Options { precision: Precision::Double, ..Options::default() };
        let read = move |_: &_| krach_faust::elaborate(&printed, &libraries, &options);
        let (printed, reports) = shell.work(read, |_| {})?;
        let Some(printed) = printed else { return Err(reports.into()) };
        credits.extend(printed.credits().iter().cloned());
    }
    let rows: Vec<CreditRecord> = credits.iter().map(CreditRecord::from).collect();
    tell(shell, &rows, what.json)
}

/// Prints a list of licences, for people or for programs.
pub(crate) fn tell(shell: &Shell<'_>, rows: &[CreditRecord], json: bool) -> Result<i32, Failure> {
    if json {
        let listing = serde_json::to_string_pretty(&Listing { schema: 1, functions: rows });
        shell.say(&(listing.expect("strings are JSON") + "\n"))?;
    } else if rows.is_empty() {
        shell.remark("nothing of the libraries is used");
    } else {
        shell.say(&table(rows))?;
    }
    Ok(WELL)
}

/// One line a function, columns as wide as they need to be.
pub(crate) fn table(rows: &[CreditRecord]) -> String {
    let wide = |cell: fn(&CreditRecord) -> &str| rows.iter().map(|row| cell(row).chars().count()).max();
    let library = wide(|row| &row.library).unwrap_or(0).max("LIBRARY".len());
    let function = wide(|row| &row.function).unwrap_or(0).max("FUNCTION".len());
    let line = |a: &str, b: &str, c: &str| format!("{a:library$}  {b:function$}  {c}\n");
    let head = line("LIBRARY", "FUNCTION", "LICENCE");
    let rows = rows.iter().map(|row| {
        let licence = match (&row.licence, row.declared.as_deref()) {
            (Some(licence), Some("file")) => format!("{licence} (of the file)"),
            (Some(licence), _) => licence.clone(),
            (None, _) => "not declared".to_owned(),
        };
        line(&row.library, &row.function, &licence)
    });
    std::iter::once(head).chain(rows).collect()
}
