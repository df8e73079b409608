//! A MIDI port that is found again after it was unplugged.
//!
//! Systems of MIDI do not report alike which ports come and go, so a thread lists them twice a second.

use super::port::{MidiError, MidiIn, MidiOut, MidiSystem};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A port that came back or went, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortChange {
    Came(String),
    Went(String),
}

/// One of the two ways: to list ports and to open one.
pub(super) struct Way<P> {
    pub names: fn(&dyn MidiSystem) -> Result<Vec<String>, MidiError>,
    pub open: fn(&dyn MidiSystem, &str) -> Result<P, MidiError>,
}

impl<P> Clone for Way<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Way<P> {}

/// How often the ports are listed.
const LOOK: Duration = Duration::from_millis(500);

/// An open port, or the wait for it.
pub(super) struct Cable<P>(Arc<Mutex<End<P>>>);

/// Our end of a cable.
struct End<P> {
    /// None while it is unplugged.
    port: Option<P>,
    /// The last change that was not read yet.
    change: Option<PortChange>,
}

/// Looks for the port of a cable.
struct Finder<P> {
    system: Box<dyn MidiSystem>,
    way: Way<P>,
    name: String,
}

fn entered<P>(end: &Mutex<End<P>>) -> MutexGuard<'_, End<P>> {
    end.lock().unwrap_or_else(PoisonError::into_inner)
}

/// ALSA ends the name of a port with numbers, which may change when it is plugged in again: `nano:nano MIDI 1 20:0`.
fn without_numbers(name: &str) -> &str {
    let cut = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == ':');
    if cut.ends_with(' ') { cut.trim_end() } else { name }
}

impl<P> Cable<P> {
    fn new(port: P) -> Self {
        Self(Arc::new(Mutex::new(End { port: Some(port), change: None })))
    }

    fn change(&self) -> Option<PortChange> {
        entered(&self.0).change.take()
    }
}

impl<P: Send + 'static> Cable<P> {
    /// Opens the port of a system that has this whole name.
    ///
    /// # Errors
    /// It does not open.
    pub fn open(system: Box<dyn MidiSystem>, way: Way<P>, name: &str) -> Result<Self, MidiError> {
        let cable = Self::new((way.open)(&*system, name)?);
        let mut finder = Finder { system, way, name: name.to_owned() };
        let end = Arc::downgrade(&cable.0);
        let watch = move || {
            while let Some(end) = end.upgrade() {
                finder.look(&end);
                drop(end);
                std::thread::sleep(LOOK);
            }
        };
        // Without a thread the port works as long as it is plugged in.
        let _ = std::thread::Builder::new().name("krach-cable".into()).spawn(watch);
        Ok(cable)
    }
}

impl<P> Finder<P> {
    /// Lists the ports: closes the port if it has gone, opens it if it is back. Neither is done in the lock, since a system
    /// may take its time.
    fn look(&mut self, end: &Mutex<End<P>>) {
        // A system that does not answer has no ports.
        let names = (self.way.names)(&*self.system).unwrap_or_default();
        let is_open = entered(end).port.is_some();
        if is_open && !names.contains(&self.name) {
            let mut end = entered(end);
            end.change = Some(PortChange::Went(self.name.clone()));
            let gone = end.port.take();
            drop(end);
            drop(gone);
        } else if !is_open {
            let alike = |name: &&String| without_numbers(name) == without_numbers(&self.name);
            let back = names.iter().find(|name| **name == self.name).or_else(|| names.iter().find(alike));
            if let Some(name) = back
                && let Ok(port) = (self.way.open)(&*self.system, name)
            {
                self.name.clone_from(name);
                *entered(end) = End { port: Some(port), change: Some(PortChange::Came(name.clone())) };
            }
        }
    }
}

impl MidiIn for Cable<Box<dyn MidiIn>> {
    fn read(&mut self, hear: &mut dyn FnMut(u64, &[u8])) {
        if let Some(port) = &mut entered(&self.0).port {
            port.read(hear);
        }
    }

