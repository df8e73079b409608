//! The notes that a MIDI port still owes an end.

use super::Message;
use std::collections::BTreeMap;

/// Keeps account of the keys that sound on one output, so that each is let go exactly once: by its own note, before the
/// same key is pressed again, or all together at the end.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Which note holds a key, by channel and key.
    held: BTreeMap<(u8, u8), u64>,
}

impl Ledger {
    /// The messages with which the note `id` presses a key. Where another note holds it, that one ends first.
    #[must_use]
    pub fn press(&mut self, id: u64, channel: u8, key: u8, velocity: u8) -> Vec<Message> {
        let before = self.held.insert((channel, key), id);
        let off = before.map(|_| off(channel, key));
        // Velocity 0 would let the key go.
        off.into_iter().chain([Message::NoteOn { channel, key, velocity: velocity.clamp(1, 127) }]).collect()
    }

    /// The message that ends the note `id`; none if it has ended, or another note took its key.
    #[must_use]
    pub fn release(&mut self, id: u64) -> Option<Message> {
        let (&(channel, key), _) = self.held.iter().find(|(_, holder)| **holder == id)?;
        self.held.remove(&(channel, key));
        Some(off(channel, key))
    }

    /// Ends every note: for hush, stop, and the end of the program.
    #[must_use]
    pub fn release_all(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.held).into_keys().map(|(channel, key)| off(channel, key)).collect()
    }

    /// As [`Ledger::release_all`], and for each of the 16 channels CC 120 and CC 123, for a synth that missed a message.
    #[must_use]
    pub fn panic(&mut self) -> Vec<Message> {
        let mut messages = self.release_all();
        messages.extend(
            (0..16).flat_map(|channel| [Message::all_sound_off(channel), Message::all_notes_off(channel)]),
        );
        messages
    }

    /// How many keys are pressed.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.len()
    }
}

fn off(channel: u8, key: u8) -> Message {
    Message::NoteOff { channel, key, velocity: 64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_pressed_twice_is_let_go_between_and_once_at_the_end() {
        let mut ledger = Ledger::default();
        let on = |velocity| Message::NoteOn { channel: 0, key: 60, velocity };
        assert_eq!(ledger.press(1, 0, 60, 100), [on(100)]);
        assert_eq!(ledger.press(2, 0, 60, 0), [off(0, 60), on(1)]);
        assert_eq!(ledger.release(1), None, "the second note holds the key");
        assert_eq!(ledger.release(2), Some(off(0, 60)));
        assert_eq!(ledger.release(2), None);
    }

    /// Law: after any presses and releases, `release_all` leaves no key down, and no message lets a key go that is up.
    #[test]
    fn no_note_hangs() {
        let (mut ledger, mut random) = (Ledger::default(), 7_u32);
        let mut down = std::collections::BTreeSet::new();
        let mut follow = |messages: Vec<Message>| {
            for message in messages {
                match message {
                    Message::NoteOn { channel, key, .. } => assert!(down.insert((channel, key))),
                    Message::NoteOff { channel, key, .. } => assert!(down.remove(&(channel, key))),
                    other => panic!("{other:?}"),
                }
            }
            down.len()
        };
        for id in 0..10_000_u64 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [a, b, c, d] = random.to_be_bytes();
            let messages = match a % 8 {
                0..=4 => ledger.press(id, b % 3, c % 12, d),
                7 if a > 250 => ledger.release_all(),
                _ => ledger.release(id.saturating_sub(u64::from(b % 16))).into_iter().collect(),
            };
            let pressed = follow(messages);
            assert_eq!(pressed, ledger.held());
        }
        assert_eq!(follow(ledger.release_all()), 0);
        assert_eq!(ledger.panic().len(), 32);
    }
}
