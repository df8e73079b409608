//! Paths: `bass`, `drums`, `bass/cutoff`, `bass/gain`, `bass/verb_send`, `master`.

use super::{Name, Node, Patch, Route, Sending, Voicing};
use crate::Edit;
use krach_diag::{Code, Diagnostic};
use krach_store::nearest;
use std::fmt;

/// A value that can be set, faded and driven.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Knob {
    Master,
    Tempo,
    Gain(Name),
    Pan(Name),
    /// The level of the route from a node to another.
    Send(Name, Name),
    Control(Name, Name),
}

impl fmt::Display for Knob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Master => f.write_str("master"),
            Self::Tempo => f.write_str("tempo"),
            Self::Gain(node) => write!(f, "{node}/gain"),
            Self::Pan(node) => write!(f, "{node}/pan"),
            Self::Send(source, target) => write!(f, "{source}/{target}_send"),
            Self::Control(node, control) => write!(f, "{node}/{control}"),
        }
    }
}

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    Node(Name),
    /// The nodes of a group.
    Group(Vec<Name>),
    Knob(Knob),
}

impl Patch {
    /// What a path names: a node, or a knob of the node with the longest name that fits, or a group.
    ///
    /// # Errors
    /// `KR0901` with the nearest name, and `KR0404` where the node has no such control.
    pub fn named(&self, path: &str) -> Result<Named, Diagnostic> {
        match path {
            "master" => return Ok(Named::Knob(Knob::Master)),
            "tempo" => return Ok(Named::Knob(Knob::Tempo)),
            _ => {}
        }
        if let Some((name, _)) = self.nodes.get_key_value(path) {
            return Ok(Named::Node(name.clone()));
        }
        let cuts = path.rmatch_indices('/').map(|(at, _)| (&path[..at], &path[at + 1..]));
        for (node, rest) in cuts {
            if let Some((name, node)) = self.nodes.get_key_value(node) {
                return self.knob(name, node, rest).map(Named::Knob);
            }
        }
        let group: Vec<Name> = self.group(path).cloned().collect();
        if group.is_empty() { Err(self.unknown(path)) } else { Ok(Named::Group(group)) }
    }

    pub(super) fn knob(&self, name: &Name, node: &Node, rest: &str) -> Result<Knob, Diagnostic> {
        match rest {
            "gain" => return Ok(Knob::Gain(name.clone())),
            "pan" => return Ok(Knob::Pan(name.clone())),
            // The mixer's names hide those of the sound.
            "gain_" | "pan_" | "out_" if node.control(&rest[..rest.len() - 1]).is_some() => {
                return Ok(Knob::Control(name.clone(), rest[..rest.len() - 1].into()));
            }
            _ => {}
        }
        if let Some(target) = rest.strip_suffix("_send") {
            let route = self.routes.keys().find(|route| route.source == *name && *route.target == *target);
            if let Some(route) = route {
                return Ok(Knob::Send(name.clone(), route.target.clone()));
            }
        }
        match node.control(rest) {
            Some((control, _)) => Ok(Knob::Control(name.clone(), control.name.clone())),
            None => Err(self.no_control(name, node, rest)),
        }
    }

    pub(super) fn no_control(&self, name: &str, node: &Node, control: &str) -> Diagnostic {
        let message = format!("`{name}` has no control `{control}`");
        let names: Vec<Name> = match &node.voicing {
            Voicing::Program(playable) => {
                playable.program().all_controls().map(|control| control.name.clone()).collect()
            }
            Voicing::Input(_) => Vec::new(),
        };
        let sends = self.routes.keys().filter(|route| *route.source == *name);
        let sends: Vec<Name> = sends.map(|route| format!("{}_send", route.target).into()).collect();
        let report = Diagnostic::error(Code::NoSuchControl, message);
        let known = names.iter().chain(&sends).map(|name| &**name).chain(["gain", "pan"]);
        let report = match nearest(control, known) {
            Some(near) => report.help(format!("did you mean `{near}`?")),
            None => report,
        };
        match &names[..] {
            [] => report.help("its knobs are `gain` and `pan`"),
            names => {
                let names = krach_store::listed(names.iter().map(|name| &**name));
                report.help(format!("its controls are {names}"))
            }
        }
    }

    /// `KR0901`: nothing is called so.
    pub(crate) fn unknown(&self, path: &str) -> Diagnostic {
        let report = Diagnostic::error(Code::NoSuchNode, format!("there is no node `{path}`"));
        let groups = self.nodes.keys().filter_map(|name| name.split_once('/').map(|(group, _)| group));
        let names = self.nodes.keys().map(|name| &**name).chain(groups);
        match nearest(path, names) {
            Some(near) => report.help(format!("did you mean `{near}`?")),
            None if self.nodes.is_empty() => report.help("declare it first: `kr.node(name, function)`"),
            None => report.help(format!(
                "the nodes are {}",
                krach_store::listed(self.nodes.keys().map(|name| &**name))
            )),
        }
    }

    /// The knob that a path reads: of a node its gain.
    ///
    /// # Errors
    /// `KR0404` and `KR0901`: nothing is called so; `KR0904`: a group has no one value.
    pub fn readable(&self, path: &str) -> Result<Knob, Diagnostic> {
        match self.named(path)? {
            Named::Knob(knob) => Ok(knob),
            Named::Node(name) => Ok(Knob::Gain(name)),
            Named::Group(names) => {
                let report =
                    Diagnostic::error(Code::Level, format!("`{path}` is a group of {} nodes", names.len()));
                Err(report.help(format!("read one of them: `{}`", names[0])))
            }
        }
    }

    /// The value that a knob was last set to.
    #[must_use]
    pub fn value(&self, knob: &Knob) -> Option<f64> {
        match knob {
            Knob::Master => Some(self.settings.master),
            Knob::Tempo => Some(self.settings.tempo),
            Knob::Gain(name) => self.node(name).map(|node| node.gain),
            Knob::Pan(name) => self.node(name).map(|node| node.pan),
            Knob::Send(source, target) => self.first_route(source, target).map(|(_, send)| send.level),
            Knob::Control(name, control) => self.node(name)?.control(control).map(|(_, value)| value),
        }
    }

    pub(crate) fn first_route(&self, source: &str, target: &str) -> Option<(&Route, Sending)> {
        self.routes().find(|(route, _)| *route.source == *source && *route.target == *target)
    }

    /// The edit that sets a knob.
    ///
    /// # Errors
    /// `KR0903` if the knob is the level of a route that is gone.
    pub fn turning(&self, knob: &Knob, value: f64) -> Result<Edit, Diagnostic> {
        Ok(match knob {
            Knob::Master => Edit::Master(value),
            Knob::Tempo => Edit::Tempo(value),
            Knob::Gain(node) => Edit::Gain(node.clone(), value),
            Knob::Pan(node) => Edit::Pan(node.clone(), value),
            Knob::Send(source, target) => {
                let (route, send) = self.first_route(source, target).ok_or_else(|| {
                    Diagnostic::error(
                        Code::NoRoute,
                        format!("there is no route from `{source}` to `{target}`"),
                    )
                })?;
                Edit::Route(route.clone(), Some(Sending { level: value, ..send }))
            }
            Knob::Control(node, control) => Edit::Value(node.clone(), control.clone(), Some(value)),
        })
    }
}
