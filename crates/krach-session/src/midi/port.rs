//! MIDI ports of any system.

use super::cable::{Cable, PortChange, Way};
use super::jack::JackMidi;
use super::midir::MidirMidi;
use std::fmt;

/// Why a MIDI port does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MidiError {
    /// The system has no MIDI, or its library or server is missing.
    NoSystem(String),
    /// No port has this name; these are there.
    NoSuchPort { asked: String, names: Vec<String> },
    /// The message of the system.
    Failed(String),
}

impl fmt::Display for MidiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSystem(why) => write!(f, "there is no MIDI: {why}"),
            Self::NoSuchPort { asked, names } if names.is_empty() => {
                write!(f, "there is no MIDI port `{asked}`, nor any other")
            }
            Self::NoSuchPort { asked, names } => {
                write!(f, "there is no MIDI port `{asked}`; there are: {}", names.join(", "))
            }
            Self::Failed(why) => write!(f, "the MIDI port failed: {why}"),
        }
    }
}

impl std::error::Error for MidiError {}

/// A system of MIDI ports: that of the operating system, or JACK.
pub trait MidiSystem: Send {
    fn name(&self) -> &'static str;

    /// The ports that send to us, by name.
    ///
    /// # Errors
    /// The system does not answer.
    fn inputs(&self) -> Result<Vec<String>, MidiError>;

    /// The ports that we can send to, by name.
    ///
    /// # Errors
    /// The system does not answer.
    fn outputs(&self) -> Result<Vec<String>, MidiError>;

    /// Hears a port, named by a part of its name; without a name it opens a port that others connect to.
    ///
    /// # Errors
    /// No such port, or it does not open.
    fn listen(&self, name: Option<&str>) -> Result<Box<dyn MidiIn>, MidiError>;

    /// Opens a port to send to, as [`MidiSystem::listen`] does.
    ///
    /// # Errors
    /// No such port, or it does not open.
    fn open(&self, name: Option<&str>) -> Result<Box<dyn MidiOut>, MidiError>;
}

/// A port that is heard. Dropping it closes it.
pub trait MidiIn: Send {
    /// Gives the bytes that came since the last look to `hear`, message by message in their order, with their time in
    /// microseconds of a clock of the port.
    fn read(&mut self, hear: &mut dyn FnMut(u64, &[u8]));

    /// Whether the port went or came back since the last question; a port that cannot say so gives nothing.
    fn change(&mut self) -> Option<PortChange> {
        None
    }
}

/// A port to send to. Dropping it closes it.
pub trait MidiOut: Send {
    /// Sends the bytes of one message now.
    ///
    /// # Errors
    /// The port has gone, or takes no more.
    fn send(&mut self, bytes: &[u8]) -> Result<(), MidiError>;

    /// As [`MidiIn::change`].
    fn change(&mut self) -> Option<PortChange> {
        None
    }
}

/// Every system that this machine may have.
#[must_use]
pub fn midi_systems() -> Vec<Box<dyn MidiSystem>> {
    vec![Box::new(MidirMidi), Box::new(JackMidi)]
}

/// The ways of ports that are heard, and of those that are sent to.
pub(super) const IN: Way<Box<dyn MidiIn>> =
    Way { names: |system| system.inputs(), open: |system, name| system.listen(Some(name)) };
const OUT: Way<Box<dyn MidiOut>> =
    Way { names: |system| system.outputs(), open: |system, name| system.open(Some(name)) };

/// Hears the port that a word means, of the first system that has one; without a word the first port of all. Its name, and
/// the port, which is opened again when it comes back after it went.
///
/// # Errors
/// The reason of the last system that was asked.
pub fn midi_listen(word: Option<&str>) -> Result<(String, Box<dyn MidiIn>), MidiError> {
    let (name, cable) = first(word, IN)?;
    Ok((name, Box::new(cable)))
}

/// Opens a port to send to, as [`midi_listen`] does.
///
/// # Errors
/// As [`midi_listen`].
pub fn midi_open(word: Option<&str>) -> Result<(String, Box<dyn MidiOut>), MidiError> {
    let (name, cable) = first(word, OUT)?;
    Ok((name, Box::new(cable)))
}

fn first<P: Send + 'static>(word: Option<&str>, way: Way<P>) -> Result<(String, Cable<P>), MidiError> {
    let mut found = Err(MidiError::NoSystem("this machine has none".into()));
    for system in midi_systems() {
        let opened = (way.names)(&*system).and_then(|mut names| {
            let name = names.swap_remove(position(&names, word.unwrap_or(""))?);
            Ok((Cable::open(system, way, &name)?, name))
        });
        match (opened, &found) {
            (Ok((cable, name)), _) => return Ok((name, cable)),
            // A system that is there says more than one that is not.
            (Err(MidiError::NoSystem(_)), Err(MidiError::NoSuchPort { .. } | MidiError::Failed(_))) => {}
            (Err(error), _) => found = Err(error),
        }
    }
    found
}

/// The place of the port that a word means: its whole name, else a part of it.
pub(super) fn position(names: &[String], word: &str) -> Result<usize, MidiError> {
    let lower = word.to_lowercase();
    let find = |test: &dyn Fn(String) -> bool| names.iter().position(|name| test(name.to_lowercase()));
    find(&|name| name == lower)
        .or_else(|| find(&|name| name.contains(&lower)))
        .ok_or_else(|| MidiError::NoSuchPort { asked: word.to_owned(), names: names.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_whole_name_comes_before_a_part() {
        let ports = names(&["Piano 2", "Piano", "Pads"]);
        assert_eq!((position(&ports, "piano"), position(&ports, "ANO 2")), (Ok(1), Ok(0)));
        let error = position(&ports, "drums").unwrap_err();
        assert_eq!(error.to_string(), "there is no MIDI port `drums`; there are: Piano 2, Piano, Pads");
    }

    #[test]
    fn a_machine_without_midi_says_so() {
        for system in midi_systems() {
            // Where there is MIDI, the port is missing all the same.
            let opened = system.listen(Some("a port that is not there"));
            let Err(error) = opened else { panic!("{} opens it", system.name()) };
            assert!(!error.to_string().is_empty() && !error.to_string().contains("panicked"), "{error}");
        }
    }
}
