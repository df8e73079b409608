//! How long each stage takes for the sounds of the first example: reading the text form, optimising, printing Faust,
//! and 480 frames in the reference interpreter. Building and native code have their own in `krach-codegen`.

use criterion::{Criterion, criterion_group, criterion_main};
use krach_abi::{DspFactory, Precision, Seed};
use krach_diag::Source;
use krach_ir::{InterpreterFactory, at_rate, parse};
use std::hint::black_box;
use std::sync::Arc;

const SOUNDS: [(&str, &str); 3] = [
    ("kick", include_str!("../../fixtures/faust/kick.program")),
    ("acid_bass", include_str!("../../fixtures/faust/acid_bass.program")),
    ("verb", include_str!("../../fixtures/faust/verb.program")),
];
const FRAMES: usize = 480;

fn stages(c: &mut Criterion) {
    for (name, text) in SOUNDS {
        let source = Source::new(name, text);
        let program = parse(&source).expect("the fixtures are programs");
        c.bench_function(&format!("{name}/parse"), |b| b.iter(|| parse(black_box(&source))));
        c.bench_function(&format!("{name}/optimise"), |b| b.iter(|| at_rate(black_box(&program), 48_000)));
        c.bench_function(&format!("{name}/print"), |b| b.iter(|| krach_faust::print(black_box(&program))));

        let lean = Arc::new(at_rate(&program, 48_000));
        let factory =
            InterpreterFactory::new(lean, 48_000, Precision::Single).expect("a program at a common rate");
        let mut dsp = factory.instantiate(Seed::default());
        let input = [0.1_f32; FRAMES];
        let inputs = vec![&input[..]; factory.ports().inputs];
        let mut outputs = vec![[0.0_f32; FRAMES]; factory.ports().outputs];
        c.bench_function(&format!("{name}/interpret"), |b| {
            b.iter(|| {
                let mut outputs: Vec<&mut [f32]> = outputs.iter_mut().map(|port| &mut port[..]).collect();
                dsp.play::<f32>(black_box(&inputs), &mut outputs);
            });
        });
    }
}

criterion_group!(benches, stages);
criterion_main!(benches);
