//! The device without a loudspeaker: a real-time clock that asks for blocks and drops them.

use super::filler::{Filler, LONGEST};
use super::seat::Seat;
use super::{Callback, DeviceFormat};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A running clock; dropping it stops it.
pub(super) struct NullClock {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl NullClock {
    pub fn start<C: Callback + 'static>(seat: Arc<Seat<C>>, format: &DeviceFormat) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (rate, block) = (format.rate, format.block.clamp(1, LONGEST));
        let mut filler = Filler::new(seat, format, None);
        let asked = stop.clone();
        let run = move || {
            let mut due = Due::new(Instant::now(), rate);
            while !asked.load(Ordering::Relaxed) {
                filler.compute(block);
                std::thread::sleep(due.wait(block, Instant::now()));
            }
        };
        let thread = std::thread::Builder::new().name("krach-null".into()).spawn(run)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for NullClock {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of the callback was printed where it happened.
            let _ = thread.join();
        }
    }
}

/// When the next block is due: counted in frames from one start, so that rounding never adds up.
struct Due {
    start: Instant,
    frames: u64,
    rate: u32,
}

impl Due {
    /// A clock that is behind by more catches up no more: the process was stopped, or the machine slept.
    const LATEST: Duration = Duration::from_millis(500);

    fn new(start: Instant, rate: u32) -> Self {
        Self { start, frames: 0, rate: rate.max(1) }
    }

    /// Counts a block and returns how long to wait until the next one.
    fn wait(&mut self, block: usize, now: Instant) -> Duration {
        self.frames += block as u64;
        let rate = u64::from(self.rate);
        let (seconds, rest) = (self.frames / rate, self.frames % rate);
        let due =
            self.start + Duration::from_secs(seconds) + Duration::from_nanos(rest * 1_000_000_000 / rate);
        if now.saturating_duration_since(due) > Self::LATEST {
            (self.start, self.frames) = (now, 0);
        }
        due.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_blocks_is_an_hour() {
        let start = Instant::now();
        let (mut due, mut now) = (Due::new(start, 44_100), start);
        for _ in 0..3600 * 44_100 / 63 {
            now += due.wait(63, now);
        }
        let error = (now - start).abs_diff(Duration::from_secs(3600));
        assert!(error < Duration::from_micros(1), "{error:?}");
    }

    #[test]
    fn after_a_stop_of_the_process_no_blocks_are_made_up_for() {
        let start = Instant::now();
        let mut due = Due::new(start, 48_000);
        due.wait(480, start);
        let woken = start + Duration::from_secs(60);
        assert_eq!(due.wait(480, woken), Duration::ZERO);
        assert_eq!(due.wait(480, woken), Duration::from_millis(10));
    }

    #[test]
    fn a_late_block_is_followed_by_earlier_ones() {
        let start = Instant::now();
        let mut due = Due::new(start, 48_000);
        due.wait(480, start);
        assert_eq!(due.wait(480, start + Duration::from_millis(25)), Duration::ZERO);
        assert_eq!(due.wait(480, start + Duration::from_millis(26)), Duration::from_millis(4));
    }
}
