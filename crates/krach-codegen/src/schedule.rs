//! From a program and a plan to the instructions of each section.
//!
//! Faster sections are written first, so that a slower one knows which of its results are wanted.

use crate::emit::Writer;
use crate::kernel::{Body, Do, Element, Kernel, Region, Rest, Stepping, Walk, Window};
use crate::layout::SlotId;
use crate::plan::{CARRIED, Plan, Section};
use crate::steps::{Steps, is_steppable};
use crate::storage::{Storage, element};
use crate::{Refusal, Spec, packing};
use krach_abi::MAX_STATE_BYTES;
use krach_ir::{AtRest, Program, Table, at_rate, in_cells};

/// More would be compiled for minutes. A node is one instruction; one that reads a table or a delay line is up to six.
const INSTRUCTIONS: usize = 600_000;

impl Kernel {
    /// Schedules a program at the sample rate of the spec, by the plan that is always legal.
    ///
    /// # Errors
    /// A spec that cannot be compiled for; too many instructions; too much state.
    pub fn build(program: &Program, spec: &Spec) -> Result<Self, Refusal> {
        spec.check()?;
        let program = in_cells(at_rate(program, spec.sample_rate));
        let plan = Plan::scalar(&program);
        packing::check(&program, &plan, spec)?;
        let rest = AtRest::of(&program);
        schedule(program, &plan, rest, spec)
    }
}

/// Writes the sections of a program as the plan says. The program is that of the spec's sample rate.
fn schedule(program: Program, plan: &Plan, rest: Option<AtRest>, spec: &Spec) -> Result<Kernel, Refusal> {
    let mut storage = Storage::of(&program, plan, spec);
    let moving = rest.as_ref().map(|_| storage.flag());
    let body = Writer::new(&program, plan, spec, &mut storage, Section::Sample).write();
    let sample = vec![region(body, storage.carried(plan))];
    let stepping = schedule_stepping(&program, rest.as_ref(), plan, &mut storage, spec);
    let mut section = |section| Writer::new(&program, plan, spec, &mut storage, section).write();
    let (control, init) = (section(Section::Control), section(Section::Init));
    let rest = rest.zip(moving).map(|(rest, moving)| schedule_rest(rest, moving, plan, &mut storage, spec));
    let Storage { mut layout, addresses, .. } = storage;
    layout.place()?;
    limit_tables(&program, spec, layout.bytes())?;
    let kernel = Kernel { spec: *spec, program, layout, addresses, init, control, sample, rest, stepping };
    let instructions = kernel.instructions();
    if instructions > INSTRUCTIONS {
        return Err(Refusal::TooLarge { instructions, limit: INSTRUCTIONS });
    }
    Ok(kernel)
}

/// A loop that carries the slots it reads.
fn region(body: Body, mut carried: Vec<SlotId>) -> Region {
    carried.retain(|slot| body.insts().iter().any(|inst| inst.what == Do::Load(*slot)));
    Region { body, carried, ..Region::default() }
}

/// Writes the loops for whole steps of four frames, if they are faster.
fn schedule_stepping(
    program: &Program,
    rest: Option<&AtRest>,
    plan: &Plan,
    storage: &mut Storage,
    spec: &Spec,
) -> Option<Stepping> {
    let Some(plan) = rest.and_then(|rest| plan.following(program, rest, spec)) else {
        let sample = schedule_steps(program, plan, storage, spec)?;
        return Some(Stepping { followers: None, kept: 0, sample });
    };
    let sample = schedule_steps(program, &plan, storage, spec).unwrap_or_else(|| {
        let body = Writer::new(program, &plan, spec, storage, Section::Sample).write();
        region(body, storage.carried(&plan))
    });
    let smoothed = plan.smoothed(program).chain(storage.kept.iter().copied());
    let wanted = plan.needed(program, smoothed);
    let steps = Steps::of(program, &plan, Section::Follower, &wanted);
    let body = Writer::new(program, &plan, spec, storage, Section::Follower).write_steps(&steps);
    let smoothers = storage.still(&plan).into_iter().map(|at| storage.memories[at].slot);
    let smoothers = smoothers.take(CARRIED).collect();
    let followers = Region { walk: Walk::Step4, window: Window::Few, ..region(body, smoothers) };
    let kept = u32::try_from(storage.kept.len()).expect("places are limited");
    Some(Stepping { followers: Some(followers), kept, sample: Region { window: Window::Few, ..sample } })
}

/// Writes the loop over samples for four frames per step, if that is faster.
fn schedule_steps(program: &Program, plan: &Plan, storage: &mut Storage, spec: &Spec) -> Option<Region> {
    if !is_steppable(program, plan, spec) {
        return None;
    }
    let steps = Steps::of(program, plan, Section::Sample, &plan.wanted);
    if !steps.pays() && spec.walk.is_none() {
        return None;
    }
    let body = Writer::new(program, plan, spec, storage, Section::Sample).write_steps(&steps);
    Some(Region {
        walk: Walk::Step4,
        cost: Some((steps.cost, steps.scalar)),
        ..region(body, storage.carried(plan))
    })
}

/// Writes the sections of the program at rest, in the state of the one that moves.
fn schedule_rest(rest: AtRest, moving: SlotId, plan: &Plan, storage: &mut Storage, spec: &Spec) -> Rest {
    let plan = Plan::at_rest(&rest, plan);
    storage.come_to_rest(&rest);
    let program = rest.program;
    let body = Writer::new(&program, &plan, spec, storage, Section::Sample).write();
    let sample = vec![region(body, storage.carried(&plan))];
    let stepping = schedule_steps(&program, &plan, storage, spec);
    let hold = Writer::new(&program, &plan, spec, storage, Section::Control).write_held();
    let settle = Writer::new(&program, &plan, spec, storage, Section::Control).write_settling(moving);
    Rest { program, moving, settle, hold, sample, stepping }
}

/// Shared tables count as the state of the first copy.
fn limit_tables(program: &Program, spec: &Spec, state: u32) -> Result<(), Refusal> {
    let table = |table: &Table| {
        u64::from(table.len) * u64::from(element(table.ty, Element::real(spec.precision)).bytes())
    };
    let bytes = program.tables().iter().map(table).sum::<u64>() + u64::from(state);
    let limit = MAX_STATE_BYTES as u64;
    if bytes > limit { Err(Refusal::StateTooLarge { bytes, limit }) } else { Ok(()) }
}
