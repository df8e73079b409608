//! `/dirt/play`: the events that Tidal and Strudel send to SuperDirt.
//!
//! The arguments are pairs of a name and a value. `s` names a node; the pitch is `freq` in Hz, else `midinote`, else
//! `note` or `n` in semitones above middle C (MIDI key 60, as SuperDirt counts); `gain` is the velocity, `pan` goes from
//! 0 to 1. The names of the sequencer itself are left out, and all others are controls.

use super::{OscArg, OscMessage, OscTime};
use std::fmt;

/// The address of events.
const ADDRESS: &str = "/dirt/play";

/// Names that speak about the event and not about its sound.
const OF_THE_SEQUENCER: &[&str] =
    &["_id_", "cps", "cycle", "delta", "orbit", "cut", "channel", "latency", "lag"];

/// An event for a node.
#[derive(Clone, Debug, PartialEq)]
pub struct DirtEvent {
    /// When it begins; none is at once.
    pub time: Option<OscTime>,
    /// The name of the node.
    pub node: String,
    /// In Hz; none where the event has no pitch.
    pub freq: Option<f64>,
    /// 0 and up; 1 where none is given.
    pub gain: f64,
    /// −1 (left) to 1 (right).
    pub pan: Option<f64>,
    /// How long it lasts, in seconds, where that is known: `sustain`, else `delta`.
    pub seconds: Option<f64>,
    /// The other names, which are controls of the node, in the order of the message.
    pub controls: Vec<(String, f64)>,
}

/// Why a message is no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirtError {
    /// Its address is another one.
    OtherAddress,
    /// Arguments that are no pairs of a name and a value.
    NoPairs,
    /// `s` is missing or no text.
    NoNode,
    /// The value of this name is no number, or not a finite one.
    NoNumber(String),
}

impl fmt::Display for DirtError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherAddress => write!(f, "its address is not {ADDRESS}"),
            Self::NoPairs => f.write_str("its arguments are not pairs of a name and a value"),
            Self::NoNode => f.write_str("no `s` names a node"),
            Self::NoNumber(name) => write!(f, "the value of `{name}` is not a finite number"),
        }
    }
}

impl std::error::Error for DirtError {}

impl TryFrom<&OscMessage> for DirtEvent {
    type Error = DirtError;

