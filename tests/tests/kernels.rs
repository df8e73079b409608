//! Every schedule obeys the rules that lowering relies on.

use krach_abi::Precision;
use krach_codegen::{Do, Element, Holds, Inst, Kernel, Spec};
use std::collections::HashSet;

/// The rules of schedules: operands come first, choices and stores get what they take, state is read before it is
/// written, every output is written once, every value says which node it comes from.
fn is_legal(kernel: &Kernel) -> Result<(), String> {
    let bodies = kernel.sample().iter().map(|region| &region.body);
    for body in [kernel.init(), kernel.control()].into_iter().chain(bodies) {
        let element = |inst: &Inst, at: usize| {
            body.operands(inst).get(at).and_then(|&v| body.inst(v).ty).map(|ty| ty.element)
        };
        let mut stored = HashSet::new();
        for (at, inst) in body.insts().iter().enumerate() {
            let fault = match inst.what {
                _ if body.operands(inst).iter().any(|v| v.0 as usize >= at) => Some("an operand comes late"),
                Do::Choose if element(inst, 0) != Some(Element::Mask) => Some("a choice without a mask"),
                Do::Choose if element(inst, 1) != element(inst, 2) => Some("a choice of two types"),
                Do::Load(slot) if stored.contains(&slot) => Some("a slot is read after it is written"),
                Do::Store(slot) if !stored.insert(slot) => Some("a slot is written twice"),
                Do::Store(slot) if element(inst, 0) != Some(kernel.layout().slot(slot).element) => {
                    Some("a slot of another type")
                }
                Do::Store(slot) if matches!(kernel.layout().slot(slot).holds, Holds::Control(_)) => {
                    Some("a control is the stage's to write")
                }
                Do::Apply(_) | Do::Call(_) | Do::Fraction { .. }
                    if inst.node.is_none() && inst.ty.is_some_and(|ty| ty.element != Element::I32) =>
                {
                    Some("a value from nowhere")
                }
                _ => None,
            };
            if let Some(fault) = fault {
                return Err(format!("{fault}: {inst:?} at {at}"));
            }
        }
    }
    let outputs = kernel.sample().iter().flat_map(|region| region.body.insts());
    let outputs = outputs.filter(|inst| matches!(inst.what, Do::Output(_))).count();
    if outputs == kernel.ports().outputs { Ok(()) } else { Err(format!("{outputs} outputs are written")) }
}

proptest::proptest! {
    #![proptest_config(krach_tests::random::config())]

    #[test]
    fn random_programs_are_scheduled_legally(program in krach_tests::random::programs()) {
        for precision in [Precision::Single, Precision::Double] {
            let kernel = Kernel::build(&program, &Spec::new(44_100, precision)).expect("a small program");
            is_legal(&kernel).unwrap_or_else(|why| panic!("{why}\n{kernel}"));
        }
    }
}
