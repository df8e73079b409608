//! Another machine leads: tempo and beat of the music follow its MIDI clock.
//!
//! Nothing jumps. The tempo of the pulses, which is a mean over two beats, is taken over once a beat; while the other
//! machine runs, the tempo is a little higher or lower until both are on the same beat of a bar.

use super::{Session, State};
use crate::live::News;
use crate::midi::{ClockIn, MidiIn, PULSES_PER_BEAT, Parser};
use std::time::Duration;

/// Beats in which a lead or a lag is made up for.
const BEATS: f64 = 4.0;
/// The most by which the tempo departs from that of the leader for it, as a part of it.
const MOST: f64 = 0.1;
/// Leads and lags below this part of a beat are left alone: 10 ms at 120 BPM.
const ALIKE: f64 = 0.02;
/// A tempo that differs by less, as a part of it, is the same.
const SAME: f64 = 1e-3;

/// The clock of another machine, heard on one port.
pub(super) struct Leader {
    port: Box<dyn MidiIn>,
    parser: Parser,
    clock: ClockIn,
    /// Pulses since the tempo was looked at.
    pulses: u64,
    /// The time of the last message, in seconds of the port.
    seconds: f64,
}

impl Leader {
    fn new(port: Box<dyn MidiIn>) -> Self {
        Self { port, parser: Parser::default(), clock: ClockIn::default(), pulses: 0, seconds: 0.0 }
    }

    /// Hears the pulses that came, and lets the music follow once a beat.
    pub fn look(&mut self, state: &State) {
        if let Some(change) = self.port.change() {
            self.parser = Parser::default();
            state.tell(News::Midi(change));
        }
        let Self { port, parser, clock, pulses, seconds } = self;
        port.read(&mut |time, bytes| {
            *seconds = Duration::from_micros(time).as_secs_f64();
            for message in parser.feed(bytes) {
                *pulses += u64::from(message == crate::midi::Message::Clock);
                clock.hear(message, *seconds);
            }
        });
        if self.pulses >= PULSES_PER_BEAT {
            self.pulses = 0;
            self.lead(state);
        }
    }

    fn lead(&self, state: &State) {
        let (Some(tempo), Some(stage)) = (self.clock.tempo(), state.on_stage()) else { return };
        let (here, meter) = (stage.heard(), state.desk().sounding().settings().meter);
        let ahead = if self.clock.is_running() {
            #[allow(clippy::cast_precision_loss)]
            let there = self.clock.position().0 as f64 / PULSES_PER_BEAT as f64;
            ahead(here.beat - 1.0, there, meter.approximately())
        } else {
            0.0
        };
        let tempo = meeting(tempo, ahead);
        if (tempo - here.tempo).abs() > SAME * tempo {
            state.turn("tempo", tempo, None);
        }
    }
}

/// Beats by which one beat is before another in a bar, from minus half a bar to half a bar.
fn ahead(here: f64, there: f64, meter: f64) -> f64 {
    let apart = (here - there).rem_euclid(meter);
    if apart > meter / 2.0 { apart - meter } else { apart }
}

/// The tempo that meets a leader of a tempo.
fn meeting(tempo: f64, ahead: f64) -> f64 {
    let wanted = if ahead.abs() < ALIKE { 0.0 } else { ahead / BEATS };
    tempo * (1.0 - wanted.clamp(-MOST, MOST))
}

impl Session {
    /// Follows the MIDI clock of a port: its tempo, and after its start or continue its beat in the bar. None ends it, and
    /// the tempo stays. When the other machine stops, the music plays on at its last tempo.
    pub fn follow_clock(&self, port: Option<Box<dyn MidiIn>>) {
        self.hands().leader = port.map(Leader::new);
        self.listen();
    }

    /// The tempo of the clock that is followed, in BPM; none without a clock or before half a beat of pulses.
    #[must_use]
    pub fn followed_tempo(&self) -> Option<f64> {
        self.hands().leader.as_ref().and_then(|leader| leader.clock.tempo())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_way_round_the_bar_is_taken() {
        assert_eq!(ahead(3.5, 0.0, 4.0), -0.5);
        assert_eq!(ahead(0.5, 7.0, 3.5), 0.5);
        assert_eq!((meeting(120.0, 0.01), meeting(120.0, 0.2), meeting(120.0, -9.0)), (120.0, 114.0, 132.0));
    }
}
