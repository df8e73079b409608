//! A performance as it is on one frame: a second one that goes on from there.

use super::Performance;
use super::placed::Placed;
use super::track::Track;
use crate::conductor::Conductor;
use crate::patch::{Knob, Name, Patch, Route};
use krach_abi::Frame;
use krach_engine::{Processor, RouteId, StageError};
use std::collections::BTreeMap;

/// All of a performance but its stage, whose copy is being made.
#[derive(Clone, Debug)]
pub(crate) struct Copying {
    number: u64,
    patch: Patch,
    conductor: Conductor,
    nodes: BTreeMap<Name, Placed>,
    routes: BTreeMap<Route, RouteId>,
    knobs: BTreeMap<Knob, Track>,
    front: Frame,
    resumes: bool,
}

impl Performance {
    /// Asks for a copy. [`Performance::copied`] has it when the audio half was asked for some blocks more.
    ///
    /// # Errors
    /// The stage is full.
    pub fn copy(&mut self) -> Result<Copying, StageError> {
        let number = self.stage.snapshot()?;
        Ok(Copying {
            number,
            patch: self.patch.clone(),
            conductor: self.conductor.clone(),
            nodes: self.nodes.clone(),
            routes: self.routes.clone(),
            knobs: self.knobs.clone(),
            front: self.front,
            resumes: self.resumes,
        })
    }

    /// The copy that was asked for, if it is complete. Copies of earlier requests are dropped.
    pub fn copied(&mut self, copying: &Copying) -> Option<(Self, Processor)> {
        let found = self.stage.snapshots().into_iter().find(|copy| copy.number == copying.number)?;
        let Copying { patch, conductor, nodes, routes, knobs, front, resumes, .. } = copying.clone();
        let stage = found.stage;
        Some((
            Self { patch, stage, conductor, nodes, routes, knobs, front, resumes, outbox: Vec::new() },
            found.processor,
        ))
    }
}
