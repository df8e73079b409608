//! A stage as it is on one frame: a second stage that goes on from there.

use crate::audio::{Copier, Processor, Twin};
use crate::command::Command;
use crate::graph::Graph;
use crate::loan::Loan;
use crate::making;
use crate::{Settings, Stage, StageError};
use krach_abi::Frame;
use std::sync::Arc;

/// Everything that sounded on one frame, as a stage of its own that goes on from there. Nodes, routes, notes and
/// controls have the numbers that they have on the stage that plays; so have the edits before it.
#[derive(Debug)]
pub struct Snapshot {
    /// As [`Stage::snapshot`] gave it.
    pub number: u64,
    pub stage: Stage,
    pub processor: Processor,
}

/// A copy that is being made.
#[derive(Debug)]
pub(crate) struct Expected {
    number: u64,
    pub stage: Stage,
}

impl Stage {
    /// Asks for a copy of everything that sounds, with the events that were sent so far and are due after it: its
    /// number. It is made in its turn among the edits, once no program is being replaced, while the music plays on; edits
    /// that come later wait for it. Then [`Self::snapshots`] has it.
    ///
    /// The state of nodes is copied in slices. On the frame of the copy itself go the controls and notes of all nodes,
    /// their registers, and their routes.
    ///
    /// # Errors
    /// No room for it among the edits.
    pub fn snapshot(&mut self) -> Result<u64, StageError> {
        self.tend();
        if self.abroad >= self.room || self.commands.slots() == 0 {
            return Err(StageError::Full("edits"));
        }
        let number = self.batches + 1;
        let (mut stage, mut processor) = Self::new(Settings { threads: 1, ..self.settings });
        (stage.graph, stage.batches) = (self.graph.clone(), number);
        let mut copiers = Vec::new();
        let mut all = 0;
        for (index, node) in (0..).zip(&self.graph.nodes) {
            let Some(node) = node else { continue };
            processor.place(index, Loan::new(making::slot(&self.settings, index, node)));
            let copier = Copier { node: index, handover: None, same: Box::default(), present: false };
            copiers.push(match &node.sound {
                Some(sound) => {
                    let lanes = making::lanes(sound);
                    let handover = sound.factory.handover(sound.factory.as_ref(), lanes);
                    all += (handover.bytes() * lanes) as u64;
                    let same = (0..).take(sound.numbers.len()).map(Some).collect();
                    Copier { handover: Some(handover), same, ..copier }
                }
                None => copier,
            });
        }
        let twin = Twin::new(processor, copiers.into(), number, all);
        let sent = self.commands.push(Command::Snapshot(Loan::new(twin)));
        sent.map_err(|_| StageError::Full("edits"))?;
        self.abroad += 1;
        self.batches = number;
        self.expected.push(Expected { number, stage });
        Ok(number)
    }

    /// Puts the state of a snapshot back, on a frame or with the next block: the number of the edit. Each node that still
    /// plays the program of then goes on from the frame of the snapshot, with its phases, tails, notes, values and levels,
    /// and fades over in that many seconds. What moved then is at its end. Routes, the master and events that wait stay as
    /// they are, and so do nodes that were added since or have another program.
    ///
    /// All state is carried here, into memory of its own: the audio half only exchanges the two, and the snapshot can be put
    /// back again.
    ///
    /// # Errors
    /// No room among the edits.
    pub fn restore(
        &mut self,
        snapshot: &mut Snapshot,
        at: Option<Frame>,
        seconds: f64,
    ) -> Result<u64, StageError> {
        let (then, processor) = (&snapshot.stage.graph, &mut snapshot.processor);
        let restored = self.edit(at, |edits| {
            for index in 0..u32::try_from(then.nodes.len()).unwrap_or(u32::MAX) {
                let id = then.id(index);
                let sounds = [then.node(id), edits.graph.node(id)].map(|node| node.ok()?.sound.as_ref());
                if let [Some(then), Some(now)] = sounds
                    && Arc::ptr_eq(&then.factory, &now.factory)
                    && let Some(copy) = processor.slot_mut(index as usize)
                {
                    edits.put_back(id, copy, seconds)?;
                }
            }
            Ok(())
        });
        restored.map(|((), number)| number)
    }

    /// The copies that are complete, each once.
    pub fn snapshots(&mut self) -> Vec<Snapshot> {
        self.tend();
        std::mem::take(&mut self.snapshots)
    }

    /// The graphs of copies that are being made.
    pub(crate) fn expected_graphs(&mut self) -> impl Iterator<Item = &mut Graph> {
        self.expected.iter_mut().map(|expected| &mut expected.stage.graph)
    }

    /// A copy has come home.
    pub(crate) fn twin_came_home(&mut self, twin: Loan<Twin>) {
        let Some(at) = self.expected.iter().position(|expected| expected.number == twin.number) else {
            return;
        };
        let Expected { number, mut stage } = self.expected.remove(at);
        let Twin { mut processor, copiers, .. } = twin.into_inner();
        for copier in copiers.iter().filter(|copier| !copier.present) {
            // It had faded out before.
            processor.forget(copier.node);
            stage.graph.forget(copier.node);
        }
        stage.abroad = stage.graph.nodes.iter().flatten().filter(|node| node.leaving).count();
        stage.gauges.clock.store(processor.now().0, std::sync::atomic::Ordering::Release);
        self.snapshots.push(Snapshot { number, stage, processor });
    }
}
