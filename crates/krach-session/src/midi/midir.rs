//! The MIDI ports of the operating system. On Linux they are those of ALSA, which is loaded when they are asked for.

use super::port::{MidiError, MidiIn, MidiOut, MidiSystem, position};
use midir::{Ignore, MidiIO, MidiInput, MidiInputConnection, MidiOutput, MidiOutputConnection};
use std::sync::mpsc::{self, Receiver};

const CLIENT: &str = "krach";

pub(super) struct MidirMidi;

fn failed(error: &dyn std::fmt::Display) -> MidiError {
    MidiError::Failed(error.to_string())
}

/// Loads ALSA where it is needed. While the result lives, ALSA is quiet on standard error: its complaints come back as
/// errors anyway.
fn ready() -> Result<impl Sized, MidiError> {
    krach_alsa::load().map_err(|missing| MidiError::NoSystem(missing.to_string()))?;
    #[cfg(target_os = "linux")]
    let quiet = alsa::Output::local_error_handler();
    #[cfg(not(target_os = "linux"))]
    let quiet = ();
    Ok(quiet)
}

fn input() -> Result<MidiInput, MidiError> {
    let _quiet = ready()?;
    let mut input = MidiInput::new(CLIENT).map_err(|error| MidiError::NoSystem(error.to_string()))?;
    input.ignore(Ignore::None);
    Ok(input)
}

fn output() -> Result<MidiOutput, MidiError> {
    let _quiet = ready()?;
    MidiOutput::new(CLIENT).map_err(|error| MidiError::NoSystem(error.to_string()))
}

/// Ports and their names, without our own.
fn ports<IO: MidiIO>(of: &IO) -> (Vec<IO::Port>, Vec<String>) {
    let named = |port: IO::Port| of.port_name(&port).ok().map(|name| (port, name));
    of.ports().into_iter().filter_map(named).filter(|(_, name)| !name.starts_with(CLIENT)).unzip()
}

impl MidiSystem for MidirMidi {
    fn name(&self) -> &'static str {
        if cfg!(target_os = "linux") { "alsa" } else { "system" }
    }

    fn inputs(&self) -> Result<Vec<String>, MidiError> {
        Ok(ports(&input()?).1)
    }

    fn outputs(&self) -> Result<Vec<String>, MidiError> {
        Ok(ports(&output()?).1)
    }

    fn listen(&self, name: Option<&str>) -> Result<Box<dyn MidiIn>, MidiError> {
        let input = input()?;
        let (sender, receiver) = mpsc::channel();
        let hear = move |time: u64, bytes: &[u8], (): &mut ()| {
            // The receiver is gone: the port is being closed.
            let _ = sender.send((time, bytes.to_vec()));
        };
        let connection = match name {
            Some(name) => {
                let (ports, names) = ports(&input);
                let at = position(&names, name)?;
                input.connect(&ports[at], "in", hear, ()).map_err(|error| failed(&error))
            }
            #[cfg(unix)]
            None => midir::os::unix::VirtualInput::create_virtual(input, "in", hear, ())
                .map_err(|error| failed(&error)),
            #[cfg(not(unix))]
            None => Err(failed(&"this system has no ports for other programs")),
        }?;
        Ok(Box::new(Input { _connection: connection, receiver }))
    }

    fn open(&self, name: Option<&str>) -> Result<Box<dyn MidiOut>, MidiError> {
        let output = output()?;
        let connection = match name {
            Some(name) => {
                let (ports, names) = ports(&output);
                let at = position(&names, name)?;
                output.connect(&ports[at], "out").map_err(|error| failed(&error))
            }
            #[cfg(unix)]
            None => {
                midir::os::unix::VirtualOutput::create_virtual(output, "out").map_err(|error| failed(&error))
            }
            #[cfg(not(unix))]
            None => Err(failed(&"this system has no ports for other programs")),
        }?;
        Ok(Box::new(Output(connection)))
    }
}

struct Input {
    _connection: MidiInputConnection<()>,
    receiver: Receiver<(u64, Vec<u8>)>,
}

impl MidiIn for Input {
    fn read(&mut self, hear: &mut dyn FnMut(u64, &[u8])) {
        self.receiver.try_iter().for_each(|(time, bytes)| hear(time, &bytes));
    }
}

struct Output(MidiOutputConnection);

impl MidiOut for Output {
    fn send(&mut self, bytes: &[u8]) -> Result<(), MidiError> {
        self.0.send(bytes).map_err(|error| failed(&error))
    }
}
