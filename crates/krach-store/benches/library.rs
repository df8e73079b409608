//! A library of a thousand instruments: opening it, the first sound of one, and what compiling that one takes.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use krach_abi::{DspFactory, Precision, Seed};
use krach_codegen::{NativeFactory, Spec};
use krach_ir::{Control, ControlKind, Fun, Program, ProgramBuilder, Sig, Ty};
use krach_store::krlib::{Draft, Language, Library, Policy, Source, build, write};
use krach_store::{Cache, Playable, Progress, Unit};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

const INSTRUMENTS: usize = 1_000;
const BLOCK: usize = 64;

/// A voice of some size: sines through filters, the one beside the other.
fn voice(name: &str, detune: f64) -> Arc<Program> {
    let mut b = ProgramBuilder::new(name);
    let control = |b: &mut ProgramBuilder, name: &str, init: f64| {
        let kind = ControlKind::Slider;
        b.control(Control::new(name, kind, [init, 0.0, 20_000.0, 0.1])).unwrap()
    };
    let freq = control(&mut b, "freq", 110.0);
    let cutoff = control(&mut b, "cutoff", 900.0);
    let gate = control(&mut b, "gate", 1.0);
    let two = |b: &mut ProgramBuilder, fun, x: Sig, y: Sig| b.apply(fun, &[x, y]).unwrap();
    let (rate, one) = (b.sample_rate(), b.real(1.0).unwrap());
    let step = two(&mut b, Fun::Div, freq, rate);
    let turns = two(&mut b, Fun::Div, cutoff, rate);
    let mut sum = b.real(0.0).unwrap();
    for part in 1..=8 {
        let factor = b.real(f64::from(part) * detune).unwrap();
        let step = two(&mut b, Fun::Mul, step, factor);
        let phase = b.register(Ty::Real);
        let before = b.read(phase);
        let next = two(&mut b, Fun::Add, before, step);
        let next = two(&mut b, Fun::Rem, next, one);
        b.write(phase, next).unwrap();
        let wave = b.apply(Fun::Sin, &[next]).unwrap();
        let state = b.register(Ty::Real);
        let held = b.read(state);
        let gap = two(&mut b, Fun::Sub, wave, held);
        let moved = two(&mut b, Fun::Mul, gap, turns);
        let now = two(&mut b, Fun::Add, held, moved);
        b.write(state, now).unwrap();
        b.name(now, format!("part_{part}"));
        sum = two(&mut b, Fun::Add, sum, now);
    }
    let out = two(&mut b, Fun::Mul, sum, gate);
    b.output("out", out).unwrap();
    Arc::new(b.finish().unwrap())
}

fn library(path: &Path) {
    let draft = |at: usize| Draft {
        name: format!("voice_{at}"),
        doc: "Eight partials through eight filters, some of them out of tune.".to_owned(),
        source: Some(Source { text: "def voice(): ...\n".repeat(20), language: Language::Python }),
        file: "voices.py".to_owned(),
        line: 1,
        faust: true,
        precision: None,
        program: voice(&format!("voice_{at}"), 1.0 + at as f64 * 1e-4),
    };
    let drafts: Vec<Draft> = (0..INSTRUMENTS).map(draft).collect();
    let built = build(&drafts, &[spec()], krach_codegen::compile, &Progress::default());
    write(path, built.into_iter().map(Result::unwrap).collect()).unwrap();
}

fn spec() -> Spec {
    Spec::new(48_000, Precision::Single)
}

fn first_block(factory: &NativeFactory) -> f32 {
    let mut out = [0.0; BLOCK];
    factory.instantiate(Seed::default()).play::<f32>(&[], &mut [&mut out]);
    out[BLOCK - 1]
}

fn stages(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("voices.krlib");
    library(&path);
    let mut group = c.benchmark_group("library");
    group.bench_function("open 1000 instruments", |b| b.iter(|| Library::open(&path, Policy::Tag).unwrap()));
    let open = Library::open(&path, Policy::Tag).unwrap();
    group.bench_function("first sound of one", |b| {
        let (mut at, cache) = (0, Cache::new(8));
        b.iter(|| {
            at = (at + 1) % INSTRUMENTS;
            let sound = Playable::try_from(open.at(at)).unwrap();
            let compiled = sound.compile(&cache, Unit::Voice, spec()).unwrap().unwrap();
            assert!(compiled.cached, "code of the library");
            first_block(&compiled.factory)
        });
    });
    group.bench_function("the same, compiled", |b| {
        let program = voice("voice", 1.01);
        b.iter(|| {
            let optimised = krach_ir::optimise(black_box(&program));
            first_block(&krach_codegen::compile(&optimised, &spec()).unwrap())
        });
    });
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
