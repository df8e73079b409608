//! The control half of the stage: edits in, commands out, receipts in. It knows no code of the audio half.

use crate::audio::{Outbox, Phase, Processor};
use crate::command::{Act, Batch, Command, Edit, Event, Wait};
use crate::edits::{Edits, check_level, check_pan};
use crate::graph::{Graph, NodeId, RouteId};
use crate::loan::Loan;
use crate::meter::Reading;
use crate::note::NoteId;
use crate::receipt::{Gauges, Notice, Receipt, Return, Stats};
use crate::snapshot::{Expected, Snapshot};
use crate::sound::sides;
use crate::{Settings, StageError};
use krach_abi::{ControlRange, Frame};
use rtrb::{Consumer, Producer, RingBuffer};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::time::Duration;

/// When an event happens, and with which others it can be revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct When {
    /// Frame 0: with the next block.
    pub frame: Frame,
    /// Below [`crate::Limits::groups`].
    pub group: u32,
}

impl When {
    /// With the next block.
    pub const NOW: Self = Self { frame: Frame(0), group: 0 };

    /// On a frame.
    #[must_use]
    pub fn at(frame: Frame) -> Self {
        Self { frame, group: 0 }
    }
}

/// Room in the ring of notices.
const NOTICES: usize = 1_024;

/// Owns everything that sounds, and lends it to the [`Processor`].
///
/// ```
/// use krach_abi::Buffer;
/// use krach_engine::{Settings, Stage};
/// let (mut stage, mut processor) = Stage::new(Settings::new(48_000));
/// stage.master(0.5, 0.02, krach_engine::When::NOW)?;
/// let (input, mut output) = (Buffer::new(0, 64), Buffer::new(2, 64));
/// processor.process(input.head(64), output.head_mut(64));
/// assert_eq!(stage.now(), krach_abi::Frame(64));
/// # Ok::<(), krach_engine::StageError>(())
/// ```
#[derive(Debug)]
pub struct Stage {
    pub(crate) settings: Settings,
    pub(crate) graph: Graph,
    pub(crate) commands: Producer<Command>,
    returns: Consumer<Return>,
    notices: Consumer<Notice>,
    pub(crate) gauges: Arc<Gauges>,
    receipts: Vec<Receipt>,
    /// Loans that will come home, and how many may be abroad.
    pub(crate) abroad: usize,
    pub(crate) room: usize,
    /// Edits and snapshots so far.
    pub(crate) batches: u64,
    pub(crate) expected: Vec<Expected>,
    pub(crate) snapshots: Vec<Snapshot>,
}

impl Stage {
    /// Both halves of a stage on which nothing sounds.
    #[must_use]
    pub fn new(settings: Settings) -> (Self, Processor) {
        let Settings { block, channels, threads, .. } = settings;
        // A thread without a core of its own would only be waited for.
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if threads > 1 { threads.min(cores()) } else { 1 };
        let settings = Settings { block: block.max(1), channels: channels.max(1), threads, ..settings };
        let limits = settings.limits;
        let room = limits.loans();
        let (commands, orders) = RingBuffer::new(limits.events + limits.edits);
        let (outgoing, returns) = RingBuffer::new(room);
        let (spoken, notices) = RingBuffer::new(NOTICES);
        let gauges = Arc::new(Gauges::new(limits.nodes));
        let out = Outbox { returns: outgoing, notices: spoken };
        let processor = Processor::new(&settings, orders, out, gauges.clone());
        let graph = Graph::new(limits);
        let receipts = Vec::new();
        let stage = Self {
            settings,
            graph,
            commands,
            returns,
            notices,
            gauges,
            receipts,
            abroad: 0,
            room,
            batches: 0,
            expected: Vec::new(),
            snapshots: Vec::new(),
        };
        (stage, processor)
    }

