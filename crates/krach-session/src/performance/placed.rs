//! A node of a patch on the stage: its voice, and behind it the effect that its program declares.

use super::track::{From, Leg, Track};
use crate::notes::roles;
use crate::patch::{Name, Node, Voicing};
use krach_abi::{Frame, Precision, Seed};
use krach_codegen::Spec;
use krach_diag::Diagnostic;
use krach_engine::{Edits, NodeId, NodeSource, NodeSpec, Out, Sound, StageError};
use krach_store::{Cache, Unit};
use std::collections::{BTreeMap, BTreeSet};

/// The code of a node.
#[derive(Debug)]
pub(crate) enum Sounds {
    Program(Sound, Option<Sound>),
    Input(u16),
}

/// Compiles a node for a sample rate. Nodes of the same program differ by `instance`: the noise of each is its own.
///
/// # Errors
/// Those of compiling.
pub(crate) fn sounds(cache: &Cache, node: &Node, instance: u32, rate: u32) -> Result<Sounds, Diagnostic> {
    let playable = match &node.voicing {
        Voicing::Program(playable) => playable,
        Voicing::Input(channel) => return Ok(Sounds::Input(u16::try_from(*channel).unwrap_or(u16::MAX))),
    };
    let spec = Spec::new(rate, playable.precision().unwrap_or(Precision::Single));
    let voice = playable.compile(cache, Unit::Voice, spec)?.expect("every program is a voice");
    let effect = playable.compile(cache, Unit::Effect, spec)?;
    let voices = node.voices() as usize;
    let roles = roles(playable.program());
    let seed = Seed { instance, ..Seed::default() };
    let voice = Sound { voices, roles, seed, ..Sound::new(voice.factory) };
    Ok(Sounds::Program(voice, effect.map(|effect| Sound { seed, ..Sound::new(effect.factory) })))
}

/// Names of controls and the numbers by which the stage knows them.
type Numbers = BTreeMap<Name, u16>;

/// A node on the stage.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub voice: NodeId,
    /// What is heard: the effect, if there is one.
    pub end: NodeId,
    pub voices: usize,
    /// Which one it is of the nodes of its program.
    pub instance: u32,
    /// Of the voice, and of the effect.
    numbers: [Numbers; 2],
    /// Whether it is a program.
    pub plays: bool,
    /// The key of each note, for hits, which have none.
    key: Track,
}

/// Puts a node on the stage, not yet led anywhere.
///
/// # Errors
/// The stage is full.
pub(super) fn place(edits: &mut Edits<'_>, node: &Node, sounds: Sounds) -> Result<Placed, StageError> {
    let levels =
        |source| NodeSpec { source, gain: node.gain, pan: node.pan, muted: node.muted, out: Out::Nowhere };
    let (voice, effect) = match sounds {
        Sounds::Input(first) => {
            let id = edits.add(levels(NodeSource::Input { first, channels: 1 }))?;
            let (numbers, key) = (Default::default(), Track::default());
            return Ok(Placed { voice: id, end: id, voices: 1, instance: 0, numbers, plays: false, key });
        }
        Sounds::Program(voice, effect) => (voice, effect),
    };
    let (voices, instance) = (voice.voices, voice.seed.instance);
    let mut numbers = [Numbers::new(), Numbers::new()];
    let names = names(node, voice.numbers.len());
    let voice = numbered(voice, &names[0], &mut numbers[0]);
    let (id, end) = match effect {
        None => {
            let id = edits.add(levels(NodeSource::Sound(voice)))?;
            (id, id)
        }
        Some(effect) => {
            let effect = numbered(effect, &names[1], &mut numbers[1]);
            let end = edits.add(levels(NodeSource::Sound(effect)))?;
            (edits.add(NodeSpec { out: Out::Node(end), ..NodeSpec::new(voice) })?, end)
        }
    };
    let hertz = node.control("freq").map_or(440.0, |(_, value)| value);
    let mut placed = Placed { voice: id, end, voices, instance, numbers, plays: true, key: Track::default() };
    placed.key_of((hertz > 0.0).then_some(hertz), Frame(0));
    Ok(placed)
}

/// The names of the controls of a node: those of its voice, and those of its effect.
fn names(node: &Node, own: usize) -> [Vec<Name>; 2] {
    let Voicing::Program(playable) = &node.voicing else { return [const { Vec::new() }; 2] };
    let mut names: Vec<Name> =
        playable.program().all_controls().map(|control| control.name.clone()).collect();
    let effect = names.split_off(own.min(names.len()));
    [names, effect]
}

/// Each control gets the number that its name has, or a new one.
fn numbered(sound: Sound, names: &[Name], numbers: &mut Numbers) -> Sound {
    let mut known = Numbers::new();
    let mut given = Vec::with_capacity(names.len());
    let taken: BTreeSet<u16> = numbers.values().copied().collect();
    let mut free = (0..).filter(|number| !taken.contains(number));
    for name in names {
        // Two controls of one name have a number each; the name means the first.
        let number = numbers.get(name).copied().filter(|_| !known.contains_key(name));
        let number = number.or_else(|| free.next()).unwrap_or(u16::MAX);
        known.entry(name.clone()).or_insert(number);
        given.push(number);
    }
    *numbers = known;
    Sound { numbers: given, ..sound }
}

impl Placed {
    /// Whether other code can take the place of what plays, so that notes and state go on.
    pub fn takes(&self, sounds: &Sounds) -> bool {
        matches!(sounds, Sounds::Program(_, effect) if self.plays && effect.is_some() == (self.end != self.voice))
    }

    /// The same node with other code, which fades over.
    ///
    /// # Errors
    /// Routes lead into inputs that it does not have.
    pub fn replace(
        &mut self,
        edits: &mut Edits<'_>,
        node: &Node,
        sounds: Sounds,
        seconds: f64,
    ) -> Result<(), StageError> {
        let Sounds::Program(voice, effect) = sounds else { return Ok(()) };
        let names = names(node, voice.numbers.len());
        self.voices = voice.voices;
        edits.replace(self.voice, numbered(voice, &names[0], &mut self.numbers[0]), seconds)?;
        match effect {
            Some(effect) => {
                edits.replace(self.end, numbered(effect, &names[1], &mut self.numbers[1]), seconds)
            }
            None => Ok(()),
        }
    }

    pub fn remove(&self, edits: &mut Edits<'_>) -> Result<(), StageError> {
        edits.remove(self.voice)?;
        if self.end == self.voice { Ok(()) } else { edits.remove(self.end) }
    }

    pub fn control(&self, name: &str) -> Option<(NodeId, u16)> {
        let of = |at: usize, id| self.numbers[at].get(name).map(|&number| (id, number));
        of(0, self.voice).or_else(|| of(1, self.end))
    }

    /// The key of a note on a frame: that of its frequency, or that of the note before.
    pub fn key_of(&mut self, hertz: Option<f64>, frame: Frame) -> f64 {
        if let Some(hertz) = hertz {
            let key = 69.0 + 12.0 * (hertz / 440.0).log2();
            self.key.push(Leg { start: frame, value: key, to: key, frames: 0 }, From::Score);
        }
        self.key.at(frame).unwrap_or(69.0)
    }

    /// Takes back the notes from a frame on.
    pub fn revoke(&mut self, from: Frame) {
        self.key.revoke(from);
    }

    pub fn forget(&mut self, before: Frame) {
        self.key.forget(before);
    }
}
