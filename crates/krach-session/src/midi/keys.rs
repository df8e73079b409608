//! What a keyboard plays: keys with the pedal heard out, and the pitch wheel.

use super::Message;
use std::collections::BTreeSet;

/// Something played on a channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Played {
    /// `velocity` is 0 to 1.
    Press {
        channel: u8,
        key: u8,
        velocity: f64,
    },
    Release {
        channel: u8,
        key: u8,
    },
    /// The pitch wheel, in semitones, for every key of the channel.
    Bend {
        channel: u8,
        semitones: f64,
    },
}

/// The keys of one input. A key that is let go while the pedal (CC 64) is down sounds until the pedal comes up.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Semitones at the end of the pitch wheel.
    pub bend_range: f64,
    down: BTreeSet<(u8, u8)>,
    kept: BTreeSet<(u8, u8)>,
    pedals: u16,
}

impl Default for Keys {
    fn default() -> Self {
        Self { bend_range: 2.0, down: BTreeSet::new(), kept: BTreeSet::new(), pedals: 0 }
    }
}

const PEDAL: u8 = 64;
const ALL_SOUND_OFF: u8 = 120;
const ALL_NOTES_OFF: u8 = 123;

impl Keys {
    /// What a message plays; nothing if it is about something else.
    #[must_use]
    pub fn hear(&mut self, message: Message) -> Vec<Played> {
        match message {
            Message::NoteOn { channel, key, velocity } => {
                let again = self.kept.remove(&(channel, key)) | !self.down.insert((channel, key));
                let release = again.then_some(Played::Release { channel, key });
                let press = Played::Press { channel, key, velocity: f64::from(velocity) / 127.0 };
                release.into_iter().chain([press]).collect()
            }
            Message::NoteOff { channel, key, .. } => {
                if !self.down.remove(&(channel, key)) {
                    return Vec::new();
                }
                if self.pedal(channel) {
                    self.kept.insert((channel, key));
                    return Vec::new();
                }
                vec![Played::Release { channel, key }]
            }
            Message::Control { channel, controller: PEDAL, value } => {
                let bit = 1 << (channel & 15);
                self.pedals = if value >= 64 { self.pedals | bit } else { self.pedals & !bit };
                if self.pedal(channel) { Vec::new() } else { release(&mut self.kept, channel) }
            }
            Message::Control { channel, controller: ALL_SOUND_OFF | ALL_NOTES_OFF, .. } => {
                let mut released = release(&mut self.down, channel);
                released.extend(release(&mut self.kept, channel));
                released
            }
            Message::Bend { channel, value } => {
                vec![Played::Bend { channel, semitones: f64::from(value) / 8192.0 * self.bend_range }]
            }
            _ => Vec::new(),
        }
    }

    /// Lets every key go: the port has gone.
    #[must_use]
    pub fn release_all(&mut self) -> Vec<Played> {
        let keys = std::mem::take(&mut self.down).into_iter().chain(std::mem::take(&mut self.kept));
        self.pedals = 0;
        keys.map(|(channel, key)| Played::Release { channel, key }).collect()
    }

    fn pedal(&self, channel: u8) -> bool {
        self.pedals & 1 << (channel & 15) != 0
    }
}

fn release(keys: &mut BTreeSet<(u8, u8)>, of: u8) -> Vec<Played> {
    let released = keys.iter().filter(|(channel, _)| *channel == of).copied().collect::<Vec<_>>();
    keys.retain(|(channel, _)| *channel != of);
    released.into_iter().map(|(channel, key)| Played::Release { channel, key }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Parser;
    use super::*;

    fn play(bytes: &[u8]) -> Vec<Played> {
        let (mut parser, mut keys) = (Parser::default(), Keys::default());
        let messages: Vec<_> = parser.feed(bytes).collect();
        messages.into_iter().flat_map(|message| keys.hear(message)).collect()
    }

    fn press(key: u8) -> Played {
        Played::Press { channel: 0, key, velocity: 1.0 }
    }

    fn release(key: u8) -> Played {
        Played::Release { channel: 0, key }
    }

    #[test]
    fn the_pedal_keeps_keys_until_it_comes_up() {
        let stream = [0xb0, 64, 127, 0x90, 60, 127, 62, 127, 60, 0, 62, 0, 0xb0, 64, 0];
        assert_eq!(play(&stream), [press(60), press(62), release(60), release(62)]);
        // A key that is down when the pedal comes up sounds on.
        let stream = [0xb0, 64, 127, 0x90, 60, 127, 0xb0, 64, 0, 0x90, 60, 0];
        assert_eq!(play(&stream), [press(60), release(60)]);
        // A kept key that is pressed again begins again.
        let stream = [0xb0, 64, 127, 0x90, 60, 127, 60, 0, 60, 127];
        assert_eq!(play(&stream), [press(60), release(60), press(60)]);
    }

    #[test]
    fn the_wheel_bends_and_all_notes_off_lets_go() {
        let stream = [0xe0, 0, 0, 0xe0, 0, 0x40, 0x90, 60, 127, 0xb0, 123, 0, 0x80, 60, 0];
        let bend = |semitones| Played::Bend { channel: 0, semitones };
        assert_eq!(play(&stream), [bend(-2.0), bend(0.0), press(60), release(60)]);
    }
}
