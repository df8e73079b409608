//! The sounds of a batch are the sounds rendered one by one, bit for bit: any program, any number of sounds.

use krach_abi::{Frame, Precision, Seed};
use krach_codegen::{Spec, compile};
use krach_engine::{Rig, Score, Turn, Variant, render, render_batch};
use krach_ir::{Program, at_rate};
use std::ops::ControlFlow;

const RATE: u32 = 48_000;
const FRAMES: usize = 300;

/// Any NaN is any other.
fn bits(samples: &[f32]) -> Vec<u32> {
    samples.iter().map(|sample| if sample.is_nan() { f32::NAN.to_bits() } else { sample.to_bits() }).collect()
}

fn check(program: &Program, precision: Precision, sounds: usize) {
    let factory = compile(program, &Spec::new(RATE, precision)).expect("a small program");
    let ports = krach_abi::DspFactory::ports(factory.as_ref());
    let inputs: Vec<Vec<f32>> =
        (1..=ports.inputs).map(|port| (0..200).map(|at| (at * port % 17) as f32 / 16.0).collect()).collect();
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    let value = |at: usize, control: usize| {
        let range = ports.controls[control];
        (control, range.lo + (at * 5 + control * 3) as f64 % 8.0 / 7.0 * (range.hi - range.lo))
    };
    let mut score = Score { inputs: &inputs, block: 128, ..Score::new(FRAMES) };
    for control in 0..ports.controls.len() {
        let turn = |frame, at| Turn { frame: Frame(frame), control, value: value(at, control).1 };
        score.turns.extend([turn(7, 2), turn(150, 4)]);
    }
    let variants: Vec<Variant> = (0..sounds)
        .map(|at| Variant {
            values: (0..ports.controls.len()).map(|control| value(at, control)).collect(),
            seed: Seed { instance: (at * at) as u32, voice: 0 },
        })
        .collect();
    let go_on = &mut |_| ControlFlow::Continue(());
    let mut all = vec![0.0; sounds * ports.outputs * FRAMES];
    render_batch(factory.as_ref(), &score, &variants, &mut all, go_on).expect("the score fits");
    for (variant, heard) in variants.iter().zip(all.chunks(ports.outputs * FRAMES)) {
        let own = Score { values: variant.values.clone(), seed: variant.seed, ..score.clone() };
        let wanted = render(&Rig::solo(factory.as_ref()), &own, go_on).expect("the score fits");
        assert!(bits(heard) == bits(&wanted.concat()), "{precision}, {sounds} sounds, {variant:?}");
    }
}

proptest::proptest! {
    #![proptest_config(krach_tests::random::config())]

    #[test]
    fn random_programs_in_batches(program in krach_tests::random::programs(), sounds in 0_usize..11) {
        let program = at_rate(&program, RATE);
        check(&program, Precision::Single, sounds);
        check(&program, Precision::Double, sounds.min(3));
    }
}
