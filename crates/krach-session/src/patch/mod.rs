//! The patch: everything that should sound, as one value.
//!
//! A patch is plain data, cheap to copy: nodes, routes, levels, and what drives their knobs. It changes by
//! [`Edit`](crate::Edit)s only, each of which is checked first and can be undone. The stage is made to follow it; a
//! patch itself knows no stage, no clock and no sound.

pub(crate) mod check;
mod chord;
mod driver;
mod group;
mod level;
mod node;
mod path;
mod route;

pub use driver::{Driver, Fade, Modulation, Playing};
pub use level::Audible;
pub(crate) use node::device_channels;
pub use node::{Node, Out, Voicing};
pub use path::{Knob, Named};
pub use route::{Route, Sending};

use krach_pattern::Time;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A name of a node, of a group or of a control.
pub type Name = Arc<str>;

/// What belongs to no node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// In beats per minute.
    pub tempo: f64,
    /// Beats per cycle: 4 is 4/4, 7/2 is 7/8.
    pub meter: Time,
    /// The gain of the whole, linear.
    pub master: f64,
    /// Whether the master is limited to full scale; else it is clipped.
    pub limiter: bool,
    /// Of all chance.
    pub seed: u64,
    /// The frequency of A4, in Hz.
    pub tuning: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { tempo: 120.0, meter: Time::whole(4), master: 0.7, limiter: true, seed: 0, tuning: 440.0 }
    }
}

/// Everything that should sound.
///
/// The order of names is the order of everything: of the sum of the nodes and of every list. So two patches that are
/// equal sound the same, built in any order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patch {
    pub(crate) nodes: BTreeMap<Name, Arc<Node>>,
    pub(crate) routes: BTreeMap<Route, Sending>,
    /// Names of nodes and groups as they were given.
    pub(crate) solo: Vec<Name>,
    /// By path: a node's notes by the node's name, a knob by the knob's.
    pub(crate) drivers: BTreeMap<Name, Driver>,
    pub(crate) settings: Settings,
}

impl Patch {
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.get(name).map(|node| &**node)
    }

    /// Nodes and their names.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (&Name, &Node)> {
        self.nodes.iter().map(|(name, node)| (name, &**node))
    }

    pub fn routes(&self) -> impl ExactSizeIterator<Item = (&Route, Sending)> {
        self.routes.iter().map(|(route, &send)| (route, send))
    }

    /// What drives which path.
    pub fn drivers(&self) -> impl ExactSizeIterator<Item = (&Name, &Driver)> {
        self.drivers.iter()
    }

    #[must_use]
    pub fn driver(&self, path: &str) -> Option<&Driver> {
        self.drivers.get(path)
    }

    /// The nodes and groups that are soloed.
    #[must_use]
    pub fn solo(&self) -> &[Name] {
        &self.solo
    }

    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}
