//! The session while it plays, as Python sees it: devices, moments, counters, news.

use crate::error;
use crate::pattern::argument::time;
use crate::render::channels_array;
use krach_diag::{Code, Diagnostic};
use krach_engine::{AudioPriority, DeviceFormat, DeviceRequest, Notice, Receipt};
use krach_pattern::Time;
use krach_session::midi::PortChange;
use krach_session::{At, Journal, News, Offence, OffenceKind, Pending, Position, Preview, Session};
use numpy::PyArray2;
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// "now", "beat", "bar", or a bar counted from 1; without, the usual moment.
pub type When<'a> = Option<&'a Bound<'a, PyAny>>;

const MOMENT: &str = "`at` is \"now\", \"beat\", \"bar\" or the number of a bar";

/// # Errors
/// `KR0904` for another text, and for a number that is none; those of [`time`] for another value.
pub fn at(py: Python<'_>, when: When<'_>) -> PyResult<At> {
    let Some(when) = when else { return Ok(At::Usual) };
    match when.extract::<&str>() {
        Ok("now") => Ok(At::Now),
        Ok("beat") => Ok(At::Beat),
        Ok("bar") => Ok(At::Bar),
        Ok(other) => {
            let message = format!("{MOMENT}, not `{other}`");
            Err(error::raise(py, &Diagnostic::error(Code::Level, message)))
        }
        Err(_) => match when.extract::<f64>().ok().filter(|bar| !bar.is_finite()) {
            Some(bar) => {
                let message = format!("{MOMENT}, got {bar}");
                Err(error::raise(py, &Diagnostic::error(Code::Level, message)))
            }
            None => Ok(At::Cycle(time(py, MOMENT, when)?.minus(Time::ONE).unwrap_or(Time::ZERO))),
        },
    }
}

/// The cycle of the next bar line; none while nothing plays.
pub fn next_bar(session: &Session) -> Option<i64> {
    session.now().map(|now| now.bar)
}

/// What is asked of a device.
#[derive(FromPyObject, Debug)]
#[pyo3(from_item_all)]
pub struct Request {
    device: Option<String>,
    sample_rate: Option<u32>,
    block: Option<usize>,
    inputs: usize,
}

impl From<Request> for DeviceRequest {
    fn from(request: Request) -> Self {
        let Request { device, sample_rate: rate, block, inputs } = request;
        let device = device.or_else(krach_session::chosen_device);
        Self { device, rate, block, inputs, ..Self::default() }
    }
}

/// What a device agreed to.
#[derive(IntoPyObject)]
pub struct Format {
    device: String,
    sample_rate: u32,
    block: usize,
    outputs: usize,
    inputs: usize,
}

impl From<DeviceFormat> for Format {
    fn from(format: DeviceFormat) -> Self {
        let DeviceFormat { device, rate: sample_rate, block, outputs, inputs } = format;
        Self { device, sample_rate, block, outputs, inputs }
    }
}

pub fn moment(now: Position) -> (u64, f64, i64, f64, f64, f64) {
    (now.frame.0, now.cycle.approximately(), now.bar, now.beat, now.tempo, now.seconds)
}

pub fn wait(session: &Session, cycle: f64, seconds: f64) -> bool {
    let limit = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    session.wait(Time::approximate(cycle).unwrap_or(Time::ZERO), limit)
}

/// What the next cycles will sound like.
#[derive(IntoPyObject)]
pub struct Forecast<'py> {
    sound: Bound<'py, PyArray2<f32>>,
    start: u64,
    peak: f32,
    loudness: f64,
    dc: f64,
    limited: u64,
    load: f64,
    peaks: BTreeMap<String, f32>,
    /// The frame, the node and the kind of the first fault.
    offence: Option<(u64, Option<String>, &'static str)>,
}

