//! The place where a callback sits while a stream plays it.

use super::Callback;
use krach_abi::{Audio, AudioMut, FlushGuard};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// Holds the callback of one stream. The audio thread never waits for it: while the control side takes the callback out,
/// or has none to put in, the stream plays silence. So a callback comes back even from a stream that hangs.
#[derive(Debug)]
pub(super) struct Seat<C> {
    callback: Mutex<Option<C>>,
    pub counts: Arc<Counts>,
}

impl<C> Seat<C> {
    pub fn new(callback: Option<C>, counts: Arc<Counts>) -> Self {
        Self { callback: Mutex::new(callback), counts }
    }

    pub fn put(&self, callback: C) {
        self.with(|seat| *seat = Some(callback));
    }

    pub fn take(&self) -> Option<C> {
        self.with(Option::take)
    }

    /// Enters between two blocks. It looks again and again instead of waiting in line, so the audio thread has no one to
    /// wake when it leaves.
    fn with<T>(&self, work: impl FnOnce(&mut Option<C>) -> T) -> T {
        loop {
            match self.callback.try_lock() {
                Ok(mut seat) => return work(&mut seat),
                Err(TryLockError::Poisoned(error)) => return work(&mut error.into_inner()),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_micros(50)),
            }
        }
    }
}

impl<C: Callback> Seat<C> {
    /// Fills `outputs` and measures how long it takes; `rate` is in Hz. `false`: no callback sits here, and nothing is
    /// written.
    pub fn process(&self, inputs: Audio<'_, f32>, outputs: AudioMut<'_, f32>, rate: u32) -> bool {
        let frames = outputs.frames();
        let start = Instant::now();
        {
            let mut seat = match self.callback.try_lock() {
                Ok(seat) => seat,
                Err(TryLockError::Poisoned(error)) => PoisonError::into_inner(error),
                Err(TryLockError::WouldBlock) => return false,
            };
            let Some(callback) = seat.as_mut() else { return false };
            let _flush = FlushGuard::new();
            callback.process(inputs, outputs);
        }
        self.counts.block(start.elapsed(), frames, rate);
        true
    }
}

/// Whether the audio thread runs before all ordinary threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AudioPriority {
    /// Nothing has played yet.
    #[default]
    Unknown,
    Granted,
    /// The system refused: other programs may interrupt the sound.
    Denied,
}

/// Counters of a device over all its streams, written by the audio thread and read by others.
#[derive(Debug, Default)]
pub(super) struct Counts {
    frames: AtomicU64,
    blocks: AtomicU64,
    late: AtomicU64,
    pub xruns: AtomicU64,
    pub missing_inputs: AtomicU64,
    pub latency_ns: AtomicU64,
    busy_ns: AtomicU64,
    played_ns: AtomicU64,
    worst_ppm: AtomicU64,
    priority: AtomicU8,
}

impl Counts {
    #[allow(clippy::cast_possible_truncation)]
    fn block(&self, busy: Duration, frames: usize, rate: u32) {
        let busy = busy.as_nanos() as u64;
        let played = frames as u64 * 1_000_000_000 / u64::from(rate.max(1));
        let ppm = busy.saturating_mul(1_000_000) / played.max(1);
        self.frames.fetch_add(frames as u64, Relaxed);
        self.blocks.fetch_add(1, Relaxed);
        self.busy_ns.fetch_add(busy, Relaxed);
        self.played_ns.fetch_add(played, Relaxed);
        self.worst_ppm.fetch_max(ppm, Relaxed);
        if busy > played {
            self.late.fetch_add(1, Relaxed);
        }
    }

    pub fn frames(&self) -> u64 {
        self.frames.load(Relaxed)
    }

    /// Asks for real-time priority, once for a thread before its first block.
    pub fn ask_for_priority(&self) {
        self.set_priority(run_before_others());
    }

    pub fn set_priority(&self, granted: bool) {
        self.priority.store(if granted { 1 } else { 2 }, Relaxed);
    }

