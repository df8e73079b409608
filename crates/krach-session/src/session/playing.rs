//! The session while it plays: devices, the clock, and what is read of the sound.

use super::Session;
use crate::device::no_device;
use crate::live::{HandClock, Live, LiveStats, News, Pending, Position, Preview, Recording};
use crate::patch::Name;
use crate::performance::{Performance, compiled};
use crate::{Journal, Mixdown, Stems, Step, Stop};
use krach_diag::{Code, Diagnostic};
use krach_engine::{DeviceFormat, DeviceRequest, NoteId, Offer, Settings};
use krach_pattern::Time;
use krach_store::{TakeFormat, WavSamples};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The rate of a preview while no device has one, in Hz.
const PREVIEW_RATE: u32 = 48_000;

impl Session {
    /// Plays the session on a device, or moves it there. At the same rate everything sounds on; with another rate all
    /// programs are compiled anew, and the music goes on from the same position.
    ///
    /// # Errors
    /// `KR0503`: there is no such device, or it does not play; and those of compiling. Then nothing has changed.
    pub fn play(&self, request: &DeviceRequest) -> Result<DeviceFormat, Diagnostic> {
        let offer = Offer::of(request).map_err(|error| no_device(&error))?;
        let desk = self.desk();
        let mut live = self.live();
        let cycle = match &*live {
            Some(playing) if playing.moves_to(&offer)? => return Ok(offer.format().clone()),
            Some(playing) => playing.on_stage().now().cycle,
            None => Time::ZERO,
        };
        let format = offer.format().clone();
        let settings = Settings { threads: self.threads(), ..Settings::new(format.rate) };
        let journals = self.journals();
        *live =
            Some(Live::play(&self.cache, (desk.sounding(), cycle), (offer, settings), journals.as_deref())?);
        Ok(format)
    }

    /// Plays the session on a clock that the caller turns.
    ///
    /// # Errors
    /// Those of compiling.
    pub fn play_by_hand(&self, rate: u32, block: usize) -> Result<HandClock, Diagnostic> {
        let desk = self.desk();
        let settings = Settings { threads: self.threads(), ..Settings::new(rate) };
        let (live, clock) =
            Live::by_hand(&self.cache, desk.sounding(), (settings, block), self.journals().as_deref())?;
        *self.live() = Some(live);
        Ok(clock)
    }

    /// Ends the sound; the patch stays. Whether something played.
    pub fn stop_device(&self) -> bool {
        let live = self.live().take();
        live.is_some()
    }

    /// What the device agreed to; none while nothing plays.
    #[must_use]
    pub fn device(&self) -> Option<DeviceFormat> {
        self.live().as_ref().and_then(Live::format)
    }

    /// Where the music is; none while nothing plays.
    #[must_use]
    pub fn now(&self) -> Option<Position> {
        self.on_stage().map(|stage| stage.now())
    }

    /// Waits until a cycle, no longer than a limit. Whether the music is there; false while nothing plays.
    #[must_use]
    pub fn wait(&self, cycle: Time, limit: Duration) -> bool {
        self.on_stage().is_some_and(|stage| stage.wait(cycle, limit))
    }

    /// Counters of what plays; none while nothing plays.
    #[must_use]
    pub fn stats(&self) -> Option<LiveStats> {
        self.live().as_ref().map(Live::stats)
    }

    /// The largest sample of each node since the last reading, and that of the master.
    #[must_use]
    pub fn peaks(&self) -> Option<(Vec<(Name, f32)>, f32)> {
        self.on_stage().map(|stage| stage.peaks())
    }

    /// The part of real time that each node took since the last reading; empty at the first one, which begins to measure, and
    /// while nothing plays.
    #[must_use]
    pub fn loads(&self) -> Vec<(Name, f64)> {
        self.on_stage().map(|stage| stage.loads()).unwrap_or_default()
    }

    /// The last samples of the master, left and right, at most `count` frames and 8192; none while nothing plays.
    #[must_use]
    pub fn scope(&self, count: usize) -> Option<[Vec<f32>; 2]> {
        self.on_stage().map(|stage| stage.scope(count))
    }

    /// What happened since the last call, the oldest first. Only the last thousand are kept.
    #[must_use]
    pub fn news(&self) -> Vec<News> {
        self.live().as_ref().map(Live::news).unwrap_or_default()
    }

    /// The edits that wait for their moment, the next ones first.
    #[must_use]
    pub fn pending(&self) -> Vec<Pending> {
        self.on_stage().map(|stage| stage.pending()).unwrap_or_default()
    }

    /// The value of a path that sounds now: what moves it is counted in. While nothing plays, the value that was set last.
    /// A node is its gain.
    ///
    /// # Errors
    /// `KR0404` and `KR0901`: nothing is called so; `KR0904` for a group, which has no one value.
    pub fn value(&self, path: &str) -> Result<f64, Diagnostic> {
        let patch = self.patch();
        let knob = patch.readable(path)?;
        let sounding = self.on_stage().and_then(|stage| stage.value(&knob));
        sounding.or_else(|| patch.value(&knob)).ok_or_else(|| patch.unknown(path))
    }

