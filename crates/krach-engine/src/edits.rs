//! Edits of the stage: they happen together, on one frame.

use crate::audio::{End, Phase, Route, Slot, Swap, table};
use crate::command::{Act, Edit};
use crate::graph::{Graph, Leaving, Link, Node, NodeId, RouteId};
use crate::loan::Loan;
use crate::making;
use crate::ramp::Ramp;
use crate::sound::{NUMBERS, sides};
use crate::{Automation, NodeSource, NodeSpec, Out, Settings, Sound, StageError};
use krach_abi::Frame;

/// Edits that are collected, and happen together when all of them succeed: see [`crate::Stage::edit`].
#[derive(Debug)]
pub struct Edits<'a> {
    pub(crate) graph: Graph,
    pub(crate) settings: &'a Settings,
    pub(crate) list: Vec<Edit>,
    /// Nodes whose program is replaced.
    pub(crate) swapped: Vec<u32>,
    /// Nodes that were removed.
    pub(crate) removed: usize,
    pub(crate) number: u64,
}

/// The most notes that one node plays at once.
const VOICES: usize = 256;

/// How a route brings sound: to which input, how loud, and from before or after the gain and pan of its source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RouteSpec {
    /// All inputs, or one.
    pub port: Option<u16>,
    /// Linear, 0 or more.
    pub level: f64,
    pub pre: bool,
}

impl Default for RouteSpec {
    fn default() -> Self {
        Self { port: None, level: 1.0, pre: false }
    }
}

