//! Shapes in time: a modulation, or the curve of an event, as short straight lines.
//!
//! Every knob moves by the same means: slides that end on frames of a grid, and sets where the shape jumps. The lines
//! depend on the timeline alone, never on the pieces in which they are asked for.

use super::act::Act;
use super::tempo::Timeline;
use krach_abi::Frame;
use krach_pattern::{Overflow, Shape, Time};
use std::ops::Range;

/// Frames between two points of a slow shape, and of one whose period is short.
const GRID: u64 = 128;
const FINE_GRID: u64 = 32;
/// Frames of a period that is short.
const SHORT: usize = 4096;
/// Frames of the way into a modulation: 5 ms at 48 kHz.
const ENTRY: u64 = 240;
/// Jumps between two points of the grid. More are too fast to be heard apart.
const MOST_JUMPS: i64 = 16;

/// A shape that a path follows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glide {
    shape: Shape,
    /// The values where the shape is 0 and where it is 1.
    ends: [f64; 2],
    backwards: bool,
    /// The cycle of phase 0, and the cycles of one period.
    start: Time,
    length: Time,
    repeats: bool,
    /// Its first frame, and the frame from which something else moves the path.
    pub begun: Frame,
    pub ended: Frame,
    grid: u64,
}

impl Glide {
    /// A shape that repeats, with its phase by the position of the session.
    pub fn repeating(shape: Shape, ends: [f64; 2], period: Time, begun: Frame) -> Self {
        let (start, ended, grid) = (Time::ZERO, Frame::NEVER, GRID);
        Self { shape, ends, backwards: false, start, length: period, repeats: true, begun, ended, grid }
    }

    /// A shape that is run through once.
    pub fn once(
        shape: Shape,
        ends: [f64; 2],
        backwards: bool,
        [start, length]: [Time; 2],
        begun: Frame,
    ) -> Self {
        let (ended, grid) = (Frame::NEVER, GRID);
        Self { shape, ends, backwards, start, length, repeats: false, begun, ended, grid }
    }

    /// With points as near to each other as its period needs.
    pub fn on_grid(self, timeline: &Timeline) -> Result<Self, Overflow> {
        let period = timeline.frame(self.start.plus(self.length)?)?.since(timeline.frame(self.start)?);
        let grid = if period < SHORT { FINE_GRID } else { GRID };
        Ok(Self { grid, ..self })
    }

    /// Counts cycles from another one on; the phase of a shape that repeats is that of the position.
    pub fn shift(&mut self, by: Time) -> Result<(), Overflow> {
        if !self.repeats {
            self.start = self.start.minus(by)?;
        }
        Ok(())
    }

    /// Periods from the start to a cycle.
    fn phase(&self, cycle: Time) -> f64 {
        (cycle.approximately() - self.start.approximately()) / self.length.approximately()
    }

    fn height(&self, x: f64) -> f64 {
        let x = if self.backwards { 1.0 - x } else { x };
        self.ends[0] + (self.ends[1] - self.ends[0]) * self.shape.at(x)
    }

    /// The values at both ends of a piece between whose phases the shape does not jump.
    fn piece(&self, phases: [f64; 2]) -> [f64; 2] {
        let middle = f64::midpoint(phases[0], phases[1]);
        let base = if self.repeats { middle.floor() } else { 0.0 };
        if self.shape == Shape::Square {
            return [self.height((middle - base).clamp(0.0, 1.0)); 2];
        }
        phases.map(|phase| self.height((phase - base).clamp(0.0, 1.0)))
    }

    /// The value at a cycle.
    pub fn value(&self, cycle: Time) -> f64 {
        let phase = self.phase(cycle);
        self.height(if self.repeats { phase - phase.floor() } else { phase.clamp(0.0, 1.0) })
    }

    /// The frame from which it moves no more.
    fn end(&self, timeline: &Timeline) -> Result<Frame, Overflow> {
        let end = if self.repeats { Frame::NEVER } else { timeline.frame(self.start.plus(self.length)?)? };
        Ok(end.min(self.ended))
    }

    /// Whether it gives nothing from a frame on.
    pub fn is_over(&self, from: Frame, timeline: &Timeline) -> bool {
        self.end(timeline).is_ok_and(|end| end <= from)
    }

    /// Its acts on the frames of a window.
    pub fn acts(
        &self,
        timeline: &Timeline,
        window: Range<Frame>,
        found: &mut Vec<(Frame, Act)>,
    ) -> Result<(), Overflow> {
        let end = self.end(timeline)?;
        // The first line of a modulation leads from the value before to the shape; a curve begins at its start.
        let entry = if self.repeats { ENTRY } else { 0 };
        let second = Frame((self.begun.0 + entry) / self.grid * self.grid + self.grid);
        let mut at = if window.start <= self.begun {
            self.begun
        } else {
            second.max(Frame(window.start.0.div_ceil(self.grid) * self.grid))
        };
        while at < window.end.min(end) {
            let next = if at == self.begun { second } else { at.after(grid_frames(self.grid)) };
            self.line(timeline, [at, next.min(end)], found)?;
            at = next;
        }
        Ok(())
    }

    /// The lines between two points of the grid.
    fn line(
        &self,
        timeline: &Timeline,
        [from, to]: [Frame; 2],
        found: &mut Vec<(Frame, Act)>,
    ) -> Result<(), Overflow> {
        let enters = self.repeats && from == self.begun;
        let mut at = from;
        let mut jumps = self.jumps(timeline, [from, to])?;
        if !self.repeats && from == self.begun && jumps.first() != Some(&from) {
            jumps.insert(0, from);
        }
        for next in jumps.into_iter().filter(|&jump| !(enters && jump == from)).chain([to]) {
            if next > at {
                let phases = [self.phase(timeline.cycle(at)?), self.phase(timeline.cycle(next)?)];
                let [_, value] = self.piece(phases);
                found.push((at, Act::Slide { to: value, frames: next.since(at) }));
            }
            if next < to {
                let phases = [self.phase(timeline.cycle(next)?), self.phase(timeline.cycle(next.after(1))?)];
                let [value, _] = self.piece(phases);
                found.push((next, Act::Set { control: None, value }));
            }
            at = next;
        }
        Ok(())
    }

    /// The frames from one on up to another, on which the shape jumps.
    fn jumps(&self, timeline: &Timeline, [from, to]: [Frame; 2]) -> Result<Vec<Frame>, Overflow> {
        let step = match self.shape {
            Shape::Sine | Shape::Triangle => return Ok(Vec::new()),
            Shape::Square => self.length.times(Time::HALF)?,
            Shape::Ramp | Shape::RampDown | Shape::Exponential => self.length,
        };
        // A step more on either side, since doubles round.
        #[allow(clippy::cast_possible_truncation)]
        let number = |cycle: Time| {
            ((cycle.approximately() - self.start.approximately()) / step.approximately()) as i64
        };
        let first = number(timeline.cycle(from)?).saturating_sub(1);
        let last = number(timeline.cycle(to)?).saturating_add(2).min(first.saturating_add(MOST_JUMPS));
        let mut found = Vec::new();
        for number in (if self.repeats { first } else { first.max(1) })..=last {
            let cycle = self.start.plus(step.times(Time::whole(number))?)?;
            let frame = timeline.frame(cycle)?;
            if (from..to).contains(&frame) && found.last() != Some(&frame) {
                found.push(frame);
            }
        }
        Ok(found)
    }
}

fn grid_frames(grid: u64) -> usize {
    usize::try_from(grid).unwrap_or(usize::MAX)
}
