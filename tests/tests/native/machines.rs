//! Code for an old machine of the same architecture, without the newer instructions, has the same bits.

use crate::engines::{RATE, perform, program};
use krach_abi::Precision;
use krach_codegen::{Spec, Target, compile};
use krach_ir::{Fun, Program, Ty};

fn check(program: &Program) {
    for precision in [Precision::Single, Precision::Double] {
        let sound = |target| {
            let spec = Spec { target, ..Spec::new(RATE, precision) };
            let factory = compile(program, &spec).expect("a small program");
            let heard = perform(factory.as_ref(), 64, true).concat();
            let bits = |sample: f64| if sample.is_nan() { f64::NAN.to_bits() } else { sample.to_bits() };
            heard.into_iter().map(bits).collect::<Vec<u64>>()
        };
        assert!(sound(Target::Host) == sound(Target::Baseline), "{precision}: {program}");
    }
}

#[test]
fn every_function_of_an_old_machine() {
    for &fun in Fun::ALL {
        check(&program(4, |b, inputs| {
            let mut operands: Vec<_> = inputs.iter().copied().cycle().take(fun.arity()).collect();
            let types = vec![Ty::Real; operands.len()];
            for (position, operand) in operands.iter_mut().enumerate() {
                *operand = b.cast(*operand, fun.wants(position, &types));
            }
            b.apply(fun, &operands)
        }));
    }
}

proptest::proptest! {
    #![proptest_config(krach_tests::random::config())]

    #[test]
    fn random_programs_of_an_old_machine(program in krach_tests::random::programs()) {
        check(&program);
    }
}
