//! The stand-alone binary, run as people run it.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn krach() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_krach"));
    command.current_dir(fixtures()).env_remove("NO_COLOR");
    command
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/cli")
}

fn run(arguments: &[&str]) -> Output {
    krach().args(arguments).output().unwrap()
}

fn shown(output: &Output) -> (i32, &str, &str) {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn version_and_help_are_data() {
    let output = run(&["--version"]);
    assert_eq!(shown(&output), (0, concat!("krach ", env!("CARGO_PKG_VERSION"), "\n"), ""));
    let output = run(&["--help"]);
    let (code, data, _) = shown(&output);
    assert_eq!(code, 0);
    for command in ["dump", "dump-faust", "render", "check", "bench", "explain"] {
        assert!(data.contains(command), "{command}");
    }
}

#[test]
fn wrong_usage_is_exit_code_two() {
    for arguments in [
        &["sing"][..],
        &["dump"],
        &["dump", "tone.program", "--stage", "soup"],
        &["render", "tone.program"],
        &["render", "tone.program", "-o", "a.wav", "--set", "freq"],
        &["render", "tone.program", "-o", "a.wav", "--rate", "fast"],
        &["bench", "tone.program", "--voices", "0"],
        &["bench", "tone.program", "--precision", "half"],
        &["explain", "KR7777"],
        &["check", "tone.wav"],
    ] {
        let output = run(arguments);
        let (code, data, remarks) = shown(&output);
        assert_eq!((code, data), (2, ""), "{arguments:?}");
        assert!(!remarks.is_empty() && !remarks.contains("panicked"), "{arguments:?}: {remarks}");
    }
}

#[test]
fn every_code_is_explained() {
    let output = run(&["explain", "kr0102"]);
    let (code, data, remarks) = shown(&output);
    assert!(code == 0 && data.starts_with("# KR0102: ") && remarks.is_empty());
    let output = run(&["explain", "KR012"]);
    assert!(shown(&output).2.starts_with("error[KR0602]: there is no error code `KR012`\nhelp: "));
}

#[test]
fn the_prompt_needs_python() {
    let output = run(&[]);
    let (code, data, remarks) = shown(&output);
    assert_eq!((code, data), (1, ""));
    assert!(remarks.starts_with("error[KR0601]: the prompt, "), "{remarks}");
}

#[test]
fn a_python_file_needs_python() {
    let output = run(&["check", "needs_python.py"]);
    let (code, data, remarks) = shown(&output);
    assert_eq!((code, data), (1, ""));
    assert!(remarks.starts_with("needs_python.py:1:1: error[KR0601]: "), "{remarks}");
}

#[test]
fn a_missing_file_is_named_with_its_neighbour() {
    let output = run(&["dump", "needs_pyton.py:tone"]);
    let (code, _, remarks) = shown(&output);
    assert_eq!(code, 1);
    assert!(
        remarks.starts_with("error[KR0501]: cannot read `needs_pyton.py`: there is no such file\n"),
        "{remarks}"
    );
    assert!(remarks.contains("did you mean `needs_python.py`?"), "{remarks}");
}

#[test]
fn a_reader_who_has_read_enough_is_no_error() {
    let mut child =
        krach().args(["explain", "KR0102"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(shown(&output), (0, "", ""));
}

/// The text form of `def tone(): return krs.sine_osc(freq) * level, level`.
const TONE: &str = "tone.program";

#[test]
fn every_stage_is_printed_and_the_text_form_reads_itself() {
    let text = std::fs::read_to_string(fixtures().join(TONE)).unwrap();
    let output = run(&["dump", TONE]);
    assert_eq!(shown(&output), (0, text.as_str(), ""));
    for (stage, sign) in
        [("faust", "process"), ("plan", "at rest"), ("kernel", "control"), ("clif", "function"), ("asm", "")]
    {
        let output = run(&["dump", "tone.program:tone", "--stage", stage, "--precision", "double"]);
        let (code, data, remarks) = shown(&output);
        assert!(
            code == 0 && remarks.is_empty() && data.ends_with('\n') && data.contains(sign),
            "{stage}: {data}"
        );
    }
    assert_eq!(run(&["dump-faust", TONE]).stdout, run(&["dump", TONE, "--stage", "faust"]).stdout);
}

#[test]
fn a_program_comes_from_standard_input_too() {
    let input = std::fs::File::open(fixtures().join(TONE)).unwrap();
    let output = krach().args(["dump", "-"]).stdin(input).output().unwrap();
    assert_eq!(output.stdout, run(&["dump", TONE]).stdout);
}

#[test]
#[cfg(target_os = "linux")]
fn faust_comes_from_a_pipe_of_the_shell() {
    let path = env!("CARGO_BIN_EXE_krach");
    let script = format!(
        "'{path}' dump <(echo 'process = +(1);') --stage faust && echo 'process = *(2);' | '{path}' check -"
    );
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    let (code, data, remarks) = shown(&output);
    assert!(code == 0 && data.contains("process"), "{data}{remarks}");
}

#[test]
fn render_writes_a_wav_of_the_length_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tone.wav");
    let name = path.to_str().unwrap();
    let output =
        run(&["render", TONE, "-o", name, "--seconds", "0.25", "--rate", "8000", "--set", "level=0.25"]);
    let (code, data, remarks) = shown(&output);
    assert_eq!((code, data), (0, ""), "{remarks}");
    assert_eq!(remarks, format!("wrote {name}: 2 channels, 2000 frames at 8000 Hz, peak -12.0 dBFS\n"));
    let wav = std::fs::read(&path).unwrap();
    let samples = 2000 * 2 * 4;
    let last = f32::from_le_bytes(wav[wav.len() - 4..].try_into().unwrap());
    assert!(wav.starts_with(b"RIFF") && wav.len() > samples && wav.len() < samples + 128);
    assert_eq!(last, 0.25);
}

#[test]
fn what_cannot_be_rendered_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tone.wav");
    let name = path.to_str().unwrap();
    for (flags, report) in [
        (
            &["--set", "frec=100"][..],
            "error[KR0404]: `tone` has no control `frec`\nhelp: did you mean `freq`?\n",
        ),
        (&["--set", "freq=NaN"], "error[KR0405]"),
        (&["--rate", "0"], "error[KR0403]"),
        (&["--seconds", "-1"], "error[KR0408]"),
        (&["--seconds", "1e9"], "error[KR0408]"),
    ] {
        let output = krach().args(["render", TONE, "-o", name]).args(flags).output().unwrap();
        let (code, _, remarks) = shown(&output);
        assert_eq!(code, 2, "a flag is wrong, not a program");
        assert!(remarks.starts_with(report), "{flags:?}: {remarks}");
    }
    let output = run(&["render", TONE, "-o", "no/such/place/tone.wav"]);
    assert!(shown(&output).2.contains("error[KR0502]"));
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}

#[test]
fn check_is_one_json_object() {
    let output = run(&["check", TONE, "--json"]);
    let (code, data, remarks) = shown(&output);
    assert_eq!((code, remarks), (0, ""));
    let found: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(found, serde_json::json!({"schema": 1, "ok": true, "diagnostics": []}));

    let output = run(&["check", "late.program", "--json"]);
    let (code, data, remarks) = shown(&output);
    assert_eq!((code, remarks), (1, ""));
    let found: serde_json::Value = serde_json::from_str(data).unwrap();
    let first = &found["diagnostics"][0];
    assert_eq!((&found["ok"], &first["code"]), (&false.into(), &"KR0201".into()));
    assert_eq!((&first["file"], &first["line"]), (&"late.program".into(), &3.into()), "{data}");
    let keys =
        ["code", "severity", "message", "file", "line", "column", "end_line", "end_column", "labels", "help"];
    assert!(
        first.as_object().unwrap().len() == keys.len() && keys.iter().all(|key| first.get(key).is_some())
    );
}

#[test]
fn check_draws_what_it_finds() {
    let output = run(&["check", "late.program"]);
    let (code, data, remarks) = shown(&output);
    assert_eq!((code, data), (1, ""));
    assert!(remarks.starts_with("late.program:3:") && remarks.contains("add %0 %7"), "{remarks}");
    assert!(!remarks.contains('\u{1b}'), "no colours off a terminal");
    let output = run(&["check", "deaf.program"]);
    let (code, _, remarks) = shown(&output);
    assert!(
        code == 0 && remarks.contains("warning[KR0120]: `deaf` does not use its audio input `x`"),
        "{remarks}"
    );
}

#[test]
fn bench_is_one_json_object() {
    let arguments = ["bench", TONE, "--voices", "3", "--block", "64", "--precision", "double", "--json"];
    let output = run(&arguments);
    let (code, data, remarks) = shown(&output);
    assert_eq!((code, remarks), (0, ""));
    let found: serde_json::Value = serde_json::from_str(data).unwrap();
    let object = found.as_object().unwrap();
    let times = ["front_ms", "codegen_ms", "total_ms", "ns_per_frame"];
    assert_eq!(object.len(), times.len() + 5);
    assert_eq!(object["cold"].as_object().unwrap().len(), times.len());
    for time in times {
        assert!(object[time].as_f64().unwrap() > 0.0 && object["cold"][time].as_f64().unwrap() > 0.0);
    }
    let wanted = serde_json::json!([1, 3, 64, "double"]);
    assert_eq!(
        serde_json::json!([object["schema"], object["voices"], object["block"], object["precision"]]),
        wanted
    );
}

#[test]
fn bench_explains_what_it_has_run() {
    let output = run(&["bench", TONE, "--explain"]);
    let (code, data, remarks) = shown(&output);
    assert_eq!((code, remarks), (0, ""));
    let plan = run(&["dump", TONE, "--stage", "plan"]);
    assert!(data.contains("run one frame") && data.ends_with(shown(&plan).1), "{data}");
    let output = run(&["bench", TONE, "--explain", "--json"]);
    let (code, _, remarks) = shown(&output);
    assert!(code == 2 && remarks.contains("--json"), "{remarks}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_render_and_leaves_nothing() {
    use std::io::Write;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("long.wav");
    let mut child = krach()
        .args(["render", "-", "-o", path.to_str().unwrap(), "--seconds", "1000"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than a pipe holds: once it is written the child reads, and what it does before reading is done.
    input.write_all("# long\n".repeat(100_000).as_bytes()).unwrap();
    input.write_all(&std::fs::read(fixtures().join(TONE)).unwrap()).unwrap();
    // The shell's own kill: a small system has no other.
    let asked = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(asked.success());
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(shown(&output), (130, "", "interrupted\n"));
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_library_is_built_by_another_compiler_or_the_report_says_how() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("kit.krlib");
    let library = library.to_str().unwrap();
    let state = folder.path().join("state");
    let mut command = krach();
    command.env("XDG_STATE_HOME", &state).args(["build", "tone.program", "-o", library, "--backend", "llvm"]);
    let built = command.output().unwrap();
    let (code, _, report) = shown(&built);
    let with_llvm = cfg!(any(feature = "llvm14", feature = "llvm15", feature = "llvm16", feature = "llvm19"));
    if !with_llvm {
        assert_eq!(code, 1, "{report}");
        assert!(report.contains("KR0409") && report.contains("built without LLVM"), "{report}");
        assert!(report.contains("llvm14"), "{report}");
        return;
    }
    assert_eq!(code, 0, "{report}");
    let render = |from: &str| {
        let mut command = krach();
        command.env("XDG_STATE_HOME", &state).env("KRACH_CACHE", "off");
        command.args(["render", from, "--seconds", "0.1", "-o", "-"]).output().unwrap().stdout
    };
    assert_eq!(render(library), render("tone.program"));
    assert!(!render(library).is_empty());
}
