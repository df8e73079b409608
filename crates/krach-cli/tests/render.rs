//! `krach render`, `bench` and `explain` on Faust files, run as people run them.
#![allow(clippy::unwrap_used)]

use krach_store::SoundFile;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const VOICE: &str = r#"process = hslider("freq", 220, 100, 400, 1) * 0.001 * button("gate");"#;
const LEVEL: &str = r#"process = hslider("level", 0, 0, 1, 0.01);"#;

struct Studio(tempfile::TempDir);

impl Studio {
    /// A folder with a voice, an effect of two channels, a level, and a sound of 3 frames.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("voice", VOICE), ("level", LEVEL), ("swap", "process(x, y) = y, x * 0.5;")] {
            std::fs::write(folder.path().join(name).with_extension("dsp"), text).unwrap();
        }
        let (path, sound) = (folder.path().join("in.wav"), [vec![0.5, -0.5, 0.25]]);
        krach_store::write_wav(&path, &sound, 44_100, krach_store::WavSamples::Float).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_krach"));
        command.current_dir(self.0.path()).env("KRACH_CACHE", "off").args(arguments).output().unwrap()
    }

    /// Standard error of a run with that exit code.
    fn remarks(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let remarks = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {remarks}");
        remarks
    }

    fn heard(&self, arguments: &[&str]) -> SoundFile {
        self.remarks(0, arguments);
        SoundFile::read(&self.path("out.wav")).unwrap()
    }
}

#[test]
fn an_effect_is_heard_on_a_file_for_the_length_of_that_file() {
    let studio = Studio::new();
    let sound = studio.heard(&["render", "swap.dsp", "--input", "in.wav", "-o", "out.wav"]);
    assert_eq!((sound.rate, sound.channels.len()), (44_100, 2), "the rate of the file");
    assert_eq!(sound.channels, [vec![0.5, -0.5, 0.25], vec![0.25, -0.25, 0.125]], "mono feeds every input");
    let wrong = ["render", "swap.dsp", "--input", "in.wav", "--rate", "48000", "-o", "out.wav"];
    assert!(studio.remarks(1, &wrong).contains("--rate 44100"));
    assert!(
        studio.remarks(1, &["render", "level.dsp", "--input", "in.wav", "-o", "out.wav"]).contains("input")
    );
    assert!(
        studio
            .remarks(1, &["render", "swap.dsp", "--input", "on.wav", "-o", "out.wav"])
            .contains("`in.wav`?")
    );
    let own = ["render", "swap.dsp", "--input", "in.wav", "-o", "in.wav"];
    assert!(studio.remarks(1, &own).contains("own"), "the input is not written over");
}

#[test]
fn events_fall_on_their_frame() {
    let studio = Studio::new();
    let arguments = ["render", "level.dsp", "--rate", "1000", "--seconds", "0.006", "-o", "out.wav"];
    let events = ["--set", "level=0.25", "--event", "level=0.5@2", "--event", "level=1@0.004s"];
    let sound = studio.heard(&[&arguments[..], &events].concat());
    assert_eq!(sound.channels, [[0.25, 0.25, 0.5, 0.5, 1.0, 1.0]]);
}

#[test]
fn samples_are_whole_numbers_or_floats() {
    let studio = Studio::new();
    for (bits, size) in [("16", 2), ("24", 3), ("float", 4)] {
        let arguments =
            ["render", "level.dsp", "--set", "level=1", "--seconds", "1", "--bits", bits, "-o", "out.wav"];
        assert!(studio.heard(&arguments).channels[0].iter().all(|sample| (sample - 1.0).abs() < 1e-4));
        let bytes = studio.path("out.wav").metadata().unwrap().len();
        assert_eq!(bytes / 48_000, size, "{bits}");
    }
    studio.remarks(2, &["render", "level.dsp", "--bits", "8", "-o", "out.wav"]);
}

