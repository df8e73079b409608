//! The order in which nodes are computed, as a plain value.

use std::ops::Range;

/// Nodes in order, each with the routes that lead into it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Schedule {
    pub steps: Vec<Step>,
    /// Numbers of routes: those of each step, in the order in which they were made.
    pub routes: Vec<u32>,
    /// Routes into the master, and to channels of the device.
    pub master: Range<usize>,
    pub device: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub node: u32,
    pub routes: Range<usize>,
}
