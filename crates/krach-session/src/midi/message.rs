//! Bytes of MIDI 1.0 and what they mean.

/// A message of MIDI 1.0. Channels count from 0, as on the wire; data has 7 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    NoteOff {
        channel: u8,
        key: u8,
        velocity: u8,
    },
    NoteOn {
        channel: u8,
        key: u8,
        velocity: u8,
    },
    KeyPressure {
        channel: u8,
        key: u8,
        pressure: u8,
    },
    Control {
        channel: u8,
        controller: u8,
        value: u8,
    },
    Program {
        channel: u8,
        program: u8,
    },
    ChannelPressure {
        channel: u8,
        pressure: u8,
    },
    /// −8192 to 8191; 0 is the middle.
    Bend {
        channel: u8,
        value: i16,
    },
    /// The place in the song, in sixteenth notes.
    Position {
        sixteenths: u16,
    },
    /// A twenty-fourth of a quarter note has passed.
    Clock,
    Start,
    Continue,
    Stop,
    /// The other side still lives.
    Sensing,
    Reset,
}

const HIGHEST: u8 = 0x7f;
const BEND_CENTRE: u16 = 0x2000;

impl Message {
    /// All notes of a channel off, as CC 123.
    #[must_use]
    pub fn all_notes_off(channel: u8) -> Self {
        Self::Control { channel, controller: 123, value: 0 }
    }

    /// All sound of a channel off, as CC 120.
    #[must_use]
    pub fn all_sound_off(channel: u8) -> Self {
        Self::Control { channel, controller: 120, value: 0 }
    }

    /// The bytes on the wire, status first. Data above 7 bits, and channels above 15, are masked.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        let on = |status: u8, channel: u8| status | (channel & 0x0f);
        let fourteen = |value: u16| [(value & 0x7f) as u8, ((value >> 7) & 0x7f) as u8];
        let mut bytes = match self {
            Self::NoteOff { channel, key, velocity } => vec![on(0x80, channel), key, velocity],
            Self::NoteOn { channel, key, velocity } => vec![on(0x90, channel), key, velocity],
            Self::KeyPressure { channel, key, pressure } => vec![on(0xa0, channel), key, pressure],
            Self::Control { channel, controller, value } => vec![on(0xb0, channel), controller, value],
            Self::Program { channel, program } => vec![on(0xc0, channel), program],
            Self::ChannelPressure { channel, pressure } => vec![on(0xd0, channel), pressure],
            Self::Bend { channel, value } => {
                let [low, high] = fourteen(BEND_CENTRE.saturating_add_signed(value).min(0x3fff));
                vec![on(0xe0, channel), low, high]
            }
            Self::Position { sixteenths } => {
                let [low, high] = fourteen(sixteenths);
                vec![0xf2, low, high]
            }
            Self::Clock => vec![0xf8],
            Self::Start => vec![0xfa],
            Self::Continue => vec![0xfb],
            Self::Stop => vec![0xfc],
            Self::Sensing => vec![0xfe],
            Self::Reset => vec![0xff],
        };
        bytes[1..].iter_mut().for_each(|data| *data &= HIGHEST);
        bytes
    }

    /// The message of a status byte and its data.
    fn of(status: u8, [a, b]: [u8; 2]) -> Option<Self> {
        let channel = status & 0x0f;
        let fourteen = u16::from(a) | u16::from(b) << 7;
        Some(match status & 0xf0 {
            // A note-on without velocity is how running status lets keys go.
            0x90 if b == 0 => Self::NoteOff { channel, key: a, velocity: 64 },
            0x80 => Self::NoteOff { channel, key: a, velocity: b },
            0x90 => Self::NoteOn { channel, key: a, velocity: b },
            0xa0 => Self::KeyPressure { channel, key: a, pressure: b },
            0xb0 => Self::Control { channel, controller: a, value: b },
            0xc0 => Self::Program { channel, program: a },
            0xd0 => Self::ChannelPressure { channel, pressure: a },
            0xe0 => Self::Bend { channel, value: fourteen.cast_signed() - BEND_CENTRE.cast_signed() },
            _ => match status {
                0xf2 => Self::Position { sixteenths: fourteen },
                0xf8 => Self::Clock,
                0xfa => Self::Start,
                0xfb => Self::Continue,
                0xfc => Self::Stop,
                0xfe => Self::Sensing,
                0xff => Self::Reset,
                _ => return None,
            },
        })
    }
}

