//! What each run hears of small programs, from native code and from the interpreter alike.

use super::*;
use krach_codegen::Spec;
use krach_faust::NoFiles;
use krach_ir::InterpreterFactory;

/// The first output of a run, the same from both engines bit for bit.
fn heard(text: &str, run: Run, frames: usize) -> Vec<f64> {
    let (whole, reports) = elaborate_impulse(&Source::new("test.dsp", text), &NoFiles);
    let whole = whole.unwrap_or_else(|| panic!("{text}: {reports:?}"));
    let optimised = krach_ir::optimise(&whole.program);
    let native = krach_codegen::compile(&optimised, &Spec::new(IMPULSE_RATE, Precision::Double));
    let program = Arc::new(whole.program.clone());
    let reference = InterpreterFactory::new(program, IMPULSE_RATE, Precision::Double);
    let engines: [&dyn DspFactory; 2] = [&*native.expect("it compiles"), &reference.expect("it is valid")];
    let [native, reference] = engines.map(|factory| {
        let mut samples = Vec::new();
        let _ = respond(factory, &whole, run, frames, &mut |outputs| {
            samples.extend_from_slice(outputs[0]);
            ControlFlow::Continue(())
        });
        samples
    });
    let bits = |samples: &[f64]| samples.iter().map(|sample| sample.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&native), bits(&reference), "{text}");
    assert_eq!(native.len(), frames);
    native
}

#[test]
fn an_impulse_and_pressed_buttons_come_first() {
    for run in [Run::Mono, Run::Split] {
        let heard =
            heard("process = +(button(\"b\") + checkbox(\"c\") + hslider(\"s\", 8, 0, 9, 1));", run, 130);
        assert_eq!((heard[0], heard[1], heard[63], heard[64], heard[129]), (10.0, 9.0, 9.0, 8.0, 8.0));
    }
}

#[test]
fn count_is_the_size_of_each_call() {
    let text = "process = fvariable(int count, <math.h>);";
    let mono = heard(text, Run::Mono, 100);
    assert_eq!((mono[0], mono[63], mono[64], mono[99]), (64.0, 64.0, 36.0, 36.0));
    // 1804289383 % 64 = 39.
    let split = heard(text, Run::Split, 100);
    assert_eq!((split[0], split[38], split[39], split[63]), (39.0, 39.0, 25.0, 25.0));
    let second = f64::from(846_930_886_u32 % 36);
    assert_eq!((split[64], split[99]), (second, 36.0 - second));
}

#[test]
fn voices_hold_their_keys_and_hear_no_input() {
    let voices = |text: &str| (heard(text, Run::Voices(4), 2)[1], heard(text, Run::Voices(1), 2)[1]);
    let slider = |name: &str| format!("hslider(\"{name}\", 0, 0, 9, 1)");
    assert_eq!(voices(&format!("process = _ + {};", slider("key"))), (60.0 + 62.0 + 64.0 + 66.0, 60.0));
    assert_eq!(voices(&format!("process = {};", slider("vel [style:knob]"))), (400.0, 100.0));
    assert_eq!(voices("process = button(\"gate\") + button(\"b\");"), (4.0, 1.0));
    let (_, gain) = voices(&format!("process = hgroup(\"a\", {});", slider("v:x/gain")));
    assert_eq!(gain, 100.0 / 127.0);
    let (_, hertz) = voices(&format!("process = {};", slider("freq")));
    assert!((hertz - 261.625_565_300_6).abs() < 1e-9, "{hertz}");
    assert_eq!(voices(&format!("process = {};", slider("freq/other"))), (0.0, 0.0));
}

#[test]
fn sound_files_are_sines_and_then_silence() {
    let of = |part: &str| {
        let text = format!(
            "process = {part}, (1 : (+ : min(4095)) ~ _) : soundfile(\"s [url:{{'a.wav';'b.wav'}}]\", 2) \
             : \\(l, r, x, y).(x, y, l, r);"
        );
        heard(&text, Run::Mono, 4)
    };
    let sine = |part: f64, frame: f64| (part + frame * std::f64::consts::TAU / 4096.0).sin();
    assert_eq!(of("0"), [1.0, 2.0, 3.0, 4.0].map(|frame| sine(0.0, frame)));
    assert_eq!(
        of("int(hslider(\"part\", 1, 0, 255, 1))"),
        [1.0, 2.0, 3.0, 4.0].map(|frame| sine(1.0, frame))
    );
    assert_eq!(of("2"), [0.0; 4]);
    let length = "process = hslider(\"p\", 1, 0, 9, 1), 0 : soundfile(\"a.wav\", 1) : _, !, !;";
    assert_eq!(heard(length, Run::Mono, 1), [1024.0]);
}

#[test]
fn the_prelude_moves_what_listens_to_midi() {
    let text = "process = hslider(\"x [midi:ctrl 7]\", 0, 0, 127, 1);";
    assert_eq!(heard(text, Run::Mono, 1), [100.0]);
    assert_eq!(heard(text, Run::Voices(1), 1), [0.0]);
}