impl Edits<'_> {
    fn fade(&self) -> u32 {
        self.settings.frames(self.settings.fade)
    }

    /// Adds a node. It sounds from its first frame.
    ///
    /// # Errors
    /// Code for another rate, numbers of controls that do not fit, a level that cannot be, no room.
    pub fn add(&mut self, spec: NodeSpec) -> Result<NodeId, StageError> {
        let NodeSpec { source, gain, pan, muted, out } = spec;
        check_level(gain)?;
        check_pan(pan)?;
        let (sound, inputs, outputs) = match source {
            NodeSource::Input { channels, .. } => (None, 0, usize::from(channels)),
            NodeSource::Sound(ref sound) => {
                let ports = self.check(sound)?;
                (Some(sound.clone()), ports[0], ports[1])
            }
        };
        let first = if let NodeSource::Input { first, .. } = source { first } else { 0 };
        let table = sound.as_ref().map_or(0, |sound| table(&sound.numbers));
        let node =
            Node { generation: 0, sound, inputs, outputs, first, table, pan, out: None, leaving: false };
        let id = self.graph.add_node(node)?;
        let mut slot = making::slot(self.settings, id.index, self.graph.node(id)?);
        slot.gain = Ramp::still(gain);
        slot.mute = Ramp::still(if muted { 0.0 } else { 1.0 });
        slot.sides = sides(pan, outputs).map(|side| Ramp::still(side.into()));
        self.list.push(Edit::Add { node: id.index, slot: Some(Loan::new(slot)) });
        let end = self.end(out)?;
        if let Some(end) = end {
            let route = self.link(id, end, &RouteSpec::default(), 0)?;
            self.graph.node_mut(id)?.out = Some(route.index);
        }
        Ok(id)
    }

    /// Ports of a sound that fits this stage.
    fn check(&self, sound: &Sound) -> Result<[usize; 2], StageError> {
        let (wanted, given) = (self.settings.rate, sound.factory.sample_rate());
        if wanted != given {
            return Err(StageError::Rate { wanted, given });
        }
        if sound.voices > VOICES {
            return Err(StageError::Full("voices"));
        }
        let ports = sound.factory.ports();
        let mut numbers = sound.numbers.clone();
        numbers.sort_unstable();
        numbers.dedup();
        let fits = numbers.len() == ports.controls.len()
            && sound.numbers.len() == numbers.len()
            && numbers.last().is_none_or(|&last| last < NUMBERS)
            && sound.roles.iter().all(|&(control, _)| control < numbers.len());
        if fits { Ok([ports.inputs, ports.outputs]) } else { Err(StageError::Numbers) }
    }

    /// Puts another program in the place of the one that plays. State, values and notes go on; the rest fades over in
    /// that many seconds.
    ///
    /// # Errors
    /// As for [`Self::add`]; a route into an input that the new program does not have; an input of the device.
    pub fn replace(&mut self, id: NodeId, sound: Sound, seconds: f64) -> Result<(), StageError> {
        let [inputs, outputs] = self.check(&sound)?;
        let node = self.graph.node(id)?;
        let (old, pan) = (node.sound.clone().ok_or(StageError::NoProgram(id))?, node.pan);
        let (width, table) = (node.outputs, node.table);
        if self.swapped.contains(&id.index) {
            return Err(StageError::Twice(id));
        }
        for link in self.graph.links.iter().flatten().filter(|link| link.leaving.is_none()) {
            if let End::Node { node, port } = link.end
                && node == id.index
            {
                let port = port.map_or(0, usize::from);
                if port >= inputs {
                    return Err(StageError::NoPort { node: id, port, inputs });
                }
            }
        }
        let lanes = making::lanes(&old).min(making::lanes(&sound));
        let handover = sound.factory.handover(old.factory.as_ref(), lanes);
        let inherits = sound
            .numbers
            .iter()
            .map(|number| u16::try_from(old.numbers.iter().position(|known| known == number)?).ok());
        let inherits = inherits.collect();
        let values = making::first_values(&sound, table);
        let swap = Swap {
            player: making::program(self.settings, &sound, width),
            carries: handover.bytes() > 0,
            bytes: handover.bytes(),
            handover,
            inherits,
            motions: vec![None; values.len()].into(),
            values: values.into(),
            // Where the law is the same they stay: a pan that moves is ahead of this edit.
            sides: ((width == 1) != (outputs == 1)).then(|| sides(pan, outputs)),
            frames: self.settings.frames(seconds),
            phase: Phase::Carrying(Frame(0)),
            restored: None,
        };
        self.list.push(Edit::Replace { node: id.index, swap: Some(Loan::new(swap)) });
        self.swapped.push(id.index);
        let node = self.graph.node_mut(id)?;
        node.table = table.max(self::table(&sound.numbers));
        (node.sound, node.inputs, node.outputs) = (Some(sound), inputs, outputs);
        Ok(())
    }

    /// Puts the state of a copy in the place of that of the same program, which plays. The copy is not on the audio thread:
    /// all of it is carried here.
    pub(crate) fn put_back(&mut self, id: NodeId, copy: &mut Slot, seconds: f64) -> Result<(), StageError> {
        let node = self.graph.node(id)?;
        let (sound, width, table) =
            (node.sound.clone().ok_or(StageError::NoProgram(id))?, node.outputs, node.table);
        let mut player = making::program(self.settings, &sound, width);
        let mut handover = sound.factory.handover(sound.factory.as_ref(), making::lanes(&sound));
        if let (Some(from), Some(to)) = (copy.player.ensemble(), player.ensemble()) {
            while !handover.carry(from.dsp.as_mut(), to.dsp.as_mut(), &mut { usize::MAX }) {}
        }
        let same: Box<[Option<u16>]> = (0..).take(sound.numbers.len()).map(Some).collect();
        player.copy(&copy.player, &same, Frame(0));
        let mut values = copy.values.to_vec();
        values.resize(table, f64::NAN);
        let mut motions = copy.motions.to_vec();
        motions.resize(table, None);
        let swap = Swap {
            player,
            // The two may sound alike or not.
            carries: false,
            bytes: handover.bytes(),
            handover,
            inherits: same,
            values: values.into(),
            motions: motions.into(),
            sides: None,
            frames: self.settings.frames(seconds),
            phase: Phase::Carrying(Frame(0)),
            restored: Some(copy.levels()),
        };
        self.list.push(Edit::Replace { node: id.index, swap: Some(Loan::new(swap)) });
        self.swapped.push(id.index);
        Ok(())
    }

    /// Removes a node and its routes: it fades out.
    ///
    /// # Errors
    /// No such node.
    pub fn remove(&mut self, id: NodeId) -> Result<(), StageError> {
        self.graph.node_mut(id)?.leaving = true;
        let frames = self.fade();
        self.list.push(Edit::Remove { node: id.index, frames });
        self.removed += 1;
        self.graph.solo.remove(&id.index);
        for index in 0..self.graph.links.len() {
            let touches = |link: &Link| {
                link.source == id.index || matches!(link.end, End::Node { node, .. } if node == id.index)
            };
            if self.graph.links[index].as_ref().is_some_and(|link| link.leaving.is_none() && touches(link)) {
                self.unlink(u32::try_from(index).unwrap_or(u32::MAX), frames);
            }
        }
        for node in self.graph.nodes.iter_mut().flatten() {
            node.out = node
                .out
                .filter(|&out| self.graph.links[out as usize].is_some_and(|link| link.leaving.is_none()));
        }
        Ok(())
    }

    /// The length of the way in of a route: none where its source begins with it.
    fn entry(&self, source: NodeId) -> u32 {
        let begins = |edit: &Edit| matches!(edit, Edit::Add { node, .. } if *node == source.index);
        if self.list.iter().any(begins) { 0 } else { self.fade() }
    }

    /// Leads the sound of one node into another: it fades in, unless this edit adds the source.
    ///
    /// # Errors
    /// No such node or port, a target without inputs, a circle, a level that cannot be, no room.
    pub fn route(&mut self, source: NodeId, target: NodeId, spec: RouteSpec) -> Result<RouteId, StageError> {
        check_level(spec.level)?;
        self.graph.node(target)?;
        let frames = self.entry(source);
        self.link(source, End::Node { node: target.index, port: spec.port }, &spec, frames)
    }

    /// Takes a route away: it fades out.
    ///
    /// # Errors
    /// No such route.
    pub fn unroute(&mut self, id: RouteId) -> Result<(), StageError> {
        self.graph.link(id)?;
        self.unlink(id.index, self.fade());
        Ok(())
    }

    /// Leads the output of a node to another place: one fades out, the other in. A node that this edit adds is led there
    /// at once.
    ///
    /// # Errors
    /// As for [`Self::route`].
    pub fn out(&mut self, id: NodeId, out: Out) -> Result<(), StageError> {
        self.graph.node(id)?;
        let (end, frames) = (self.end(out)?, self.fade());
        if let Some(index) = self.graph.node_mut(id)?.out.take() {
            self.unlink(index, frames);
        }
        if let Some(end) = end {
            let route = self.link(id, end, &RouteSpec::default(), self.entry(id))?;
            self.graph.node_mut(id)?.out = Some(route.index);
        }
        Ok(())
    }

    /// Makes a control follow a shape, from its present value on, or stay where it is.
    ///
    /// # Errors
    /// No such node or control, values that are not finite, a period below 1 frame.
    pub fn automate(
        &mut self,
        id: NodeId,
        control: u16,
        automation: Option<Automation>,
        entry_seconds: f64,
    ) -> Result<(), StageError> {
        let sound = self.graph.node(id)?.sound.as_ref().ok_or(StageError::NoProgram(id))?;
        if !sound.numbers.contains(&control) {
            return Err(StageError::NoControl { node: id, control });
        }
        if let Some(Automation { lo, hi, period, .. }) = automation {
            let wrong = [lo, hi, period].into_iter().find(|value| !value.is_finite());
            if let Some(value) = wrong.or((period < 1.0).then_some(period)) {
                return Err(StageError::Value(value));
            }
        }
        let frames = if entry_seconds > 0.0 { self.settings.frames(entry_seconds) } else { 0 };
        self.list.push(Edit::Automate { node: id.index, control, automation, frames });
        Ok(())
    }

    /// Only these nodes are heard, what they feed, and what feeds them, through them. None: all nodes.
    ///
    /// # Errors
    /// No such node.
    pub fn solo(&mut self, nodes: &[NodeId]) -> Result<(), StageError> {
        for &id in nodes {
            self.graph.node(id)?;
        }
        self.graph.solo = nodes.iter().map(|id| id.index).collect();
        Ok(())
    }

    fn end(&self, out: Out) -> Result<Option<End>, StageError> {
        Ok(match out {
            Out::Master => Some(End::Master),
            Out::Nowhere => None,
            Out::Device(channels) => Some(End::Device(channels)),
            Out::Node(id) => {
                self.graph.node(id)?;
                Some(End::Node { node: id.index, port: None })
            }
        })
    }

    fn link(
        &mut self,
        source: NodeId,
        end: End,
        spec: &RouteSpec,
        frames: u32,
    ) -> Result<RouteId, StageError> {
        let id = self.graph.add_link(source, end)?;
        let link = self.graph.link(id)?;
        let from = if frames > 0 { 0.0 } else { spec.level };
        let route = Route {
            source: source.index,
            end,
            pre: spec.pre,
            level: Ramp::new(from, spec.level, Frame(0), frames),
            heard: Ramp::still(1.0),
            order: link.order,
        };
        self.list.push(Edit::Route { index: id.index, route });
        Ok(id)
    }

    fn unlink(&mut self, index: u32, frames: u32) {
        let batch = self.number;
        if let Some(Some(link)) = self.graph.links.get_mut(index as usize) {
            link.leaving = Some(Leaving { batch, frames, end: None });
            self.list.push(Edit::Unroute { index, frames });
        }
    }

    /// Silences the routes that soloed nodes leave, and lets the others be heard.
    pub(crate) fn listen(&mut self) {
        let (audible, frames) = (self.graph.audible(), self.fade());
        for (index, (link, heard)) in (0..).zip(self.graph.links.iter_mut().zip(audible)) {
            if let Some(link) = link.as_mut().filter(|link| link.heard != heard && link.leaving.is_none()) {
                link.heard = heard;
                let to = if heard { 1.0 } else { 0.0 };
                self.list.push(Edit::Act { target: index, act: Act::Heard { frames, to } });
            }
        }
    }
}

pub(crate) fn check_level(level: f64) -> Result<(), StageError> {
    if level.is_finite() && level >= 0.0 { Ok(()) } else { Err(StageError::Value(level)) }
}

pub(crate) fn check_pan(pan: f64) -> Result<(), StageError> {
    if (-1.0..=1.0).contains(&pan) { Ok(()) } else { Err(StageError::Value(pan)) }
}