    fn change(&mut self) -> Option<PortChange> {
        Self::change(self)
    }
}

impl MidiOut for Cable<Box<dyn MidiOut>> {
    fn send(&mut self, bytes: &[u8]) -> Result<(), MidiError> {
        let unplugged = || MidiError::Failed("it is unplugged".into());
        entered(&self.0).port.as_mut().ok_or_else(unplugged)?.send(bytes)
    }

    fn change(&mut self) -> Option<PortChange> {
        Self::change(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A system whose ports are a list.
    #[derive(Clone, Default)]
    struct Table(Arc<Mutex<Vec<String>>>);

    /// Hears one message, the name of its port.
    struct Named(String);

    impl MidiIn for Named {
        fn read(&mut self, hear: &mut dyn FnMut(u64, &[u8])) {
            hear(0, self.0.as_bytes());
        }
    }

    impl MidiSystem for Table {
        fn name(&self) -> &'static str {
            "table"
        }

        fn inputs(&self) -> Result<Vec<String>, MidiError> {
            let names = self.0.lock().unwrap().clone();
            if names.is_empty() { Err(MidiError::NoSystem("it is switched off".into())) } else { Ok(names) }
        }

        fn outputs(&self) -> Result<Vec<String>, MidiError> {
            self.inputs()
        }

        fn listen(&self, name: Option<&str>) -> Result<Box<dyn MidiIn>, MidiError> {
            Ok(Box::new(Named(name.unwrap().to_owned())))
        }

        fn open(&self, _: Option<&str>) -> Result<Box<dyn MidiOut>, MidiError> {
            Err(MidiError::Failed("nothing to send to".into()))
        }
    }

    fn heard(cable: &mut Cable<Box<dyn MidiIn>>) -> Option<String> {
        let mut heard = None;
        cable.read(&mut |_, bytes| heard = Some(String::from_utf8(bytes.to_vec()).unwrap()));
        heard
    }

    #[test]
    fn a_port_that_is_plugged_in_again_is_heard_again() {
        let (table, way) = (Table::default(), super::super::port::IN);
        let plug =
            |names: &[&str]| *table.0.lock().unwrap() = names.iter().map(ToString::to_string).collect();
        let mut finder = Finder { system: Box::new(table.clone()), way, name: "nano:MIDI 1 20:0".into() };
        let mut cable = Cable::new((way.open)(&table, &finder.name).unwrap());
        let change = |cable: &mut Cable<_>| MidiIn::change(cable);
        plug(&["pads 14:0", "nano:MIDI 1 20:0"]);
        finder.look(&cable.0);
        assert_eq!((heard(&mut cable), change(&mut cable)), (Some("nano:MIDI 1 20:0".into()), None));
        plug(&["pads 14:0"]);
        finder.look(&cable.0);
        finder.look(&cable.0);
        let went = PortChange::Went("nano:MIDI 1 20:0".into());
        assert_eq!((heard(&mut cable), change(&mut cable)), (None, Some(went)));
        // Its numbers are others, and a port with another number of its own is another port.
        plug(&["nano:MIDI 2 24:1", "nano:MIDI 1 24:0"]);
        finder.look(&cable.0);
        let came = PortChange::Came("nano:MIDI 1 24:0".into());
        assert_eq!((heard(&mut cable), change(&mut cable)), (Some("nano:MIDI 1 24:0".into()), Some(came)));
        // The server of all ports ends.
        plug(&[]);
        finder.look(&cable.0);
        let went = PortChange::Went("nano:MIDI 1 24:0".into());
        assert_eq!((heard(&mut cable), change(&mut cable)), (None, Some(went)));
    }

    #[test]
    fn a_name_that_ends_in_a_number_keeps_it() {
        let names = ["Piano 2", "MIDI 1 20:0", "20:0", "Pads"];
        assert_eq!(names.map(without_numbers), ["Piano", "MIDI 1", "20:0", "Pads"]);
    }
}
