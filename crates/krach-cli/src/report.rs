//! Diagnostics, drawn for people and spelled for programs.

use ariadne::{Config, IndexType, Label, Report, ReportKind};
use krach_diag::{Diagnostic, Place, Severity, Source};
use krach_store::Sources;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::ops::Range;
use std::sync::Arc;

/// Excerpts of larger texts are not drawn, nor of longer lines.
const DRAWN_BYTES: usize = 4 << 20;
const DRAWN_COLUMNS: usize = 2_000;

/// Writes every report to standard error: the line that editors jump on, the excerpt, the helps.
pub(crate) fn draw(reports: &[Diagnostic], sources: &mut Sources) {
    let mut to = std::io::stderr().lock();
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colour = to.is_terminal() && !plain;
    for report in reports {
        // Standard error may be closed; then there is no place to report it.
        let _ = to.write_all(text(report, sources, colour).as_bytes());
    }
}

fn text(report: &Diagnostic, sources: &mut Sources, colour: bool) -> String {
    let mut text = format!("{report}\n");
    text.push_str(&excerpt(report, sources, colour).unwrap_or_default());
    for help in &report.helps {
        text.push_str(&format!("help: {help}\n"));
    }
    text
}

/// A range of characters of a named text, as the drawing library wants it.
type Spot = (Arc<str>, Range<usize>);

fn excerpt(report: &Diagnostic, sources: &mut Sources, colour: bool) -> Option<String> {
    // An empty range at the very beginning is about the file as a whole: there is nothing to point at.
    let place = report.place.as_ref().filter(|place| (place.end_line, place.end_column) != (1, 1))?;
    let mut texts: BTreeMap<Arc<str>, Arc<Source>> = BTreeMap::new();
    let mut spot = |place: &Place| -> Option<Spot> {
        let source = sources.recall(&place.file).filter(|source| source.text().len() <= DRAWN_BYTES)?;
        let range = characters(&source, place)?;
        texts.insert(place.file.clone(), source);
        Some((place.file.clone(), range))
    };
    let primary = spot(place)?;
    let kind = match report.severity {
        Severity::Error => ReportKind::Error,
        Severity::Warning => ReportKind::Warning,
    };
    let shades = if colour { [Some(ariadne::Color::Red), Some(ariadne::Color::Cyan)] } else { [None, None] };
    let label = |spot: Spot, shade: Option<ariadne::Color>| match shade {
        Some(shade) => Label::new(spot).with_color(shade),
        None => Label::new(spot),
    };
    let mut drawing = Report::build(kind, primary.clone())
        .with_config(Config::new().with_color(colour).with_index_type(IndexType::Char))
        .with_label(label(primary, shades[0]).with_message("here"));
    for further in &report.labels {
        if let Some(spot) = spot(&further.place) {
            drawing = drawing.with_label(label(spot, shades[1]).with_message(&further.text));
        }
    }
    let texts = texts.into_iter().map(|(name, source)| (name, printable(source.text())));
    let mut bytes = Vec::new();
    drawing.finish().write(ariadne::sources(texts), &mut bytes).ok()?;
    // The library's own headline would say again what the first line said.
    Some(String::from_utf8_lossy(&bytes).split_once('\n')?.1.to_owned())
}

/// Characters that move the cursor become blanks, so that every line and column is where it is counted.
fn printable(text: &str) -> String {
    let blank = |c: char| (c.is_control() && !"\n\r\t".contains(c)) || "\u{2028}\u{2029}".contains(c);
    text.chars().map(|c| if blank(c) { ' ' } else { c }).collect()
}

/// The place as a range of characters of the whole text; `None` if the text has no such line, or none to look at.
fn characters(source: &Source, place: &Place) -> Option<Range<usize>> {
    let mut lines = source.text().split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.chars().count();
        Some((start, line.trim_end_matches(['\n', '\r']).chars().count()))
    });
    let at = |(start, length): (usize, usize), column: u32| start + (column.max(1) as usize - 1).min(length);
    let first = lines.nth(place.line.checked_sub(1)? as usize)?;
    let start = at(first, place.column);
    let last = match place.end_line.saturating_sub(place.line) {
        0 => first,
        further => lines.nth(further as usize - 1).unwrap_or(first),
    };
    if first.1.max(last.1) > DRAWN_COLUMNS {
        return None;
    }
    let end = at(last, place.end_column).max(start);
    // Who knows no column means the line.
    let (line, length) = first;
    Some(if start == line && end == line { line..line + length } else { start..end })
}

