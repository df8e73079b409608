//! `Ports`: MIDI and OSC of a session, in and out. `Take`: a recording of what plays.

use crate::error;
use krach_diag::{Code, Diagnostic};
use krach_session::midi::{Knob, KnobMove, MidiError, midi_listen, midi_open};
use krach_session::osc::{OscListener, OscSender};
use krach_session::{Name, Session};
use krach_store::WavSamples;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Keyboards, knobs and other machines.
#[pyclass(module = "krach._krach", frozen)]
#[derive(Debug)]
pub struct Ports(pub Arc<Session>);

/// Controller, path, lowest and highest value, channel from 1 (0 hears every channel).
type Map = (u8, String, f64, f64, u8);

fn no_port(error: &MidiError) -> Diagnostic {
    Diagnostic::error(Code::NoDevice, error.to_string()).help("`krach doctor` lists the MIDI ports")
}

fn no_osc(error: &std::io::Error) -> Diagnostic {
    let report = Diagnostic::error(Code::NoDevice, format!("no OSC there: {error}"));
    report.help("write a host and a port: \"127.0.0.1:57120\"")
}

#[pymethods]
impl Ports {
    /// Hears a MIDI port: its name, and its number for `midi_play`.
    #[pyo3(signature = (port=None))]
    fn midi_in(&self, py: Python<'_>, port: Option<&str>) -> PyResult<(String, usize)> {
        py.detach(|| {
            let (name, port) = midi_listen(port).map_err(|error| no_port(&error))?;
            Ok((name, self.0.midi_in(port, None)?))
        })
        .map_err(|report: Diagnostic| error::raise(py, &report))
    }

    /// Lets the keys of an input play a node, or none.
    #[pyo3(signature = (number, node=None))]
    fn midi_play(&self, py: Python<'_>, number: usize, node: Option<&str>) -> PyResult<()> {
        py.detach(|| self.0.midi_play(number, node)).map_err(|report| error::raise(py, &report))
    }

    /// The number of MIDI inputs that are heard.
    fn midi_inputs(&self, py: Python<'_>) -> usize {
        py.detach(|| self.0.midi_inputs())
    }

    fn midi_map(
        &self,
        py: Python<'_>,
        controller: u8,
        path: &str,
        ends: (f64, f64),
        channel: u8,
    ) -> PyResult<()> {
        let (target, (lo, hi)): (Name, _) = (path.into(), ends);
        let knob = Knob { channel: channel.checked_sub(1), controller, range: [lo, hi], fine: false, target };
        py.detach(|| self.0.midi_map(knob)).map_err(|report| error::raise(py, &report))
    }

    fn midi_learn(&self, py: Python<'_>, path: &str, ends: (f64, f64)) -> PyResult<()> {
        let (lo, hi) = ends;
        py.detach(|| self.0.midi_learn(path, [lo, hi])).map_err(|report| error::raise(py, &report))
    }

    /// Ends all maps to a path; how many there were.
    fn midi_unmap(&self, py: Python<'_>, path: &str) -> usize {
        py.detach(|| self.0.midi_unmap(path))
    }

    fn midi_maps(&self, py: Python<'_>) -> Vec<Map> {
        let map = |Knob { channel, controller, range: [lo, hi], target, .. }: Knob<Name>| {
            (controller, target.to_string(), lo, hi, channel.map_or(0, |channel| channel + 1))
        };
        py.detach(|| self.0.midi_knobs()).into_iter().map(map).collect()
    }

    /// Plays on a MIDI port; its name.
    #[pyo3(signature = (port=None, clock=false))]
    fn midi_out(&self, py: Python<'_>, port: Option<&str>, clock: bool) -> PyResult<String> {
        py.detach(|| {
            let (name, port) = midi_open(port).map_err(|error| no_port(&error))?;
            if self.0.midi_out(Some(port), clock) { Ok(name) } else { Err(silent()) }
        })
        .map_err(|report| error::raise(py, &report))
    }

    /// Follows the clock of a MIDI port; its name.
    #[pyo3(signature = (port=None))]
    fn midi_clock(&self, py: Python<'_>, port: Option<&str>) -> PyResult<String> {
        py.detach(|| {
            let (name, port) = midi_listen(port).map_err(|error| no_port(&error))?;
            self.0.follow_clock(Some(port));
            Ok(name)
        })
        .map_err(|report: Diagnostic| error::raise(py, &report))
    }