    fn try_from(message: &OscMessage) -> Result<Self, DirtError> {
        if message.address != ADDRESS {
            return Err(DirtError::OtherAddress);
        }
        let pairs = message.args.chunks_exact(2).map(|pair| match pair {
            [OscArg::Text(name), value] => Ok((name.as_str(), value)),
            _ => Err(DirtError::NoPairs),
        });
        let pairs: Vec<(&str, &OscArg)> = pairs.collect::<Result<_, _>>()?;
        if !message.args.len().is_multiple_of(2) {
            return Err(DirtError::NoPairs);
        }
        let last = |name: &str| pairs.iter().rev().find(|(other, _)| *other == name).map(|(_, value)| *value);
        let Some(OscArg::Text(node)) = last("s") else { return Err(DirtError::NoNode) };
        let number = |name: &str| match last(name).map(OscArg::number) {
            None => Ok(None),
            Some(Some(number)) if number.is_finite() => Ok(Some(number)),
            Some(_) => Err(DirtError::NoNumber(name.to_owned())),
        };
        let key = match (number("midinote")?, number("note")?, number("n")?) {
            (Some(key), _, _) => Some(key),
            (None, Some(note), _) | (None, None, Some(note)) => Some(60.0 + note),
            (None, None, None) => None,
        };
        let freq = number("freq")?.or(key.map(|key| 440.0 * ((key - 69.0) / 12.0).exp2()));
        let taken = ["s", "midinote", "note", "n", "freq", "gain", "pan", "sustain"];
        let mut controls: Vec<(String, f64)> = Vec::new();
        for (name, value) in &pairs {
            if taken.contains(name) || OF_THE_SEQUENCER.contains(name) {
                continue;
            }
            // Texts (`vowel "a"`) mean something to SuperDirt alone.
            let Some(value) = value.number() else { continue };
            if !value.is_finite() {
                return Err(DirtError::NoNumber((*name).to_owned()));
            }
            controls.push(((*name).to_owned(), value));
        }
        Ok(Self {
            time: message.time,
            node: node.clone(),
            freq,
            gain: number("gain")?.unwrap_or(1.0).max(0.0),
            pan: number("pan")?.map(|pan| (pan * 2.0 - 1.0).clamp(-1.0, 1.0)),
            seconds: number("sustain")?.or(number("delta")?).filter(|seconds| *seconds > 0.0),
            controls,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(args: &[(&str, OscArg)]) -> Result<DirtEvent, DirtError> {
        let args =
            args.iter().flat_map(|(name, value)| [OscArg::Text((*name).into()), value.clone()]).collect();
        DirtEvent::try_from(&OscMessage { time: None, address: ADDRESS.into(), args })
    }

    fn text(text: &str) -> OscArg {
        OscArg::Text(text.into())
    }

    /// In the form in which Tidal sends `d1 $ n "0 7" # s "bass"`, with `# cutoff 800 # pan 0.25` on the first event: a
    /// bundle with a time tag for each.
    #[test]
    fn a_stream_in_the_form_of_tidal_plays_nodes() {
        let stream: [&[u8]; 2] = [
            include_bytes!("../../../../fixtures/osc/tidal_1.osc"),
            include_bytes!("../../../../fixtures/osc/tidal_2.osc"),
        ];
        let read = |packet: &[u8]| OscMessage::read(packet).map(|messages| DirtEvent::try_from(&messages[0]));
        let first = read(stream[0]).unwrap().unwrap();
        assert_eq!((first.node.as_str(), first.gain, first.pan), ("bass", 1.0, Some(-0.5)));
        assert_eq!(first.time, Some(OscTime { seconds: 0xecd5_a75c, fraction: 1 << 31 }));
        assert_eq!(first.controls, [("cutoff".to_owned(), 800.0)]);
        assert!((first.freq.unwrap() - 261.625_565).abs() < 1e-5, "middle C");
        assert!((first.seconds.unwrap() - 0.888_888_9).abs() < 1e-6);
        let second = read(stream[1]).unwrap().unwrap();
        assert!((second.freq.unwrap() - 391.995_436).abs() < 1e-5, "a fifth above");
    }

    #[test]
    fn pitches_have_an_order_and_wrong_events_a_reason() {
        let bass = ("s", text("bass"));
        let freq =
            |more: &[(&str, OscArg)]| event(&[std::slice::from_ref(&bass), more].concat()).unwrap().freq;
        assert_eq!(freq(&[]), None);
        assert_eq!(freq(&[("note", OscArg::Int(9)), ("n", OscArg::Int(3))]), Some(440.0));
        assert_eq!(freq(&[("midinote", OscArg::Int(69)), ("note", OscArg::Int(3))]), Some(440.0));
        assert_eq!(freq(&[("freq", OscArg::Float(55.0)), ("midinote", OscArg::Int(69))]), Some(55.0));
        assert_eq!(event(&[("n", OscArg::Int(0))]), Err(DirtError::NoNode));
        let infinite = [bass.clone(), ("gain", OscArg::Float(f64::INFINITY))];
        assert_eq!(event(&infinite), Err(DirtError::NoNumber("gain".into())));
        let vowel = event(&[bass, ("vowel", text("a")), ("room", OscArg::Float(0.2))]).unwrap();
        assert_eq!(vowel.controls, [("room".to_owned(), 0.2)]);
        let odd = OscMessage { time: None, address: ADDRESS.into(), args: vec![text("s")] };
        assert_eq!(DirtEvent::try_from(&odd), Err(DirtError::NoPairs));
    }
}