#[test]
fn a_sound_goes_to_standard_output_and_to_a_device() {
    let studio = Studio::new();
    let arguments = ["render", "level.dsp", "--seconds", "0.01", "-o"];
    let output = studio.run(&[&arguments[..], &["-"]].concat());
    assert!(output.status.success() && output.stdout.starts_with(b"RIFF"));
    assert!(String::from_utf8(output.stderr).unwrap().contains("standard output"));
    #[cfg(unix)]
    studio.remarks(0, &[&arguments[..], &["/dev/null"]].concat());
}

#[test]
fn a_name_that_is_no_wav_file_is_refused_with_the_names_that_are() {
    let studio = Studio::new();
    for name in ["x.mp3", "x"] {
        let remarks = studio.remarks(1, &["render", "level.dsp", "-o", name]);
        assert!(remarks.contains("end its name with `.wav`"), "{remarks}");
        assert!(!studio.path(name).exists());
    }
    studio.remarks(0, &["render", "level.dsp", "--seconds", "0.01", "-o", "LOUD.WAV"]);
}

#[test]
fn notes_have_names_and_clamped_values_are_said() {
    let studio = Studio::new();
    let sound = studio.heard(&["render", "voice.dsp", "--note", "C4", "--seconds", "0.1", "-o", "out.wav"]);
    assert!((sound.channels[0][0] - 0.261_625_5).abs() < 1e-6, "{}", sound.channels[0][0]);
    let remarks = studio.remarks(0, &["render", "level.dsp", "--set", "level=-1", "-o", "out.wav"]);
    assert!(remarks.contains("the range of `level` is 0..1"), "{remarks}");
    let remarks = studio.remarks(0, &["render", "voice.dsp", "--set", "gate=5", "-o", "out.wav"]);
    assert!(remarks.contains("control `gate` is set to 1 instead of 5"), "{remarks}");
}

#[test]
fn bench_holds_a_note_and_takes_values() {
    let studio = Studio::new();
    let bench = ["bench", "voice.dsp", "--json", "--note", "A4", "--set", "freq=200", "--block", "64"];
    studio.remarks(0, &bench);
    assert!(studio.remarks(2, &["bench", "voice.dsp", "--set", "freqq=200"]).contains("`freq`?"));
}

#[test]
fn without_a_code_every_code_is_listed() {
    let output = Studio::new().run(&["explain"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), krach_diag::Code::ALL.len());
    assert!(output.status.success() && text.lines().all(|line| line.starts_with("KR")));
}

/// Linux has a device that is always full.
#[test]
fn help_that_cannot_be_written_is_an_error() {
    let full = Path::new("/dev/full");
    if cfg!(target_os = "linux") {
        let full = std::fs::File::options().write(true).open(full).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_krach"));
        let done = command.arg("--help").stdout(full).stderr(Stdio::null()).status().unwrap();
        assert_eq!(done.code(), Some(1));
    }
}

#[test]
fn more_channels_than_a_wav_file_has_are_refused_before_the_work() {
    let studio = Studio::new();
    std::fs::write(studio.path("wide.dsp"), "process = par(i, 300, i);").unwrap();
    let said = studio.remarks(1, &["render", "wide.dsp", "--seconds", "1000", "-o", "out.wav"]);
    assert!(said.contains("KR0407") && said.contains("300 channels"), "{said}");
    assert!(!studio.path("out.wav").exists());
}

#[test]
fn a_silent_instrument_is_told_by_its_closed_gate() {
    let studio = Studio::new();
    std::fs::write(studio.path("kick.dsp"), r#"process = button("kick_gate") * 0.5;"#).unwrap();
    let silent = studio.remarks(0, &["render", "kick.dsp", "-o", "out.wav"]);
    assert!(silent.contains("--set kick_gate=1 opens it"), "{silent}");
    let note = studio.remarks(1, &["render", "kick.dsp", "--note", "60", "-o", "out.wav"]);
    assert!(note.contains("rename `kick_gate` to `gate`"), "{note}");
    let opened = studio.remarks(0, &["render", "kick.dsp", "--event", "kick_gate=1@0", "-o", "out.wav"]);
    assert!(!opened.contains("gate"), "{opened}");
}
