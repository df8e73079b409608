//! Nodes: one sound of a patch, with its levels.

use super::Name;
use crate::journal::shape;
use krach_engine::{DeviceChannels, StageError};
use krach_store::Playable;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What makes the sound of a node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Voicing {
    /// A program. With inputs it is an effect, else a source.
    Program(#[serde(with = "shape::playable")] Playable),
    /// An input of the sound device, by number from 0.
    Input(u32),
}

impl Voicing {
    /// The names of its audio inputs.
    #[must_use]
    pub fn inputs(&self) -> &[Arc<str>] {
        match self {
            Self::Program(playable) => playable.program().inputs(),
            Self::Input(_) => &[],
        }
    }

    #[must_use]
    pub fn outputs(&self) -> usize {
        match self {
            Self::Program(playable) => playable.program().heard().len(),
            Self::Input(_) => 1,
        }
    }
}

impl PartialEq for Voicing {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Input(one), Self::Input(another)) => one == another,
            (Self::Program(one), Self::Program(another)) => {
                let same =
                    Arc::ptr_eq(one.program(), another.program()) || one.program() == another.program();
                same && one.precision() == another.precision()
            }
            _ => false,
        }
    }
}

/// Where the sound of a node goes, apart from its routes.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Out {
    #[default]
    Master,
    /// Only its routes are heard.
    Nowhere,
    Node(Name),
    /// Channels of the sound device, from 1.
    Device(Arc<[u32]>),
}

/// Channels of the sound device, which count from 1 here.
pub(crate) fn device_channels(channels: &[u32]) -> Result<DeviceChannels, StageError> {
    let from_zero = channels.iter().map(|&channel| (channel as usize).wrapping_sub(1));
    DeviceChannels::new(&from_zero.collect::<Vec<_>>())
}

/// One sound of a patch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub voicing: Voicing,
    /// Notes that it can play at once.
    pub count: u32,
    /// Linear, 0 or more. It stays while the node is muted.
    pub gain: f64,
    /// −1 is left, 0 the middle, 1 right.
    pub pan: f64,
    pub out: Out,
    pub muted: bool,
    /// The controls that were set, by name; all others are at their start.
    pub values: BTreeMap<Name, f64>,
}

impl Node {
    /// A node of gain ½ that plays one note at a time.
    #[must_use]
    pub fn new(voicing: Voicing) -> Self {
        let (count, gain, pan, muted) = (1, 0.5, 0.0, false);
        Self { voicing, count, gain, pan, out: Out::Master, muted, values: BTreeMap::new() }
    }

    /// Whether it takes sound: an effect.
    #[must_use]
    pub fn is_effect(&self) -> bool {
        !self.voicing.inputs().is_empty()
    }

    /// Notes that it plays at once: its count, or more if its program says so.
    #[must_use]
    pub fn voices(&self) -> u32 {
        let declared = match &self.voicing {
            Voicing::Program(playable) => {
                playable.program().polyphony().map_or(1, |polyphony| polyphony.voices)
            }
            Voicing::Input(_) => 1,
        };
        self.count.max(declared)
    }

    /// The range and the value of a control; none if it has no control of that name.
    #[must_use]
    pub fn control(&self, name: &str) -> Option<(&krach_ir::Control, f64)> {
        let Voicing::Program(playable) = &self.voicing else { return None };
        let number = playable.names().find(name).ok()?;
        let control = playable.program().all_controls().nth(number)?;
        let value = self.values.get(&control.name).copied().unwrap_or(control.init);
        Some((control, value))
    }

    /// The same node with another sound: controls that it has keep their values. The names of those that it has not
    /// come second.
    #[must_use]
    pub fn revoiced(&self, voicing: Voicing) -> (Self, Vec<Name>) {
        let mut node = Self { voicing, ..self.clone() };
        let lost: Vec<Name> =
            node.values.keys().filter(|name| node.control(name).is_none()).cloned().collect();
        node.values.retain(|name, _| !lost.contains(name));
        (node, lost)
    }
}
