//! Packets of OSC 1.0: messages and bundles, by `rosc`.

use rosc::{OscBundle, OscPacket, OscType};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Bundles inside each other.
const DEEPEST: usize = 16;

/// A packet that is no OSC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a packet that is not OSC: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// When a message is due, as NTP counts: seconds since 1900 and 2⁻³² of a second. It is exact; no time of OSC is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OscTime {
    pub seconds: u32,
    pub fraction: u32,
}

/// Seconds from 1900 to 1970.
const TO_1970: u64 = 2_208_988_800;

impl OscTime {
    /// The time tag that means "at once".
    const NOW: Self = Self { seconds: 0, fraction: 1 };

    /// The tag of a moment, to the nearest 2⁻³² second.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)]
    pub fn of(moment: SystemTime) -> Self {
        let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
        let fraction = ((u64::from(since.subsec_nanos()) << 32) + 500_000_000) / 1_000_000_000;
        // The count of seconds begins again in 2036, as that of NTP does.
        Self {
            seconds: (since.as_secs() + TO_1970) as u32,
            fraction: fraction.min(u64::from(u32::MAX)) as u32,
        }
    }

    /// The frame on which it falls, given a moment and its frame. What lies before frame 0 falls on it.
    #[must_use]
    pub fn frame(self, rate: u32, moment: Self, frame: u64) -> u64 {
        let whole = i128::from(self.whole()) - i128::from(moment.whole());
        let frames = (whole * i128::from(rate) + (1 << 31)) >> 32;
        u64::try_from(i128::from(frame) + frames).unwrap_or(0)
    }

    fn whole(self) -> u64 {
        u64::from(self.seconds) << 32 | u64::from(self.fraction)
    }

    /// A moment later.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)]
    pub fn after(self, time: Duration) -> Self {
        let step =
            (u128::from(time.as_secs()) << 32) + (u128::from(time.subsec_nanos()) << 32) / 1_000_000_000;
        let whole = self.whole().wrapping_add(step as u64);
        Self { seconds: (whole >> 32) as u32, fraction: whole as u32 }
    }
}

/// An argument of a message. Others (blobs, colours, arrays) are not understood, and their message is malformed.
#[derive(Clone, Debug, PartialEq)]
pub enum OscArg {
    Int(i64),
    Float(f64),
    Text(String),
    Flag(bool),
}

impl OscArg {
    /// As a number; a flag is 0 or 1.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Int(whole) => Some(*whole as f64),
            Self::Float(number) => Some(*number),
            Self::Flag(flag) => Some(f64::from(u8::from(*flag))),
            Self::Text(_) => None,
        }
    }

    fn read(from: OscType) -> Result<Self, Malformed> {
        Ok(match from {
            OscType::Int(whole) => Self::Int(whole.into()),
            OscType::Long(whole) => Self::Int(whole),
            OscType::Float(number) => Self::Float(number.into()),
            OscType::Double(number) => Self::Float(number),
            OscType::String(text) => Self::Text(text),
            OscType::Char(letter) => Self::Text(letter.into()),
            OscType::Bool(flag) => Self::Flag(flag),
            other => {
                return Err(Malformed(format!("an argument of a kind that krach does not know: {other:?}")));
            }
        })
    }

    /// Numbers go out in 32 bits, which every receiver understands.
    #[allow(clippy::cast_possible_truncation)]
    fn write(&self) -> OscType {
        match self {
            Self::Int(whole) => i32::try_from(*whole).map_or(OscType::Long(*whole), OscType::Int),
            Self::Float(number) => OscType::Float(*number as f32),
            Self::Text(text) => OscType::String(text.clone()),
            Self::Flag(flag) => OscType::Bool(*flag),
        }
    }
}

/// A message, and when it is due; none is at once.
#[derive(Clone, Debug, PartialEq)]
pub struct OscMessage {
    pub time: Option<OscTime>,
    pub address: String,
    pub args: Vec<OscArg>,
}

impl OscMessage {
    /// The messages of a packet, in order.
    ///
    /// # Errors
    /// The bytes are not a whole packet of OSC, or one that krach does not understand.
    pub fn read(bytes: &[u8]) -> Result<Vec<Self>, Malformed> {
        // Before parsing, which is recursive: a packet of 64 kB could nest 3,000 bundles.
        let bundles = bytes.chunks_exact(4).zip(bytes.chunks_exact(4).skip(1));
        if bundles.filter(|pair| *pair == (&b"#bun"[..], &b"dle\0"[..])).count() > 1 + DEEPEST * 16 {
            return Err(Malformed("it has too many bundles".into()));
        }
        let (rest, packet) =
            rosc::decoder::decode_udp(bytes).map_err(|error| Malformed(error.to_string()))?;
        if !rest.is_empty() {
            return Err(Malformed(format!("{} bytes follow its end", rest.len())));
        }
        let mut messages = Vec::new();
        flatten(packet, None, 0, &mut messages)?;
        Ok(messages)
    }

