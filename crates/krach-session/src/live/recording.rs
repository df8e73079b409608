//! A take of what plays.

use super::OnStage;
use super::tap::Tap;
use crate::patch::Name;
use crate::recorder::{Recorder, Track};
use krach_diag::{Code, Diagnostic};
use krach_store::TakeFormat;
use std::path::{Path, PathBuf};

/// A take that is running. Dropping it ends the take.
#[derive(Debug)]
pub struct Recording {
    recorder: Recorder,
    path: PathBuf,
}

/// Nodes that one take records apart.
const MOST_STEMS: usize = 256;

impl Recording {
    /// Begins with the next block. With `stems`, each node that plays now gets a file of its own.
    ///
    /// # Errors
    /// `KR0502`: a file exists already or cannot be made, or as many takes run as can.
    pub(crate) fn start(
        stage: &OnStage,
        path: &Path,
        format: TakeFormat,
        stems: bool,
    ) -> Result<Self, Diagnostic> {
        let refuse = |why: &str| Diagnostic::error(Code::Unwritable, format!("cannot record: {why}"));
        let (rate, nodes): (u32, Vec<(Name, krach_engine::NodeId)>) = {
            let state = stage.state();
            let nodes = state.performance.ends().map(|(name, id)| (name.clone(), id));
            (state.performance.rate(), nodes.filter(|_| stems).collect())
        };
        if nodes.len() > MOST_STEMS {
            return Err(refuse("more than 256 stems").help("record the master, or `kr.render(stems=True)`"));
        }
        let mut tracks = vec![Track { stem: None, channels: 2 }];
        let mut channels = vec![(None, 0), (None, 1)];
        for (name, id) in nodes {
            tracks.push(Track { stem: Some(name.to_string()), channels: 2 });
            channels.extend([(Some(id), 0), (Some(id), 1)]);
        }
        let (recorder, tape) = Recorder::start(path, &tracks, format, rate)?;
        let begun = stage.state().taps.begin(Tap::new(tape, channels));
        begun.map_err(|_| refuse("8 takes run already").help("end one: `rec.stop()`"))?;
        Ok(Self { recorder, path: path.to_owned() })
    }

    /// The file of the master.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why the take ended early, if it did: the disk is full, or a file is gone. The music plays on.
    #[must_use]
    pub fn failure(&self) -> Option<Diagnostic> {
        self.recorder.failure()
    }

    /// Frames that are silent in the take because the disk was too slow.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.recorder.lost()
    }

    /// Ends the take; its files.
    ///
    /// # Errors
    /// `KR0502`: why it ended early.
    pub fn stop(self) -> Result<Vec<PathBuf>, Diagnostic> {
        self.recorder.stop()
    }
}
