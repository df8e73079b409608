//! `krach faust --licences`: under which terms the libraries lend what a program uses.

use crate::arguments::Faust;
use crate::shell::WELL;
use crate::{Failure, Shell};
use krach_abi::Precision;
use krach_diag::Severity;
use krach_faust::{Options, Used, elaborate_whole};
use krach_session::Libraries;
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct Listing<'a> {
    schema: u32,
    functions: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    function: &'a str,
    library: &'a str,
    /// `null` if neither the function nor its file declares one.
    licence: Option<&'a str>,
    /// `function` or `file`: what the licence is declared of.
    declared: Option<&'static str>,
}

pub(crate) fn licences(shell: &mut Shell<'_>, what: &Faust) -> Result<i32, Failure> {
    let script = what.only.load(shell, Precision::Double)?;
    let source = script.faust(what.only.target.one(&*script)?)?;
    shell.sources.remember(source.clone());
    let libraries =
        Libraries::new(&what.only.include, &shell.host.libraries()).beside(Path::new(&**source.name()));
    let options = Options { precision: Precision::Double, ..Options::default() };
    let elaborate = move |_: &_| elaborate_whole(&source, &libraries, &options);
    let (elaborated, reports) = shell.work(elaborate, |_| {})?;
    let Some(elaborated) = elaborated else { return Err(reports.into()) };
    let warnings: Vec<_> =
        reports.into_iter().filter(|report| report.severity == Severity::Warning).collect();
    shell.draw(&warnings);
    let rows: Vec<Row<'_>> = elaborated.used.iter().map(row).collect();
    if what.json {
        let listing = serde_json::to_string_pretty(&Listing { schema: 1, functions: rows });
        shell.say(&(listing.expect("strings are JSON") + "\n"))?;
    } else if rows.is_empty() {
        shell.remark("nothing of the libraries is used");
    } else {
        shell.say(&table(&rows))?;
    }
    Ok(WELL)
}

fn row(used: &Used) -> Row<'_> {
    let library = Path::new(&*used.file).file_name().and_then(|name| name.to_str()).unwrap_or(&used.file);
    let declared = used.licence.is_some().then_some(if used.own { "function" } else { "file" });
    Row { function: &used.name, library, licence: used.licence.as_deref(), declared }
}

/// One line a function, columns as wide as they need to be.
fn table(rows: &[Row<'_>]) -> String {
    let wide = |cell: fn(&Row<'_>) -> usize| rows.iter().map(cell).max().unwrap_or(0);
    let library = wide(|row| row.library.chars().count()).max("LIBRARY".len());
    let function = wide(|row| row.function.chars().count()).max("FUNCTION".len());
    let line = |a: &str, b: &str, c: &str| format!("{a:library$}  {b:function$}  {c}\n");
    let head = line("LIBRARY", "FUNCTION", "LICENCE");
    let rows = rows.iter().map(|row| {
        let licence = match (row.licence, row.declared) {
            (Some(licence), Some("file")) => format!("{licence} (of the file)"),
            (Some(licence), _) => licence.to_owned(),
            (None, _) => "not declared".to_owned(),
        };
        line(row.library, row.function, &licence)
    });
    std::iter::once(head).chain(rows).collect()
}