    /// Ends following a clock.
    fn end_midi_clock(&self, py: Python<'_>) {
        py.detach(|| self.0.follow_clock(None));
    }

    /// The tempo of the clock that is followed, in BPM.
    fn midi_clock_tempo(&self, py: Python<'_>) -> Option<f64> {
        py.detach(|| self.0.followed_tempo())
    }

    /// Sends OSC to `host:port`.
    fn osc_out(&self, py: Python<'_>, target: &str) -> PyResult<()> {
        py.detach(|| {
            let sender = OscSender::to(target).map_err(|error| no_osc(&error))?;
            if self.0.osc_out(Some(sender)) { Ok(()) } else { Err(silent()) }
        })
        .map_err(|report| error::raise(py, &report))
    }

    /// Closes the ports that patterns play on.
    fn close_outputs(&self, py: Python<'_>, midi: bool, osc: bool) {
        py.detach(|| {
            if midi {
                let _ = self.0.midi_out(None, false);
            }
            if osc {
                let _ = self.0.osc_out(None);
            }
        });
    }

    /// Hears OSC from programs of this machine at a port, 0 for any free one: the port.
    fn osc_in(&self, py: Python<'_>, port: u16) -> PyResult<u16> {
        py.detach(|| {
            let listener = OscListener::local(port)?;
            let address = listener.address()?;
            self.0.osc_in(Some(listener));
            Ok(address.port())
        })
        .map_err(|error: std::io::Error| error::raise(py, &no_osc(&error)))
    }

    /// Messages of OSC that were heard, that were no OSC, that were too many, and that meant nothing here.
    fn osc_counts(&self, py: Python<'_>) -> (u64, u64, u64, u64) {
        let (counts, refused) = py.detach(|| self.0.osc_counts());
        (counts.heard, counts.malformed, counts.dropped, refused)
    }

    /// Lines about knobs since the last call.
    fn moves(&self, py: Python<'_>) -> Vec<String> {
        let line = |moved: &KnobMove<Name>| match moved {
            KnobMove::Set { target, value } => format!("{target} is turned to {value}"),
            KnobMove::Waiting { target, knob, value } => {
                format!("a knob at {knob:.2} waits for {target} at {value:.2}: turn it there")
            }
            KnobMove::Learned(Knob { channel, controller, target, .. }) => {
                let channel = channel.map_or(0, |channel| channel + 1);
                format!("controller {controller} of channel {channel} turns {target} from now on")
            }
        };
        py.detach(|| self.0.knob_moves()).iter().map(line).collect()
    }
}

fn silent() -> Diagnostic {
    let report = Diagnostic::error(Code::NoDevice, "nothing plays, so nothing can be sent");
    report.help("start the sound first: `kr.open()`")
}

/// A take that is running.
#[pyclass(module = "krach._krach", frozen)]
#[derive(Debug)]
pub struct Take(Mutex<Option<krach_session::Recording>>);

impl Take {
    pub fn begin(
        py: Python<'_>,
        session: &Session,
        path: PathBuf,
        bits: &str,
        stems: bool,
    ) -> PyResult<Self> {
        let samples: WavSamples = bits.parse().map_err(PyValueError::new_err)?;
        let begun = py.detach(|| session.record(&path, samples, stems));
        begun.map(|take| Self(Mutex::new(Some(take)))).map_err(|report| error::raise(py, &report))
    }

    fn with<T>(&self, read: impl FnOnce(&krach_session::Recording) -> T) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(read)
    }
}

#[pymethods]
impl Take {
    /// Ends the take: its files. None if it was over.
    fn stop(&self, py: Python<'_>) -> PyResult<Option<Vec<PathBuf>>> {
        let take = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let stopped = take.map(|take| py.detach(|| take.stop()));
        stopped.transpose().map_err(|report| error::raise(py, &report))
    }

    /// Why it ended early, if it did.
    fn failure(&self) -> Option<String> {
        self.with(krach_session::Recording::failure).flatten().map(|report| report.to_string())
    }

    /// Frames that are silent because the disk was too slow; none once it is over.
    fn lost(&self) -> Option<u64> {
        self.with(krach_session::Recording::lost)
    }
}
