//! How long each stage takes for the sounds of the first example: reading the text form, optimising, printing Faust,
//! and 480 frames in the reference interpreter. Building and native code have their own in `krach-codegen`.

use criterion::{Criterion, criterion_group, criterion_main};
use krach_abi::{Block, Buffer, DspFactory, FlushGuard, Frame, Precision, Seed, VoiceIo};
use krach_diag::Source;
use krach_faust::{NoFiles, Options};
use krach_ir::{InterpreterFactory, at_rate, parse};
use std::hint::black_box;
use std::sync::Arc;

const SOUNDS: [(&str, &str); 3] = [
    ("kick", include_str!("../../fixtures/faust/kick.program")),
    ("acid_bass", include_str!("../../fixtures/faust/acid_bass.program")),
    ("verb", include_str!("../../fixtures/faust/verb.program")),
];
const HEAVY: [(&str, &str); 4] = [
    ("chebyshev", include_str!("../../fixtures/faust/heavy/chebyshev.dsp")),
    ("shared_arguments", include_str!("../../fixtures/faust/heavy/shared_arguments.dsp")),
    ("interleave", include_str!("../../fixtures/faust/heavy/interleave.dsp")),
    ("matcher", include_str!("../../fixtures/faust/heavy/matcher.dsp")),
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
        let ports = factory.ports();
        let (mut input, mut output) = (Buffer::new(ports.inputs, FRAMES), Buffer::new(ports.outputs, FRAMES));
        (0..ports.inputs).for_each(|port| input.channel_mut(port).fill(0.1_f32));
        c.bench_function(&format!("{name}/interpret"), |b| {
            let _flush = FlushGuard::new();
            b.iter(|| {
                let (inputs, outputs) = (black_box(&input).head(FRAMES), output.head_mut(FRAMES));
                let voices = &mut [VoiceIo::BUSY];
                dsp.process_f32(&mut Block { start: Frame::default(), inputs, outputs, voices })
            });
        });
    }
}

/// Faust text whose parts are shared many times over: from the text to a program.
fn heavy(c: &mut Criterion) {
    for (name, text) in HEAVY {
        let source = Source::new(name, text);
        c.bench_function(&format!("{name}/elaborate"), |b| {
            b.iter(|| krach_faust::elaborate(black_box(&source), &NoFiles, &Options::default()));
        });
    }
}

criterion_group!(benches, stages, heavy);
criterion_main!(benches);
