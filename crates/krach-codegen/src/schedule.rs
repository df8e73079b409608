//! From a program and a plan to the instructions of each section.
//!
//! Faster sections are written first, so that a slower one knows which of its results are wanted.

use crate::emit::Writer;
use crate::kernel::{Do, Element, Kernel, Region};
use crate::plan::{Plan, Section};
use crate::storage::{Storage, element};
use crate::{Refusal, Spec};
use krach_abi::MAX_STATE_BYTES;
use krach_ir::{Program, Table, at_rate};

/// More would be compiled for minutes. A node is one instruction; one that reads a table or a delay line is up to six.
const INSTRUCTIONS: usize = 600_000;

impl Kernel {
    /// Schedules a program at the sample rate of the spec, by the plan that is always legal.
    ///
    /// # Errors
    /// A spec that cannot be compiled for; too many instructions; too much state.
    pub fn build(program: &Program, spec: &Spec) -> Result<Self, Refusal> {
        spec.check()?;
        let program = at_rate(program, spec.sample_rate);
        let plan = Plan::scalar(&program);
        schedule(program, &plan, spec)
    }
}

/// Writes the sections of a program as the plan says. The program is that of the spec's sample rate.
fn schedule(program: Program, plan: &Plan, spec: &Spec) -> Result<Kernel, Refusal> {
    let mut storage = Storage::of(&program, plan, spec);
    let mut section = |section| Writer::new(&program, plan, spec, &mut storage, section).write();
    let (body, control, init) = (section(Section::Sample), section(Section::Control), section(Section::Init));
    let Storage { mut layout, addresses, mut carried, .. } = storage;
    layout.place()?;
    limit_tables(&program, spec, layout.bytes())?;
    carried.retain(|slot| body.insts().iter().any(|inst| inst.what == Do::Load(*slot)));
    let sample = vec![Region { body, carried, ..Region::default() }];
    let kernel = Kernel { spec: *spec, program, layout, addresses, init, control, sample };
    let instructions = kernel.instructions();
    if instructions > INSTRUCTIONS {
        return Err(Refusal::TooLarge { instructions, limit: INSTRUCTIONS });
    }
    Ok(kernel)
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
