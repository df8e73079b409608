//! Routes: sound from one node into another.

use super::Name;
use serde::{Deserialize, Serialize};

/// From a node into an input of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Route {
    pub source: Name,
    pub target: Name,
    /// The number of the input; without, all inputs of the target, channel by channel.
    pub port: Option<u32>,
}

/// How much of the source goes along a route.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sending {
    /// Linear.
    pub level: f64,
    /// Taken before the gain of the source.
    pub pre: bool,
}

impl Default for Sending {
    fn default() -> Self {
        Self { level: 1.0, pre: false }
    }
}