    /// The first frame that has not been asked for.
    #[must_use]
    pub fn now(&self) -> Frame {
        Frame(self.gauges.clock.load(Acquire))
    }

    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Makes edits that happen together, on a frame or with the next block, after the edits before. If one of them is
    /// refused, none happens. The number of the edit is in its receipt.
    ///
    /// # Errors
    /// That of the edit, and [`StageError::Full`].
    pub fn edit<T>(
        &mut self,
        at: Option<Frame>,
        edit: impl FnOnce(&mut Edits<'_>) -> Result<T, StageError>,
    ) -> Result<(T, u64), StageError> {
        self.tend();
        let number = self.batches + 1;
        let mut edits = Edits {
            graph: self.graph.clone(),
            settings: &self.settings,
            list: Vec::new(),
            swapped: Vec::new(),
            removed: 0,
            number,
        };
        let made = edit(&mut edits)?;
        edits.listen();
        let (schedule, mut waits) = edits.graph.schedule()?;
        let Edits { graph, list, swapped, removed, .. } = edits;
        let loans = 1 + swapped.len() + removed;
        if self.abroad + loans > self.room || self.commands.slots() == 0 {
            return Err(StageError::Full("edits"));
        }
        waits.extend(swapped.into_iter().map(Wait::Node));
        let batch = Batch { at, waits, edits: list, schedule, done: Frame(0), number };
        let sent = self.commands.push(Command::Batch(Loan::new(batch)));
        sent.map_err(|_| StageError::Full("edits"))?;
        (self.graph, self.batches) = (graph, number);
        self.abroad += loans;
        Ok((made, number))
    }

    fn send(&mut self, when: When, target: u32, act: Act) -> Result<(), StageError> {
        if when.group as usize >= self.settings.limits.groups {
            return Err(StageError::Full("groups"));
        }
        let event = Event { at: when.frame, target, group: when.group, act };
        self.commands.push(Command::Event(event)).map_err(|_| StageError::Full("events"))
    }

    fn range(&self, node: NodeId, control: u16) -> Result<ControlRange, StageError> {
        let sound = self.graph.node(node)?.sound.as_ref();
        let place = sound.and_then(|sound| {
            let at = sound.numbers.iter().position(|&number| number == control)?;
            sound.factory.ports().controls.get(at).copied()
        });
        place.ok_or(StageError::NoControl { node, control })
    }

    /// A value within the range of a control.
    fn value(&self, node: NodeId, control: u16, value: f64) -> Result<f64, StageError> {
        let range = self.range(node, control)?;
        if value.is_finite() { Ok(value.max(range.lo).min(range.hi)) } else { Err(StageError::Value(value)) }
    }

    /// Sets a control of a node, and ends what moves it.
    ///
    /// # Errors
    /// No such node or control, a value that is not finite, no room: as for every event.
    pub fn set(&mut self, node: NodeId, control: u16, value: f64, when: When) -> Result<(), StageError> {
        let value = self.value(node, control, value)?;
        self.send(when, node.index, Act::Set { control, value })
    }

    /// Sets a control for one note only, after its onset.
    ///
    /// # Errors
    /// As for [`Self::set`].
    pub fn set_note(
        &mut self,
        node: NodeId,
        note: NoteId,
        control: u16,
        value: f64,
        when: When,
    ) -> Result<(), StageError> {
        let value = self.value(node, control, value)?;
        self.send(when, node.index, Act::SetNote { note, control, value })
    }

    /// Moves a control on a straight way from the sounding value; it ends exactly on the target.
    ///
    /// # Errors
    /// As for [`Self::set`].
    pub fn fade(
        &mut self,
        node: NodeId,
        control: u16,
        to: f64,
        seconds: f64,
        when: When,
    ) -> Result<(), StageError> {
        let (to, frames) = (self.value(node, control, to)?, self.settings.frames(seconds));
        self.send(when, node.index, Act::Fade { control, frames, to })
    }

    /// Starts a note. `key` is in semitones, 69 being 440 Hz, `velocity` is 0..1. `tied`: on a node for one note at a
    /// time, a gate that is open stays open.
    ///
    /// # Errors
    /// No such node, a key or velocity that is not finite, no room.
    pub fn press(
        &mut self,
        node: NodeId,
        note: NoteId,
        [key, velocity]: [f64; 2],
        tied: bool,
        when: When,
    ) -> Result<(), StageError> {
        self.graph.node(node)?.sound.as_ref().ok_or(StageError::NoProgram(node))?;
        if let Some(&value) = [key, velocity].iter().find(|value| !value.is_finite()) {
            return Err(StageError::Value(value));
        }
        #[allow(clippy::cast_possible_truncation)]
        let velocity = velocity.clamp(0.0, 1.0) as f32;
        self.send(when, node.index, Act::Press { note, key, velocity, tied })
    }

    /// Lets go of a note; one that has given way to another is left alone.
    ///
    /// # Errors
    /// No such node, no room.
    pub fn release(&mut self, node: NodeId, note: NoteId, when: When) -> Result<(), StageError> {
        self.graph.node(node)?;
        self.send(when, node.index, Act::Release(note))
    }

    /// Puts all voices of a node back to birth, closes their gates and ends what moves controls. A node that was muted
    /// because it failed plays again.
    ///
    /// # Errors
    /// No such node, no room.
    pub fn reset(&mut self, node: NodeId, when: When) -> Result<(), StageError> {
        self.graph.node(node)?;
        self.send(when, node.index, Act::Reset)
    }

    /// Drops the events of a group from a frame on that were sent so far and have not happened.
    ///
    /// # Errors
    /// No room.
    pub fn revoke(&mut self, group: u32, from: Frame) -> Result<(), StageError> {
        self.commands.push(Command::Revoke { group, from }).map_err(|_| StageError::Full("events"))
    }

    /// Moves the gain of a node, linear, 0 or more.
    ///
    /// # Errors
    /// No such node, a gain that cannot be, no room.
    pub fn gain(&mut self, node: NodeId, to: f64, seconds: f64, when: When) -> Result<(), StageError> {
        self.graph.node(node)?;
        check_level(to)?;
        let frames = self.settings.frames(seconds);
        self.send(when, node.index, Act::Gain { frames, to })
    }

    /// Moves a node between left, −1, and right, 1.
    ///
    /// # Errors
    /// No such node, a place beyond −1..1, no room.
    pub fn pan(&mut self, node: NodeId, to: f64, seconds: f64, when: When) -> Result<(), StageError> {
        check_pan(to)?;
        let outputs = self.graph.node(node)?.outputs;
        let (frames, sides) = (self.settings.frames(seconds), sides(to, outputs));
        self.send(when, node.index, Act::Pan { frames, sides })?;
        self.graph.node_mut(node)?.pan = to;
        Ok(())
    }

    /// Mutes a node, its output and all its routes, or lets it be heard again.
    ///
    /// # Errors
    /// No such node, no room.
    pub fn mute(&mut self, node: NodeId, muted: bool, seconds: f64, when: When) -> Result<(), StageError> {
        self.graph.node(node)?;
        let (frames, to) = (self.settings.frames(seconds), if muted { 0.0 } else { 1.0 });
        self.send(when, node.index, Act::Mute { frames, to })
    }

    /// Moves the level of a route, linear, 0 or more.
    ///
    /// # Errors
    /// No such route, a level that cannot be, no room.
    pub fn level(&mut self, route: RouteId, to: f64, seconds: f64, when: When) -> Result<(), StageError> {
        self.graph.link(route)?;
        check_level(to)?;
        let frames = self.settings.frames(seconds);
        self.send(when, route.index, Act::Level { frames, to })
    }

    /// Moves the gain of the master.
    ///
    /// # Errors
    /// A gain that cannot be, no room.
    pub fn master(&mut self, to: f64, seconds: f64, when: When) -> Result<(), StageError> {
        check_level(to)?;
        let frames = if seconds > 0.0 { self.settings.frames(seconds) } else { 0 };
        self.send(when, 0, Act::Master { frames, to })
    }

    /// Turns the limiter of the master on or off. Without it, samples beyond full scale are cut.
    ///
    /// # Errors
    /// No room.
    pub fn limiter(&mut self, on: bool, when: When) -> Result<(), StageError> {
        let (frames, to) = (self.settings.frames(self.settings.fade), if on { 1.0 } else { 0.0 });
        self.send(when, 0, Act::Limiter { frames, to })
    }

    /// How loud a node was since the last reading, after its gain, pan and mute.
    ///
    /// # Errors
    /// No such node.
    pub fn meter(&self, node: NodeId) -> Result<Reading, StageError> {
        self.graph.node(node)?;
        Ok(self.gauges.meters[node.index as usize].read())
    }

    /// Measures the time that each node takes from now on, or stops to. Measuring reads the clock twice for each node and block.
    pub fn measure(&self, on: bool) {
        self.gauges.timed.store(on, Relaxed);
    }

    /// The time that a node took since the last reading, while it was measured.
    ///
    /// # Errors
    /// No such node.
    pub fn time(&self, node: NodeId) -> Result<Duration, StageError> {
        self.graph.node(node)?;
        Ok(Duration::from_nanos(self.gauges.times[node.index as usize].swap(0, Relaxed)))
    }

    /// How loud the master was since the last reading.
    #[must_use]
    pub fn master_meter(&self) -> Reading {
        self.gauges.master.read()
    }

    #[must_use]
    pub fn stats(&self) -> Stats {
        let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Relaxed);
        Stats {
            late: count(&self.gauges.late),
            lost: count(&self.gauges.lost),
            limited: count(&self.gauges.limited),
        }
    }

