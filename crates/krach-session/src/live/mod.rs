//! A performance on a device: a thread keeps the score a little ahead of the sound.
//!
//! The audio thread owns the processor and waits for no one. The conductor's thread looks at the clock many times in the
//! time that it is ahead, so the music goes on while every other thread is busy. Edits come from any thread; each gets the
//! first frame that the audio thread cannot have begun.

mod hand;
mod position;

pub use hand::HandClock;
pub use position::Position;

use crate::Edit;
use crate::device::no_device;
use crate::mixdown::Step;
use crate::patch::{Knob, Name, Patch};
use crate::performance::{Performance, compiled, fell};
use krach_abi::Frame;
use krach_diag::Diagnostic;
use krach_engine::{
    Device, DeviceError, DeviceFormat, DeviceStats, Notice, Offer, Processor, Receipt, Settings,
};
use krach_pattern::Time;
use krach_store::Cache;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A patch that plays.
#[derive(Debug)]
pub(crate) struct Live {
    stage: Arc<OnStage>,
    /// None where a hand turns the clock.
    device: Option<Device<Processor>>,
    thread: Option<JoinHandle<()>>,
}

/// What the conductor's thread and the callers share.
#[derive(Debug)]
pub(crate) struct OnStage {
    state: Mutex<State>,
    /// Woken to end.
    woken: Condvar,
}

#[derive(Debug)]
struct State {
    performance: Performance,
    /// Frames that the score is ahead of the clock.
    ahead: usize,
    /// Frames of the device's block.
    block: usize,
    ended: bool,
    news: VecDeque<News>,
    /// The last steps that were taken.
    steps: VecDeque<Step>,
}

/// Something that happened while the music plays.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A device began to play, or was lost.
    Device(Notice),
    /// What the stage did, with the name of the node that it concerns.
    Stage(Receipt, Option<Name>),
    /// The score could not go on as it was.
    Fault(Diagnostic),
}

/// Counters of what plays.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LiveStats {
    pub device: DeviceStats,
    pub stage: krach_engine::Stats,
    /// Messages of patterns that had no receiver.
    pub unsent: u64,
}

/// Seconds that the score is ahead of the sound, and blocks at least.
const AHEAD_SECONDS: f64 = 0.1;
const AHEAD_BLOCKS: usize = 4;
/// How often the conductor looks at the clock.
const LOOK: Duration = Duration::from_millis(10);
/// Seconds in which an edit of the graph is made ready, besides one block.
const READY_SECONDS: f64 = 0.005;
/// News that wait to be read; the oldest are dropped.
const MOST_NEWS: usize = 1024;
/// Steps that are remembered.
const MOST_STEPS: usize = 4096;

impl State {
    fn new(performance: Performance, block: usize) -> Self {
        let settings = performance.stage().settings();
        let ahead = (settings.frames(AHEAD_SECONDS) as usize).max(AHEAD_BLOCKS * block);
        Self { performance, ahead, block, ended: false, news: VecDeque::new(), steps: VecDeque::new() }
    }

    fn note(&mut self, step: Step) {
        if self.steps.len() == MOST_STEPS {
            self.steps.pop_front();
        }
        self.steps.push_back(step);
    }

    fn tell(&mut self, news: News) {
        if self.news.len() == MOST_NEWS {
            self.news.pop_front();
        }
        self.news.push_back(news);
    }

    /// The first frame on which a change can happen.
    fn next_frame(&self, edits: &[Edit]) -> Frame {
        let settings = self.performance.stage().settings();
        let graph =
            |edit: &Edit| matches!(edit, Edit::Node(..) | Edit::Route(..) | Edit::Out(..) | Edit::Solo(_));
        let ready = if edits.iter().any(graph) { settings.frames(READY_SECONDS) as usize } else { 0 };
        let now = self.performance.now().after(self.block + 1 + ready);
        now.max(self.performance.front())
    }

    /// Sends what is due soon, and hears what happened.
    fn look(&mut self) {
        let until = self.performance.now().after(self.ahead);
        match self.performance.prepare(until) {
            Ok(fallen) => fallen.iter().for_each(|fallen| self.tell(News::Fault(fell(fallen)))),
            Err(report) => self.tell(News::Fault(report)),
        }
        for receipt in self.performance.receipts() {
            let node = match receipt {
                Receipt::Swapped { node, .. } | Receipt::Failed { node, .. } => {
                    self.performance.name_of(node)
                }
                Receipt::Edited { .. } => None,
            };
            let node = node.cloned();
            self.tell(News::Stage(receipt, node));
        }
    }
}

impl OnStage {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Plays a patch, with a cycle on the first frame.
    fn begin(
        cache: &Cache,
        patch: &Patch,
        (settings, block): (Settings, usize),
        cycle: Time,
    ) -> Result<(Arc<Self>, Processor), Diagnostic> {
        let (mut performance, processor) = Performance::new(settings, patch.settings(), cycle)?;
        let step = Step::whole(patch);
        let sounds = compiled(cache, performance.wanted(patch), settings.rate)?;
        performance.follow(&step.edits, sounds, Frame(0))?;
        let mut state = State::new(performance, block);
        state.note(step);
        state.look();
        Ok((Arc::new(Self { state: Mutex::new(state), woken: Condvar::new() }), processor))
    }