pub fn forecast(py: Python<'_>, preview: Preview) -> PyResult<Forecast<'_>> {
    let offence = preview.offence.map(|Offence { frame, node, kind }| {
        let kind = match kind {
            OffenceKind::NotFinite => "not finite",
            OffenceKind::TooLoud => "too loud",
        };
        (frame.0, node.map(|name| name.to_string()), kind)
    });
    Ok(Forecast {
        sound: channels_array(py, preview.sound.into())?,
        start: preview.start.0,
        peak: preview.peak,
        loudness: preview.loudness,
        dc: preview.dc,
        limited: preview.limited,
        load: preview.load,
        peaks: preview.peaks.into_iter().map(|(name, peak)| (name.to_string(), peak)).collect(),
        offence,
    })
}

/// Counters by name, also the load of each node; the largest sample of each node; that of the master.
pub type Counters = (BTreeMap<String, f64>, BTreeMap<String, f32>, f32);

#[allow(clippy::cast_precision_loss)]
pub fn counters(session: &Session) -> Option<Counters> {
    let (stats, (peaks, master)) = (session.stats()?, session.peaks()?);
    let (device, stage) = (stats.device, stats.stage);
    let counters = [
        ("frames", device.frames as f64),
        ("blocks", device.blocks as f64),
        ("late_blocks", device.late as f64),
        ("xruns", device.xruns as f64),
        ("missing_inputs", device.missing_inputs as f64),
        ("load", device.load),
        ("worst_load", device.worst_load),
        ("latency", device.latency.as_secs_f64()),
        ("late_events", stage.late as f64),
        ("lost_events", stage.lost as f64),
        ("limited", stage.limited as f64),
        ("unsent", stats.unsent as f64),
        ("priority", f64::from(u8::from(device.priority == AudioPriority::Granted))),
        ("takes", stats.takes as f64),
    ];
    let loads = session.loads().into_iter().map(|(name, load)| (format!("load/{name}"), load));
    let counters = counters.into_iter().map(|(name, count)| (name.to_owned(), count)).chain(loads);
    let peaks = peaks.into_iter().map(|(name, peak)| (name.to_string(), peak)).collect();
    Some((counters.collect(), peaks, master))
}

/// One line about something that happened.
pub fn line(news: &News) -> String {
    let of = |name: &Option<krach_session::Name>| name.as_deref().unwrap_or("a node").to_owned();
    match news {
        News::Device(Notice::Playing(format)) => {
            format!("plays on {} at {} Hz in blocks of {}", format.device, format.rate, format.block)
        }
        News::Device(Notice::Lost { device, why }) => format!("{device} is lost: {why}"),
        News::Device(Notice::PriorityDenied) => "the system gives no real-time priority".to_owned(),
        News::Midi(PortChange::Went(name)) => format!("the MIDI port {name} is unplugged"),
        News::Midi(PortChange::Came(name)) => format!("the MIDI port {name} is back"),
        News::Stage(Receipt::Edited { number, at }, _) => {
            format!("edit {number} is heard from frame {}", at.0)
        }
        News::Stage(Receipt::Swapped { start, end, bytes, .. }, name) => {
            format!("{} has a new sound from frame {} to {}: {bytes} bytes kept", of(name), start.0, end.0)
        }
        News::Stage(Receipt::Failed { at, muted, .. }, name) => {
            let fate = if *muted { "is muted" } else { "begins again" };
            format!("{} was not finite at frame {} and {fate}", of(name), at.0)
        }
        News::Stage(Receipt::Overran { at, .. }, name) => {
            format!("{} took too long at frame {} and is muted for half a second", of(name), at.0)
        }
        News::Fault(report) => report.to_string(),
    }
}

/// Goes on from a journal, that of the last session where no path is given: its file, and whether it was whole.
///
/// # Errors
/// `KR0501`: there is none, or it cannot be read; and those of the edits.
pub fn recover(session: &Session, path: Option<PathBuf>) -> Result<(PathBuf, bool), Diagnostic> {
    let path = path.or_else(|| Journal::before(session.journal().as_deref())).ok_or_else(|| {
        let report = Diagnostic::error(Code::Unreadable, "there is no journal of an earlier session");
        report.help("krach writes one while a device plays; `KRACH_JOURNAL=off` keeps none")
    })?;
    let journal = Journal::read(&path)?;
    session.recover(&journal)?;
    Ok((path, journal.is_whole))
}

/// Edits that wait for their moment: the bar from 1, and a line for each.
pub fn waiting(pending: &Pending) -> (f64, Vec<String>) {
    (1.0 + pending.cycle.approximately(), pending.edits.iter().map(ToString::to_string).collect())
}
