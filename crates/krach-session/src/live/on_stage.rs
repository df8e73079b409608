//! What the conductor's thread and the callers share.

use super::outlets::Outlets;
use super::tap::{Tapped, Taps};
use super::{News, Position, Preview};
use crate::Edit;
use crate::conductor::Timeline;
use crate::journal::{Record, Scribe};
use crate::midi::MidiOut;
use crate::osc::{OscSender, OscTime};
use crate::patch::{Knob, Name, Patch};
use crate::performance::{Performance, Sounds, Wanted, compiled, fell};
use crate::session::At;
use crate::step::{Deed, Start, Step};
use krach_abi::Frame;
use krach_diag::{Code, Diagnostic};
use krach_engine::{NoteId, Receipt, Settings};
use krach_pattern::Time;
use krach_store::Cache;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// A performance that any thread may change.
#[derive(Debug)]
pub(crate) struct OnStage {
    state: Mutex<State>,
    /// Woken to end.
    woken: Condvar,
}

#[derive(Debug)]
pub(super) struct State {
    pub performance: Performance,
    pub taps: Taps,
    pub outlets: Outlets,
    /// The frame of the last block that began, as far as we saw it, and when we saw it; none where a hand turns the clock.
    seen: Option<(Frame, Instant)>,
    /// Frames that the score is ahead of the clock.
    pub ahead: usize,
    /// Frames of the device's block.
    pub block: usize,
    ended: bool,
    news: VecDeque<News>,
    /// The last steps that were taken.
    steps: VecDeque<Step>,
    /// Edits for later, in order of their cycles.
    pending: Vec<(Pending, BTreeMap<Name, Sounds>)>,
    /// Notes pressed by hand so far.
    pressed: u64,
    /// Writes the journal.
    scribe: Option<Scribe>,
    /// The frame of the last reading of the time that nodes take, while it is measured.
    pub measured: Option<Frame>,
    /// The last swap of each node.
    swaps: BTreeMap<Name, Receipt>,
}

/// Edits that wait for their moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// The cycle on which they happen.
    pub cycle: Time,
    pub edits: Vec<Edit>,
}

/// Seconds that the score is ahead of the sound, and blocks at least.
const AHEAD_SECONDS: f64 = 0.1;
const AHEAD_BLOCKS: usize = 4;
/// How often the conductor looks at the clock.
const LOOK: Duration = Duration::from_millis(10);
/// The same while it plays on other machines, which hear a message when it is sent.
const SHORT_LOOK: Duration = Duration::from_millis(1);
/// Seconds in which an edit of the graph is made ready, besides one block.
const READY_SECONDS: f64 = 0.005;
/// Seconds before their moment in which edits for later are made, besides two blocks: some looks at the clock.
const SOON_SECONDS: f64 = 0.03;
/// How long a copy of the sound may take: the audio thread makes it between its blocks.
const PATIENCE: Duration = Duration::from_secs(10);
/// News that wait to be read; the oldest are dropped.
const MOST_NEWS: usize = 1024;
/// Seconds after which the time of nodes is measured no more, if no one reads it.
const MEASURED_SECONDS: f64 = 10.0;
/// Steps that are remembered.
const MOST_STEPS: usize = 4096;
/// Numbers of notes pressed by hand begin here; those of the score are below.
const BY_HAND: u64 = 1 << 63;

impl State {
    fn new(performance: Performance, taps: Taps, block: usize) -> Self {
        let settings = performance.stage().settings();
        let ahead = (settings.frames(AHEAD_SECONDS) as usize).max(AHEAD_BLOCKS * block);
        let (news, steps, pending) = (VecDeque::new(), VecDeque::new(), Vec::new());
        let outlets = Outlets::default();
        Self {
            performance,
            taps,
            outlets,
            seen: None,
            ahead,
            block,
            ended: false,
            news,
            steps,
            pending,
            pressed: 0,
            scribe: None,
            measured: None,
            swaps: BTreeMap::new(),
        }
    }

    /// Makes room for blocks of another size.
    pub fn resize(&mut self, block: usize) {
        self.block = block;
        self.ahead = self.ahead.max(AHEAD_BLOCKS * block);
    }