    /// The counters so far.
    #[allow(clippy::cast_precision_loss)]
    pub fn read(&self) -> DeviceStats {
        let played = self.played_ns.load(Relaxed).max(1);
        DeviceStats {
            frames: self.frames(),
            blocks: self.blocks.load(Relaxed),
            late: self.late.load(Relaxed),
            xruns: self.xruns.load(Relaxed),
            missing_inputs: self.missing_inputs.load(Relaxed),
            load: self.busy_ns.load(Relaxed) as f64 / played as f64,
            worst_load: self.worst_ppm.load(Relaxed) as f64 / 1e6,
            latency: Duration::from_nanos(self.latency_ns.load(Relaxed)),
            priority: match self.priority.load(Relaxed) {
                0 => AudioPriority::Unknown,
                1 => AudioPriority::Granted,
                _ => AudioPriority::Denied,
            },
        }
    }
}

/// What a device has done since it began to play.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DeviceStats {
    /// Frames played.
    pub frames: u64,
    /// Calls of the callback.
    pub blocks: u64,
    /// Blocks that took longer to compute than to play.
    pub late: u64,
    /// Interruptions that the sound system reported.
    pub xruns: u64,
    /// Input frames that had not arrived in time and were replaced by silence.
    pub missing_inputs: u64,
    /// The mean part of the time that the callback needs: 1 is all of it.
    pub load: f64,
    /// The same for the slowest block.
    pub worst_load: f64,
    /// From the callback to the loudspeaker, as the sound system reports it; zero where it does not.
    pub latency: Duration,
    pub priority: AudioPriority,
}

/// Makes this thread real-time if it is not, and returns whether it is.
#[cfg(unix)]
pub(crate) fn run_before_others() -> bool {
    use thread_priority::{
        RealtimeThreadSchedulePolicy::{Fifo, RoundRobin},
        ThreadPriority, ThreadPriorityValue,
        ThreadSchedulePolicy::Realtime,
        set_thread_priority_and_policy, thread_native_id, thread_schedule_policy,
    };
    // Below the sound servers, which ask for more: they feed all programs.
    const PRIORITY: u8 = 10;
    if matches!(thread_schedule_policy(), Ok(Realtime(Fifo | RoundRobin))) {
        return true;
    }
    let Ok(priority) = ThreadPriorityValue::try_from(PRIORITY) else { return false };
    let priority = ThreadPriority::Crossplatform(priority);
    set_thread_priority_and_policy(thread_native_id(), priority, Realtime(Fifo)).is_ok()
}

#[cfg(not(unix))]
pub(crate) fn run_before_others() -> bool {
    use thread_priority::{ThreadPriority, set_current_thread_priority};
    set_current_thread_priority(ThreadPriority::Max).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_abi::Buffer;

    struct Ones;

    impl Callback for Ones {
        fn process(&mut self, _: Audio<'_, f32>, mut outputs: AudioMut<'_, f32>) {
            outputs.channel_mut(0).fill(1.0);
        }
    }

    #[test]
    fn an_empty_seat_is_silent_and_a_callback_comes_back() {
        let seat = Seat::new(None, Arc::default());
        let (inputs, mut outputs) = (Buffer::new(0, 8), Buffer::new(1, 8));
        assert!(!seat.process(inputs.head(8), outputs.head_mut(8), 1000));
        seat.put(Ones);
        assert!(seat.process(inputs.head(8), outputs.head_mut(8), 1000));
        assert_eq!(outputs.channel(0), [1.0; 8]);
        assert!(seat.take().is_some() && seat.take().is_none());
        let stats = seat.counts.read();
        assert_eq!((stats.frames, stats.blocks), (8, 1));
    }

    #[test]
    fn a_callback_that_panics_comes_back_too() {
        struct Bad;
        impl Callback for Bad {
            fn process(&mut self, _: Audio<'_, f32>, _: AudioMut<'_, f32>) {
                panic!("on purpose");
            }
        }
        let seat = Arc::new(Seat::new(Some(Bad), Arc::default()));
        let other = seat.clone();
        let thread = std::thread::spawn(move || {
            let (inputs, mut outputs) = (Buffer::new(0, 8), Buffer::new(1, 8));
            other.process(inputs.head(8), outputs.head_mut(8), 1000)
        });
        assert!(thread.join().is_err());
        assert!(seat.take().is_some());
    }
}
