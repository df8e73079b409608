//! What holds for every program, tried on random ones.

use krach_abi::{Dsp, DspFactory, Precision, Seed};
use krach_diag::Source;
use krach_ir::{InterpreterFactory, Intervals, OnePole, Op, Program, Sig, at_rate, optimise, parse};
use krach_tests::random::{INPUTS, config, programs, recipes};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use std::sync::Arc;

const RATE: u32 = 44_100;
const FRAMES: usize = 700;
const PRECISIONS: [Precision; 2] = [Precision::Single, Precision::Double];

/// An impulse and noise in -1..1, the same in both precisions.
fn inputs() -> Vec<Vec<f64>> {
    let mut state = 1_u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 23) - 1.0
    };
    let mut port = |first: f64| (0..FRAMES).map(|frame| if frame == 0 { first } else { noise() }).collect();
    (0..INPUTS).map(|_| port(1.0)).collect()
}

/// Renders in blocks of that size; controls move once, at a multiple of all block sizes.
fn render(program: &Program, precision: Precision, block: usize) -> Vec<Vec<f64>> {
    let factory = InterpreterFactory::new(Arc::new(program.clone()), RATE, precision).expect("small");
    let mut dsp = factory.instantiate(Seed::default());
    let inputs = inputs();
    let mut outputs = vec![vec![0.0; FRAMES]; program.outputs().len()];
    let mut done = 0;
    while done < FRAMES {
        if done == 448 {
            move_controls(&mut *dsp, &factory);
        }
        let end = FRAMES.min(done + block).min(if done < 448 { 448 } else { FRAMES });
        let ins: Vec<&[f64]> = inputs[..program.inputs().len()].iter().map(|port| &port[done..end]).collect();
        let mut outs: Vec<&mut [f64]> = outputs.iter_mut().map(|port| &mut port[done..end]).collect();
        dsp.play::<f64>(&ins, &mut outs);
        done = end;
    }
    outputs
}

fn move_controls(dsp: &mut dyn Dsp, factory: &InterpreterFactory) {
    for (at, control) in factory.ports().controls.iter().enumerate() {
        dsp.set(0, at, control.lo + 0.7 * (control.hi - control.lo));
    }
}

/// Equal numbers; the sign of a zero does not count, nor which NaN.
fn first_difference(a: &[Vec<f64>], b: &[Vec<f64>]) -> Option<(usize, usize, f64, f64)> {
    let differ = |(a, b): (&f64, &f64)| !(a == b || a.is_nan() && b.is_nan());
    (a.iter().zip(b).enumerate()).find_map(|(port, (a, b))| {
        let frame = a.iter().zip(b).position(differ)?;
        Some((port, frame, a[frame], b[frame]))
    })
}

fn bits(all: &[Vec<f64>]) -> Vec<Vec<u64>> {
    all.iter().map(|port| port.iter().map(|value| value.to_bits()).collect()).collect()
}

