//! MIDI files: notes by part, in and out.

use crate::{texts, whole};
use krach_diag::{Code, Diagnostic};
use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// The most bytes of a file that is read. A symphony has some hundred thousand.
const LARGEST: u64 = 64 << 20;

/// One note. Times count ticks, of which its file says how many a beat has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenNote {
    pub start: u64,
    pub length: u64,
    /// 0–15.
    pub channel: u8,
    /// 0–127; 60 is C4.
    pub key: u8,
    /// 1–127.
    pub velocity: u8,
}

/// The notes of one instrument, in the order of their starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MidiPart {
    pub name: String,
    pub notes: Vec<WrittenNote>,
}

/// What a MIDI file says of notes. Its first tempo and meter count for the whole.
#[derive(Clone, Debug, PartialEq)]
pub struct MidiFile {
    /// Ticks in a beat, which is a quarter note: 1–32767.
    pub ticks: u16,
    /// In beats per minute.
    pub tempo: f64,
    /// Numerator and denominator of the meter: 7 and 8.
    pub meter: (u8, u32),
    pub parts: Vec<MidiPart>,
}

impl Default for MidiFile {
    fn default() -> Self {
        Self { ticks: 960, tempo: 120.0, meter: (4, 4), parts: Vec::new() }
    }
}

impl MidiFile {
    /// Reads a file. Each track, and in it each channel, is a part; a note that is never released lasts to the end of its
    /// track.
    ///
    /// # Errors
    /// `KR0501`: there is no such file, it is no MIDI file, or it is larger than 64 MB.
    pub fn read(path: &Path) -> Result<Self, Diagnostic> {
        let name = path.display().to_string();
        let unreadable = |error: &std::io::Error| texts::refusal(path, &name, error);
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        if !file.metadata().is_ok_and(|about| about.is_file()) {
            return Err(unreadable(&std::io::ErrorKind::IsADirectory.into()));
        }
        let mut bytes = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        let refused = |why: &str| {
            Diagnostic::error(Code::Unreadable, format!("cannot read `{name}`: {why}"))
                .help("standard MIDI files (.mid) can be read")
        };
        if bytes.len() as u64 > LARGEST {
            return Err(refused("it is larger than 64 MB"));
        }
        let smf = Smf::parse(&bytes).map_err(|error| refused(&error.to_string()))?;
        Ok(Self::of(&smf))
    }

    fn of(smf: &Smf<'_>) -> Self {
        let ticks = match smf.header.timing {
            Timing::Metrical(ticks) => ticks.as_int().max(1),
            // Ticks of seconds: at 120 beats per minute a beat is half a second.
            Timing::Timecode(rate, parts) => u16::from(rate.as_int()) * u16::from(parts.max(1)) / 2,
        };
        let mut file = Self { ticks: ticks.max(1), ..Self::default() };
        let meta = || {
            smf.tracks.iter().flatten().filter_map(|event| match event.kind {
                TrackEventKind::Meta(message) => Some(message),
                _ => None,
            })
        };
        let tempo = meta().find_map(|message| match message {
            MetaMessage::Tempo(micros) if micros.as_int() > 0 => Some(micros.as_int()),
            _ => None,
        });
        if let (Some(micros), Timing::Metrical(_)) = (tempo, smf.header.timing) {
            file.tempo = 60e6 / f64::from(micros);
        }
        let meter = meta().find_map(|message| match message {
            MetaMessage::TimeSignature(over, under, ..) if over > 0 && under < 8 => Some((over, 1 << under)),
            _ => None,
        });
        file.meter = meter.unwrap_or(file.meter);
        file.parts = smf.tracks.iter().enumerate().flat_map(|(at, track)| parts(at, track)).collect();
        file
    }

    /// Writes the file whole, or leaves the one that is there.
    ///
    /// # Errors
    /// `KR0502`: the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Diagnostic> {
        let target = whole::target(path)?;
        let mut bytes = Vec::new();
        let written = self.as_smf().write_std(&mut bytes);
        written
            .and_then(|()| whole::replace(&target, true, |file| file.write_all(&bytes)))
            .map_err(|error| whole::refusal(path, &whole::reason(&error)))
    }

    fn as_smf(&self) -> Smf<'_> {
        let timing = Timing::Metrical(u15::new(self.ticks));
        let mut smf = Smf::new(Header::new(Format::Parallel, timing));
        // The format holds whole microseconds of a beat in 24 bits.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let micros = (60e6 / self.tempo).round().clamp(1.0, 16_777_215.0) as u32;
        let (over, under) = self.meter;
        #[allow(clippy::cast_possible_truncation)]
        let power = under.max(1).ilog2() as u8;
        smf.tracks.push(timed(vec![
            (0, meta(MetaMessage::Tempo(u24::new(micros)))),
            (0, meta(MetaMessage::TimeSignature(over, power, 24, 8))),
        ]));
        smf.tracks.extend(self.parts.iter().map(MidiPart::as_track));
        smf
    }
}

