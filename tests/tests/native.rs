//! Native code is the interpreter, bit for bit: every function, every operation, random programs, both precisions,
//! any block size, events on odd frames.

use krach_abi::{DspFactory, Frame, Precision, Seed};
use krach_codegen::{Body, Do, Kernel, NativeFactory, Spec, clif, compile};
use krach_engine::{Rig, Score, Turn, render};
use krach_ir::{
    BuildError, Control, ControlKind, Fun, InterpreterFactory, Program, ProgramBuilder, Rule, Sig, TableInit,
    Ty, at_rate,
};
use std::ops::ControlFlow;
use std::sync::Arc;

const RATE: u32 = 48_000;
const FRAMES: usize = 600;
const PRECISIONS: [Precision; 2] = [Precision::Single, Precision::Double];

/// Seeded white noise with a few corners, finite.
fn input(port: usize, wide: bool) -> Vec<f64> {
    let corners =
        [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.499_999_97, 1e9, -1e9, 3e38, -3e38, 7.0, 1e-30];
    let mut state = 0x9E37_79B9_u64.wrapping_mul(port as u64 + 1);
    (0..FRAMES)
        .map(|frame| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let uniform = (state >> 40) as f64 / f64::from(1 << 23) - 1.0;
            match (wide, frame % 3) {
                (true, 0) => corners[(frame / 3 + port * 5 + frame / 48) % corners.len()],
                (true, 1) => uniform * 10.0,
                _ => uniform,
            }
        })
        .map(|value| f64::from(value as f32))
        .collect()
}

/// The same bits; any NaN is any other, and so it is in the interpreter.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

fn perform(factory: &dyn DspFactory, block: usize, wide: bool) -> Vec<Vec<f64>> {
    let inputs: Vec<Vec<f64>> = (0..factory.ports().inputs).map(|port| input(port, wide)).collect();
    let inputs: Vec<&[f64]> = inputs.iter().map(Vec::as_slice).collect();
    let mut score = Score { block, inputs: &inputs, ..Score::new(FRAMES) };
    for (control, range) in factory.ports().controls.iter().enumerate() {
        let at = |part: f64| range.lo + part * (range.hi - range.lo);
        score.values.push((control, at(0.3)));
        for (frame, part) in [(1, 0.9), (77, 0.0), (77, 0.55), (301, 1.0), (302, 0.2)] {
            score.turns.push(Turn { frame: Frame(frame + control as u64), control, value: at(part) });
        }
    }
    render(&Rig::solo(factory), &score, &mut |_| ControlFlow::Continue(())).expect("the score fits")
}

fn native(program: &Program, precision: Precision) -> Arc<NativeFactory> {
    let spec = Spec::new(RATE, precision);
    let kernel = Kernel::build(program, &spec).expect("a small program");
    clif(&kernel).unwrap_or_else(|why| panic!("{why}\n{kernel}"));
    compile(program, &spec).unwrap_or_else(|why| panic!("{why}\n{kernel}"))
}

/// Compares native code with the interpreter of the same, optimised program.
fn check(program: &Program, wide: bool) {
    for precision in PRECISIONS {
        let rated = Arc::new(at_rate(program, RATE));
        let reference = InterpreterFactory::new(rated, RATE, precision).expect("a small program");
        let wanted = perform(&reference, 512, wide);
        let native = native(program, precision);
        for block in [1, 3, 7, 64, 256, 1000] {
            let got = perform(native.as_ref(), block, wide);
            for (port, (got, wanted)) in got.iter().zip(&wanted).enumerate() {
                let differs = got.iter().zip(wanted).position(|(&a, &b)| !same(a, b));
                if let Some(frame) = differs {
                    let kernel = Kernel::build(program, &Spec::new(RATE, precision)).expect("built before");
                    panic!(
                        "{precision}, block {block}, output {port}, frame {frame}: native {:e}, interpreter {:e}\n{kernel}",
                        got[frame], wanted[frame]
                    );
                }
            }
        }
    }
}