    pub fn tell(&mut self, news: News) {
        if self.news.len() == MOST_NEWS {
            self.news.pop_front();
        }
        self.news.push_back(news);
    }

    pub fn news(&mut self) -> Vec<News> {
        self.news.drain(..).collect()
    }

    fn frames(&self, seconds: f64) -> usize {
        self.performance.stage().settings().frames(seconds) as usize
    }

    /// The first frame on which a deed can happen.
    fn next_frame(&self, deed: &Deed) -> Frame {
        let graph =
            |edit: &Edit| matches!(edit, Edit::Node(..) | Edit::Route(..) | Edit::Out(..) | Edit::Solo(_));
        let makes = matches!(deed, Deed::Edit { edits, .. } if edits.iter().any(graph));
        let ready = if makes { self.frames(READY_SECONDS) } else { 0 };
        self.performance.now().after(self.block + 1 + ready).max(self.performance.front())
    }

    /// Does something on a frame, or on the next one that can be.
    fn take(
        &mut self,
        deed: Deed,
        sounds: BTreeMap<Name, Sounds>,
        frame: Option<Frame>,
    ) -> Result<(), Diagnostic> {
        let next = self.next_frame(&deed);
        let frame = frame.map_or(next, |frame| frame.max(next));
        self.performance.take(&deed, sounds, frame)?;
        let step = Step { frame, deed };
        self.write(&step);
        if self.steps.len() == MOST_STEPS {
            self.steps.pop_front();
        }
        self.steps.push_back(step);
        Ok(())
    }

    /// Notes a step in the journal.
    fn write(&mut self, step: &Step) {
        if let Some(scribe) = &mut self.scribe {
            let cycle = self.performance.conductor().timeline().cycle(step.frame).unwrap_or(Time::ZERO);
            scribe.take(Record::Step { step: step.clone(), cycle });
        }
    }

    /// Sends what is due soon, and hears what happened.
    pub fn look(&mut self) {
        let (now, unread) = (self.performance.now(), self.frames(MEASURED_SECONDS));
        if self.measured.take_if(|read| now.since(*read) > unread).is_some() {
            self.performance.stage().measure(false);
        }
        self.taps.tend();
        if let Some(scribe) = &mut self.scribe {
            scribe.hear(self.performance.now());
            if let Some(error) = scribe.fault() {
                self.tell(News::Fault(journal_ended(&error)));
            }
        }
        self.take_pending(self.performance.now().after(2 * self.block + self.frames(SOON_SECONDS)));
        let until = self.performance.now().after(self.ahead);
        match self.performance.prepare(until) {
            Ok(fallen) => fallen.iter().for_each(|fallen| self.tell(News::Fault(fell(fallen)))),
            Err(report) => self.tell(News::Fault(report)),
        }
        let now = self.heard();
        let messages = self.performance.messages(until);
        self.outlets.add(messages);
        if let Some(change) = self.outlets.change() {
            self.tell(News::Midi(change));
        }
        self.outlets.send_due(self.performance.conductor().timeline(), now);
        for receipt in self.performance.receipts() {
            let node = match receipt {
                Receipt::Swapped { node, .. }
                | Receipt::Failed { node, .. }
                | Receipt::Overran { node, .. } => self.performance.name_of(node),
                Receipt::Edited { .. } => None,
            };
            let node = node.cloned();
            if let (Receipt::Swapped { .. }, Some(name)) = (&receipt, &node) {
                self.swaps.insert(name.clone(), receipt.clone());
            }
            self.tell(News::Stage(receipt, node));
        }
    }

    /// The frame that the device plays now, between the blocks too.
    pub fn heard(&mut self) -> Frame {
        let now = self.performance.now();
        let Some((frame, seen)) = &mut self.seen else { return now };
        if *frame != now {
            (*frame, *seen) = (now, Instant::now());
        }
        let passed = seen.elapsed().as_secs_f64() * f64::from(self.performance.rate());
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let passed = (passed as usize).min(self.block);
        now.after(passed)
    }

    /// Takes the time between the blocks of a device from the clock of the machine.
    pub fn follow_clock(&mut self) {
        self.seen = Some((self.performance.now(), Instant::now()));
    }