/// Reads the bytes of one port. Any bytes are accepted: system exclusive data and data without a status are skipped.
#[derive(Clone, Debug, Default)]
pub struct Parser {
    /// The status that data belongs to; 0: none.
    status: u8,
    data: [u8; 2],
    count: usize,
}

impl Parser {
    /// Takes the next byte and returns the message that it completes.
    pub fn push(&mut self, byte: u8) -> Option<Message> {
        match byte {
            // Real-time messages stand between any two bytes.
            0xf8.. => Message::of(byte, [0; 2]),
            0x80.. => {
                (self.status, self.count) = (byte, 0);
                None
            }
            _ => self.data(byte),
        }
    }

    fn data(&mut self, byte: u8) -> Option<Message> {
        let needed = match self.status {
            0xc0..=0xdf | 0xf1 | 0xf3 => 1,
            0x80..=0xef | 0xf2 => 2,
            // No status, or system exclusive data, which ends with the next status.
            _ => return None,
        };
        self.data[self.count] = byte;
        self.count += 1;
        if self.count < needed {
            return None;
        }
        let message = Message::of(self.status, if needed == 1 { [byte, 0] } else { self.data });
        self.count = 0;
        // Running status: only messages of a channel may leave their status out.
        if self.status >= 0xf0 {
            self.status = 0;
        }
        message
    }

    /// The messages that the bytes complete, in order.
    pub fn feed<'a>(&'a mut self, bytes: &'a [u8]) -> impl Iterator<Item = Message> + 'a {
        bytes.iter().filter_map(|&byte| self.push(byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Message> {
        Parser::default().feed(bytes).collect()
    }

    #[test]
    fn every_message_is_read_as_it_was_written() {
        let numbers = [0, 1, 64, 127];
        let mut all = vec![Message::Clock, Message::Start, Message::Continue, Message::Stop];
        all.extend([Message::Sensing, Message::Reset]);
        for (channel, a, b) in (0..16).flat_map(|c| numbers.map(|a| numbers.map(|b| (c, a, b)))).flatten() {
            all.push(Message::NoteOff { channel, key: a, velocity: b });
            all.push(Message::NoteOn { channel, key: a, velocity: b.max(1) });
            all.push(Message::KeyPressure { channel, key: a, pressure: b });
            all.push(Message::Control { channel, controller: a, value: b });
            all.push(Message::Program { channel, program: a });
            all.push(Message::ChannelPressure { channel, pressure: b });
        }
        all.extend([-8192, -1, 0, 1, 8191].map(|value| Message::Bend { channel: 3, value }));
        all.extend([0, 1, 16_383].map(|sixteenths| Message::Position { sixteenths }));
        let bytes: Vec<u8> = all.iter().flat_map(|message| message.bytes()).collect();
        assert_eq!(read(&bytes), all);
    }

    #[test]
    fn running_status_goes_on_through_the_clock() {
        // A keyboard with the clock of a drum machine merged in.
        let stream = [0x90, 60, 100, 0xf8, 64, 0xf8, 99, 60, 0, 0xfe, 64, 0];
        let on = |key, velocity| Message::NoteOn { channel: 0, key, velocity };
        let off = |key| Message::NoteOff { channel: 0, key, velocity: 64 };
        let clock = Message::Clock;
        assert_eq!(
            read(&stream),
            [on(60, 100), clock, clock, on(64, 99), off(60), Message::Sensing, off(64)]
        );
    }

    #[test]
    fn system_exclusive_data_is_skipped_and_ends_running_status() {
        let stream = [0xb0, 7, 1, 0xf0, 0x7e, 0x7f, 6, 0xf8, 1, 0xf7, 9, 9, 0xb1, 7, 2];
        let control = |channel, value| Message::Control { channel, controller: 7, value };
        assert_eq!(read(&stream), [control(0, 1), Message::Clock, control(1, 2)]);
        // A device that was unplugged in the middle.
        assert_eq!(read(&[0xf0, 1, 2, 0x90, 60, 1]), [Message::NoteOn { channel: 0, key: 60, velocity: 1 }]);
    }

    #[test]
    fn any_bytes_are_read_and_all_data_has_seven_bits() {
        let mut random = 1_u32;
        let noise: Vec<u8> = (0..100_000)
            .map(|_| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (random >> 24) as u8
            })
            .collect();
        let messages = read(&noise);
        assert!(messages.len() > 1000);
        for message in messages {
            assert_eq!(read(&message.bytes()), [message]);
        }
    }
}
