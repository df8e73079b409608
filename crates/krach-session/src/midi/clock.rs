//! MIDI clock: 24 pulses in a beat, with start, stop, continue and position.

use super::Message;
use std::collections::VecDeque;

/// Pulses of the clock in a quarter note.
pub const PULSES_PER_BEAT: u64 = 24;

/// Pulses in a sixteenth note, the unit of positions.
const PULSES_PER_SIXTEENTH: u64 = 6;

/// Follows the clock of another machine.
#[derive(Clone, Debug, Default)]
pub struct ClockIn {
    /// When the last pulses came, in seconds of any one clock.
    times: VecDeque<f64>,
    /// Pulses since the beginning of the song.
    pulse: u64,
    running: bool,
    /// The next pulse is the first one after start or continue: it marks the position and does not move it.
    first: bool,
}

impl ClockIn {
    /// The tempo is the mean over two beats.
    const WINDOW: usize = 2 * PULSES_PER_BEAT as usize + 1;
    /// A pause after which the tempo is measured anew: a pulse takes this long at 5 BPM.
    const LONGEST: f64 = 0.5;

    /// Takes a message that came at `seconds`.
    pub fn hear(&mut self, message: Message, seconds: f64) {
        match message {
            Message::Clock => self.pulse(seconds),
            Message::Start => (self.pulse, self.running, self.first) = (0, true, true),
            Message::Continue => (self.running, self.first) = (true, true),
            Message::Stop => self.running = false,
            // Only a stopped machine moves.
            Message::Position { sixteenths } if !self.running => {
                self.pulse = u64::from(sixteenths) * PULSES_PER_SIXTEENTH;
            }
            _ => {}
        }
    }

    fn pulse(&mut self, seconds: f64) {
        if self.times.back().is_some_and(|last| !(0.0..Self::LONGEST).contains(&(seconds - last))) {
            self.times.clear();
        }
        self.times.push_back(seconds);
        if self.times.len() > Self::WINDOW {
            self.times.pop_front();
        }
        if self.running && !std::mem::take(&mut self.first) {
            self.pulse += 1;
        }
    }

    /// The tempo in BPM; none before half a beat of pulses has come.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn tempo(&self) -> Option<f64> {
        let (first, last) = (self.times.front()?, self.times.back()?);
        let pulses = self.times.len() - 1;
        let enough = pulses >= PULSES_PER_BEAT as usize / 2 && last > first;
        enough.then(|| 60.0 * pulses as f64 / PULSES_PER_BEAT as f64 / (last - first))
    }

    /// The position in pulses from the beginning of the song, and the time of the last pulse.
    #[must_use]
    pub fn position(&self) -> (u64, Option<f64>) {
        (self.pulse, self.times.back().copied())
    }

    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// Whether the clock has gone: no pulse for half a second.
    #[must_use]
    pub fn is_lost(&self, seconds: f64) -> bool {
        self.times.back().is_none_or(|last| seconds - last > Self::LONGEST)
    }
}

/// Sends a clock. It counts pulses; the tempo map of the session knows the frame of each: pulse p is beat p / 24.
#[derive(Clone, Debug, Default)]
pub struct ClockOut {
    /// The next pulse to send.
    next: u64,
    running: bool,
}

impl ClockOut {
    /// Begins at a beat, given in pulses. Machines can be placed on sixteenth notes only, so the clock begins at the
    /// next one.
    #[must_use]
    pub fn start(&mut self, pulse: u64) -> Vec<Message> {
        let sixteenths = pulse.div_ceil(PULSES_PER_SIXTEENTH);
        self.next = sixteenths * PULSES_PER_SIXTEENTH;
        self.running = true;
        if sixteenths == 0 {
            return vec![Message::Start];
        }
        // Positions have 14 bits: 1024 bars of 4/4, after which they begin again.
        let sixteenths = (sixteenths % (1 << 14)) as u16;
        vec![Message::Position { sixteenths }, Message::Continue]
    }

    /// The pulses due before pulse number `end`: each is a [`Message::Clock`].
    pub fn until(&mut self, end: u64) -> std::ops::Range<u64> {
        if !self.running {
            return 0..0;
        }
        let due = self.next..end.max(self.next);
        self.next = due.end;
        due
    }

    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running
    }

    #[must_use]
    pub fn stop(&mut self) -> Option<Message> {
        std::mem::take(&mut self.running).then_some(Message::Stop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tempo_of_a_shaking_clock_is_its_mean() {
        let mut clock = ClockIn::default();
        assert_eq!(clock.tempo(), None);
        // 137 BPM; a USB port delivers each pulse up to 1 ms late.
        let period = 60.0 / 137.0 / 24.0;
        for pulse in 0..200_u32 {
            let late = f64::from(pulse.wrapping_mul(2_654_435_761) >> 22) / 1024.0 * 1e-3;
            clock.hear(Message::Clock, f64::from(pulse) * period + late);
        }
        let tempo = clock.tempo().unwrap();
        assert!((tempo - 137.0).abs() < 0.2, "{tempo}");
        assert!(!clock.is_lost(200.0 * period) && clock.is_lost(200.0 * period + 1.0));
        // After a pause it is measured anew.
        for pulse in 0..30 {
            clock.hear(Message::Clock, 100.0 + f64::from(pulse) * 60.0 / 90.0 / 24.0);
        }
        assert!((clock.tempo().unwrap() - 90.0).abs() < 1e-6);
    }

    #[test]
    fn start_stop_continue_and_position_move_the_song() {
        let mut clock = ClockIn::default();
        let mut time = 0.0;
        let mut hear = |clock: &mut ClockIn, message, count: u32| {
            for _ in 0..count {
                time += 0.02;
                clock.hear(message, time);
            }
        };
        hear(&mut clock, Message::Clock, 5);
        assert_eq!((clock.position().0, clock.is_running()), (0, false), "a clock that idles");
        hear(&mut clock, Message::Start, 1);
        hear(&mut clock, Message::Clock, 25);
        assert_eq!(clock.position().0, 24, "the first pulse is the first beat");
        hear(&mut clock, Message::Stop, 1);
        hear(&mut clock, Message::Clock, 10);
        assert_eq!(clock.position().0, 24);
        hear(&mut clock, Message::Position { sixteenths: 8 }, 1);
        hear(&mut clock, Message::Continue, 1);
        hear(&mut clock, Message::Clock, 2);
        assert_eq!((clock.position().0, clock.is_running()), (49, true));
    }

    #[test]
    fn what_we_send_another_machine_follows() {
        let mut out = ClockOut::default();
        assert_eq!(out.until(100), 0..0);
        assert_eq!(out.start(0), [Message::Start]);
        assert_eq!((out.until(10), out.until(10), out.until(24)), (0..10, 10..10, 10..24));
        assert_eq!((out.stop(), out.stop()), (Some(Message::Stop), None));
        let mut clock = ClockIn::default();
        for message in out.start(25) {
            clock.hear(message, 0.0);
        }
        for pulse in out.until(54) {
            clock.hear(Message::Clock, f64::from(u32::try_from(pulse).unwrap()) * 0.02);
            assert_eq!(clock.position().0, pulse, "both count alike");
        }
        assert_eq!(clock.position().0, 53);
    }
}
