use super::gather;
use crate::{
    BuildError, Face, Fun, InterpreterFactory, Meter, Op, Program, ProgramBuilder, Sig, Ty, optimise, parse,
};
use krach_abi::{DspFactory, Precision, Seed};
use krach_diag::Source;
use std::sync::Arc;

/// `count` terms, each an input times a constant of its own.
fn terms(b: &mut ProgramBuilder, count: u32) -> Result<Vec<Sig>, BuildError> {
    let x = b.input("x");
    let term = |at: u32| {
        let weight = b.real(1.0 / f64::from(at + 3))?;
        b.apply(Fun::Mul, &[x, weight])
    };
    (0..count).map(term).collect()
}

fn chain(b: &mut ProgramBuilder, terms: &[Sig]) -> Result<Sig, BuildError> {
    let (&first, rest) = terms.split_first().expect("some terms");
    rest.iter().try_fold(first, |sum, &term| b.apply(Fun::Add, &[sum, term]))
}

fn program(
    count: u32,
    build: impl FnOnce(&mut ProgramBuilder, &[Sig]) -> Result<Sig, BuildError>,
) -> Program {
    let mut b = ProgramBuilder::new("sums");
    let terms = terms(&mut b, count).expect("builds");
    let out = build(&mut b, &terms).expect("builds");
    b.output("out", out).expect("own signal");
    b.finish().expect("valid")
}

/// Numbers of terms of all sums.
fn sums(program: &Program) -> Vec<usize> {
    let sums = program.nodes().iter().filter(|node| node.op == Op::Apply(Fun::Sum));
    sums.map(|node| node.operands().len()).collect()
}

fn bits(program: &Program) -> Vec<u64> {
    let factory = InterpreterFactory::new(Arc::new(program.clone()), 48_000, Precision::Single).unwrap();
    let input: Vec<f64> = (0..64).map(|at| (f64::from(at) * 0.7).sin()).collect();
    let mut output = vec![0.0; input.len()];
    factory.instantiate(Seed::default()).play::<f64>(&[&input], &mut [&mut output]);
    output.into_iter().map(f64::to_bits).collect()
}

#[test]
fn terms_are_added_in_four_strands() {
    for count in 9..40 {
        let gathered = program(count, chain);
        assert_eq!(sums(&gathered), [count as usize]);
        let by_hand = program(count, |b, terms| {
            let strand = |b: &mut ProgramBuilder, at: usize| {
                let mine: Vec<Sig> = terms.iter().copied().skip(at).step_by(4).collect();
                chain(b, &mine)
            };
            let four = [strand(b, 0)?, strand(b, 1)?, strand(b, 2)?, strand(b, 3)?];
            let (low, high) = (b.apply(Fun::Add, &four[..2])?, b.apply(Fun::Add, &four[2..])?);
            b.apply(Fun::Add, &[low, high])
        });
        assert_eq!(bits(&gathered), bits(&by_hand), "{count} terms");
        assert_eq!(by_hand, gathered, "additions that stand so already are that sum");
    }
}

#[test]
fn spelling_out_keeps_the_bits_and_gathering_finds_the_sum_again() {
    for count in 9..40 {
        let gathered = program(count, chain);
        let written = gathered.spelled_out().into_owned();
        written.validate().unwrap();
        assert!(sums(&written).is_empty());
        assert_eq!(bits(&written), bits(&gathered));
        let again = crate::prune::prune(&gather(&written).expect("a sum"));
        assert_eq!(format!("{again:#}"), format!("{gathered:#}"));
    }
}

#[test]
fn short_shared_and_recurrent_chains_stay() {
    let stays = |program: Program| assert!(sums(&program).is_empty(), "{program}");
    stays(program(8, chain));
    stays(program(12, |b, terms| {
        let half = chain(b, &terms[..6])?;
        let whole = chain(b, &[&[half], &terms[6..]].concat())?;
        b.apply(Fun::Mul, &[whole, half])
    }));
    stays(program(12, |b, terms| {
        let register = b.register(Ty::Real);
        let before = b.read(register);
        let sum = chain(b, &[&[before], terms].concat())?;
        let damped = b.real(0.01)?;
        let next = b.apply(Fun::Mul, &[sum, damped])?;
        b.write(register, next)?;
        Ok(next)
    }));
    stays(program(12, |b, terms| {
        let ints: Result<Vec<Sig>, _> = terms.iter().map(|&term| b.apply(Fun::ToInt, &[term])).collect();
        chain(b, &ints?)
    }));
    stays(program(12, |b, terms| {
        b.enter("half");
        let half = chain(b, &terms[..6])?;
        b.leave(&[half])?;
        chain(b, &[&[half], &terms[6..]].concat())
    }));
}

#[test]
fn a_sum_that_starts_with_zero_has_no_zero_in_it() {
    let with_zero = program(10, |b, terms| {
        let zero = b.int(0);
        chain(b, &[&[zero], terms].concat())
    });
    assert_eq!(with_zero.key(), program(10, chain).key());
}

#[test]
fn sums_survive_text_and_optimising() {
    let gathered = program(21, chain);
    assert_eq!(parse(&Source::new("text", gathered.to_string())), Ok(gathered.clone()));
    assert!(gathered.to_string().contains("= sum %"));
    let optimised = optimise(&gathered);
    assert_eq!((sums(&optimised), bits(&optimised)), (vec![21], bits(&gathered)));
}

#[test]
fn a_meter_on_a_partial_sum_changes_no_bit() {
    let shown = |show: bool| {
        program(12, |b, terms| {
            let half = chain(b, &terms[..6])?;
            if show {
                let face = Face::default();
                b.meter(Meter { name: "half".into(), lo: 0.0, hi: 1.0, face, sig: half })?;
            }
            chain(b, &[&[half], &terms[6..]].concat())
        })
    };
    assert_eq!(sums(&shown(true)), [12]);
    assert_eq!(*shown(true).sound(), shown(false));
}