    /// Does what was put off until a frame.
    fn take_pending(&mut self, soon: Frame) {
        while let Some((first, _)) = self.pending.first() {
            let frame = match self.performance.conductor().timeline().frame(first.cycle) {
                Ok(frame) if frame > soon => return,
                frame => frame.ok(),
            };
            let (Pending { edits, .. }, sounds) = self.pending.remove(0);
            let deed = Deed::Edit { edits, start: Start::Here };
            if let Err(report) = self.take(deed, sounds, frame.filter(|_| soon < Frame::NEVER)) {
                self.tell(News::Fault(report));
            }
        }
    }

    /// The cycle of a moment to come; none for the next frame that can be.
    fn cycle_of(&self, at: At) -> Option<Time> {
        let timeline = self.performance.conductor().timeline();
        let now = timeline.cycle(self.performance.now().after(self.block + 1)).ok()?;
        match at {
            At::Usual | At::Now => None,
            At::Bar => Some(Time::whole(now.ceil())),
            At::Beat => timeline.cycle_of(Time::whole(timeline.beat(now).ok()?.ceil())).ok(),
            At::Cycle(cycle) => Some(cycle),
        }
    }
}

impl OnStage {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Plays a patch, with a cycle on the first frame.
    ///
    /// # Errors
    /// Those of compiling.
    pub fn begin(
        cache: &Cache,
        (patch, cycle): (&Patch, Time),
        (settings, block): (Settings, usize),
        journals: Option<&Path>,
    ) -> Result<(Arc<Self>, Tapped), Diagnostic> {
        let (mut performance, processor) = Performance::new(settings, patch.settings(), cycle)?;
        let step = Step::whole(patch);
        let sounds = compiled(cache, performance.wanted(step.edits())?, settings.rate)?;
        performance.take(&step.deed, sounds, step.frame)?;
        let longest = settings.block.max(block);
        let (tapped, taps) = Tapped::new(processor, longest);
        let mut state = State::new(performance, taps, block);
        match journals.map(|folder| Scribe::begin(folder, settings.rate, cycle)).transpose() {
            Ok(scribe) => state.scribe = scribe,
            Err(error) => state.tell(News::Fault(no_journal(&error))),
        }
        state.write(&step);
        state.steps.push_back(step);
        state.look();
        Ok((Arc::new(Self { state: Mutex::new(state), woken: Condvar::new() }), tapped))
    }

    /// Makes the sound follow edits: as soon as it can, or at a moment to come.
    ///
    /// # Errors
    /// Those of compiling and of [`Performance::follow`]; then nothing has changed.
    pub fn follow(&self, cache: &Cache, edits: &[Edit], at: At) -> Result<(), Diagnostic> {
        let (wanted, rate, cycle) = {
            let state = self.state();
            let (wanted, cycle) = match state.pending.last() {
                // It needs what is put off, so it is put off too.
                Some((last, _)) if state.performance.patch().clone().apply_all(edits).is_err() => {
                    (added(edits), Some(last.cycle))
                }
                _ => (state.performance.wanted(edits)?, state.cycle_of(at)),
            };
            (wanted, state.performance.rate(), cycle)
        };
        // The music goes on while code is made.
        let sounds = compiled(cache, wanted, rate)?;
        let mut state = self.state();
        if let Some(cycle) = cycle {
            let after = state.pending.partition_point(|(pending, _)| pending.cycle <= cycle);
            state.pending.insert(after, (Pending { cycle, edits: edits.to_vec() }, sounds));
        } else {
            let start = if at == At::Now { Start::Here } else { Start::Usual };
            state.take(Deed::Edit { edits: edits.to_vec(), start }, sounds, None)?;
        }
        state.look();
        Ok(())
    }

    /// Gives up edits that wait. Whether they were there.
    pub fn give_up(&self, edits: &[Edit]) -> bool {
        let mut state = self.state();
        let found = state.pending.iter().rposition(|(pending, _)| pending.edits == edits);
        found.map(|at| state.pending.remove(at)).is_some()
    }

    /// The edits that wait, the next ones first.
    pub fn pending(&self) -> Vec<Pending> {
        self.state().pending.iter().map(|(pending, _)| pending.clone()).collect()
    }