impl MidiPart {
    fn as_track(&self) -> Vec<TrackEvent<'_>> {
        let mut events = vec![(0, meta(MetaMessage::TrackName(self.name.as_bytes())))];
        for note in &self.notes {
            let (channel, key) = (u4::new(note.channel & 15), u7::new(note.key & 127));
            let event = |message| TrackEventKind::Midi { channel, message };
            events.push((
                note.start,
                event(MidiMessage::NoteOn { key, vel: u7::new(note.velocity.clamp(1, 127)) }),
            ));
            events.push((
                note.start + note.length.max(1),
                event(MidiMessage::NoteOff { key, vel: u7::new(64) }),
            ));
        }
        // Releases come before onsets of the same tick, or a repeated note would end as it begins.
        let order = |kind: &TrackEventKind<'_>| match kind {
            TrackEventKind::Meta(_) => 0,
            TrackEventKind::Midi { message: MidiMessage::NoteOff { .. }, .. } => 1,
            _ => 2,
        };
        events.sort_by_key(|(at, kind)| (*at, order(kind)));
        timed(events)
    }
}

fn meta(message: MetaMessage<'_>) -> TrackEventKind<'_> {
    TrackEventKind::Meta(message)
}

/// Events with the ticks between them, and the end of the track.
fn timed(events: Vec<(u64, TrackEventKind<'_>)>) -> Vec<TrackEvent<'_>> {
    let mut before = 0;
    let mut track: Vec<_> = events
        .into_iter()
        .map(|(at, kind)| {
            // A pause of more than 28 bits is 8 hours at 960 ticks and 120 beats per minute.
            let pause = u32::try_from(at - before).unwrap_or(u32::MAX).min(u28::max_value().as_int());
            before = at;
            TrackEvent { delta: u28::new(pause), kind }
        })
        .collect();
    track.push(TrackEvent { delta: u28::new(0), kind: meta(MetaMessage::EndOfTrack) });
    track
}

/// The parts of a track: one for each channel that has notes.
fn parts(number: usize, track: &[TrackEvent<'_>]) -> Vec<MidiPart> {
    let (mut now, mut name) = (0_u64, None);
    let mut found: BTreeMap<u8, Vec<WrittenNote>> = BTreeMap::new();
    // Notes that sound: where they are in `found`. One key may be pressed twice; the first press ends first.
    let mut held: HashMap<(u8, u8), VecDeque<usize>> = HashMap::new();
    for event in track {
        now += u64::from(event.delta.as_int());
        match event.kind {
            TrackEventKind::Meta(MetaMessage::TrackName(text)) if name.is_none() && !text.is_empty() => {
                name = Some(String::from_utf8_lossy(text).trim().to_owned());
            }
            TrackEventKind::Midi { channel, message } => {
                let (channel, key, velocity) = match message {
                    MidiMessage::NoteOn { key, vel } => (channel.as_int(), key.as_int(), vel.as_int()),
                    MidiMessage::NoteOff { key, .. } => (channel.as_int(), key.as_int(), 0),
                    _ => continue,
                };
                let notes = found.entry(channel).or_default();
                let sounding = held.entry((channel, key)).or_default();
                if velocity > 0 {
                    sounding.push_back(notes.len());
                    notes.push(WrittenNote { start: now, length: 0, channel, key, velocity });
                } else if let Some(at) = sounding.pop_front() {
                    notes[at].length = (now - notes[at].start).max(1);
                }
            }
            _ => {}
        }
    }
    found.retain(|_, notes| !notes.is_empty());
    let several = found.len() > 1;
    let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("track {}", number + 1));
    found
        .into_iter()
        .map(|(channel, mut notes)| {
            for note in notes.iter_mut().filter(|note| note.length == 0) {
                note.length = (now - note.start).max(1);
            }
            let name = if several { format!("{name} {}", channel + 1) } else { name.clone() };
            MidiPart { name, notes }
        })
        .collect()
}