/// The shape of `krach check --json`, version 1.
#[derive(Serialize)]
pub(crate) struct Findings {
    schema: u32,
    ok: bool,
    diagnostics: Vec<Finding>,
}

#[derive(Serialize)]
struct Finding {
    code: &'static str,
    severity: &'static str,
    message: String,
    #[serde(flatten)]
    at: At,
    labels: Vec<Note>,
    help: Option<String>,
}

#[derive(Serialize)]
struct Note {
    #[serde(flatten)]
    at: At,
    message: String,
}

/// Lines and columns from 1, columns in characters, the end exclusive.
#[derive(Serialize)]
struct At {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

impl From<&Place> for At {
    fn from(place: &Place) -> Self {
        let Place { file, line, column, end_line, end_column } = place.clone();
        Self { file: file.to_string(), line, column, end_line, end_column }
    }
}

impl Findings {
    /// What has no place of its own is about the beginning of `file`.
    pub(crate) fn new(reports: &[Diagnostic], file: &str) -> Self {
        let whole = Place::line(file, 1);
        let diagnostics = reports.iter().map(|report| Finding {
            code: report.code.id(),
            severity: report.severity.word(),
            message: report.message.clone(),
            at: report.place.as_ref().unwrap_or(&whole).into(),
            labels: (report.labels.iter())
                .map(|label| Note { at: (&label.place).into(), message: label.text.clone() })
                .collect(),
            help: (!report.helps.is_empty()).then(|| report.helps.join("\n")),
        });
        let ok = !reports.iter().any(|report| report.severity == Severity::Error);
        Self { schema: 1, ok, diagnostics: diagnostics.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_diag::{Code, Span};

    #[test]
    fn the_first_line_is_for_editors_and_the_rest_for_eyes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("jäm.py");
        std::fs::write(&path, "x = 1\nß = krs.lowpass(x, 0)\n").unwrap();
        let mut sources = Sources::default();
        let source = krach_store::read(&path).unwrap();
        sources.remember(source.clone());
        let report = Diagnostic::error(Code::ArgumentRange, "a cutoff of 0 Hz")
            .at(source.place(Span::new(11, 28)))
            .label(source.place(Span::new(0, 1)), "`x` is made here")
            .help("raise it");
        let drawn = text(&report, &mut sources, false);
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines[0], format!("{}:2:5: error[KR0113]: a cutoff of 0 Hz", path.display()));
        assert!(drawn.contains("ß = krs.lowpass(x, 0)") && drawn.contains("`x` is made here"));
        assert_eq!(*lines.last().unwrap(), "help: raise it");
        assert!(!drawn.contains('\u{1b}'), "no colours unless asked for");
        assert_eq!(drawn.matches("a cutoff of 0 Hz").count(), 1);
    }

    #[test]
    fn places_outside_the_text_draw_nothing_and_do_not_panic() {
        let source = Source::new("a.py", "one\r\ntwo");
        let place = |line, column, end_line, end_column| Place {
            file: "a.py".into(),
            line,
            column,
            end_line,
            end_column,
        };
        assert_eq!(characters(&source, &place(2, 1, 2, 4)), Some(5..8));
        assert_eq!(characters(&source, &place(1, 2, 2, 99)), Some(1..8));
        assert_eq!(characters(&source, &place(1, 99, 1, 1)), Some(3..3));
        assert_eq!(characters(&source, &place(2, 1, 2, 1)), Some(5..8), "a line as a whole");
        assert_eq!(characters(&source, &place(9, 1, 9, 1)), None);
        assert_eq!(characters(&source, &place(0, 0, 0, 0)), None);
        let endless = Source::new("a.py", "x".repeat(DRAWN_COLUMNS + 1));
        assert_eq!(characters(&endless, &place(1, 1, 1, 2)), None, "a line that is too long to be drawn");
    }
}
