//! Less work, the same sound.
//!
//! One pass rebuilds the program node by node: boundaries of calls go, constants are folded ([`fold`]), identities
//! applied ([`algebra`]), equal nodes made once across the whole program, equal state made once ([`merge`]), dead
//! parts dropped. Passes repeat until nothing changes. Every rewrite keeps the values of finite signals exactly
//! (a zero may change its sign), but for small powers, which are rounded better than `pow` does.

mod algebra;
mod cells;
mod fold;
mod merge;
mod rebuild;
mod rest;
#[cfg(test)]
mod tests;

use crate::Program;
use crate::prune;
pub use cells::in_cells;
use rebuild::Rebuild;
pub use rest::AtRest;

/// Each pass sees what the one before uncovered; programs people write need two or three.
const PASSES: usize = 12;

/// The same samples from fewer nodes and less state. Meters, calls and homes are gone; names, sites and state keys stay
/// with what they named. Idempotent.
#[must_use]
pub fn optimise(program: &Program) -> Program {
    settle(Rebuild::run(&program.sound(), None))
}

/// The program at one sample rate, optimised: what a compiler starts from.
#[must_use]
pub fn at_rate(program: &Program, sample_rate: u32) -> Program {
    settle(Rebuild::run(&program.sound(), Some(sample_rate)))
}

fn settle(mut program: Program) -> Program {
    for _ in 0..PASSES {
        let pruned = prune::prune(&program);
        let next = Rebuild::run(&pruned, None);
        if next == pruned {
            return pruned;
        }
        program = next;
    }
    prune::prune(&program)
}