/// A program with this number of inputs and one output, written by `body`.
fn program(inputs: usize, body: impl Fn(&mut ProgramBuilder, &[Sig]) -> Result<Sig, BuildError>) -> Program {
    let mut b = ProgramBuilder::new("test");
    let inputs: Vec<Sig> = (0..inputs).map(|port| b.input(format!("in{port}"))).collect();
    let out = body(&mut b, &inputs).expect("a program");
    b.output("out", out).expect("its own signal");
    b.finish().expect("a valid program")
}

fn control(name: &str, init: f64, lo: f64, hi: f64) -> Control {
    Control::new(name, ControlKind::Slider, [init, lo, hi, 0.001])
}

#[test]
fn every_function_of_every_type() {
    let mut rows = 0;
    for &fun in Fun::ALL {
        let types: &[Ty] = match fun.rule() {
            Rule::Same | Rule::Compare | Rule::Select => &[Ty::Int, Ty::Real],
            Rule::Real | Rule::ToInt => &[Ty::Real],
            Rule::Bits | Rule::ToReal => &[Ty::Int],
        };
        for &ty in types {
            check(
                &program(4, |b, inputs| {
                    let mut operands = Vec::new();
                    for (position, &sig) in inputs.iter().take(fun.arity()).enumerate() {
                        let selector = fun == Fun::Select && position == 0;
                        operands.push(if selector { b.cast(sig, Ty::Int) } else { b.cast(sig, ty) });
                    }
                    b.apply(fun, &operands)
                }),
                true,
            );
            rows += 1;
        }
    }
    assert!(rows > Fun::ALL.len());
}

#[test]
fn every_function_of_what_is_not_finite() {
    for &fun in Fun::ALL {
        check(
            &program(5, |b, inputs| {
                let mut operands = Vec::new();
                for pair in inputs.windows(2).take(fun.arity()) {
                    let floor = b.apply(Fun::Floor, &[pair[1]])?;
                    operands.push(b.apply(Fun::Div, &[pair[0], floor])?);
                }
                let types = vec![Ty::Real; operands.len()];
                for (position, operand) in operands.iter_mut().enumerate() {
                    *operand = b.cast(*operand, fun.wants(position, &types));
                }
                b.apply(fun, &operands)
            }),
            true,
        );
    }
}

#[test]
fn constants_too_small_to_be_normal() {
    for value in [1e-39, -1e-40, 1e-46, 1.2e-38, 5e-324] {
        check(
            &program(1, |b, inputs| {
                let tiny = b.real(value)?;
                let zero = b.real(0.0)?;
                let above = b.apply(Fun::Gt, &[inputs[0], zero])?;
                b.apply(Fun::Select, &[above, tiny, inputs[0]])
            }),
            false,
        );
    }
}

#[test]
fn quotients_by_constants() {
    for divisor in [2.0, -0.5, 3.0, 1e-38, 2.0_f64.powi(-126), 2.0_f64.powi(-127), 2.0_f64.powi(127), 1024.0]
    {
        check(
            &program(1, |b, inputs| {
                let divisor = b.real(divisor)?;
                b.apply(Fun::Div, &[inputs[0], divisor])
            }),
            true,
        );
    }
}

#[test]
fn remainders_by_constants_and_of_constants() {
    for divisor in [1.0, -1.0, 0.5, 2.0, 0.0] {
        check(
            &program(1, |b, inputs| {
                let divisor = b.real(divisor)?;
                b.apply(Fun::Rem, &[inputs[0], divisor])
            }),
            true,
        );
    }
    for divisor in [0, 1, -1, 7, i32::MIN] {
        check(
            &program(1, |b, inputs| {
                let divisor = b.int(divisor);
                let x = b.cast(inputs[0], Ty::Int);
                let low = b.int(i32::MIN);
                let a = b.apply(Fun::Rem, &[x, divisor])?;
                let c = b.apply(Fun::Rem, &[low, x])?;
                b.apply(Fun::Xor, &[a, c])
            }),
            true,
        );
    }
}

