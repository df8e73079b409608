//! The conductor: patterns in cycles become acts on frames.
//!
//! It follows the edits of a patch and knows the time of each cycle. Asked for the acts up to a frame it gives all that
//! it has not given yet, in order: at one frame releases first, then values, then onsets. It owns no clock and no
//! thread: live, a thread asks it a little ahead of the sound; off-line, the render asks it as it goes. Both hear the
//! same.

mod notes;
mod player;
mod tempo;

pub use player::Act;
pub use tempo::Timeline;

use crate::patch::{Driver, Name, Patch};
use krach_abi::Frame;
use krach_diag::Diagnostic;
use krach_pattern::{QueryError, Time};
use notes::NoteIds;
use player::Player;
use std::collections::BTreeMap;

/// An act, when it happens, and what it happens to.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    pub frame: Frame,
    /// The path whose driver gives it.
    pub path: Name,
    pub act: Act,
}

/// Plays the patterns of a patch.
#[derive(Clone, Debug)]
pub struct Conductor {
    timeline: Timeline,
    players: BTreeMap<Name, Player>,
    /// Notes of patterns that were ended or replaced, which sound until their own release.
    leaving: Vec<Player>,
    ids: NoteIds,
    seed: u64,
    tuning: f64,
    /// Everything before this cycle was given.
    given: Time,
}

impl Conductor {
    /// From cycle 0 at frame 0, with everything that drives the patch.
    ///
    /// # Errors
    /// `KR0803`: the tempo is beyond exact arithmetic.
    pub fn new(patch: &Patch, rate: u32) -> Result<Self, Diagnostic> {
        let settings = patch.settings();
        let timeline = Timeline::new(rate, settings.tempo, settings.meter).map_err(|_| too_fine())?;
        let (seed, tuning) = (settings.seed, settings.tuning);
        let mut conductor = Self {
            timeline,
            players: BTreeMap::new(),
            leaving: Vec::new(),
            ids: NoteIds::default(),
            seed,
            tuning,
            given: Time::ZERO,
        };
        for (path, driver) in patch.drivers() {
            conductor.drive(patch, path, Some(driver), Time::ZERO);
        }
        Ok(conductor)
    }

    #[must_use]
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The timeline, to change tempo or meter: what was given before stays given.
    pub fn timeline_mut(&mut self) -> &mut Timeline {
        &mut self.timeline
    }

    /// Lets a pattern play a path from a cycle on, or ends the one that does. Notes that sound keep their release.
    pub fn drive(&mut self, patch: &Patch, path: &Name, driver: Option<&Driver>, from: Time) {
        if let Some(mut before) = self.players.remove(path) {
            before.end(from);
            self.leaving.push(before);
        }
        if let Some(Driver::Playing(playing)) = driver {
            let plays_notes = patch.node(path).is_some();
            self.players.insert(path.clone(), Player::new(playing.clone(), plays_notes, from));
        }
    }

    /// Lets go of every note of a path now: what a hush does. The answer are the releases.
    pub fn silence(&mut self, path: &Name, now: Frame) -> Vec<Cue> {
        let mut cues = Vec::new();
        if let Some(player) = self.players.remove(path) {
            let release = |act| Cue { frame: now, path: path.clone(), act };
            cues.extend(player.releases().map(release));
        }
        cues
    }

    /// Takes back what was given from that cycle on: it will be given again, by what plays then.
    pub fn revoke(&mut self, from: Time) {
        if from < self.given {
            self.given = from;
            self.players.values_mut().chain(&mut self.leaving).for_each(|player| player.rewind(from));
        }
    }

    /// All acts from where the last call ended up to that cycle, in order.
    ///
    /// # Errors
    /// A pattern that cannot be asked, with its path and its place; no act is lost, and the call can be repeated without
    /// that pattern.
    pub fn advance(&mut self, until: Time) -> Result<Vec<Cue>, (Name, QueryError)> {
        let mut found = Vec::new();
        let mut ids = self.ids;
        let ended: Name = "".into();
        let leaving = self.leaving.iter_mut().map(|player| (&ended, player));
        let mut advanced: Vec<(&Name, &mut Player)> = self.players.iter_mut().chain(leaving).collect();
        for (path, player) in &mut advanced {
            let path = (*path).clone();
            let acts = player
                .peek(until, self.seed, self.tuning, &mut ids)
                .map_err(|error| (path.clone(), error))?;
            for (at, act) in acts {
                let frame = self.timeline.frame(at).map_err(|overflow| (path.clone(), overflow.into()))?;
                found.push(Cue { frame, path: path.clone(), act });
            }
        }
        for (_, player) in advanced {
            player.settle(until);
        }
        self.ids = ids;
        self.leaving.retain(|player| !player.is_over(until));
        self.given = until;
        found.sort_by_key(|cue| (cue.frame, cue.act.rank()));
        Ok(found)
    }
}

fn too_fine() -> Diagnostic {
    let code = krach_diag::Code::PatternTime;
    Diagnostic::error(code, "this tempo needs more than 64 bits").help("use a tempo such as 127.5")
}
