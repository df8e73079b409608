//! Why the stage refuses an edit or an event. Nothing is changed then.

use crate::DeviceChannels;
use crate::graph::{NodeId, RouteId};
use std::fmt;

/// Why the stage refuses.
#[derive(Clone, Debug, PartialEq)]
pub enum StageError {
    /// There is no such node, or no longer.
    NoNode(NodeId),
    NoRoute(RouteId),
    /// The node has no audio input.
    NoInput(NodeId),
    NoPort {
        node: NodeId,
        port: usize,
        inputs: usize,
    },
    NoControl {
        node: NodeId,
        control: u16,
    },
    /// The nodes along the circle: the first one is also the last.
    Cycle(Vec<NodeId>),
    /// A value that is not finite, or beyond the range of a level.
    Value(f64),
    /// The code is compiled for another sample rate.
    Rate {
        wanted: u32,
        given: u32,
    },
    /// An input of the device has no program that could be replaced.
    NoProgram(NodeId),
    /// One edit replaces the program of a node twice.
    Twice(NodeId),
    /// The numbers of the controls do not fit the program.
    Numbers,
    /// Channels that no device has, or too many for one node.
    Channels,
    /// No room for more of these: nodes, voices, routes, edits, events or groups.
    Full(&'static str),
}

impl fmt::Display for StageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNode(_) => f.write_str("there is no such node"),
            Self::NoRoute(_) => f.write_str("there is no such route"),
            Self::NoInput(_) => f.write_str("the node has no audio input"),
            Self::NoPort { port, inputs, .. } => {
                write!(f, "there is no input {port}: the node has {inputs}")
            }
            Self::NoControl { control, .. } => write!(f, "the node has no control {control}"),
            Self::Cycle(path) => write!(f, "a circle of {} nodes", path.len().saturating_sub(1)),
            Self::Value(value) => write!(f, "{value} is not a value that this can have"),
            Self::Rate { wanted, given } => {
                write!(f, "code for {given} Hz on a stage that runs at {wanted} Hz")
            }
            Self::NoProgram(_) => f.write_str("an input of the device has no program"),
            Self::Twice(_) => f.write_str("one edit can replace the program of a node only once"),
            Self::Numbers => f.write_str("each control needs one number of its own, below 4096"),
            Self::Channels => write!(
                f,
                "a node plays to 1 to {} channels of a device, which count from 1 to {}",
                DeviceChannels::MOST,
                DeviceChannels::OF_DEVICE
            ),
            Self::Full(of) => write!(f, "there is no room for more {of}"),
        }
    }
}

impl std::error::Error for StageError {}
