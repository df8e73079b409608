//! The pages of `docs/errors` about Faust: what they call wrong is reported as they say, what they call right is not.
//! `UPDATE_EXPECT=1` writes the reports into the pages.

use krach_diag::{Diagnostic, Source};
use krach_faust::{NoFiles, Options, elaborate};
use std::path::Path;

fn reports(text: &str) -> Vec<Diagnostic> {
    elaborate(&Source::new("jam.dsp", text), &NoFiles, &Options::default()).1
}

fn said(reports: &[Diagnostic]) -> String {
    let mut text = String::new();
    for report in reports {
        text.push_str(&format!("{report}\n"));
        for help in &report.helps {
            text.push_str(&format!("help: {help}\n"));
        }
    }
    text
}

/// The contents of the fenced blocks of one kind.
fn blocks<'a>(page: &'a str, kind: &str) -> Vec<&'a str> {
    page.split(&format!("```{kind}\n")).skip(1).filter_map(|part| part.split("```").next()).collect()
}

#[test]
fn pages_tell_the_truth() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
    let mut count = 0;
    for entry in folder.read_dir().expect("the pages are there") {
        let path = entry.expect("a readable folder").path();
        let page = std::fs::read_to_string(&path).expect("pages are texts");
        let [wrong, right] = blocks(&page, "faust")[..] else { continue };
        let found = reports(wrong);
        let code = path.file_stem().expect("a page has a name").to_string_lossy().into_owned();
        assert!(
            found.iter().all(|report| report.code.id() == code) && !found.is_empty(),
            "{code}: {found:?}"
        );
        assert_eq!(reports(right), [], "{code}");
        let shown = blocks(&page, "text")[0];
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            let page = page.replacen(&format!("```text\n{shown}"), &format!("```text\n{}", said(&found)), 1);
            std::fs::write(&path, page).expect("pages can be written");
        } else {
            assert_eq!(shown, said(&found), "{code}");
        }
        count += 1;
    }
    assert!(count >= 18, "{count} pages about Faust");
}
