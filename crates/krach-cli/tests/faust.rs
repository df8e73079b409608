//! Faust files on the command line of the stand-alone binary.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/cli/faust");
    let mut command = Command::new(env!("CARGO_BIN_EXE_krach"));
    command.current_dir(fixtures).env_remove("NO_COLOR").env_remove("FAUST_LIB_PATH");
    command.args(arguments).output().unwrap()
}

fn shown(output: &Output) -> (i32, &str, &str) {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn every_stage_of_a_faust_file_is_printed() {
    for (stage, sign) in
        [("program", "echo"), ("faust", "process"), ("kernel", "control"), ("clif", "function"), ("asm", "")]
    {
        let output = run(&["dump", "echo.dsp", "-I", "lib", "--stage", stage]);
        let (code, data, remarks) = shown(&output);
        assert_eq!((code, remarks), (0, ""), "{stage}");
        assert!(data.contains(sign), "{stage}: {data}");
    }
}

#[test]
fn normalised_faust_reads_itself() {
    let directory = tempfile::tempdir().unwrap();
    let output = run(&["dump-faust", "echo.dsp", "-Ilib"]);
    let (code, once, _) = shown(&output);
    assert_eq!(code, 0);
    let path = directory.path().join("again.dsp");
    std::fs::write(&path, once.replace("import(\"stdfaust.lib\");\n", "")).unwrap();
    let output = run(&["dump-faust", path.to_str().unwrap()]);
    assert_eq!(shown(&output).1, once);
}

#[test]
fn a_faust_file_is_rendered_measured_and_checked() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("echo.wav");
    let name = path.to_str().unwrap();
    let render = ["render", "echo.dsp", "-I", "lib", "-o", name, "--seconds", "0.1", "--set", "level=1"];
    let output = run(&render);
    let wrote = format!("wrote {name}: 1 channel, 4800 frames at 48000 Hz, silence\n");
    let help = "help: its audio input `in0` was silent: --input FILE.wav gives it a sound\n";
    assert_eq!(shown(&output), (0, "", &*(wrote + help)));
    let output = run(&["check", "echo.dsp", "-I", "lib"]);
    assert_eq!(shown(&output), (0, "", "echo.dsp: 1 DSP function, no errors\n"));
    let output = run(&["bench", "echo.dsp", "-I", "lib", "--json"]);
    assert!(shown(&output).1.contains("ns_per_frame"));
}

#[test]
fn all_errors_of_a_file_come_in_one_run() {
    let output = run(&["check", "undefined.dsp"]);
    let (code, data, remarks) = shown(&output);
    assert_eq!((code, data), (1, ""));
    assert!(
        remarks.contains("undefined.dsp:2:15: error[KR0302]: `gian` is not defined")
            && remarks.contains("help: did you mean `gain`?"),
        "{remarks}"
    );
    let output = run(&["check", "wrong.dsp"]);
    let (code, _, remarks) = shown(&output);
    assert_eq!(code, 1);
    assert!(
        remarks.contains("wrong.dsp:1:12: error[KR0301]: ") && remarks.contains("found `;`"),
        "{remarks}"
    );
    assert!(!remarks.contains("panicked"), "{remarks}");
}

#[test]
fn a_missing_library_names_the_places_and_the_remedies() {
    let output = run(&["check", "lonely.dsp", "-I", "lib"]);
    let (code, _, remarks) = shown(&output);
    assert_eq!(code, 1);
    assert!(remarks.starts_with("lonely.dsp:1:1: error[KR0309]: `nowhere.lib` is not found; "), "{remarks}");
    assert!(remarks.contains("searched: ., lib, "), "{remarks}");
    assert!(remarks.contains("FAUST_LIB_PATH") && remarks.contains("cyfaust"), "{remarks}");
    let output = run(&["check", "echo.dsp"]);
    assert!(shown(&output).2.contains("`mine.lib` is not found"));
}
