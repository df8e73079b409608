//! The pages of `docs/errors` that need no Python: what they show is what the binary says. (The others are held by
//! `python/tests/test_error_pages.py`.) `UPDATE_EXPECT=1` writes the reports into the pages.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Needs a file that Python has run, or a command that is Python: `python/tests` holds these pages.
const WITH_PYTHON: &[&str] = &["KR0118", "KR0504"];

fn pages(kind: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
    let mut pages: Vec<_> = (folder.read_dir().unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| !WITH_PYTHON.contains(&path.file_stem().unwrap().to_str().unwrap()))
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .filter(|(_, text)| text.contains(&format!("```{kind}\n")))
        .collect();
    pages.sort();
    assert!(!pages.is_empty());
    pages
}

/// The contents of the fenced blocks of one kind.
fn blocks<'a>(text: &'a str, kind: &str) -> Vec<&'a str> {
    text.split(&format!("```{kind}\n")).skip(1).map(|part| part.split("```").next().unwrap()).collect()
}

/// What the command says, without the drawn excerpt, and its exit code.
fn says(directory: &Path, arguments: &[&str]) -> (String, i32) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_krach")).args(arguments).current_dir(directory).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let spoken = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
    (spoken.map(|line| format!("{line}\n")).collect(), output.status.code().unwrap())
}

fn hold(path: &Path, text: &str, report: &str) {
    let shown = blocks(text, "text")[0];
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let updated = text.replacen(&format!("```text\n{shown}```"), &format!("```text\n{report}```"), 1);
        std::fs::write(path, updated).unwrap();
    } else {
        assert_eq!(shown, report, "{}", path.display());
    }
}

#[test]
fn commands_say_what_the_page_shows() {
    for (path, text) in pages("console") {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("jam.py"), "").unwrap();
        let command = blocks(&text, "console")[0];
        let arguments: Vec<&str> = command.strip_prefix("krach ").unwrap().split_whitespace().collect();
        let (report, code) = says(directory.path(), &arguments);
        assert!(code != 0 && report.contains(path.file_stem().unwrap().to_str().unwrap()), "{report}");
        hold(&path, &text, &report);
    }
}

#[test]
fn wrong_programs_are_reported_and_right_ones_are_not() {
    for (path, text) in pages("program") {
        let directory = tempfile::tempdir().unwrap();
        let [wrong, right] = blocks(&text, "program")[..] else { panic!("{}: two programs", path.display()) };
        std::fs::write(directory.path().join("jam.program"), wrong).unwrap();
        let (report, code) = says(directory.path(), &["check", "jam.program"]);
        assert!(code == 1 && report.contains(path.file_stem().unwrap().to_str().unwrap()), "{report}");
        hold(&path, &text, &report);
        std::fs::write(directory.path().join("jam.program"), right).unwrap();
        let (report, code) = says(directory.path(), &["check", "jam.program"]);
        assert_eq!(code, 0, "{report}");
    }
}
