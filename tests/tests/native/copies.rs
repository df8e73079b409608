//! Copies: their noise, birth, formats and threads.

use crate::engines::{FRAMES, PRECISIONS, check, control, input, native, perform, program};
use krach_abi::{DspFactory, Precision, Seed};
use krach_engine::{Rig, Score, render};
use krach_ir::{Fun, TableInit, Ty};
use std::ops::ControlFlow;

#[test]
fn noises_differ_by_ordinal_and_copy() {
    let noises = program(0, |b, _| {
        let (first, second) = (b.noise(), b.noise());
        let half = b.real(0.5)?;
        let second = b.apply(Fun::Mul, &[second, half])?;
        b.apply(Fun::Add, &[first, second])
    });
    check(&noises, false);
    let factory = native(&noises, Precision::Single);
    let play = |seed| {
        let score: Score<'_, f64> = Score { seed, ..Score::new(64) };
        render(&Rig::solo(factory.as_ref()), &score, &mut |_| ControlFlow::Continue(()))
            .expect("the score fits")
    };
    assert_ne!(play(Seed::default()), play(Seed { instance: 1, voice: 0 }));
    assert_eq!(play(Seed { instance: 3, voice: 2 }), play(Seed { instance: 3, voice: 2 }));
}

#[test]
fn reset_is_birth_with_the_controls_as_they_are() {
    let program = program(0, |b, _| {
        let level = b.control(control("level", 0.5, 0.0, 1.0))?;
        let noise = b.noise();
        let table = b.ram(TableInit::Reals(vec![0.1; 4].into()), 4, noise, noise)?;
        let index = b.int(0);
        let entry = b.recall(table, index)?;
        let before = b.mem(noise)?;
        let three = b.int(3);
        let echo = b.delay(noise, three, None)?;
        let mut sum = b.apply(Fun::Mul, &[level, noise])?;
        for sig in [entry, before, echo] {
            sum = b.apply(Fun::Add, &[sum, sig])?;
        }
        Ok(sum)
    });
    let mut copy = native(&program, Precision::Double).instantiate(Seed::default());
    let (mut first, mut second) = ([0.0; 100], [0.0; 100]);
    copy.set(0, 0, 0.25);
    copy.play::<f64>(&[], &mut [&mut first]);
    copy.reset(0);
    copy.play::<f64>(&[], &mut [&mut second]);
    assert_eq!(first, second);
    copy.play::<f64>(&[], &mut [&mut []]);
}

#[test]
fn both_formats_of_the_stage_and_no_frames() {
    let tan = program(1, |b, inputs| b.apply(Fun::Tan, &[inputs[0]]));
    for precision in PRECISIONS {
        let factory = native(&tan, precision);
        let wide: Vec<f64> = input(0, false);
        let narrow: Vec<f32> = wide.iter().map(|&x| x as f32).collect();
        let (mut out64, mut out32) = (vec![0.0; FRAMES], vec![0.0; FRAMES]);
        factory.instantiate(Seed::default()).play::<f64>(&[&wide], &mut [&mut out64]);
        let mut copy = factory.instantiate(Seed::default());
        copy.play::<f32>(&[&[]], &mut [&mut []]);
        copy.play::<f32>(&[&narrow], &mut [&mut out32]);
        assert!(out64.iter().zip(&out32).all(|(&a, &b)| a as f32 == b), "{precision}");
    }
}

#[test]
fn copies_outlive_their_factory() {
    let noise = program(0, |b, _| Ok(b.noise()));
    let mut copy = native(&noise, Precision::Single).instantiate(Seed::default());
    let mut out = [0.0; 8];
    let thread = std::thread::spawn(move || {
        copy.play::<f32>(&[], &mut [&mut out]);
        out
    });
    assert_ne!(thread.join().expect("plays")[7], 0.0);
}

#[test]
fn many_threads_compile_and_play_at_once() {
    let ladder = program(1, |b, inputs| {
        let mut sig = inputs[0];
        for _ in 0..20 {
            sig = b.apply(Fun::Tanh, &[sig])?;
        }
        Ok(sig)
    });
    let wanted = perform(native(&ladder, Precision::Double).as_ref(), 512, false);
    std::thread::scope(|scope| {
        for block in 1..9 {
            let (ladder, wanted) = (&ladder, &wanted);
            scope.spawn(move || {
                for _ in 0..20 {
                    assert_eq!(
                        &perform(native(ladder, Precision::Double).as_ref(), block * 16, false),
                        wanted
                    );
                }
            });
        }
    });
}

#[test]
fn denormals_vanish_in_decaying_tails() {
    let tail = program(1, |b, inputs| {
        let register = b.register(Ty::Real);
        let before = b.read(register);
        let pole = b.real(0.5)?;
        let fed = b.apply(Fun::Mul, &[before, pole])?;
        let sum = b.apply(Fun::Add, &[fed, inputs[0]])?;
        b.write(register, sum)?;
        Ok(sum)
    });
    let mut impulse = vec![0.0_f32; 400];
    impulse[0] = 1.0;
    let mut out = vec![0.0_f32; 400];
    native(&tail, Precision::Single).instantiate(Seed::default()).play::<f32>(&[&impulse], &mut [&mut out]);
    assert!(out.iter().all(|&y| y == 0.0 || y >= f32::MIN_POSITIVE));
    assert_eq!(out[399], 0.0);
}