    /// Makes the sound follow edits that need no code, on a frame or as soon as it can.
    ///
    /// # Errors
    /// Those of [`Performance::follow`].
    pub fn turn(&self, edits: &[Edit], frame: Option<Frame>) -> Result<(), Diagnostic> {
        let mut state = self.state();
        let deed = Deed::Edit { edits: edits.to_vec(), start: Start::Usual };
        state.take(deed, BTreeMap::new(), frame)?;
        state.look();
        Ok(())
    }

    /// The frame of a moment of OSC; none if it is too far ahead to be done now.
    pub fn frame_of(&self, time: OscTime) -> Option<Frame> {
        let mut state = self.state();
        let (now, rate) = (state.heard(), state.performance.rate());
        let frame = Frame(time.frame(rate, OscTime::of(SystemTime::now()), now.0));
        let soon = now.after(2 * state.block + state.frames(SOON_SECONDS));
        (frame <= soon).then_some(frame)
    }

    /// Presses a key of a node, on a frame or as soon as it can; the number of the note.
    ///
    /// # Errors
    /// `KR0901`: no such node; `KR0903`: it plays no notes.
    pub fn press(
        &self,
        node: &str,
        [key, velocity]: [f64; 2],
        frame: Option<Frame>,
    ) -> Result<NoteId, Diagnostic> {
        let mut state = self.state();
        let note = NoteId(BY_HAND + state.pressed);
        state.take(Deed::Press { node: node.into(), note, key, velocity }, BTreeMap::new(), frame)?;
        state.pressed += 1;
        Ok(note)
    }

    /// Lets go of a key.
    ///
    /// # Errors
    /// The stage is full.
    pub fn release(&self, node: &str, note: NoteId) -> Result<(), Diagnostic> {
        self.state().take(Deed::Release { node: node.into(), note }, BTreeMap::new(), None)
    }

    /// Lets a node sound again that the stage muted.
    ///
    /// # Errors
    /// The stage is full.
    pub fn revive(&self, node: &str) -> Result<(), Diagnostic> {
        self.state().take(Deed::Revive(node.into()), BTreeMap::new(), None)
    }

    /// The swap of a node by the last step of these edits; none if there was none, or it fades in still.
    pub fn swap_of(&self, node: &str, edits: &[Edit]) -> Option<Receipt> {
        let state = self.state();
        let step = state.steps.iter().rfind(|step| step.edits() == edits)?;
        let swap = state.swaps.get(node)?;
        matches!(swap, Receipt::Swapped { start, .. } if *start >= step.frame).then(|| swap.clone())
    }

    /// Notes something in the journal, if there is one.
    pub fn write(&self, record: impl FnOnce() -> Record) {
        if let Some(scribe) = &mut self.state().scribe {
            scribe.take(record());
        }
    }

    /// The journal's file, if there is one.
    pub fn journal(&self) -> Option<PathBuf> {
        self.state().scribe.as_ref().map(|scribe| scribe.path().to_owned())
    }

    /// Does now what was put off.
    pub fn hurry(&self) {
        self.state().take_pending(Frame::NEVER);
    }

    /// Cuts everything that sounds.
    ///
    /// # Errors
    /// The stage is full.
    pub fn panic(&self) -> Result<(), Diagnostic> {
        self.state().outlets.panic();
        self.state().take(Deed::Panic, BTreeMap::new(), None)
    }

    /// Adds to the news.
    pub fn tell(&self, news: News) {
        self.state().tell(news);
    }

    /// Opens or closes the MIDI port that the score plays on.
    pub fn set_midi(&self, port: Option<Box<dyn MidiOut>>, clock: bool) {
        self.state().outlets.set_midi(port, clock);
    }

    /// Opens or closes the address that the score sends OSC to.
    pub fn set_osc(&self, target: Option<OscSender>) {
        self.state().outlets.set_osc(target);
    }

    /// Where the music is.
    pub fn now(&self) -> Position {
        let state = self.state();
        Position::of(state.performance.conductor().timeline(), state.performance.now())
    }

    /// Where the music is that the device plays now, between the blocks too.
    pub fn heard(&self) -> Position {
        let mut state = self.state();
        let frame = state.heard();
        Position::of(state.performance.conductor().timeline(), frame)
    }

