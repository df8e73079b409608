//! Edits: changes of a patch as data.
//!
//! Every edit puts one value in the place of another, so its inverse is an edit of the same kind with the value that was
//! there. Anything larger is a list of edits, applied as one.

mod diff;
mod history;
mod plan;
mod transaction;

pub use history::{Entry, History};
pub use transaction::Transaction;

use crate::journal::shape;
use crate::patch::{Driver, Name, Node, Out, Patch, Route, Sending};
use krach_diag::Diagnostic;
use krach_pattern::Time;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// One change of a patch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Edit {
    /// A node in the place of the one of that name, or none.
    Node(Name, Option<Arc<Node>>),
    Route(Route, Option<Sending>),
    Gain(Name, f64),
    Pan(Name, f64),
    Out(Name, Out),
    Muted(Name, bool),
    /// A control of a node; without a value it is at its start.
    Value(Name, Name, Option<f64>),
    /// All that is soloed.
    Solo(Vec<Name>),
    /// What moves a path, or nothing.
    Drive(Name, Option<Driver>),
    Tempo(f64),
    Meter(#[serde(with = "shape::time")] Time),
    Master(f64),
    Limiter(bool),
    Seed(u64),
    Tuning(f64),
}

impl Patch {
    /// Applies an edit; the answer is its inverse.
    ///
    /// # Errors
    /// `KR0404`, `KR0405` and `KR0901` to `KR0905`, which name the path. The patch stays as it was.
    pub fn apply(&mut self, edit: &Edit) -> Result<Edit, Diagnostic> {
        self.check(edit)?;
        Ok(match edit {
            Edit::Node(name, node) => {
                let before = match node {
                    Some(node) => self.nodes.insert(name.clone(), node.clone()),
                    None => self.nodes.remove(name),
                };
                Edit::Node(name.clone(), before)
            }
            Edit::Route(route, send) => {
                let before = match send {
                    Some(send) => self.routes.insert(route.clone(), *send),
                    None => self.routes.remove(route),
                };
                Edit::Route(route.clone(), before)
            }
            Edit::Gain(name, gain) => {
                Edit::Gain(name.clone(), std::mem::replace(&mut self.node_mut(name).gain, *gain))
            }
            Edit::Pan(name, pan) => {
                Edit::Pan(name.clone(), std::mem::replace(&mut self.node_mut(name).pan, *pan))
            }
            Edit::Out(name, out) => {
                Edit::Out(name.clone(), std::mem::replace(&mut self.node_mut(name).out, out.clone()))
            }
            Edit::Muted(name, muted) => {
                Edit::Muted(name.clone(), std::mem::replace(&mut self.node_mut(name).muted, *muted))
            }
            Edit::Value(name, control, value) => {
                let values = &mut self.node_mut(name).values;
                let before = match value {
                    Some(value) => values.insert(control.clone(), *value),
                    None => values.remove(control),
                };
                Edit::Value(name.clone(), control.clone(), before)
            }
            Edit::Solo(names) => Edit::Solo(std::mem::replace(&mut self.solo, names.clone())),
            Edit::Drive(path, driver) => {
                let before = match driver {
                    Some(driver) => self.drivers.insert(path.clone(), driver.clone()),
                    None => self.drivers.remove(path),
                };
                Edit::Drive(path.clone(), before)
            }
            Edit::Tempo(tempo) => Edit::Tempo(std::mem::replace(&mut self.settings.tempo, *tempo)),
            Edit::Meter(meter) => Edit::Meter(std::mem::replace(&mut self.settings.meter, *meter)),
            Edit::Master(gain) => Edit::Master(std::mem::replace(&mut self.settings.master, *gain)),
            Edit::Limiter(on) => Edit::Limiter(std::mem::replace(&mut self.settings.limiter, *on)),
            Edit::Seed(seed) => Edit::Seed(std::mem::replace(&mut self.settings.seed, *seed)),
            Edit::Tuning(hertz) => Edit::Tuning(std::mem::replace(&mut self.settings.tuning, *hertz)),
        })
    }

    /// Applies edits in order, all or none; the answer is the inverse of the whole.
    ///
    /// # Errors
    /// Those of the first edit that cannot be; then nothing has changed.
    pub fn apply_all(&mut self, edits: &[Edit]) -> Result<Vec<Edit>, Diagnostic> {
        let mut inverse = Vec::with_capacity(edits.len());
        let mut changed = self.clone();
        for edit in edits {
            inverse.push(changed.apply(edit)?);
        }
        *self = changed;
        inverse.reverse();
        Ok(inverse)
    }

    fn node_mut(&mut self, name: &str) -> &mut Node {
        Arc::make_mut(self.nodes.get_mut(name).expect("the edit was checked"))
    }
}

/// As a line of the history: `set bass/cutoff to 1200`.
impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(name, Some(_)) => write!(f, "declare {name}"),
            Self::Node(name, None) => write!(f, "remove {name}"),
            Self::Route(route, send) => match send {
                Some(send) => write!(f, "connect {} > {} at {}", route.source, route.target, send.level),
                None => write!(f, "disconnect {} > {}", route.source, route.target),
            },
            Self::Gain(name, gain) => write!(f, "set {name}/gain to {gain}"),
            Self::Pan(name, pan) => write!(f, "set {name}/pan to {pan}"),
            Self::Out(name, Out::Master) => write!(f, "let {name} out at the master"),
            Self::Out(name, Out::Nowhere) => write!(f, "let {name} out through its routes only"),
            Self::Out(name, Out::Node(target)) => write!(f, "let {name} out into {target}"),
            Self::Out(name, Out::Device(channels)) => write!(f, "let {name} out at channels {channels:?}"),
            Self::Muted(name, muted) => write!(f, "{} {name}", if *muted { "mute" } else { "unmute" }),
            Self::Value(name, control, Some(value)) => write!(f, "set {name}/{control} to {value}"),
            Self::Value(name, control, None) => write!(f, "set {name}/{control} to its start"),
            Self::Solo(names) if names.is_empty() => f.write_str("end the solo"),
            Self::Solo(names) => write!(f, "solo {}", names.join(", ")),
            Self::Drive(path, Some(Driver::Playing(playing))) => {
                write!(f, "play {} on {path}", playing.pattern)
            }
            Self::Drive(path, Some(Driver::Modulation(shape))) => {
                write!(f, "move {path} by {} from {} to {}", shape.shape.name(), shape.lo, shape.hi)
            }
            Self::Drive(path, Some(Driver::Fade(fade))) => {
                write!(f, "fade {path} to {} over {} cycles", fade.to, fade.bars)
            }
            Self::Drive(path, None) => write!(f, "hush {path}"),
            Self::Tempo(tempo) => write!(f, "set tempo to {tempo}"),
            Self::Meter(meter) => write!(f, "set meter to {meter}"),
            Self::Master(gain) => write!(f, "set master to {gain}"),
            Self::Limiter(on) => write!(f, "turn the limiter {}", if *on { "on" } else { "off" }),
            Self::Seed(seed) => write!(f, "set seed to {seed}"),
            Self::Tuning(hertz) => write!(f, "tune A4 to {hertz} Hz"),
        }
    }
}
