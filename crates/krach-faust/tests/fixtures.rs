//! Programs as krs makes them, and the Faust they are printed as: `fixtures/faust/NAME.program` and `NAME.dsp`.
//! With `UPDATE_EXPECT=1` the Faust is written anew; the oracle test of the Python package compares what it sounds
//! like.

use krach_diag::Source;
use std::fs::{read_dir, read_to_string, write};
use std::path::Path;

#[test]
fn every_fixture_prints_as_it_did() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/faust");
    let mut files: Vec<_> = read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "program"));
    files.sort();
    assert!(files.len() >= 9, "{} programs", files.len());
    for file in files {
        let text = read_to_string(&file).expect("a text");
        let program =
            krach_ir::parse(&Source::new(file.display().to_string(), text)).expect("a valid program");
        let printed = krach_faust::print(&program);
        assert!(printed.lines().all(|line| line.len() <= 100), "{printed}");
        let golden = file.with_extension("dsp");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            write(&golden, &printed).expect("fixtures can be written");
        }
        assert_eq!(printed, read_to_string(&golden).expect("a golden"), "{}", file.display());
    }
}
