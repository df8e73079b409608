//! Compiled code, saved and loaded: the same samples, or a refusal that says why.
#![allow(clippy::unwrap_used)]

use krach_abi::{DspFactory, Precision, Seed};
use krach_codegen::{Misfit, NativeFactory, Secret, Spec, Target, Trust, compile};
use krach_ir::{Control, ControlKind, Fun, Program, ProgramBuilder, TableInit, Ty};
use std::sync::Arc;

/// One of everything that a factory knows: a control, a call, a table, a read-write table, a line, a noise, state.
fn all_kinds() -> Program {
    let mut b = ProgramBuilder::new("all");
    let kind = ControlKind::Slider;
    let level = Control::new("level", kind, [0.5, 0.0, 1.0, 0.01]);
    let level = b.control(level).unwrap();
    let input = b.input("in");
    let noise = b.noise();
    let frames = b.int(30);
    let late = b.delay(noise, frames, None).unwrap();
    let count = b.register(Ty::Int);
    let (before, one) = (b.read(count), b.int(1));
    let now = b.apply(Fun::Add, &[before, one]).unwrap();
    b.write(count, now).unwrap();
    let entries = b.int(8);
    let index = b.apply(Fun::Rem, &[now, entries]).unwrap();
    let values: Vec<f64> = (0..8).map(|at| f64::from(at) * 0.1).collect();
    let table = b.table(TableInit::Reals(values.clone().into()), 8).unwrap();
    let ints = b.table(TableInit::Ints((0..8).collect()), 8).unwrap();
    let (looked, whole) = (b.lookup(table, index).unwrap(), b.lookup(ints, index).unwrap());
    let ram = b.ram(TableInit::Reals(values.into()), 8, index, input).unwrap();
    let two = b.int(2);
    let recalled = b.recall(ram, two).unwrap();
    let mut sum = b.apply(Fun::Sin, &[level]).unwrap();
    for part in [input, late, looked, whole, recalled] {
        sum = b.apply(Fun::Add, &[sum, part]).unwrap();
    }
    b.output("out", sum).unwrap();
    b.finish().unwrap()
}

fn samples(factory: &NativeFactory) -> Vec<u64> {
    let mut copy = factory.instantiate(Seed { instance: 3, voice: 1 });
    let input: Vec<f64> = (0..200).map(|at| f64::from(at) / 7.0).collect();
    let mut out = vec![0.0; 200];
    copy.play::<f64>(&[&input[..100]], &mut [&mut out[..100]]);
    copy.set(0, 0, 0.25);
    copy.play::<f64>(&[&input[100..]], &mut [&mut out[100..]]);
    out.into_iter().map(f64::to_bits).collect()
}

const PROGRAM: [u8; 32] = [7; 32];

fn secret() -> Secret {
    Secret::new([1; 32])
}

fn load(saved: &[u8], tag: &[u8; 32]) -> Result<Arc<NativeFactory>, Misfit> {
    NativeFactory::load(saved, &PROGRAM, Trust::Tag { secret: &secret(), tag })
}

#[test]
fn what_is_loaded_sounds_like_what_was_saved() {
    let program = krach_ir::optimise(&all_kinds());
    for precision in [Precision::Single, Precision::Double] {
        let host = Spec::new(44_100, precision);
        let sound = samples(&compile(&program, &host).unwrap());
        for target in [Target::Host, Target::Baseline] {
            let factory = compile(&program, &Spec { target, ..host }).unwrap();
            assert_eq!(samples(&factory), sound, "{target}, {precision}");
            let saved = factory.save();
            assert_eq!(saved, compile(&program, factory.spec()).unwrap().save(), "the same bytes");
            let loaded = load(&saved, &secret().tag(&PROGRAM, &saved)).unwrap();
            assert_eq!(samples(&loaded), sound, "{target}, {precision}, loaded");
            assert_eq!(loaded.save(), saved);
            assert_eq!((loaded.spec(), loaded.ports()), (factory.spec(), factory.ports()));
            assert_eq!(loaded.layout(), factory.layout());
        }
    }
}

#[test]
fn baseline_asks_less_of_the_processor() {
    let features = |target| {
        let spec = Spec { target, ..Spec::new(48_000, Precision::Single) };
        compile(&all_kinds(), &spec).unwrap().machine().features.clone()
    };
    let (host, baseline) = (features(Target::Host), features(Target::Baseline));
    assert!(baseline.iter().all(|feature| host.contains(feature)), "{baseline:?}");
}

#[test]
fn code_of_strangers_and_of_other_programs_is_refused() {
    let saved = compile(&all_kinds(), &Spec::new(48_000, Precision::Single)).unwrap().save();
    let tag = secret().tag(&PROGRAM, &saved);
    let untrusted = |saved: &[u8], program: &[u8; 32], secret: &Secret, tag: &[u8; 32]| {
        let loaded = NativeFactory::load(saved, program, Trust::Tag { secret, tag });
        assert_eq!(loaded.unwrap_err(), Misfit::Untrusted);
    };
    untrusted(&saved, &PROGRAM, &Secret::new([2; 32]), &tag);
    untrusted(&saved, &[8; 32], &secret(), &tag);
    untrusted(&saved[..saved.len() - 1], &PROGRAM, &secret(), &tag);
    for bit in (0..saved.len() * 8).step_by(41) {
        let mut changed = saved.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        untrusted(&changed, &PROGRAM, &secret(), &tag);
    }
}

#[test]
fn a_promise_about_something_else_is_still_refused() {
    let promised = |saved: &[u8]| NativeFactory::load(saved, &PROGRAM, Trust::Promised).map(drop);
    let factory = compile(&all_kinds(), &Spec::new(48_000, Precision::Single)).unwrap();
    let saved = factory.save();
    assert_eq!(promised(&saved), Ok(()));
    assert_eq!(promised(b""), Err(Misfit::Malformed));
    assert_eq!(promised(&[saved.clone(), vec![0]].concat()), Err(Misfit::Malformed));
    // Cut off anywhere, nothing is mapped.
    for end in 0..saved.len() {
        assert!(promised(&saved[..end]).is_err(), "{end}");
    }
    let maker = NativeFactory::maker().len();
    let mut other = saved.clone();
    other[maker] ^= 1;
    assert!(matches!(promised(&other), Err(Misfit::Version(_))));
    let arch = factory.machine().arch.clone();
    let at = saved.windows(arch.len()).position(|bytes| bytes == arch.as_bytes()).unwrap();
    let mut other = saved.clone();
    other[at] = b'z';
    assert!(matches!(promised(&other), Err(Misfit::Machine(_))));
}