/// The program with these signals as its outputs.
fn exposing(program: &Program, sigs: &[Sig]) -> Program {
    let text = format!("{program:#}");
    let mut lines: Vec<String> =
        text.lines().filter(|line| !line.starts_with("output")).map(str::to_string).collect();
    lines.extend(sigs.iter().map(|sig| format!("output {sig}")));
    parse(&Source::new("exposed", lines.join("\n"))).expect("only outputs changed")
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn optimising_keeps_meaning(program in programs()) {
        let wanted = render(&program, Precision::Double, 64);
        for optimised in [optimise(&program), at_rate(&program, RATE)] {
            prop_assert!(optimised.validate().is_ok());
            prop_assert_eq!(&optimise(&optimised), &optimised);
            let got = render(&optimised, Precision::Double, 64);
            let difference = first_difference(&got, &wanted);
            prop_assert!(difference.is_none(), "{:?}\n{}\n{}", difference, program, optimised);
        }
    }

    #[test]
    fn parsing_what_was_printed_changes_nothing(program in programs()) {
        let again = parse(&Source::new("printed", program.to_string()));
        prop_assert_eq!(again.as_ref(), Ok(&program));
        let optimised = optimise(&program);
        prop_assert_eq!(parse(&Source::new("printed", optimised.to_string())), Ok(optimised));
    }

    #[test]
    fn block_sizes_make_no_difference(program in programs()) {
        for precision in PRECISIONS {
            let wanted = bits(&render(&program, precision, 64));
            for block in [1, 7, 512] {
                prop_assert_eq!(&bits(&render(&program, precision, block)), &wanted);
            }
        }
    }

    #[test]
    fn values_lie_in_their_intervals(program in programs()) {
        let sigs: Vec<Sig> = program.sigs().collect();
        let all = [OnePole::Trust, OnePole::Widen].map(|mode| (mode, Intervals::of_program(&program, mode)));
        for (some, precision) in sigs.chunks(60).flat_map(|some| PRECISIONS.map(|precision| (some, precision))) {
            let values = render(&exposing(&program, some), precision, 512);
            for (sig, values) in some.iter().zip(&values) {
                for (mode, intervals) in &all {
                    let interval = intervals.get(*sig);
                    // Constants and controls are rounded to the precision; a trusted one-pole may overshoot.
                    let slack = |bound: f64| match mode {
                        OnePole::Trust => 1e-3 * bound.abs() + 1e-6,
                        OnePole::Widen => f64::from(f32::EPSILON) * bound.abs(),
                    };
                    let (lo, hi) = (interval.lo - slack(interval.lo), interval.hi + slack(interval.hi));
                    let outside = values.iter().find(|value| **value < lo || **value > hi);
                    prop_assert!(outside.is_none(), "{} = {:?} outside {}\n{}", sig, outside, interval, program);
                }
            }
        }
    }

    #[test]
    fn the_key_is_of_what_sounds(recipe in recipes(), other in recipes()) {
        let (program, other) = (recipe.program(), other.program());
        let renamed = program.to_string().replace(" name \"", " name \"my ").replace("random", "other");
        let renamed = parse(&Source::new("renamed", renamed)).expect("only names changed");
        prop_assert_eq!(format!("{renamed:#}"), format!("{program:#}"));
        prop_assert_eq!(renamed.key(), program.key());
        prop_assert_eq!(other.key() == program.key(), format!("{other:#}") == format!("{program:#}"));
    }

    #[test]
    fn any_text_is_a_program_or_an_error(
        text in "\\PC*",
        program in programs(),
        at in any::<prop::sample::Index>(),
        insert in "[%a-z0-9 =\\[\\]{}\"<-]{0,6}",
    ) {
        let _ = parse(&Source::new("any", text));
        let printed = program.to_string();
        let mut broken: Vec<char> = printed.chars().collect();
        let at = at.index(broken.len());
        broken.splice(at..(at + 3).min(printed.chars().count()), insert.chars());
        let broken: String = broken.into_iter().collect();
        if let Ok(read) = parse(&Source::new("broken", broken)) {
            prop_assert_eq!(parse(&Source::new("again", read.to_string())), Ok(read));
        }
    }
}

/// The laws above say little if the strategy avoids the hard parts.
#[test]
fn random_programs_use_everything() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let all: Vec<Program> =
        (0..256).map(|_| programs().new_tree(&mut runner).expect("always makes one").current()).collect();
    let used = |wanted: &dyn Fn(Op) -> bool| {
        all.iter().any(|program| program.nodes().iter().any(|node| wanted(node.op)))
    };
    for &fun in krach_ir::Fun::ALL {
        assert!(used(&|op| op == Op::Apply(fun)), "{fun}");
    }
    assert!(used(&|op| matches!(op, Op::Tap(_))));
    assert!(used(&|op| matches!(op, Op::Recall(_))));
    assert!(used(&|op| matches!(op, Op::Lookup(_))));
    assert!(used(&|op| matches!(op, Op::Noise(_))));
    assert!(used(&|op| matches!(op, Op::Argument)));
    assert!(all.iter().any(|program| program.registers().iter().any(|register| register.gate.is_some())));
    assert!(all.iter().any(|program| program.lines().iter().any(|line| line.gate.is_some())));
    assert!(all.iter().any(|program| program.rams().iter().any(|ram| ram.gate.is_some())));
    assert!(all.iter().any(|program| program.outputs().len() > 2));
    let smaller =
        all.iter().filter(|program| optimise(program).registers().len() < program.registers().len());
    assert!(smaller.count() > 10, "state is merged in some");
}