    /// The bytes of a bundle of messages with one time tag.
    ///
    /// # Errors
    /// An address that is none.
    pub fn bundle(time: Option<OscTime>, messages: &[(&str, &[OscArg])]) -> Result<Vec<u8>, Malformed> {
        let OscTime { seconds, fraction } = time.unwrap_or(OscTime::NOW);
        let content = messages.iter().map(|(address, args)| {
            check(address)?;
            Ok(OscPacket::Message(rosc::OscMessage {
                addr: (*address).to_owned(),
                args: args.iter().map(OscArg::write).collect(),
            }))
        });
        let content = content.collect::<Result<_, Malformed>>()?;
        let bundle = OscBundle { timetag: rosc::OscTime { seconds, fractional: fraction }, content };
        rosc::encoder::encode(&OscPacket::Bundle(bundle)).map_err(|error| Malformed(error.to_string()))
    }
}

fn check(address: &str) -> Result<(), Malformed> {
    if address.starts_with('/') && address.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Malformed(format!("`{}` is no address: write /name/of/it", address.escape_debug())))
}

fn flatten(
    packet: OscPacket,
    time: Option<OscTime>,
    depth: usize,
    into: &mut Vec<OscMessage>,
) -> Result<(), Malformed> {
    if depth > DEEPEST {
        return Err(Malformed(format!("bundles lie more than {DEEPEST} deep")));
    }
    match packet {
        OscPacket::Message(message) => {
            check(&message.addr)?;
            let args = message.args.into_iter().map(OscArg::read).collect::<Result<_, _>>()?;
            into.push(OscMessage { time, address: message.addr, args });
        }
        OscPacket::Bundle(bundle) => {
            let tag = OscTime { seconds: bundle.timetag.seconds, fraction: bundle.timetag.fractional };
            let time = (tag != OscTime::NOW).then_some(tag);
            for packet in bundle.content {
                flatten(packet, time, depth + 1, into)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let args = [OscArg::Int(-3), OscArg::Float(0.5), OscArg::Text("a b".into()), OscArg::Flag(true)];
        let time = OscTime { seconds: 4_000_000_000, fraction: 7 };
        let bytes = OscMessage::bundle(Some(time), &[("/krach/bass/cutoff", &args), ("/b", &[])]).unwrap();
        let read = OscMessage::read(&bytes).unwrap();
        let message = |address: &str, args: &[OscArg]| OscMessage {
            time: Some(time),
            address: address.into(),
            args: args.to_vec(),
        };
        assert_eq!(read, [message("/krach/bass/cutoff", &args), message("/b", &[])]);
        let now = OscMessage::bundle(None, &[("/a", &[])]).unwrap();
        assert_eq!(OscMessage::read(&now).unwrap()[0].time, None);
        assert!(OscMessage::bundle(None, &[("a b", &[])]).is_err());
    }

    #[test]
    fn damaged_packets_are_refused_and_never_panic() {
        let whole =
            OscMessage::bundle(None, &[("/krach/a", &[OscArg::Float(1.0), OscArg::Text("x".into())])])
                .unwrap();
        for end in 0..whole.len() {
            // 16 bytes are a whole bundle without messages.
            let messages = OscMessage::read(&whole[..end]);
            assert!(messages.is_err() || end == 16 && messages == Ok(vec![]), "{end} bytes");
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut bytes = whole.clone();
                bytes[at] ^= 1 << bit;
                // Any answer will do.
                let _ = OscMessage::read(&bytes);
            }
        }
        assert!(OscMessage::read(b"/a\0\0,b\0\0\0\0\0\0").is_err(), "a blob");
        let nested: Vec<u8> = (0..3000).flat_map(|_| *b"#bundle\0\0\0\0\0\0\0\0\x01\0\0\x40\0").collect();
        assert!(OscMessage::read(&nested).is_err());
    }

    #[test]
    fn time_tags_fall_on_their_frame() {
        let start = OscTime { seconds: 1000, fraction: 0 };
        let at = |time: OscTime| time.frame(48_000, start, 96_000);
        assert_eq!(at(start), 96_000);
        assert_eq!(at(start.after(Duration::from_millis(250))), 96_000 + 12_000);
        assert_eq!(at(OscTime { seconds: 999, fraction: 1 << 31 }), 72_000);
        assert_eq!(at(OscTime { seconds: 3, fraction: 0 }), 0, "long ago");
        // One frame is 2^32 / 48000 parts of a second.
        for frame in 0..1000_u32 {
            let fraction = ((u64::from(frame) << 32) / 48_000) as u32;
            assert_eq!(at(OscTime { seconds: 1000, fraction }), 96_000 + u64::from(frame));
        }
        let moment = UNIX_EPOCH + Duration::from_millis(1500);
        assert_eq!(OscTime::of(moment), OscTime { seconds: TO_1970 as u32 + 1, fraction: 1 << 31 });
    }
}
