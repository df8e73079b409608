//! The audio half of the stage: one block after the other.

mod piece;

use super::master::Master;
use super::outbox::Outbox;
use super::queue::Queue;
use super::route::Route;
use super::slot::{NO_EVENT, Slot};
use super::sum::Sum;
use super::twin::Twin;
use crate::command::{Act, Batch, Command, Edit, Event, Wait};
use crate::crew::Crew;
use crate::device::Callback;
use crate::graph::NodeId;
use crate::loan::{Loan, OnAudio};
use crate::receipt::{Gauges, Return};
use crate::schedule::Schedule;
use crate::{DeviceChannels, Limits, Settings};
use krach_abi::{Audio, AudioMut, Buffer, FlushGuard, Frame};
use rtrb::Consumer;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Plays what the [`crate::Stage`] asks for. It is moved to the audio thread, and must be dropped elsewhere.
pub struct Processor {
    commands: Consumer<Command>,
    out: Outbox,
    gauges: Arc<Gauges>,
    slots: Box<[Option<Loan<Slot>>]>,
    routes: Box<[Option<Route>]>,
    schedule: Schedule,
    orders: VecDeque<Order>,
    queue: Queue,
    /// Nodes, then routes, that edits on their way will add.
    expected: Box<[bool]>,
    /// The events of this block, each with the number of the next one of its node.
    due: Vec<(Event, u32)>,
    /// The terms of the master, and of the channels of the device.
    terms: Sum<f32>,
    mixed: Buffer<f32>,
    direct: Sum<f32>,
    master: Master,
    now: Frame,
    /// What each node plays is kept after gain and pan.
    stems: bool,
    /// Frames for which nodes are watched, since a callback took longer than its sound lasts.
    watching: usize,
    rate: u32,
    /// The frame on which a program that takes the place of another needs to be looked at.
    next_swap: Frame,
    /// Frames of the piece that was computed last.
    last: usize,
    channels: usize,
    block: usize,
    /// Other threads that compute nodes, if there are any, and the inputs that they hear.
    crew: Option<Crew>,
    nothing: Buffer<f32>,
}

/// What happens in the order in which it came.
enum Order {
    Edit(Loan<Batch>),
    Copy(Loan<Twin>),
}

/// Channels of a device that routes reach.
const DEVICE_CHANNELS: usize = DeviceChannels::OF_DEVICE;

impl fmt::Debug for Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processor").field("now", &self.now).finish_non_exhaustive()
    }
}

impl Processor {
    pub(crate) fn new(
        settings: &Settings,
        commands: Consumer<Command>,
        out: Outbox,
        gauges: Arc<Gauges>,
    ) -> Self {
        let Settings { channels, block, rate, threads, .. } = *settings;
        let limits = settings.limits;
        let Limits { nodes, routes, events, groups, .. } = limits;
        Self {
            commands,
            out,
            gauges,
            slots: (0..nodes).map(|_| None).collect(),
            routes: vec![None; routes + nodes].into(),
            schedule: Schedule::roomy(limits),
            orders: Vec::with_capacity(limits.loans()).into(),
            queue: Queue::new(events, [groups, nodes, routes + nodes]),
            expected: vec![false; 2 * nodes + routes].into(),
            due: Vec::with_capacity(events),
            terms: Sum::new(channels, block),
            mixed: Buffer::new(channels, block),
            direct: Sum::new(DEVICE_CHANNELS, block),
            master: Master::new(rate),
            now: Frame(0),
            stems: false,
            watching: 0,
            rate,
            next_swap: Frame(0),
            last: 0,
            channels,
            block,
            crew: Crew::new(threads, nodes, block),
            nothing: Buffer::new(0, block),
        }
    }

    /// The frame that is computed next.
    #[must_use]
    pub fn now(&self) -> Frame {
        self.now
    }