    /// What has happened since the last call, and frees what came home.
    pub fn receipts(&mut self) -> Vec<Receipt> {
        self.tend();
        std::mem::take(&mut self.receipts)
    }

    /// Receives what the audio half has sent.
    pub(crate) fn tend(&mut self) {
        while let Ok(returned) = self.returns.pop() {
            self.abroad -= 1;
            match returned {
                Return::Batch(batch) => self.batch_came_home(&batch),
                Return::Snapshot(twin) => self.twin_came_home(twin),
                Return::Slot { node, slot } => {
                    self.abroad -= usize::from(slot.swap.is_some());
                    self.graph.forget(node);
                }
                Return::Swap { node, swap, end } => {
                    if let Phase::Fading(start) = swap.phase {
                        let node = self.graph.id(node);
                        let (bytes, carries, state) = (swap.bytes, swap.carries, swap.handover.pieces());
                        self.receipts.push(Receipt::Swapped { node, start, end, bytes, carries, state });
                    }
                }
            }
        }
        while let Ok(Notice { node, at, muted, overran }) = self.notices.pop() {
            let node = self.graph.id(node);
            self.receipts.push(match overran {
                true => Receipt::Overran { node, at },
                false => Receipt::Failed { node, at, muted },
            });
        }
        self.graph.forget_silent(self.now());
    }

    fn batch_came_home(&mut self, batch: &Batch) {
        let unused = |edit: &&Edit| matches!(edit, Edit::Replace { swap: Some(_), .. });
        self.abroad -= batch.edits.iter().filter(unused).count();
        self.graph.date(batch.number, batch.done);
        self.expected_graphs().for_each(|graph| graph.date(batch.number, batch.done));
        self.receipts.push(Receipt::Edited { number: batch.number, at: batch.done });
    }
}
