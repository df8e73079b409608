//! Programs that share their parts many times over, `fixtures/faust/heavy/`: the official compiler needs minutes, or
//! never ends, where parts are written out. Here a part is evaluated once, however often it is used. Counts are tested, not times.

use krach_abi::{DspFactory, Precision, Seed};
use krach_diag::Source;
use krach_faust::{NoFiles, Options, elaborate};
use krach_ir::{InterpreterFactory, Program, optimise};
use std::sync::Arc;

fn read(name: &str) -> Program {
    let path = format!("{}/../../fixtures/faust/heavy/{name}.dsp", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the fixtures are there");
    let options = Options { precision: Precision::Double, ..Options::default() };
    let (program, reports) = elaborate(&Source::new(format!("{name}.dsp"), text), &NoFiles, &options);
    program.unwrap_or_else(|| panic!("{reports:?}"))
}

/// The first frame of every output.
fn heard(program: &Program, inputs: &[f64]) -> Vec<f64> {
    let program = Arc::new(optimise(program));
    let factory = InterpreterFactory::new(program, 48_000, Precision::Double).expect("small programs");
    let inputs: Vec<[f64; 1]> = inputs.iter().map(|&sample| [sample]).collect();
    let inputs: Vec<&[f64]> = inputs.iter().map(|input| &input[..]).collect();
    let mut outputs = vec![[0.0]; factory.ports().outputs];
    let mut slices: Vec<&mut [f64]> = outputs.iter_mut().map(|output| &mut output[..]).collect();
    factory.instantiate(Seed::default()).play::<f64>(&inputs, &mut slices);
    outputs.into_iter().map(|[sample]| sample).collect()
}

#[test]
fn a_chebyshev_polynomial_grows_with_its_order() {
    let program = read("chebyshev");
    assert!(program.nodes().len() <= 5 * 64, "{} nodes", program.nodes().len());
    for x in [0.1_f64, -0.7, 0.95] {
        let expected = (64.0 * x.acos()).cos();
        assert!((heard(&program, &[x])[0] - expected).abs() < 1e-9, "T64({x})");
    }
}

#[test]
fn a_shared_argument_is_computed_once() {
    let program = read("shared_arguments");
    assert!(program.nodes().len() <= 5 * 200, "{} nodes", program.nodes().len());
    let expected = (0..200).fold(1.0_f64, |x, _| 0.5 * x + 0.25 * x.sin());
    assert!((heard(&program, &[1.0])[0] - expected).abs() < 1e-12);
}

#[test]
fn an_interleave_of_256_channels_is_wires_only() {
    let program = read("interleave");
    assert_eq!(program.nodes().len(), 16 * 16, "inputs and nothing else");
    let inputs: Vec<f64> = (0..16 * 16).map(f64::from).collect();
    let expected: Vec<f64> =
        (0..16).flat_map(|row| (0..16).map(move |column| f64::from(row + 16 * column))).collect();
    assert_eq!(heard(&program, &inputs), expected);
}

#[test]
fn a_butterfly_has_two_sums_for_each_pair_of_each_stage() {
    let program = read("matcher");
    let sums = optimise(&program).nodes().len() - 32;
    assert_eq!(sums, 32 * 5, "5 stages of 16 pairs");
    let mut impulse = [0.0; 32];
    impulse[0] = 1.0;
    assert_eq!(heard(&program, &impulse), [1.0; 32], "a Walsh-Hadamard transform of an impulse is flat");
}
