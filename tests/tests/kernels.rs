//! Every schedule obeys the rules that lowering relies on.

use krach_abi::Precision;
use krach_codegen::{
    Body, Do, Element, Holds, Inst, Kernel, Refusal, Region, Shape, Spec, Stepping, Type, V, Walk,
};
use std::collections::{BTreeSet, HashSet};

/// The rules of schedules: operands come first, choices and stores get what they take, state is read before it is
/// written, every output is written once, every value says which node it comes from.
fn is_legal(kernel: &Kernel) -> Result<(), String> {
    for (_, body) in kernel.bodies() {
        let element = |inst: &Inst, at: usize| {
            body.operands(inst).get(at).and_then(|&v| body.inst(v).ty).map(|ty| ty.element)
        };
        let (mut stored, mut pushed) = (HashSet::new(), HashSet::new());
        for (at, inst) in body.insts().iter().enumerate() {
            let fault = match inst.what {
                _ if body.operands(inst).iter().any(|v| v.0 as usize >= at) => Some("an operand comes late"),
                Do::Choose if element(inst, 0) != Some(Element::Mask) => Some("a choice without a mask"),
                Do::Choose if element(inst, 1) != element(inst, 2) => Some("a choice of two types"),
                Do::Pack if body.operands(inst).len() > 4 => Some("more values than lanes"),
                Do::Unpack(_) if body.operands(inst).iter().any(|&v| !is_vector(body, v)) => {
                    Some("a lane of what has none")
                }
                Do::Shift if !is_vector(body, body.operands(inst)[1]) => Some("four frames that are one"),
                Do::Push(array) => {
                    pushed.insert(array);
                    None
                }
                // Four frames read these four.
                Do::Tap(array)
                    if kernel.spec().voices == 1
                        && inst.ty.is_some_and(|ty| ty.shape == Shape::Lanes)
                        && matches!(body.inst(body.operands(inst)[1]).what, Do::Int(..4))
                        && !pushed.contains(&array) =>
                {
                    Some("a frame is read before it is written")
                }
                Do::Differ if element(inst, 0) != element(inst, 1) => Some("a comparison of two types"),
                Do::Load(slot) if stored.contains(&slot) => Some("a slot is read after it is written"),
                Do::Store(slot) if !stored.insert(slot) => Some("a slot is written twice"),
                Do::Store(slot) if element(inst, 0) != Some(kernel.layout().slot(slot).element) => {
                    Some("a slot of another type")
                }
                // A value of each voice may not lie in a place that all voices share.
                Do::Store(slot)
                    if lanes(kernel, inst, body) && kernel.layout().slot(slot).lanes.len() == 1 =>
                {
                    Some("eight values for one place")
                }
                Do::Tap(_) if (kernel.spec().voices > 1) != (body.operands(inst).len() == 3) => {
                    Some("a tap that does not know the ages of voices, or needs none")
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
    if let Some(stepping) = kernel.stepping() {
        keeps_what_it_takes(stepping)?;
        let loops: Vec<Region> = stepping.followers.iter().chain([&stepping.sample]).cloned().collect();
        if written(&loops) != written(kernel.sample()) {
            return Err("steps of four frames write other state".to_owned());
        }
    }
    let rest = kernel.rest().map(|rest| rest.sample.as_slice());
    let steps = kernel.stepping().map(|stepping| std::slice::from_ref(&stepping.sample));
    let resting = kernel.rest().and_then(|rest| rest.stepping.as_ref()).map(std::slice::from_ref);
    for regions in [kernel.sample()].into_iter().chain(rest).chain(steps).chain(resting) {
        let outputs = regions.iter().flat_map(|region| region.body.insts());
        let outputs = outputs.filter(|inst| matches!(inst.what, Do::Output(_))).count();
        if outputs != kernel.program().outputs().len() {
            return Err(format!("{outputs} outputs are written"));
        }
    }
    rests_only_where_it_looks(kernel)
}

/// Followers keep a value at each place, once, before the other loop takes any.
fn keeps_what_it_takes(stepping: &Stepping) -> Result<(), String> {
    let followers = stepping.followers.iter().flat_map(|region| region.body.insts());
    let kept = followers.filter_map(|inst| match inst.what {
        Do::Keep(place) => Some(place),
        _ => None,
    });
    let kept: Vec<u32> = kept.collect();
    if !kept.iter().copied().eq(0..stepping.kept) {
        return Err(format!("{kept:?} are kept, of {}", stepping.kept));
    }
    let taken = stepping.sample.body.insts().iter();
    let lost = taken.filter(|inst| matches!(inst.what, Do::Kept(place) if place >= stepping.kept)).count();
    if lost == 0 { Ok(()) } else { Err(format!("{lost} values are not kept")) }
}

fn is_vector(body: &Body, v: V) -> bool {
    body.inst(v).ty.is_some_and(|ty| ty.shape == Shape::Lanes)
}

/// Whether an instruction takes a value of each voice.
fn lanes(kernel: &Kernel, inst: &Inst, body: &Body) -> bool {
    let shape = |ty: Option<Type>| ty.map(|ty| ty.shape);
    kernel.spec().voices > 1
        && body.operands(inst).iter().any(|&v| shape(body.inst(v).ty) == Some(Shape::Lanes))
}

/// The slots and the arrays that loops write.
fn written(regions: &[Region]) -> BTreeSet<(u8, u32)> {
    let insts = regions.iter().flat_map(|region| region.body.insts());
    let written = insts.filter_map(|inst| match inst.what {
        Do::Store(slot) => Some((0, slot.0)),
        Do::Push(array) | Do::Put(array) => Some((1, array.0)),
        _ => None,
    });
    written.collect()
}

/// At rest everything is written as while moving, but for the slots that `settle` compares with what they would become.
fn rests_only_where_it_looks(kernel: &Kernel) -> Result<(), String> {
    let Some(rest) = kernel.rest() else { return Ok(()) };
    let compared: BTreeSet<(u8, u32)> = (rest.settle.insts().iter())
        .filter(|inst| inst.what == Do::Differ)
        .filter_map(|inst| match rest.settle.inst(rest.settle.operands(inst)[0]).what {
            Do::Load(slot) => Some((0, slot.0)),
            _ => None,
        })
        .collect();
    let (moving, resting) = (written(kernel.sample()), written(&rest.sample));
    if !resting.is_disjoint(&compared) {
        return Err("a slot that stands still is written".to_owned());
    }
    if rest.stepping.as_ref().is_some_and(|steps| written(std::slice::from_ref(steps)) != resting) {
        return Err("steps of four frames at rest write other state".to_owned());
    }
    let all: BTreeSet<_> = resting.union(&compared).copied().collect();
    if all == moving { Ok(()) } else { Err(format!("moving writes {moving:?}, rest and settle {all:?}")) }
}

proptest::proptest! {
    #![proptest_config(krach_tests::random::config())]

    #[test]
    fn random_programs_are_scheduled_legally(program in krach_tests::random::programs()) {
        for precision in [Precision::Single, Precision::Double] {
            let spec = Spec::new(44_100, precision);
            for walk in [None, Some(Walk::Step1), Some(Walk::Step4)] {
                let kernel = Kernel::build(&program, &Spec { walk, ..spec }).expect("a small program");
                is_legal(&kernel).unwrap_or_else(|why| panic!("{why}\n{kernel}"));
            }
            match Kernel::build(&program, &Spec { voices: 8, ..spec }) {
                Ok(kernel) => is_legal(&kernel).unwrap_or_else(|why| panic!("{why}\n{kernel}")),
                Err(Refusal::Lanes(_)) => {}
                Err(refusal) => panic!("{refusal}"),
            }
        }
    }
}