#[test]
fn functions_of_controls_and_of_constants_that_do_not_fold() {
    check(
        &program(1, |b, inputs| {
            let cutoff = b.control(control("cutoff", 440.0, 20.0, 20_000.0))?;
            let mode = b.control(control("mode", 0.0, -2.0, 2.0))?;
            let rate = b.sample_rate();
            let ratio = b.apply(Fun::Div, &[cutoff, rate])?;
            let pole = b.apply(Fun::Exp, &[ratio])?;
            let selector = b.cast(mode, Ty::Int);
            let above = b.apply(Fun::Gt, &[mode, ratio])?;
            let zero = b.int(0);
            let infinite = b.apply(Fun::Div, &[zero, zero])?;
            let chosen = b.apply(Fun::Select, &[selector, pole, ratio])?;
            let flag = b.apply(Fun::Select, &[above, chosen, infinite])?;
            let product = b.apply(Fun::Mul, &[flag, inputs[0]])?;
            b.apply(Fun::Add, &[product, above])
        }),
        false,
    );
}

/// A one-pole that follows a control and is at rest after some dozens of frames.
fn follower(b: &mut ProgramBuilder, name: &str) -> Result<Sig, BuildError> {
    let value = b.control(control(name, 0.5, 0.0, 1.0))?;
    let register = b.register(Ty::Real);
    let (before, half) = (b.read(register), b.real(0.5)?);
    let kept = b.apply(Fun::Mul, &[before, half])?;
    let new = b.apply(Fun::Mul, &[value, half])?;
    let next = b.apply(Fun::Add, &[kept, new])?;
    b.write(register, next)?;
    Ok(next)
}

#[test]
fn followers_of_controls_rest_and_move_with_the_same_bits() {
    let program = program(1, |b, inputs| {
        let (level, drive) = (follower(b, "level")?, follower(b, "drive")?);
        let angle = b.apply(Fun::Tan, &[level])?;
        // 0 in the first frame, 1 ever after; and what follows only at rest.
        let (one, x) = (b.int(1), inputs[0]);
        let later = b.mem(one)?;
        let first = b.apply(Fun::Sub, &[one, later])?;
        let phase = b.register(Ty::Real);
        let before = b.read(phase);
        let sum = b.apply(Fun::Add, &[before, angle])?;
        let wrapped = b.apply(Fun::Rem, &[sum, drive])?;
        let next = b.apply(Fun::Select, &[first, wrapped, drive])?;
        b.write(phase, next)?;
        // Out of hearing once `first` is 0: a noise, a line and a table that must go on all the same.
        let (noise, far) = (b.noise(), b.int(40));
        let echo = b.delay(noise, far, None)?;
        let slot = b.int(0);
        let table = b.ram(TableInit::Reals([0.0; 4].into()), 4, slot, noise)?;
        let kept = b.recall(table, slot)?;
        let hidden = b.apply(Fun::Add, &[echo, kept])?;
        let heard = b.apply(Fun::Select, &[first, x, hidden])?;
        let past = b.delay(noise, far, None)?;
        let swing = b.mem(drive)?;
        let mixed = b.apply(Fun::Mul, &[swing, past])?;
        let all = b.apply(Fun::Add, &[heard, mixed])?;
        b.apply(Fun::Add, &[all, next])
    });
    let kernel = Kernel::build(&program, &Spec::new(RATE, Precision::Single)).expect("a small program");
    let count =
        |body: &Body, wanted: fn(&Do) -> bool| body.insts().iter().filter(|inst| wanted(&inst.what)).count();
    let tangent: fn(&Do) -> bool = |what| matches!(what, Do::Call(Fun::Tan) | Do::Apply(Fun::Tan));
    let rest = kernel.rest().expect("two controls are followed");
    assert_eq!(count(&kernel.sample()[0].body, tangent), 1);
    assert_eq!(count(&rest.sample[0].body, tangent), 0, "{kernel}");
    assert_eq!(count(&rest.hold, tangent), 1);
    check(&program, false);
}

