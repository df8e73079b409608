//! `krach faust --licences`, `krach inspect --licences`: under which terms the libraries lend what a program uses.

use crate::shell::WELL;
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
    /// Standard functions that the printed Faust text calls and the sound does not use.
    #[serde(skip_serializing_if = "Option::is_none")]
    named_in_the_printed_text: Option<&'a [CreditRecord]>,
}

pub(crate) fn licences(shell: &mut Shell<'_>, what: &Faust) -> Result<i32, Failure> {
    let script = what.only.load(shell, Precision::Double)?;
    let at = what.only.target.one(&*script)?;
    let (sound, _) = script.playable(at)?;
    let rows: Vec<CreditRecord> = sound.program().credits().iter().map(CreditRecord::from).collect();
    if script.is_faust() {
        return tell(shell, &rows, None, what.json);
    }
    // The printed text may call a standard function where the sound has code of our own.
    let text = script.faust(at)?;
    let folders = FaustFolders::new(&what.only.include, &shell.host.libraries());
    let options = Options { precision: Precision::Double, ..Options::default() };
    let read = move |_: &_| krach_faust::elaborate(&text, &folders, &options);
    let (printed, reports) = shell.work(read, |_| {})?;
    let Some(printed) = printed else { return Err(reports.into()) };
    let named = printed.credits().difference(sound.program().credits());
    let named: Vec<CreditRecord> = named.map(CreditRecord::from).collect();
    tell(shell, &rows, Some(&named), what.json)
}

/// Prints a list of licences, for people or for programs: of the functions that the sound is made with, and apart from
/// these, of those `named` in its printed text only.
pub(crate) fn tell(
    shell: &Shell<'_>,
    rows: &[CreditRecord],
    named: Option<&[CreditRecord]>,
    json: bool,
) -> Result<i32, Failure> {
    if json {
        let listing = serde_json::to_string_pretty(&Listing {
            schema: 1,
            functions: rows,
            named_in_the_printed_text: named,
        });
        shell.say(&(listing.expect("strings are JSON") + "\n"))?;
    } else if rows.is_empty() {
        shell.remark("the sound uses no function of the Faust libraries");
    } else {
        shell.say(&table(rows))?;
    }
    if let (false, Some(named @ [_, ..])) = (json, named) {
        shell.say(&format!("named in the printed text:\n{}", table(named)))?;
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
