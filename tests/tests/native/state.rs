//! Registers, lines, tables and followers of controls.

use crate::engines::{RATE, check, control, program};
use krach_abi::Precision;
use krach_codegen::{Body, Do, Kernel, Spec};
use krach_ir::{BuildError, Fun, ProgramBuilder, Sig, TableInit, Ty};
use std::sync::Arc;

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

/// What a smoother holds at rest was taken for 0, so its remainder by 3 was -6 instead of 0.
#[test]
fn a_remainder_of_what_is_held_at_rest_may_be_of_a_negative_int() {
    let program = program(0, |b, _| {
        let slider = b.control(control("slider", 0.5, -1.5, 1.5))?;
        let held = b.register(Ty::Real);
        let (before, half) = (b.read(held), b.real(0.5)?);
        let (kept, new) = (b.apply(Fun::Mul, &[before, half])?, b.apply(Fun::Mul, &[slider, half])?);
        let smooth = b.apply(Fun::Add, &[kept, new])?;
        b.write(held, smooth)?;
        let (scale, three) = (b.real(7.5)?, b.int(3));
        let wide = b.apply(Fun::Mul, &[smooth, scale])?;
        let whole = b.cast(wide, Ty::Int);
        let left = b.apply(Fun::Rem, &[whole, three])?;
        Ok(b.cast(left, Ty::Real))
    });
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

/// Circles of one to ten frames through a register and a line, and registers that pass each other's values on.
#[test]
fn circles_shorter_and_longer_than_a_step() {
    for far in 0..10 {
        check(
            &program(1, |b, inputs| {
                let back = b.register(Ty::Real);
                let (before, half, far) = (b.read(back), b.real(0.5)?, b.int(far));
                let fed = b.apply(Fun::Mul, &[before, half])?;
                let sum = b.apply(Fun::Add, &[inputs[0], fed])?;
                let late = b.delay(sum, far, Some(9))?;
                b.write(back, late)?;
                let [left, right] = [b.register(Ty::Real), b.register(Ty::Real)];
                let (one, other) = (b.read(left), b.read(right));
                b.write(right, one)?;
                b.write(left, other)?;
                let swapped = b.apply(Fun::Add, &[one, late])?;
                b.apply(Fun::Mul, &[swapped, sum])
            }),
            false,
        );
    }
}
