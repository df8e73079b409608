//! The MIDI ports of JACK. Its library is loaded when they are asked for.

use super::port::{MidiError, MidiIn, MidiOut, MidiSystem, position};
use ::jack::{
    AsyncClient, Client, ClientOptions, Control, Port, PortFlags, ProcessHandler, ProcessScope, RawMidi,
};
use rtrb::{Consumer, Producer, RingBuffer};

pub(super) struct JackMidi;

/// The pattern of the ports that carry MIDI.
const MIDI: &str = "midi";
/// Messages that wait between JACK's thread and ours.
const WAITING: usize = 1024;

/// A message of at most three bytes. Longer ones are system exclusive, which krach skips.
#[derive(Clone, Copy)]
struct Short {
    time: u64,
    bytes: [u8; 3],
    length: u8,
}

impl Short {
    fn new(time: u64, bytes: &[u8]) -> Option<Self> {
        let mut short = Self { time, bytes: [0; 3], length: u8::try_from(bytes.len()).ok()? };
        short.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(short)
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

fn failed(error: &::jack::Error) -> MidiError {
    MidiError::Failed(error.to_string())
}

fn client(name: &str) -> Result<Client, MidiError> {
    let opened = Client::new(name, ClientOptions::NO_START_SERVER);
    opened
        .map(|(client, _)| client)
        .map_err(|error| MidiError::NoSystem(format!("JACK does not run ({error})")))
}

fn ports(client: &Client, flags: PortFlags) -> Vec<String> {
    client.ports(None, Some(MIDI), flags)
}

impl MidiSystem for JackMidi {
    fn name(&self) -> &'static str {
        "jack"
    }

    fn inputs(&self) -> Result<Vec<String>, MidiError> {
        Ok(ports(&client("krach-look")?, PortFlags::IS_OUTPUT))
    }

    fn outputs(&self) -> Result<Vec<String>, MidiError> {
        Ok(ports(&client("krach-look")?, PortFlags::IS_INPUT))
    }

    fn listen(&self, name: Option<&str>) -> Result<Box<dyn MidiIn>, MidiError> {
        let client = client("krach-in")?;
        let names = ports(&client, PortFlags::IS_OUTPUT);
        let source = name.map(|name| position(&names, name).map(|at| &names[at])).transpose()?;
        let port = client.register_port("in", ::jack::MidiIn::default()).map_err(|error| failed(&error))?;
        let own = port.name().map_err(|error| failed(&error))?;
        let (ring, heard) = RingBuffer::new(WAITING);
        let active = client.activate_async((), Receiving { port, ring }).map_err(|error| failed(&error))?;
        if let Some(source) = source {
            active.as_client().connect_ports_by_name(source, &own).map_err(|error| failed(&error))?;
        }
        Ok(Box::new(Input { _client: active, heard }))
    }

    fn open(&self, name: Option<&str>) -> Result<Box<dyn MidiOut>, MidiError> {
        let client = client("krach-out")?;
        let names = ports(&client, PortFlags::IS_INPUT);
        let target = name.map(|name| position(&names, name).map(|at| &names[at])).transpose()?;
        let port = client.register_port("out", ::jack::MidiOut::default()).map_err(|error| failed(&error))?;
        let own = port.name().map_err(|error| failed(&error))?;
        let (ring, sending) = RingBuffer::new(WAITING);
        let active =
            client.activate_async((), Sending { port, ring: sending }).map_err(|error| failed(&error))?;
        if let Some(target) = target {
            active.as_client().connect_ports_by_name(&own, target).map_err(|error| failed(&error))?;
        }
        Ok(Box::new(Output { _client: active, ring }))
    }
}

/// On JACK's thread: it must not wait or allocate.
struct Receiving {
    port: Port<::jack::MidiIn>,
    ring: Producer<Short>,
}

impl ProcessHandler for Receiving {
    fn process(&mut self, client: &Client, scope: &ProcessScope) -> Control {
        let start = scope.last_frame_time();
        for event in self.port.iter(scope) {
            let time = client.frames_to_time(start.wrapping_add(event.time));
            if let Some(short) = Short::new(time, event.bytes) {
                // The ring holds a thousand messages: further ones are lost.
                let _ = self.ring.push(short);
            }
        }
        Control::Continue
    }
}

/// On JACK's thread: it must not wait or allocate.
struct Sending {
    port: Port<::jack::MidiOut>,
    ring: Consumer<Short>,
}

impl ProcessHandler for Sending {
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        let mut writer = self.port.writer(scope);
        while let Ok(short) = self.ring.peek() {
            // A full block: the rest goes into the next one.
            if writer.write(&RawMidi { time: 0, bytes: short.bytes() }).is_err() {
                break;
            }
            let _ = self.ring.pop();
        }
        Control::Continue
    }
}

struct Input {
    _client: AsyncClient<(), Receiving>,
    heard: Consumer<Short>,
}

impl MidiIn for Input {
    fn read(&mut self, hear: &mut dyn FnMut(u64, &[u8])) {
        while let Ok(short) = self.heard.pop() {
            hear(short.time, short.bytes());
        }
    }
}

struct Output {
    _client: AsyncClient<(), Sending>,
    ring: Producer<Short>,
}

impl MidiOut for Output {
    fn send(&mut self, bytes: &[u8]) -> Result<(), MidiError> {
        let short = Short::new(0, bytes)
            .ok_or_else(|| MidiError::Failed(format!("{} bytes are no message", bytes.len())))?;
        self.ring.push(short).map_err(|_| MidiError::Failed("JACK takes no more messages".into()))
    }
}