#[test]
fn counters_that_wrap_around_and_ints_that_do_not() {
    check(
        &program(1, |b, inputs| {
            let count = b.register(Ty::Int);
            let (before, step, size) = (b.read(count), b.int(3), b.int(7));
            let sum = b.apply(Fun::Add, &[before, step])?;
            let next = b.apply(Fun::Rem, &[sum, size])?;
            b.write(count, next)?;
            let any = b.cast(inputs[0], Ty::Int);
            let free = b.apply(Fun::Rem, &[any, size])?;
            let both = b.apply(Fun::Mul, &[next, free])?;
            let table = b.table(TableInit::Reals([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0].into()), 7)?;
            let here = b.lookup(table, next)?;
            let there = b.lookup(table, both)?;
            let again = b.lookup(table, both)?;
            let sum = b.apply(Fun::Add, &[here, there])?;
            b.apply(Fun::Mul, &[sum, again])
        }),
        true,
    );
}

#[test]
fn powers_of_constants_and_to_constants() {
    for constant in [2.0, 0.3, 1.0, 0.0, -1.0, -2.0, 3.0, 2.5, 1e30, 1e-45] {
        for left in [false, true] {
            let power = program(2, |b, inputs| {
                let (constant, floor) = (b.real(constant)?, b.apply(Fun::Floor, &[inputs[1]])?);
                let x = b.apply(Fun::Div, &[inputs[0], floor])?;
                b.apply(Fun::Pow, &if left { [constant, x] } else { [x, constant] })
            });
            check(&power, true);
        }
    }
}

#[test]
fn control_only_and_constant_outputs() {
    let mut b = ProgramBuilder::new("still");
    let level = b.control(control("level", 0.5, 0.0, 1.0)).expect("a control");
    let square = b.apply(Fun::Mul, &[level, level]).expect("types fit");
    let three = b.int(3);
    let input = b.input("in");
    for sig in [level, square, three, input, square] {
        b.output("out", sig).expect("its own signal");
    }
    check(&b.finish().expect("a valid program"), false);
}

#[test]
fn registers_that_swap_and_chain() {
    check(
        &program(1, |b, inputs| {
            let (first, second, third) = (b.register(Ty::Real), b.register(Ty::Real), b.register(Ty::Int));
            let (x, y, z) = (b.read(first), b.read(second), b.read(third));
            b.write(first, y)?;
            let next = b.apply(Fun::Sub, &[inputs[0], x])?;
            b.write(second, next)?;
            let one = b.int(1);
            let count = b.apply(Fun::Add, &[z, one])?;
            b.write(third, count)?;
            let sum = b.apply(Fun::Add, &[x, y])?;
            b.apply(Fun::Mul, &[sum, z])
        }),
        false,
    );
}

#[test]
fn twenty_recurrences_exceed_the_carried_ones() {
    check(
        &program(1, |b, inputs| {
            let mut sum = inputs[0];
            for pole in 1..=20 {
                let register = b.register(Ty::Real);
                let before = b.read(register);
                let weight = b.real(f64::from(pole) / 21.0)?;
                let fed = b.apply(Fun::Mul, &[before, weight])?;
                let next = b.apply(Fun::Add, &[fed, inputs[0]])?;
                b.write(register, next)?;
                sum = b.apply(Fun::Add, &[sum, next])?;
            }
            Ok(sum)
        }),
        false,
    );
}

#[test]
fn gated_state_stands_still() {
    check(
        &program(2, |b, inputs| {
            let quiet = b.real(0.2)?;
            let open = b.apply(Fun::Gt, &[inputs[1], quiet])?;
            let register = b.register(Ty::Real);
            let before = b.read(register);
            let sum = b.apply(Fun::Add, &[before, inputs[0]])?;
            b.write(register, sum)?;
            b.gate(register, open)?;
            let ints = b.register(Ty::Int);
            let counted = b.read(ints);
            let one = b.int(1);
            let next = b.apply(Fun::Add, &[counted, one])?;
            b.write(ints, next)?;
            let raw = b.cast(inputs[1], Ty::Int);
            b.gate(ints, raw)?;
            let echo = b.apply(Fun::Mul, &[sum, counted])?;
            b.apply(Fun::Add, &[echo, before])
        }),
        true,
    );
}

