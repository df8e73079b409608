//! Programs with many inputs and outputs.

use krach_abi::{DspFactory, MAX_PORTS, Precision, Seed};
use krach_codegen::{Spec, compile};
use krach_diag::{Code, Source};
use krach_faust::{NoFiles, Options, elaborate};
use krach_ir::{Program, parse};

fn read(text: &str) -> Result<Program, (Code, Vec<String>)> {
    let (program, reports) = elaborate(&Source::new("wide.dsp", text), &NoFiles, &Options::default());
    program.ok_or_else(|| (reports[0].code, reports[0].helps.clone()))
}

/// The first frame of every output, where input `i` of every frame is `i`.
fn heard(program: &Program) -> Vec<f32> {
    let factory = compile(program, &Spec::new(48_000, Precision::Single)).expect("it compiles");
    let inputs: Vec<[f32; 1]> = (0..factory.ports().inputs).map(|port| [port as f32]).collect();
    let inputs: Vec<&[f32]> = inputs.iter().map(|input| &input[..]).collect();
    let mut outputs = vec![[0.0_f32]; factory.ports().outputs];
    let mut slices: Vec<&mut [f32]> = outputs.iter_mut().map(|output| &mut output[..]).collect();
    factory.instantiate(Seed::default()).play::<f32>(&inputs, &mut slices);
    outputs.into_iter().map(|[sample]| sample).collect()
}

/// 1,302 is the number of primes that the example of Faust's distribution puts out.
#[test]
fn outputs_300_and_up_to_4096_are_heard() {
    for count in [300, 1302, MAX_PORTS] {
        let program = read(&format!("process = par(i, {count}, i);")).expect("it is read");
        let expected: Vec<f32> = (0..count).map(|at| at as f32).collect();
        assert_eq!(heard(&program), expected, "{count} outputs");
    }
}

#[test]
fn as_many_inputs_reach_their_outputs() {
    let half = read(&format!("process = par(i, {MAX_PORTS}, *(0.5));")).expect("it is read");
    let expected: Vec<f32> = (0..MAX_PORTS).map(|at| at as f32 * 0.5).collect();
    assert_eq!(heard(&half), expected);
    let again = parse(&Source::new("wide.program", half.to_string())).expect("its text form is read");
    assert_eq!(again.key(), half.key());
}

#[test]
fn one_port_more_is_refused_with_a_remedy() {
    for text in ["process = par(i, 4097, i);", "process = par(i, 4097, _) :> _;"] {
        let (code, helps) = read(text).expect_err("it is refused");
        assert_eq!(code, Code::FaustSize);
        assert!(!helps.is_empty(), "{text}");
    }
}