    /// What a node does, and why it is silent, with the remedy: see [`Patch::why`](crate::Patch::why).
    ///
    /// # Errors
    /// `KR0901`: no such node.
    pub fn why(&self, name: &str) -> Result<String, Diagnostic> {
        let stage = self.on_stage();
        self.patch().why(name, |knob| stage.as_ref().and_then(|stage| stage.value(knob)))
    }

    /// Presses a key of a node by hand; `key` in semitones, 69 being A4, `velocity` from 0 to 1. The number of the note, to
    /// let go of it; none while nothing plays.
    ///
    /// # Errors
    /// `KR0901`: no such node; `KR0903`: it plays no notes.
    pub fn press(&self, node: &str, key: f64, velocity: f64) -> Result<Option<NoteId>, Diagnostic> {
        self.patch().expect_node(node)?;
        self.on_stage().map(|stage| stage.press(node, [key, velocity], None)).transpose()
    }

    /// Lets go of a key.
    ///
    /// # Errors
    /// The stage is full.
    pub fn release(&self, node: &str, note: NoteId) -> Result<(), Diagnostic> {
        self.on_stage().map_or(Ok(()), |stage| stage.release(node, note))
    }

    /// Silence within 10 ms: ends everything that drives anything, and cuts every tail. What waits for its moment happens
    /// at once. Nodes, routes and values stay.
    ///
    /// # Errors
    /// The stage is full.
    pub fn panic(&self) -> Result<(), Diagnostic> {
        if let Some(stage) = self.on_stage() {
            stage.hurry();
        }
        self.edit(|patch| Ok(patch.stopping()))?;
        self.on_stage().map_or(Ok(()), |stage| stage.panic())
    }

    /// Records what plays from now on, to a WAV or FLAC file; with `stems` also each node of now, to a file of its own.
    ///
    /// # Errors
    /// `KR0502`: nothing plays, or the files cannot be made.
    pub fn record(&self, path: &Path, samples: WavSamples, stems: bool) -> Result<Recording, Diagnostic> {
        let format = TakeFormat::of(path, samples)?;
        let Some(stage) = self.on_stage() else {
            let report = Diagnostic::error(Code::Unwritable, "nothing plays that could be recorded");
            return Err(report.help("start the sound, or render it: `kr.render(bars=8, path=…)`"));
        };
        Recording::start(&stage, path, format, stems)
    }

    /// What the next cycles will sound like: of the open transaction, else of the patch as it is. Nothing is heard of it.
    /// It goes on from what sounds; while nothing plays, it begins at cycle 0.
    ///
    /// # Errors
    /// Those of the edits; `KR0908`: the device does not play.
    pub fn preview(&self, cycles: Time) -> Result<Preview, Diagnostic> {
        let (edits, patch) = {
            let desk = self.desk();
            (desk.open_edits(), desk.patch().clone())
        };
        match self.on_stage() {
            Some(stage) => stage.preview(&self.cache, &edits, cycles),
            None => {
                let settings = Settings::new(PREVIEW_RATE);
                let (mut performance, processor) = Performance::new(settings, patch.settings(), Time::ZERO)?;
                let step = Step::whole(&patch);
                let sounds = compiled(&self.cache, performance.wanted(step.edits())?, PREVIEW_RATE)?;
                performance.take(&step.deed, sounds, step.frame)?;
                let frames = performance.frames_of(step.frame, cycles)?;
                Preview::of(performance, processor, frames)
            }
        }
    }

    /// The last steps that were taken while it played, with the frames on which they were heard. The first of all is the
    /// patch at the start.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        self.live().as_ref().map(|live| live.on_stage().steps()).unwrap_or_default()
    }

    /// Renders steps as they were heard live: the same frames, the same samples.
    ///
    /// # Errors
    /// As [`Session::mixdown`], and those of the edits.
    pub fn replay(
        &self,
        steps: &[Step],
        how: Mixdown,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<Vec<f32>>, Stop> {
        crate::mixdown::mixdown(&self.cache, (steps, Time::ZERO), (how, self.threads()), progress)
    }

    /// Renders a journal, and with `stems` each of its nodes on its own. At the rate of the journal the samples are those
    /// that were heard.
    ///
    /// # Errors
    /// As [`Session::replay`].
    pub fn replay_journal(
        &self,
        journal: &Journal,
        (block, stems): (usize, bool),
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Stems, Stop> {
        let how = (Mixdown { frames: journal.frames, sample_rate: journal.rate, block }, self.threads());
        let steps = (&journal.steps[..], journal.cycle);
        if stems {
            return crate::mixdown::stems(&self.cache, steps, how, progress);
        }
        let master = crate::mixdown::mixdown(&self.cache, steps, how, progress)?;
        Ok(Stems { master, ..Stems::default() })
    }

    /// The journal that is being written; none while nothing plays, or where none is kept.
    #[must_use]
    pub fn journal(&self) -> Option<PathBuf> {
        self.on_stage().and_then(|stage| stage.journal())
    }

    /// Lets a node sound again that was muted because it failed or took too long. Its tails are cut.
    ///
    /// # Errors
    /// `KR0901`: no such node.
    pub fn revive(&self, node: &str) -> Result<(), Diagnostic> {
        self.patch().expect_node(node)?;
        self.on_stage().map_or(Ok(()), |stage| stage.revive(node))
    }
}
