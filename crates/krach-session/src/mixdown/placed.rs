//! A node of a patch on the stage: its voice, and behind it the effect that its program declares.

use crate::notes::roles;
use crate::patch::{Name, Node, Voicing};
use krach_abi::{Precision, Seed};
use krach_codegen::Spec;
use krach_diag::Diagnostic;
use krach_engine::{Edits, NodeId, NodeSource, NodeSpec, Out, Sound, StageError};
use krach_store::{Cache, Unit};
use std::collections::BTreeMap;

/// The code of a node.
pub enum Sounds {
    Program(Sound, Option<Sound>),
    Input(u16),
}

/// Compiles a node for a sample rate.
///
/// # Errors
/// Those of compiling.
pub fn sounds(cache: &Cache, node: &Node, rate: u32) -> Result<Sounds, Diagnostic> {
    let playable = match &node.voicing {
        Voicing::Program(playable) => playable,
        Voicing::Input(channel) => return Ok(Sounds::Input(u16::try_from(*channel).unwrap_or(u16::MAX))),
    };
    let spec = Spec::new(rate, playable.precision().unwrap_or(Precision::Single));
    let voice = playable.compile(cache, Unit::Voice, spec)?.expect("every program is a voice");
    let effect = playable.compile(cache, Unit::Effect, spec)?;
    let declared = playable.program().polyphony().map_or(1, |polyphony| polyphony.voices);
    let voices = node.count.max(declared) as usize;
    let roles = roles(playable.program());
    let voice = Sound { voices, roles, seed: Seed::default(), ..Sound::new(voice.factory) };
    Ok(Sounds::Program(voice, effect.map(|effect| Sound::new(effect.factory))))
}

/// A node on the stage.
#[derive(Debug)]
pub struct Placed {
    pub voice: NodeId,
    /// What is heard: the effect, if there is one.
    pub end: NodeId,
    pub voices: usize,
    controls: BTreeMap<Name, (NodeId, u16)>,
    /// The key of the last note, for hits.
    key: f64,
}

/// Puts a node on the stage, not yet led anywhere.
///
/// # Errors
/// The stage is full.
pub fn place(edits: &mut Edits<'_>, node: &Node, sounds: Sounds) -> Result<Placed, StageError> {
    let levels =
        |source| NodeSpec { source, gain: node.gain, pan: node.pan, muted: node.muted, out: Out::Nowhere };
    let (voice, effect) = match sounds {
        Sounds::Input(first) => {
            let id = edits.add(levels(NodeSource::Input { first, channels: 1 }))?;
            return Ok(Placed { voice: id, end: id, voices: 1, controls: BTreeMap::new(), key: 69.0 });
        }
        Sounds::Program(voice, effect) => (voice, effect),
    };
    let (voices, own) = (voice.voices, voice.numbers.len());
    let (id, end) = match effect {
        None => {
            let id = edits.add(levels(NodeSource::Sound(voice)))?;
            (id, id)
        }
        Some(effect) => {
            let end = edits.add(levels(NodeSource::Sound(effect)))?;
            (edits.add(NodeSpec { out: Out::Node(end), ..NodeSpec::new(voice) })?, end)
        }
    };
    let mut controls = BTreeMap::new();
    if let Voicing::Program(playable) = &node.voicing {
        for (at, control) in playable.program().all_controls().enumerate() {
            let (owner, number) = if at < own { (id, at) } else { (end, at - own) };
            let number = u16::try_from(number).unwrap_or(u16::MAX);
            controls.entry(control.name.clone()).or_insert((owner, number));
        }
    }
    let hertz = node.control("freq").map_or(440.0, |(_, value)| value);
    let mut placed = Placed { voice: id, end, voices, controls, key: 69.0 };
    placed.key_of((hertz > 0.0).then_some(hertz));
    Ok(placed)
}

impl Placed {
    pub fn control(&self, name: &str) -> Option<(NodeId, u16)> {
        self.controls.get(name).copied()
    }

    /// The key of a frequency; without one, that of the note before.
    pub fn key_of(&mut self, hertz: Option<f64>) -> f64 {
        if let Some(hertz) = hertz {
            self.key = 69.0 + 12.0 * (hertz / 440.0).log2();
        }
        self.key
    }
}
