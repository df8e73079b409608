//! Whether voices of a program can be computed side by side, each in a lane of the machine's vectors.
//!
//! All lanes run at once, in one loop: what all voices share (the place where lines write, what follows only inputs) is
//! computed once. Where this does not fit, voices are computed one after the other, with the same samples.

use crate::kernel::Element;
use crate::plan::{Access, Plan};
use crate::{Refusal, Spec};
use krach_ir::Program;

/// Nodes from which on a program is not packed: its code would be compiled for seconds.
const LARGE: usize = 20_000;

/// Refuses a packed kernel that cannot be.
pub(crate) fn check(program: &Program, plan: &Plan, spec: &Spec) -> Result<(), Refusal> {
    match obstacle(program, plan, spec) {
        Some(why) if spec.voices > 1 => Err(Refusal::Lanes(why)),
        _ => Ok(()),
    }
}

/// Why voices cannot be computed side by side.
fn obstacle(program: &Program, plan: &Plan, spec: &Spec) -> Option<&'static str> {
    if Element::real(spec.precision) != Element::F32 {
        return Some("it computes in double precision");
    }
    if !program.rams().is_empty() {
        return Some("it has a read-write table");
    }
    let stands =
        |(line, access): (&krach_ir::Line, &Access)| line.gate.is_some() && matches!(access, Access::Ring(_));
    if program.lines().iter().zip(&plan.lines).any(stands) {
        return Some("it has a delay line that stands still while its gate is closed");
    }
    (program.nodes().len() > LARGE).then_some("it is too large")
}