    /// The frames of all cycles, as the tempo is known now.
    pub fn timeline(&self) -> Timeline {
        self.state().performance.conductor().timeline().clone()
    }

    /// Waits until a cycle, no longer than a limit. Whether the music is there.
    pub fn wait(&self, cycle: Time, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        let mut state = self.state();
        loop {
            let now = Position::of(state.performance.conductor().timeline(), state.performance.now());
            let rest = end.saturating_duration_since(Instant::now());
            if now.cycle >= cycle || rest.is_zero() || state.ended {
                return now.cycle >= cycle;
            }
            let waited = self.woken.wait_timeout(state, rest.min(LOOK));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The value of a knob that sounds now; none if what plays has no such knob.
    pub fn value(&self, knob: &Knob) -> Option<f64> {
        let state = self.state();
        state.performance.value(knob, state.performance.now())
    }

    /// The last samples of the master, left and right.
    pub fn scope(&self, count: usize) -> [Vec<f32>; 2] {
        let scope = self.state().taps.scope.clone();
        scope.read(count)
    }

    /// What will be heard in the next cycles if edits are made now. Nothing is heard of it.
    ///
    /// # Errors
    /// Those of [`OnStage::follow`]; `KR0908`: the sound could not be copied in time.
    pub fn preview(&self, cache: &Cache, edits: &[Edit], cycles: Time) -> Result<Preview, Diagnostic> {
        let (mut performance, processor) = self.copy()?;
        let sounds = compiled(cache, performance.wanted(edits)?, performance.rate())?;
        if !edits.is_empty() {
            let at = processor.now().after(self.state().block + 1).max(performance.front());
            let deed = Deed::Edit { edits: edits.to_vec(), start: Start::Usual };
            performance.take(&deed, sounds, at)?;
        }
        let frames = performance.frames_of(processor.now(), cycles)?;
        Preview::of(performance, processor, frames)
    }

    /// A second performance that goes on from here.
    fn copy(&self) -> Result<(Performance, krach_engine::Processor), Diagnostic> {
        let end = Instant::now() + PATIENCE;
        let mut state = self.state();
        let full = |error: krach_engine::StageError| Diagnostic::error(Code::NoCopy, error.to_string());
        let copying = state.performance.copy().map_err(full)?;
        loop {
            if let Some(copy) = state.performance.copied(&copying) {
                return Ok(copy);
            }
            if Instant::now() > end || state.ended {
                let report = Diagnostic::error(Code::NoCopy, "the device does not ask for sound");
                return Err(report.help("`krach doctor` says why; `kr.render` needs no device"));
            }
            state = self.woken.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The last steps that were taken. The first of all is the patch at the start.
    pub fn steps(&self) -> Vec<Step> {
        self.state().steps.iter().cloned().collect()
    }

    /// Keeps the score ahead of the clock until the end.
    pub fn conduct(&self) {
        let mut state = self.state();
        state.follow_clock();
        while !state.ended {
            state.look();
            let pause = if state.outlets.is_open() { SHORT_LOOK } else { LOOK };
            let waited = self.woken.wait_timeout(state, pause);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        let now = state.performance.now();
        if let Some(mut scribe) = state.scribe.take() {
            scribe.end(now);
        }
        drop(state);
        self.woken.notify_all();
    }
}

fn no_journal(error: &io::Error) -> Diagnostic {
    let report = Diagnostic::error(Code::Unwritable, format!("there is no journal of this session: {error}"));
    report.help("`XDG_STATE_HOME` names another folder; `KRACH_JOURNAL=off` keeps no journal")
}

fn journal_ended(error: &io::Error) -> Diagnostic {
    let report =
        Diagnostic::error(Code::Unwritable, format!("the journal of this session ends here: {error}"));
    report.help("the music plays on; `kr.export(path)` writes the session as it is now")
}

/// The nodes that edits make.
fn added(edits: &[Edit]) -> Vec<Wanted> {
    let node = |edit: &Edit| match edit {
        Edit::Node(name, Some(node)) => Some(Wanted { name: name.clone(), node: node.clone(), instance: 0 }),
        _ => None,
    };
    edits.iter().filter_map(node).collect()
}