    /// Fills the outputs, and moves the clock on by as many frames. The master is on the first channels; on a device
    /// with one channel, its mean.
    pub fn process(&mut self, inputs: Audio<'_, f32>, mut outputs: AudioMut<'_, f32>) {
        let _audio = OnAudio::new();
        let _flush = FlushGuard::new();
        self.receive();
        let (frames, mut done) = (outputs.frames(), 0);
        while done < frames {
            done += self.advance(inputs.part(done..frames), &mut outputs.part(done..frames));
        }
        self.gauges.clock.store(self.now.0, Ordering::Release);
    }

    /// Computes the first frames of the outputs, as many as nothing happens on to the whole and at most
    /// [`Settings::block`]: how many. After it, [`Self::stem`] gives what each node played. For renders of stems.
    pub fn step(&mut self, inputs: Audio<'_, f32>, mut outputs: AudioMut<'_, f32>) -> usize {
        let _audio = OnAudio::new();
        let _flush = FlushGuard::new();
        self.receive();
        let frames = outputs.frames();
        self.stems = true;
        let count = self.advance(inputs, &mut outputs.part(0..frames));
        self.stems = false;
        self.gauges.clock.store(self.now.0, Ordering::Release);
        count
    }

    /// What a node played in the last step, after gain, pan and mute: left and right, or as many channels as it has.
    /// None if the node does not sound.
    #[must_use]
    pub fn stem(&self, node: NodeId) -> Option<Audio<'_, f32>> {
        let slot = self.slots.get(node.index as usize)?.as_ref()?;
        Some(slot.player.post.head(self.last))
    }

    fn advance(&mut self, inputs: Audio<'_, f32>, outputs: &mut AudioMut<'_, f32>) -> usize {
        let limit = self.apply().min(self.block).min(outputs.frames());
        let limit = self.turn_swaps().min(limit);
        let count = self.take_due(limit);
        self.piece(inputs.part(0..count), &mut outputs.part(0..count));
        self.now = self.now.after(count);
        self.last = count;
        count
    }

    fn receive(&mut self) {
        let (mut late, mut lost) = (0, 0);
        while let Ok(command) = self.commands.pop() {
            match command {
                Command::Event(event) => {
                    late += u64::from(event.at < self.now && event.at > Frame(0));
                    lost += u64::from(!self.queue.push(event));
                    if let Act::Press { tied: false, .. } = event.act
                        && event.at > self.now
                    {
                        // The gate of the note before closes on the frame before this one.
                        let at = Frame(event.at.0 - 1);
                        self.queue.push(Event { at, act: Act::Close, ..event });
                    }
                }
                Command::Revoke { group, from } => self.queue.revoke(group, from),
                Command::Batch(batch) => {
                    late += u64::from(batch.at.is_some_and(|at| at < self.now));
                    self.expect(&batch);
                    self.orders.push_back(Order::Edit(batch));
                }
                Command::Snapshot(mut twin) => {
                    twin.processor.queue.copy(&mut self.queue);
                    self.orders.push_back(Order::Copy(twin));
                }
            }
        }
        Gauges::count(&self.gauges.late, late);
        Gauges::count(&self.gauges.lost, lost);
    }

    /// Makes the edits and copies that are due: the number of frames before the next ones may be.
    fn apply(&mut self) -> usize {
        while let Some(order) = self.orders.pop_front() {
            let (order, next) = match order {
                Order::Edit(mut batch) => {
                    let next = self.may_happen(&batch);
                    if next <= self.now {
                        self.make(&mut batch);
                        self.out.send(Return::Batch(batch));
                        continue;
                    }
                    (Order::Edit(batch), next)
                }
                Order::Copy(mut twin) => match self.copy(&mut twin) {
                    None => {
                        self.out.send(Return::Snapshot(twin));
                        continue;
                    }
                    Some(next) => (Order::Copy(twin), next),
                },
            };
            self.orders.push_front(order);
            return next.since(self.now);
        }
        usize::MAX
    }

    /// The frame of an edit, or one on which to look again.
    fn may_happen(&mut self, batch: &Batch) -> Frame {
        if let Some(at) = batch.at.filter(|at| *at > self.now) {
            return at;
        }
        batch.waits.iter().fold(self.now, |rest, &wait| rest.max(self.settles(wait)))
    }

    /// The frame on which something is at rest, or after which one has to look again.
    fn settles(&mut self, wait: Wait) -> Frame {
        let now = self.now;
        match wait {
            Wait::Node(node) => {
                let Some(slot) = self.slots[node as usize].as_mut() else { return now };
                slot.turn_swap(now, &mut self.out);
                slot.swap.as_ref().map_or(now, |swap| swap.edge())
            }
            Wait::Route(route) => self.routes[route as usize].map_or(now, |route| route.level.end().max(now)),
        }
    }

    /// Copies a slice of everything; `None` when the copy is complete, otherwise a frame on which to go on.
    fn copy(&mut self, twin: &mut Twin) -> Option<Frame> {
        let mut rest = self.now;
        for step in 0..self.schedule.steps.len() {
            rest = rest.max(self.settles(Wait::Node(self.schedule.steps[step].node)));
        }
        if rest > self.now {
            return Some(rest);
        }
        let next = twin.turn(&mut self.slots, self.now);
        if next.is_none() {
            let copy = &mut twin.processor;
            for &route in &self.schedule.routes {
                copy.routes[route as usize] = self.routes[route as usize];
            }
            copy.schedule.copy(&self.schedule);
            (copy.master, copy.now) = (self.master, self.now);
            copy.queue.skip(self.now);
        }
        next
    }

    pub(crate) fn slot_mut(&mut self, node: usize) -> Option<&mut Slot> {
        self.slots[node].as_deref_mut()
    }

    /// Puts a slot into a processor that does not play yet.
    pub(crate) fn place(&mut self, node: u32, slot: Loan<Slot>) {
        self.slots[node as usize] = Some(slot);
    }

    /// Takes a slot out of a processor that does not play yet.
    pub(crate) fn forget(&mut self, node: u32) {
        self.slots[node as usize] = None;
    }

    fn make(&mut self, batch: &mut Batch) {
        let now = self.now;
        for edit in &mut batch.edits {
            match edit {
                Edit::Add { node, slot } => {
                    std::mem::swap(&mut self.slots[*node as usize], slot);
                    self.begin(*node, false);
                }
                Edit::Replace { node, swap } => {
                    let Some(slot) = self.slots[*node as usize].as_mut() else { continue };
                    std::mem::swap(&mut slot.swap, swap);
                    slot.turn_swap(now, &mut self.out);
                }
                Edit::Remove { node, frames } => {
                    self.queue.forget_node(*node);
                    if let Some(slot) = self.slots[*node as usize].as_mut() {
                        slot.go(now, *frames);
                    }
                }
                Edit::Route { index, route } => {
                    let mut route = *route;
                    route.level = route.level.begun(now);
                    self.routes[*index as usize] = Some(route);
                    self.begin(*index, true);
                }
                Edit::Unroute { index, frames } => {
                    self.queue.forget_route(*index);
                    self.happen(*index, Act::Level { frames: *frames, to: 0.0 });
                }
                Edit::Automate { node, control, automation, frames } => {
                    if let Some(slot) = self.slots[*node as usize].as_mut() {
                        slot.automate(*control, *automation, *frames, now);
                    }
                }
                Edit::Act { target, act } => self.happen(*target, *act),
            }
        }
        std::mem::swap(&mut self.schedule, &mut batch.schedule);
        (batch.done, self.next_swap) = (now, now);
    }

    /// Notes the nodes and routes that an edit will add.
    fn expect(&mut self, batch: &Batch) {
        for edit in &batch.edits {
            match edit {
                Edit::Add { node, .. } => *self.is_expected(*node, false) = true,
                Edit::Route { index, .. } => *self.is_expected(*index, true) = true,
                _ => {}
            }
        }
    }

    fn is_expected(&mut self, target: u32, route: bool) -> &mut bool {
        let nodes = if route { self.slots.len() } else { 0 };
        &mut self.expected[nodes + target as usize]
    }

    /// A node or a route is there: the events that waited for it are due.
    fn begin(&mut self, target: u32, route: bool) {
        *self.is_expected(target, route) = false;
        let late = self.queue.unpark(target, route, self.now);
        Gauges::count(&self.gauges.late, late);
    }

    /// Begins and ends crossfades: the number of frames before the next time.
    fn turn_swaps(&mut self) -> usize {
        if self.now < self.next_swap {
            return self.next_swap.since(self.now);
        }
        let mut next = Frame::NEVER;
        for step in &self.schedule.steps {
            if let Some(slot) = self.slots[step.node as usize].as_mut().filter(|slot| slot.swap.is_some()) {
                slot.turn_swap(self.now, &mut self.out);
                next = slot.swap.as_ref().map_or(next, |swap| swap.edge().min(next));
            }
        }
        self.next_swap = next;
        next.since(self.now)
    }

    /// What happens at once.
    fn happen(&mut self, target: u32, act: Act) {
        let now = self.now;
        match act {
            Act::Master { frames, to } => self.master.gain.turn(to, now, frames),
            Act::Limiter { frames, to } => self.master.limiter.turn(to, now, frames),
            Act::Level { frames, to } | Act::Heard { frames, to } => {
                let Some(route) = self.routes.get_mut(target as usize).and_then(Option::as_mut) else {
                    return;
                };
                let level =
                    if matches!(act, Act::Level { .. }) { &mut route.level } else { &mut route.heard };
                level.turn(to, now, frames);
            }
            _ => {
                if let Some(Some(slot)) = self.slots.get_mut(target as usize) {
                    slot.happen(act, now);
                }
            }
        }
    }

    /// Gives the events of the next frames to their nodes: the number of frames that may be computed at once.
    fn take_due(&mut self, limit: usize) -> usize {
        self.due.clear();
        let mut lost = 0;
        while let Some(event) = self.queue.peek_before(self.now.after(limit)) {
            let route = event.act.is_of_route();
            if (route || !event.act.is_wide()) && *self.is_expected(event.target, route) {
                self.queue.park();
                continue;
            }
            if event.act.is_wide() {
                if event.at > self.now {
                    Gauges::count(&self.gauges.lost, lost);
                    return event.at.since(self.now);
                }
                self.happen(event.target, event.act);
            } else if let Some(Some(slot)) = self.slots.get_mut(event.target as usize) {
                let index = u32::try_from(self.due.len()).unwrap_or(NO_EVENT);
                let [first, last] = slot.due;
                slot.due = [if first == NO_EVENT { index } else { first }, index];
                if let Some(before) = self.due.get_mut(last as usize) {
                    before.1 = index;
                }
                // There is room for as many events as the queue holds.
                self.due.push((event, NO_EVENT));
            } else {
                lost += u64::from(event.act != Act::Close);
            }
            self.queue.pop();
        }
        Gauges::count(&self.gauges.lost, lost);
        limit
    }
}

/// On a device, time matters. Nodes are timed only once a callback has been too slow, since looking at the clock takes
/// time as well.
impl Callback for Processor {
    fn process(&mut self, inputs: Audio<'_, f32>, outputs: AudioMut<'_, f32>) {
        let (begun, frames) = (Instant::now(), outputs.frames());
        if let Some(crew) = &self.crew {
            crew.go_live();
        }
        Self::process(self, inputs, outputs);
        let budget = Duration::from_nanos(frames as u64 * 1_000_000_000 / u64::from(self.rate.max(1)));
        if self.watching > 0 {
            self.judge(frames, budget);
        }
        let second = self.rate as usize;
        let slow = begun.elapsed() > budget;
        self.watching = if slow { second } else { self.watching.saturating_sub(frames) };
    }
}

impl Processor {
    /// Mutes nodes that take too long.
    fn judge(&mut self, frames: usize, budget: Duration) {
        for step in &self.schedule.steps {
            if let Some(slot) = self.slots[step.node as usize].as_mut() {
                let took = std::mem::take(&mut slot.took);
                slot.player.watch.judge(took, frames, budget, self.now);
            }
        }
    }
}
