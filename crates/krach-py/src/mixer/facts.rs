//! What Python asks of a patch: nodes, routes, values, and what drives them.

use crate::error;
use crate::face::Control;
use crate::pattern::Pattern;
use crate::pattern::argument::time;
use crate::program::Program;
use krach_diag::{Code, Diagnostic};
use krach_pattern::{Shape, Time};
use krach_session::{Driver, Edit, Fade, Knob, Modulation, Named, Node, Out, Patch, Session, Voicing};
use krach_store::{Playable, nearest};
use pyo3::prelude::*;
use std::collections::BTreeMap;

/// Where a node sounds, as Python says it; without, it sounds into its routes only.
#[derive(FromPyObject, IntoPyObject)]
pub enum Outlet {
    /// "master", or the name of a node.
    Name(String),
    /// Channels of the sound device, from 1.
    Channels(Vec<u32>),
}

impl Outlet {
    /// # Errors
    /// None now: the edit checks the name.
    pub fn to_out(outlet: Option<Self>, patch: &Patch) -> Result<Out, Diagnostic> {
        Ok(match outlet {
            None => Out::Nowhere,
            Some(Self::Name(name)) if name == "master" && patch.node("master").is_none() => Out::Master,
            Some(Self::Name(name)) => Out::Node(name.into()),
            Some(Self::Channels(channels)) => Out::Device(channels.into()),
        })
    }

    fn of(out: &Out) -> Option<Self> {
        match out {
            Out::Master => Some(Self::Name("master".to_owned())),
            Out::Nowhere => None,
            Out::Node(name) => Some(Self::Name(name.to_string())),
            Out::Device(channels) => Some(Self::Channels(channels.to_vec())),
        }
    }
}

/// An input of an effect: its name, or its number.
#[derive(FromPyObject)]
pub enum Port {
    Number(u32),
    Name(String),
}

impl Port {
    /// # Errors
    /// `KR0903`: the node has no such input.
    pub fn number(&self, patch: &Patch, target: &str) -> Result<u32, Diagnostic> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Name(name) => patch.port(target, name),
        }
    }
}

/// A node, as a dictionary.
#[derive(IntoPyObject)]
pub struct NodeFacts {
    gain: f64,
    pan: f64,
    out: Option<Outlet>,
    muted: bool,
    count: u32,
    inputs: Vec<String>,
    outputs: usize,
    /// The number of the device's input that it is heard from.
    channel: Option<u32>,
    program: Option<Program>,
    precision: String,
    controls: Vec<Control>,
    /// The controls that were set.
    values: BTreeMap<String, f64>,
    /// The Python text that the program was made from.
    text: String,
}

impl NodeFacts {
    pub fn of(node: &Node, text: String) -> Self {
        let (program, channel) = match &node.voicing {
            Voicing::Program(playable) => (Some(Program::of(playable.clone())), None),
            Voicing::Input(channel) => (None, Some(*channel)),
        };
        let controls = program.as_ref().map_or_else(Vec::new, Program::controls);
        let precision = match &node.voicing {
            Voicing::Program(playable) => playable.precision().unwrap_or_default(),
            Voicing::Input(_) => Default::default(),
        };
        Self {
            gain: node.gain,
            pan: node.pan,
            out: Outlet::of(&node.out),
            muted: node.muted,
            count: node.count,
            inputs: node.voicing.inputs().iter().map(ToString::to_string).collect(),
            outputs: node.voicing.outputs(),
            channel,
            program,
            precision: precision.to_string(),
            controls,
            values: node.values.iter().map(|(name, value)| (name.to_string(), *value)).collect(),
            text,
        }
    }
}

/// The knob that a path names, the gain of a node included; none for a group.
pub fn knob(patch: &Patch, path: &str) -> Result<Option<Knob>, Diagnostic> {
    Ok(match patch.named(path)? {
        Named::Knob(knob) => Some(knob),
        Named::Node(name) => Some(Knob::Gain(name)),
        Named::Group(_) => None,
    })
}

