//! A performance: a patch that sounds on a stage, and changes while it does.
//!
//! One way for both clocks. Live, a thread keeps it a little ahead of the audio thread; off-line, a render does. Each
//! change has a frame. Everything before that frame sounds as if there were no change, and everything from it on as if
//! the change had always been known, and the score may be read in pieces of any length.

mod copy;
mod follow;
mod instances;
mod perform;
mod placed;
mod track;

pub(crate) use perform::Outgoing;
pub(crate) use placed::Sounds;
use placed::sounds;

use crate::Edit;
use crate::conductor::{Conductor, Fallen};
use crate::patch::{self, Knob, Name, Node, Patch, Route};
use crate::step::Deed;
use instances::Instances;
use krach_abi::Frame;
use krach_diag::{Code, Diagnostic};
use krach_engine::{NodeId, Processor, Receipt, RouteId, Settings, Stage, StageError, When};
use krach_pattern::{Overflow, Time};
use krach_store::Cache;
use placed::Placed;
use std::collections::BTreeMap;
use std::sync::Arc;
use track::Track;

/// A patch on a stage.
#[derive(Debug)]
pub(crate) struct Performance {
    patch: Patch,
    stage: Stage,
    conductor: Conductor,
    nodes: BTreeMap<Name, Placed>,
    routes: BTreeMap<Route, RouteId>,
    /// Where each knob is that was ever moved.
    knobs: BTreeMap<Knob, Track>,
    /// No change comes before this frame.
    front: Frame,
    /// Whether it goes on from the cycle on the first frame, instead of counting from the first pattern on.
    resumes: bool,
    /// Messages for other machines that were not collected yet.
    outbox: Vec<(Frame, Outgoing)>,
}

/// A node whose code has to be made.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub name: Name,
    pub node: Arc<Node>,
    /// Which one it is of the nodes of its program.
    pub instance: u32,
}

/// Seconds for which the course of a knob is remembered.
const REMEMBERED: u64 = 2;

fn refused(error: &StageError) -> Diagnostic {
    Diagnostic::error(Code::Routing, error.to_string())
}

fn too_fine(_: Overflow) -> Diagnostic {
    Diagnostic::error(Code::PatternTime, "this moment needs more than 64 bits")
        .help("use a tempo such as 127.5, and simpler fractions")
}

/// The report of a pattern that cannot be asked, with its path.
pub(crate) fn fell((path, error): &Fallen) -> Diagnostic {
    let report = error.diagnostic();
    Diagnostic { message: format!("`{path}`: {}", report.message), ..report }
}

impl Performance {
    /// An empty patch in a tempo and meter, with a cycle on the first frame.
    ///
    /// # Errors
    /// `KR0803`: the tempo is beyond exact arithmetic.
    pub fn new(
        settings: Settings,
        score: &patch::Settings,
        cycle: Time,
    ) -> Result<(Self, Processor), Diagnostic> {
        let (stage, processor) = Stage::new(settings);
        let patch = Patch { settings: *score, ..Patch::default() };
        let conductor = Conductor::new(score, settings.rate, (cycle, Frame(0))).map_err(too_fine)?;
        let performance = Self {
            patch,
            stage,
            conductor,
            nodes: BTreeMap::new(),
            routes: BTreeMap::new(),
            knobs: BTreeMap::new(),
            front: Frame(0),
            resumes: cycle != Time::ZERO,
            outbox: Vec::new(),
        };
        Ok((performance, processor))
    }

    pub fn patch(&self) -> &Patch {
        &self.patch
    }

    pub fn rate(&self) -> u32 {
        self.stage.settings().rate
    }

    /// The first frame that the audio half was not asked for.
    pub fn now(&self) -> Frame {
        self.stage.now()
    }

    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    pub fn conductor(&self) -> &Conductor {
        &self.conductor
    }

    /// No change comes before this frame.
    pub fn front(&self) -> Frame {
        self.front
    }

    /// The messages for other machines before a frame, in order.
    pub fn messages(&mut self, until: Frame) -> Vec<(Frame, Outgoing)> {
        let (mut due, later): (Vec<_>, _) =
            std::mem::take(&mut self.outbox).into_iter().partition(|(frame, _)| *frame < until);
        self.outbox = later;
        due.sort_by_key(|(frame, _)| *frame);
        due
    }

    /// The name of a node of the stage.
    pub fn name_of(&self, id: NodeId) -> Option<&Name> {
        let found = self.nodes.iter().find(|(_, placed)| placed.voice == id || placed.end == id);
        found.map(|(name, _)| name)
    }

    /// What the stage did since the last call.
    pub fn receipts(&mut self) -> Vec<Receipt> {
        self.stage.receipts()
    }

