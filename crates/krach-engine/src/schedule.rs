//! The order in which nodes are computed, as a plain value.

use crate::Limits;
use std::ops::Range;

/// Nodes in order, each with the routes that lead into it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Schedule {
    pub steps: Vec<Step>,
    /// Steps that do not depend on each other, but only on those before: from each of these numbers to the next.
    pub levels: Vec<u32>,
    /// Numbers of routes: those of each step, in the order in which they were made.
    pub routes: Vec<u32>,
    /// Routes into the master, and to channels of the device.
    pub master: Range<usize>,
    pub device: Range<usize>,
}

impl Schedule {
    /// Nothing, with memory for as much as a stage holds.
    pub fn roomy(limits: Limits) -> Self {
        let steps = Vec::with_capacity(limits.nodes);
        let levels = Vec::with_capacity(limits.nodes);
        let routes = Vec::with_capacity(limits.routes + limits.nodes);
        Self { steps, levels, routes, ..Self::default() }
    }

    /// Becomes another schedule, in the memory that it has.
    pub fn copy(&mut self, from: &Self) {
        self.steps.clone_from(&from.steps);
        self.levels.clone_from(&from.levels);
        self.routes.clone_from(&from.routes);
        (self.master, self.device) = (from.master.clone(), from.device.clone());
    }

    /// The steps of a level.
    pub fn level(&self, at: usize) -> Range<usize> {
        let start = self.levels[at] as usize;
        start..self.levels.get(at + 1).map_or(self.steps.len(), |&end| end as usize)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub node: u32,
    pub routes: Range<usize>,
}
