//! Threads that compute nodes beside the audio thread.
//!
//! The audio thread puts nodes that do not depend on each other into cells, and opens a round. Every thread takes the next
//! cell, by one number that all of them raise; so does the audio thread. It waits only for nodes that another
//! thread has begun. A cell is a lock that is only tried, never waited for: in a round each belongs to one thread.

use crate::audio::Slot;
use crate::loan::{Loan, OnAudio};
use krach_abi::{Buffer, FlushGuard, Frame};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, TryLockError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A node to be computed, and the frames of it.
pub(crate) struct Task {
    pub slot: Loan<Slot>,
    pub start: Frame,
    pub frames: usize,
    pub stems: bool,
    pub timed: bool,
}

/// The threads of a processor. Dropping it ends them.
pub(crate) struct Crew {
    shared: Arc<Shared>,
    members: Vec<JoinHandle<()>>,
}

struct Shared {
    cells: Box<[Mutex<Option<Task>>]>,
    /// The present round, its nodes, and how many of them are taken: one number, so that they change together.
    round: AtomicU64,
    /// Nodes of the present round that are computed.
    done: AtomicUsize,
    /// A device plays: the members ask for the priority of the audio thread.
    live: AtomicBool,
    stop: AtomicBool,
}

/// The parts of the number of a round.
const NODES: u32 = 16;
const ROUND: u32 = 32;
const PART: u64 = (1 << NODES) - 1;

/// Looks without a round after which a member sleeps: some microseconds.
const LOOKS: u32 = 500;
/// How long it sleeps, and how often before it sleeps longer.
const NAP: Duration = Duration::from_micros(100);
const NAPS: u32 = 1_000;
const SLEEP: Duration = Duration::from_millis(2);

impl Crew {
    /// Threads that compute up to `room` nodes of `block` frames in a round; none if the system gives none.
    pub fn new(threads: usize, room: usize, block: usize) -> Option<Self> {
        let cells = (0..room.min(PART as usize)).map(|_| Mutex::new(None)).collect();
        let [live, stop] = [const { AtomicBool::new(false) }; 2];
        let (round, done) = (AtomicU64::new(0), AtomicUsize::new(0));
        let shared = Arc::new(Shared { cells, round, done, live, stop });
        let (ready, began) = mpsc::channel();
        let member = |_| {
            let (shared, ready) = (shared.clone(), ready.clone());
            let thread = std::thread::Builder::new().name("krach-crew".into());
            thread.spawn(move || shared.play_along(block, &ready)).ok()
        };
        let members: Vec<_> = (1..threads).filter_map(member).collect();
        drop(ready);
        // A thread that begins asks for memory.
        for _ in &members {
            // A thread that has ended already sends nothing.
            let _ = began.recv();
        }
        (!members.is_empty()).then_some(Self { shared, members })
    }

    /// Nodes of one round.
    pub fn room(&self) -> usize {
        self.shared.cells.len()
    }

    /// Puts a node into a cell, between two rounds.
    pub fn put(&self, at: usize, task: Task) {
        self.shared.with(at, |cell| *cell = Some(task));
    }

    /// The node of a cell, between two rounds.
    pub fn take(&self, at: usize) -> Option<Task> {
        self.shared.with(at, Option::take).flatten()
    }

    /// Computes the nodes of the first cells, together with the other threads.
    pub fn compute(&self, nodes: usize, inputs: &Buffer<f32>) {
        let shared = &*self.shared;
        shared.done.store(0, Ordering::Relaxed);
        let round = (shared.round.load(Ordering::Relaxed) >> ROUND).wrapping_add(1);
        shared.round.store(round << ROUND | (nodes as u64) << NODES, Ordering::Release);
        while shared.take_one(inputs) {}
        while shared.done.load(Ordering::Acquire) < nodes {
            std::hint::spin_loop();
        }
    }

    /// A device plays from now on.
    pub fn go_live(&self) {
        self.shared.live.store(true, Ordering::Relaxed);
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        for member in self.members.drain(..) {
            // A panic was printed where it happened.
            let _ = member.join();
        }
    }
}

/// Counts a node as computed, also where computing it panics: no one waits for it for ever.
struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

impl Shared {
    /// Works in a cell, which no other thread is in.
    fn with<T>(&self, at: usize, work: impl FnOnce(&mut Option<Task>) -> T) -> Option<T> {
        match self.cells[at].try_lock() {
            Ok(mut cell) => Some(work(&mut cell)),
            Err(TryLockError::Poisoned(error)) => Some(work(&mut error.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Computes the next node of the round; false if all are taken.
    fn take_one(&self, inputs: &Buffer<f32>) -> bool {
        let next = |round: u64| (round & PART < (round >> NODES) & PART).then(|| round + 1);
        let taken = self.round.fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
        let Ok(round) = taken else { return false };
        let _counted = Counted(&self.done);
        let at = usize::try_from(round & PART).unwrap_or(usize::MAX);
        self.with(at, |cell| cell.as_mut().map(|task| task.compute(inputs)));
        true
    }

    /// A member: it computes what there is, and sleeps where there is nothing for long. It is never woken, because waking a
    /// thread is a call of the system: the audio thread would make it.
    fn play_along(&self, block: usize, ready: &Sender<()>) {
        let inputs = Buffer::new(0, block);
        // The receiver waits for it.
        let _ = ready.send(());
        let _audio = OnAudio::new();
        let _flush = FlushGuard::new();
        let (mut looks, mut naps, mut asked) = (0, 0, false);
        while !self.stop.load(Ordering::Relaxed) {
            if self.take_one(&inputs) {
                (looks, naps) = (0, 0);
                continue;
            }
            looks += 1;
            if looks < LOOKS {
                std::hint::spin_loop();
                continue;
            }
            if !asked && self.live.load(Ordering::Relaxed) {
                asked = true;
                // Where it is denied, the audio thread was denied it too, and that is reported.
                let _ = crate::device::run_before_others();
            }
            looks = 0;
            naps += 1;
            std::thread::sleep(if naps < NAPS { NAP } else { SLEEP });
        }
    }
}

impl Task {
    fn compute(&mut self, inputs: &Buffer<f32>) {
        let inputs = inputs.head(self.frames);
        self.slot.play(self.start, self.frames, (inputs, self.stems), &[], self.timed);
    }
}