#[test]
fn delays_of_every_kind() {
    check(
        &program(2, |b, inputs| {
            let mut sum = b.mem(inputs[0])?;
            for frames in [0, 1, 2, 3, 7, 8, 100, 511] {
                let frames = b.int(frames);
                let tap = b.delay(inputs[1], frames, None)?;
                sum = b.apply(Fun::Add, &[sum, tap])?;
            }
            let half = b.real(50.0)?;
            let swing = b.apply(Fun::Mul, &[inputs[1], half])?;
            let varying = b.delay(inputs[0], swing, Some(37))?;
            let count = b.cast(inputs[0], Ty::Int);
            let ints = b.delay(count, swing, Some(5))?;
            let time = b.control(control("time", 3.0, 0.0, 200.0))?;
            let turned = b.delay(inputs[0], time, None)?;
            let again = b.mem(turned)?;
            for tap in [varying, ints, turned, again] {
                sum = b.apply(Fun::Add, &[sum, tap])?;
            }
            Ok(sum)
        }),
        true,
    );
}

#[test]
fn a_comb_through_a_line_in_a_loop() {
    check(
        &program(1, |b, inputs| {
            let register = b.register(Ty::Real);
            let before = b.read(register);
            let frames = b.int(99);
            let echo = b.delay(before, frames, None)?;
            let gain = b.real(0.7)?;
            let fed = b.apply(Fun::Mul, &[echo, gain])?;
            let sum = b.apply(Fun::Add, &[fed, inputs[0]])?;
            b.write(register, sum)?;
            Ok(sum)
        }),
        false,
    );
}

#[test]
fn tables_shared_generated_and_written() {
    let mut inner = ProgramBuilder::new("ramp");
    let register = inner.register(Ty::Real);
    let before = inner.read(register);
    let rate = inner.sample_rate();
    let step = inner.real(1.0).expect("finite");
    let step = inner.apply(Fun::Div, &[step, rate]).expect("types fit");
    let next = inner.apply(Fun::Add, &[before, step]).expect("types fit");
    inner.write(register, next).expect("its own signal");
    inner.output("out", next).expect("its own signal");
    let ramp = TableInit::Generated(Arc::new(inner.finish().expect("a valid program")));
    check(
        &program(2, |b, inputs| {
            let ramp = b.table(ramp.clone(), 100)?;
            let ints = b.table(TableInit::Ints([5, -3, 900].into()), 3)?;
            let reals = b.table(TableInit::Reals([0.25, -1e-3].into()), 2)?;
            let wide = b.real(70.0)?;
            let index = b.apply(Fun::Mul, &[inputs[0], wide])?;
            let mut sum = b.lookup(ramp, index)?;
            for table in [ints, reals] {
                let entry = b.lookup(table, inputs[1])?;
                sum = b.apply(Fun::Add, &[sum, entry])?;
            }
            let zero = b.int(0);
            let fixed = b.lookup(ints, zero)?;
            let written = b.ram(TableInit::Reals(vec![0.5; 64].into()), 64, index, inputs[1])?;
            let read = b.recall(written, inputs[1])?;
            let counts = b.ram(TableInit::Ints(vec![7; 9].into()), 9, inputs[1], index)?;
            let count = b.recall(counts, index)?;
            for sig in [fixed, read, count] {
                sum = b.apply(Fun::Add, &[sum, sig])?;
            }
            Ok(sum)
        }),
        true,
    );
}

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

proptest::proptest! {
    #![proptest_config(krach_tests::random::config())]

    #[test]
    fn random_programs(program in krach_tests::random::programs()) {
        check(&program, false);
    }
}