    /// Makes the sound follow edits, as soon as it can.
    ///
    /// # Errors
    /// Those of compiling and of [`Performance::follow`]; then nothing has changed.
    pub fn follow(&self, cache: &Cache, edits: &[Edit], after: &Patch) -> Result<(), Diagnostic> {
        let (wanted, rate) = {
            let state = self.state();
            (state.performance.wanted(after), state.performance.rate())
        };
        // The music goes on while code is made.
        let sounds = compiled(cache, wanted, rate)?;
        let mut state = self.state();
        let at = state.next_frame(edits);
        state.performance.follow(edits, sounds, at)?;
        state.note(Step { frame: at, edits: edits.to_vec() });
        state.look();
        Ok(())
    }

    /// Where the music is.
    pub fn now(&self) -> Position {
        let state = self.state();
        Position::of(state.performance.conductor().timeline(), state.performance.now())
    }

    /// The value of a knob that sounds now; none if what plays has no such knob.
    pub fn value(&self, knob: &Knob) -> Option<f64> {
        let state = self.state();
        state.performance.value(knob, state.performance.now())
    }

    /// The last steps that were taken. The first of all is the patch at the start.
    pub fn steps(&self) -> Vec<Step> {
        self.state().steps.iter().cloned().collect()
    }

    fn conduct(&self) {
        let mut state = self.state();
        while !state.ended {
            state.look();
            let waited = self.woken.wait_timeout(state, LOOK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn end(&self) {
        self.state().ended = true;
        self.woken.notify_all();
    }
}

impl Live {
    /// Plays a patch on a device, from a cycle on.
    ///
    /// # Errors
    /// `KR0503`: there is no such device, or it does not play; and those of compiling.
    pub fn play(cache: &Cache, patch: &Patch, offer: Offer, cycle: Time) -> Result<Self, Diagnostic> {
        let format = offer.format().clone();
        let sizes = (Settings::new(format.rate), format.block);
        let (stage, processor) = OnStage::begin(cache, patch, sizes, cycle)?;
        let device = Device::play(offer, processor).map_err(|(error, _)| no_device(&error))?;
        let on_stage = stage.clone();
        let thread = std::thread::Builder::new().name("krach-conductor".into());
        let thread = thread.spawn(move || on_stage.conduct()).map_err(|error| {
            no_device(&DeviceError::Failed(format!("no thread for the conductor: {error}")))
        })?;
        Ok(Self { stage, device: Some(device), thread: Some(thread) })
    }

    /// Plays a patch whenever the clock is turned.
    ///
    /// # Errors
    /// Those of compiling.
    pub fn by_hand(
        cache: &Cache,
        patch: &Patch,
        rate: u32,
        block: usize,
    ) -> Result<(Self, HandClock), Diagnostic> {
        let block = block.clamp(1, HandClock::LONGEST);
        let (stage, processor) = OnStage::begin(cache, patch, (Settings::new(rate), block), Time::ZERO)?;
        let clock = HandClock::new(stage.clone(), processor, block);
        Ok((Self { stage, device: None, thread: None }, clock))
    }

    /// Moves to another device, or to another block of this one, at the same rate: all that sounds goes on. False if the
    /// rate is another, and nothing has changed.
    ///
    /// # Errors
    /// `KR0503`: the device does not open, and the old one plays on.
    pub fn moves_to(&self, offer: &Offer) -> Result<bool, Diagnostic> {
        let (Some(device), format) = (&self.device, offer.format()) else { return Ok(false) };
        if format.rate != device.format().rate {
            return Ok(false);
        }
        device.change(offer.clone(), |processor| processor).map_err(|error| no_device(&error))?;
        let mut state = self.stage.state();
        state.block = format.block;
        state.ahead = state.ahead.max(AHEAD_BLOCKS * format.block);
        Ok(true)
    }

    pub fn on_stage(&self) -> &Arc<OnStage> {
        &self.stage
    }

    /// What the device agreed to; none where a hand turns the clock.
    pub fn format(&self) -> Option<DeviceFormat> {
        self.device.as_ref().map(Device::format)
    }

    pub fn stats(&self) -> LiveStats {
        let state = self.stage.state();
        let device = self.device.as_ref().map(Device::stats).unwrap_or_default();
        let (stage, unsent) = (state.performance.stage().stats(), state.performance.unsent());
        LiveStats { device, stage, unsent }
    }

    /// What happened since the last call, oldest first.
    pub fn news(&self) -> Vec<News> {
        let mut state = self.stage.state();
        let notices = self.device.as_ref().map(Device::notices).unwrap_or_default();
        notices.into_iter().for_each(|notice| state.tell(News::Device(notice)));
        state.news.drain(..).collect()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stage.end();
        if let Some(thread) = self.thread.take() {
            // A panic was printed where it happened.
            let _ = thread.join();
        }
    }
}