    /// The nodes whose code has to be made for edits.
    ///
    /// # Errors
    /// Those of [`Patch::apply_all`].
    pub fn wanted(&self, edits: &[Edit]) -> Result<Vec<Wanted>, Diagnostic> {
        if !edits.iter().any(|edit| matches!(edit, Edit::Node(..))) {
            return Ok(Vec::new());
        }
        let mut after = self.patch.clone();
        after.apply_all(edits)?;
        let is_new = |(name, node): &(&Name, &Arc<Node>)| {
            let before = self.patch.nodes.get(*name);
            before.is_none_or(|before| {
                !Arc::ptr_eq(before, node) && (before.voicing != node.voicing || before.count != node.count)
            })
        };
        let mut instances = Instances::default();
        for (name, node) in &after.nodes {
            if let Some(placed) = self.nodes.get(name) {
                instances.keep(&node.voicing, placed.instance);
            }
        }
        let mut wanted = Vec::new();
        for (name, node) in after.nodes.iter().filter(is_new) {
            let placed = self.nodes.get(name).map(|placed| placed.instance);
            let instance = placed.unwrap_or_else(|| instances.take(&node.voicing));
            wanted.push(Wanted { name: name.clone(), node: node.clone(), instance });
        }
        Ok(wanted)
    }

    /// Does what a step says, on its frame.
    ///
    /// # Errors
    /// Those of [`Performance::follow`]; `KR0901`: no such node.
    pub fn take(&mut self, deed: &Deed, sounds: BTreeMap<Name, Sounds>, at: Frame) -> Result<(), Diagnostic> {
        match deed {
            Deed::Edit { edits, start } => self.follow(edits, sounds, at, *start),
            Deed::Press { node, note, key, velocity } => {
                let placed = self.nodes.get(node).ok_or_else(|| self.patch.unknown(node))?;
                let pressed = self.stage.press(placed.voice, *note, [*key, *velocity], false, When::at(at));
                pressed.map_err(|error| refused(&error))
            }
            Deed::Release { node, note } => match self.nodes.get(node) {
                Some(placed) => {
                    self.stage.release(placed.voice, *note, When::at(at)).map_err(|error| refused(&error))
                }
                // It has gone, and its notes with it.
                None => Ok(()),
            },
            Deed::Revive(node) => self.revive(node, at).map_err(|error| refused(&error)),
            Deed::Panic => self.panic(at).map_err(|error| refused(&error)),
        }
    }

    /// What each node is heard by on the stage.
    pub fn ends(&self) -> impl Iterator<Item = (&Name, NodeId)> {
        self.nodes.iter().map(|(name, placed)| (name, placed.end))
    }

    /// The value of a knob on a frame.
    pub fn value(&self, knob: &Knob, frame: Frame) -> Option<f64> {
        if *knob == Knob::Tempo {
            let timeline = self.conductor.timeline();
            return timeline.tempo(timeline.cycle(frame).ok()?).ok();
        }
        self.knobs.get(knob).and_then(|track| track.at(frame)).or_else(|| self.patch.value(knob))
    }

    /// The frames of the next cycles from a frame on, as the tempo is known now.
    ///
    /// # Errors
    /// Time does not fit in 64 bits.
    pub fn frames_of(&self, from: Frame, cycles: Time) -> Result<usize, Diagnostic> {
        let timeline = self.conductor.timeline();
        let end = timeline.cycle(from).and_then(|cycle| timeline.frame(cycle.plus(cycles)?));
        Ok(end.map_err(too_fine)?.since(from))
    }

    /// Sends everything that happens before a frame. The answer are patterns that could not be asked; they have ended.
    ///
    /// # Errors
    /// The score does not fit the stage, or time does not fit in 64 bits.
    pub fn prepare(&mut self, until: Frame) -> Result<Vec<Fallen>, Diagnostic> {
        let (cues, fallen) = self.conductor.advance(until).map_err(too_fine)?;
        cues.iter().try_for_each(|cue| self.perform(cue)).map_err(|error| refused(&error))?;
        let past = Frame(self.now().0.saturating_sub(REMEMBERED * u64::from(self.rate())));
        self.knobs.values_mut().for_each(|track| track.forget(past));
        self.nodes.values_mut().for_each(|placed| placed.forget(past));
        Ok(fallen)
    }
}

/// Compiles nodes for a sample rate.
///
/// # Errors
/// Those of compiling.
pub(crate) fn compiled(
    cache: &Cache,
    wanted: Vec<Wanted>,
    rate: u32,
) -> Result<BTreeMap<Name, Sounds>, Diagnostic> {
    let sounds = |Wanted { name, node, instance }| Ok((name, sounds(cache, &node, instance, rate)?));
    wanted.into_iter().map(sounds).collect()
}