pub fn value(patch: &Patch, path: &str) -> Result<f64, Diagnostic> {
    let value = knob(patch, path)?.and_then(|knob| patch.value(&knob));
    value.ok_or_else(|| {
        let report = Diagnostic::error(Code::NoSuchNode, format!("`{path}` is a group, which has no value"));
        report.help(format!("read one of its nodes: `{path}/NAME`"))
    })
}

pub fn routes(patch: &Patch) -> Vec<(String, String, Option<String>, f64, bool)> {
    let row = |(route, send): (&krach_session::Route, krach_session::Sending)| {
        let inputs = patch.node(&route.target).map_or(&[][..], |node| node.voicing.inputs());
        let port = route.port.map(|port| {
            let many = inputs.len() > 1;
            if many { format!("in{port}") } else { "in".to_owned() }
        });
        (route.source.to_string(), route.target.to_string(), port, send.level, send.pre)
    };
    patch.routes().map(row).collect()
}

/// What drives a path: its kind, its pattern with the cycle of its own cycle 0, its shape with its ends and its period,
/// and a line about it. A fade has the shape `fade`, and both ends are its target.
#[derive(IntoPyObject)]
pub struct DriverFacts {
    path: String,
    kind: &'static str,
    pattern: Option<Pattern>,
    offset: i64,
    shape: Option<(&'static str, f64, f64, f64)>,
    text: String,
}

/// The shape of a fade.
const FADE: &str = "fade";

pub fn drivers(patch: &Patch) -> Vec<DriverFacts> {
    let row = |(path, driver): (&krach_session::Name, &Driver)| {
        let mut offset = 0;
        let (kind, pattern, shape) = match driver {
            Driver::Playing(playing) => {
                offset = playing.offset;
                ("pattern", Some(Pattern(playing.pattern.clone())), None)
            }
            Driver::Modulation(Modulation { shape, lo, hi, bars }) => {
                ("mod", None, Some((shape.name(), *lo, *hi, bars.approximately())))
            }
            Driver::Fade(Fade { to, bars }) => ("fade", None, Some((FADE, *to, *to, bars.approximately()))),
        };
        let text = Edit::Drive(path.clone(), Some(driver.clone())).to_string();
        DriverFacts { path: path.to_string(), kind, pattern, offset, shape, text }
    };
    patch.drivers().map(row).collect()
}

/// The pattern that plays a path, or else the last one in the history that did.
pub fn last_pattern(session: &Session, path: &str) -> Option<krach_pattern::Pattern> {
    let of = |driver: &Driver| match driver {
        Driver::Playing(playing) => Some(playing.pattern.clone()),
        _ => None,
    };
    if let Some(pattern) = session.patch().driver(path).and_then(of) {
        return Some(pattern);
    }
    let played = |edit: &Edit| match edit {
        Edit::Drive(driven, Some(driver)) if **driven == *path => of(driver),
        _ => None,
    };
    let pending = session.edits();
    let before = session.history();
    pending.iter().rev().find_map(played).or_else(|| before.iter().flatten().rev().find_map(played))
}

pub fn no_shape(name: &str) -> Diagnostic {
    let names = || Shape::ALL.into_iter().map(Shape::name);
    let report = Diagnostic::error(Code::Level, format!("there is no shape `{name}`"));
    match nearest(name, names()) {
        Some(near) => report.help(format!("did you mean `{near}`?")),
        None => report.help(format!("the shapes are {}", names().collect::<Vec<_>>().join(", "))),
    }
}

/// The sound of a node.
pub fn voicing(program: &Program, precision: &str) -> PyResult<Voicing> {
    let precision = crate::render::precision(precision)?;
    let playable = &program.playable;
    // A sound of a library keeps its compiled code.
    let made_for = playable.precision().unwrap_or_default();
    if made_for == precision {
        return Ok(Voicing::Program(playable.clone()));
    }
    Ok(Voicing::Program(Playable::made_for(program.inner().clone(), Some(precision))))
}

/// A positive number of cycles.
pub fn bars(py: Python<'_>, bars: &Bound<'_, PyAny>) -> PyResult<Time> {
    let bars = time(py, "bars must be a positive number", bars)?;
    if bars.is_positive() {
        return Ok(bars);
    }
    let message = format!("bars must be a positive number, got {bars}");
    Err(error::raise(py, &Diagnostic::error(Code::Level, message)))
}
