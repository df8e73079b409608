//! The Faust files in `faust/` compile without any library and sound, natively as in the interpreter.

use krach_abi::{DspFactory, Precision, Seed};
use krach_codegen::{Spec, compile};
use krach_diag::Source;
use krach_faust::{NoFiles, Options, elaborate};
use krach_ir::InterpreterFactory;
use std::path::Path;
use std::sync::Arc;

const RATE: u32 = 48_000;
const FRAMES: usize = 24_000;

/// Half a second, every button held, an impulse on every input.
fn play(factory: &dyn DspFactory) -> Vec<Vec<f64>> {
    let ports = factory.ports();
    let mut copy = factory.instantiate(Seed::default());
    for (at, control) in ports.controls.iter().enumerate() {
        let button = (control.lo, control.hi, control.init) == (0.0, 1.0, 0.0);
        copy.set(0, at, if button { 1.0 } else { control.init });
    }
    let impulse: Vec<f64> = (0..FRAMES).map(|frame| f64::from(u8::from(frame == 0))).collect();
    let inputs = vec![impulse.as_slice(); ports.inputs];
    let mut outputs = vec![vec![0.0; FRAMES]; ports.outputs];
    let mut slices: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
    copy.play::<f64>(&inputs, &mut slices);
    outputs
}

#[test]
fn every_shipped_file_sounds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../faust");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "dsp"));
    assert!(!files.is_empty());
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let source = Source::new(path.file_name().unwrap().to_string_lossy().into_owned(), text);
        let (program, reports) = elaborate(&source, &NoFiles, &Options::default());
        assert!(reports.is_empty(), "{}: {reports:?}", path.display());
        let program = program.unwrap();
        let native = compile(&program, &Spec::new(RATE, Precision::Double)).unwrap();
        let reference = InterpreterFactory::new(Arc::new(program), RATE, Precision::Double).unwrap();
        let (native, reference) = (play(native.as_ref()), play(&reference));
        assert_eq!(native, reference, "{}", path.display());
        let loudest = native.iter().flatten().fold(0.0, |loudest: f64, sample| loudest.max(sample.abs()));
        let last = native.iter().flat_map(|port| &port[FRAMES / 2..]).any(|&sample| sample != 0.0);
        assert!(
            (0.1..2.0).contains(&loudest) && last,
            "{}: peak {loudest}, still sounding: {last}",
            path.display()
        );
    }
}
