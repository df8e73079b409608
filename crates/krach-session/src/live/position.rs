//! Where the music is.

use crate::conductor::Timeline;
use krach_abi::Frame;
use krach_pattern::Time;

/// A moment of the music.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    pub frame: Frame,
    /// From the start, in cycles.
    pub cycle: Time,
    /// The bar, from 1, and the beat in it, from 1.
    pub bar: i64,
    pub beat: f64,
    /// In beats per minute.
    pub tempo: f64,
    /// Seconds from the first frame.
    pub seconds: f64,
}

impl Position {
    /// The moment of a frame.
    pub(crate) fn of(timeline: &Timeline, frame: Frame) -> Self {
        let cycle = timeline.cycle(frame).unwrap_or(Time::ZERO);
        let bar = cycle.floor();
        let beats = |cycle: Time| timeline.beat(cycle).map_or(0.0, Time::approximately);
        let beat = 1.0 + (beats(cycle) - beats(Time::whole(bar)));
        let tempo = timeline.tempo(cycle).unwrap_or(0.0);
        #[allow(clippy::cast_precision_loss)]
        let seconds = frame.0 as f64 / f64::from(timeline.rate());
        Self { frame, cycle, bar: bar.saturating_add(1), beat, tempo, seconds }
    }
}
