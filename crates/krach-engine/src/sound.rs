//! What a node is made of.

use crate::graph::NodeId;
use crate::{Keyboard, StageError};
use krach_abi::{DspFactory, Role, Seed};
use std::sync::Arc;

/// A program, and how notes play it.
#[derive(Clone, Debug)]
pub struct Sound {
    pub factory: Arc<dyn DspFactory>,
    /// 1: one voice that always sounds and plays the last note. More, at most 256: as many notes at once,
    /// each from birth.
    pub voices: usize,
    /// The controls that hear of notes.
    pub roles: Vec<(usize, Role)>,
    /// The number by which each control is known. A control that has the same number in the program that takes the
    /// place of this one goes on with its value, its motion and its events. Numbers are below 4096.
    pub numbers: Vec<u16>,
    pub seed: Seed,
}

/// Numbers of controls are below this.
pub(crate) const NUMBERS: u16 = 4_096;

impl Sound {
    /// One voice; each control is known by its place.
    #[must_use]
    pub fn new(factory: Arc<dyn DspFactory>) -> Self {
        let numbers = (0..NUMBERS).take(factory.ports().controls.len()).collect();
        Self { factory, voices: 1, roles: Vec::new(), numbers, seed: Seed::default() }
    }

    /// The same, played by notes.
    #[must_use]
    pub fn with_keyboard(self, keyboard: &Keyboard) -> Self {
        Self { voices: keyboard.voices, roles: keyboard.roles.clone(), ..self }
    }

    pub(crate) fn keyboard(&self) -> Keyboard {
        Keyboard { voices: self.voices, roles: self.roles.clone() }
    }
}

/// Where the sound of a node comes from.
#[derive(Clone, Debug)]
pub enum NodeSource {
    Sound(Sound),
    /// Channels of the device's input, from this one on.
    Input {
        first: u16,
        channels: u16,
    },
}

/// Where the output of a node goes, besides its routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Out {
    Master,
    /// Only the routes are heard.
    Nowhere,
    Node(NodeId),
    /// Channels of the device, past the master.
    Device(DeviceChannels),
}

/// Channels of the device in the order of the channels that they hear: at most 16, which count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceChannels {
    count: u8,
    list: [u8; Self::MOST],
}

impl DeviceChannels {
    /// Channels that one node plays to.
    pub const MOST: usize = 16;
    /// Channels that a device may have.
    pub const OF_DEVICE: usize = 64;

    /// A sound of another number of channels is adapted to them, see [`krach_abi::Adapting::Device`].
    ///
    /// # Errors
    /// No channel, more than [`Self::MOST`], or one from [`Self::OF_DEVICE`] on.
    pub fn new(channels: &[usize]) -> Result<Self, StageError> {
        let mut list = [0; Self::MOST];
        let fits = (1..=Self::MOST).contains(&channels.len());
        for (to, &channel) in list.iter_mut().zip(channels) {
            let known = u8::try_from(channel).ok().filter(|&known| usize::from(known) < Self::OF_DEVICE);
            *to = known.ok_or(StageError::Channels)?;
        }
        match u8::try_from(channels.len()) {
            Ok(count) if fits => Ok(Self { count, list }),
            _ => Err(StageError::Channels),
        }
    }

    pub(crate) fn list(&self) -> &[u8] {
        &self.list[..usize::from(self.count)]
    }
}

/// A node to add.
#[derive(Clone, Debug)]
pub struct NodeSpec {
    pub source: NodeSource,
    /// Linear, 0 or more.
    pub gain: f64,
    /// −1 is left, 1 is right.
    pub pan: f64,
    pub muted: bool,
    pub out: Out,
}

impl NodeSpec {
    /// Into the master, as loud as it is.
    #[must_use]
    pub fn new(sound: Sound) -> Self {
        Self { source: NodeSource::Sound(sound), gain: 1.0, pan: 0.0, muted: false, out: Out::Master }
    }
}

/// The gains of left and right. The middle is unity. One channel has the same power everywhere; of two channels, the one
/// that lies behind fades.
pub(crate) fn sides(pan: f64, outputs: usize) -> [f32; 2] {
    let sides = match outputs {
        1 => [(1.0 - pan).sqrt(), (1.0 + pan).sqrt()],
        _ => [(1.0 - pan).sqrt().min(1.0), (1.0 + pan).sqrt().min(1.0)],
    };
    #[allow(clippy::cast_possible_truncation)]
    let sides = sides.map(|side: f64| side as f32);
    sides
}
