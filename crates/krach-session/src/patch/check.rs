//! What a patch may not be: each edit is checked against it before anything changes.

use super::{Driver, Knob, Modulation, Name, Named, Node, Out, Patch, Route, device_channels};
use crate::Edit;
use krach_diag::{Code, Diagnostic};
use krach_pattern::Time;

/// Letters of a name.
const LONGEST_NAME: usize = 128;
/// Notes of one node.
const MOST_VOICES: u32 = 256;
/// Beats per minute. In a faster tempo a beat is shorter than three frames, and patterns cost more than they sound.
pub(crate) const HIGHEST_TEMPO: f64 = 1e6;
/// Beats of one cycle.
const LONGEST_METER: i64 = 1024;

fn out_of_range(message: String) -> Diagnostic {
    Diagnostic::error(Code::Level, message)
}

fn finite(what: &str, value: f64, lowest: f64) -> Result<(), Diagnostic> {
    if value.is_finite() && value >= lowest {
        return Ok(());
    }
    let bound = if lowest.is_finite() { format!(", {lowest} or more") } else { String::new() };
    Err(out_of_range(format!("{what} must be a finite number{bound}, got {value}")))
}

fn value(path: &str, value: f64) -> Result<(), Diagnostic> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Diagnostic::error(Code::ControlValue, format!("`{path}` must be a finite number, got {value}")))
}

/// A name of a node: words with `/` between them, none of which a knob of the mixer has.
pub fn name(name: &str) -> Result<(), Diagnostic> {
    let refuse = |why: &str| {
        let shown: String = name.chars().take(LONGEST_NAME).collect();
        let report = Diagnostic::error(Code::NodeName, format!("`{}` {why}", shown.escape_debug()));
        Err(report.help("write a word such as `bass`, or `drums/kick` for a node of a group"))
    };
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return refuse("is not a name: it has 1 to 128 letters");
    }
    if name.split('/').any(|word| word.is_empty() || word.trim() != word)
        || name.chars().any(char::is_control)
    {
        return refuse("is not a name: between `/` stand words");
    }
    let last = name.rsplit('/').next().unwrap_or_default();
    let is_knob = ["gain", "pan", "out"].contains(&last) && name.contains('/') || last.ends_with("_send");
    if ["master", "tempo"].contains(&name) || is_knob {
        return refuse("is the name of a knob of the mixer");
    }
    Ok(())
}

impl Patch {
    pub(crate) fn expect_node(&self, name: &str) -> Result<&Node, Diagnostic> {
        self.node(name).ok_or_else(|| self.unknown(name))
    }

    /// Whether the edit leaves a patch that can sound.
    pub(crate) fn check(&self, edit: &Edit) -> Result<(), Diagnostic> {
        match edit {
            Edit::Node(name, node) => self.check_node(name, node.as_deref()),
            Edit::Route(route, send) => match send {
                Some(send) => {
                    finite("a send's level", send.level, f64::NEG_INFINITY)?;
                    self.check_route(route)
                }
                None if self.routes.contains_key(route) => self.check_undriven(route),
                None => Err(Diagnostic::error(
                    Code::NoRoute,
                    format!("there is no route from `{}` to `{}`", route.source, route.target),
                )),
            },
            Edit::Gain(name, gain) => {
                self.expect_node(name)?;
                finite("a gain", *gain, 0.0)
            }
            Edit::Pan(name, pan) => {
                self.expect_node(name)?;
                let within = (-1.0..=1.0).contains(pan);
                let message = || format!("a pan lies between -1 (left) and 1 (right), got {pan}");
                if within { Ok(()) } else { Err(out_of_range(message())) }
            }
            Edit::Out(name, out) => {
                self.expect_node(name)?;
                self.check_out(name, out)
            }
            Edit::Muted(name, _) => self.expect_node(name).map(drop),
            Edit::Value(name, control, value) => {
                let node = self.expect_node(name)?;
                if node.control(control).is_none() {
                    return Err(self.no_control(name, node, control));
                }
                value.map_or(Ok(()), |value| self::value(&format!("{name}/{control}"), value))
            }
            Edit::Drive(path, Some(driver)) => self.check_driver(path, driver),
            Edit::Tempo(tempo) if !(tempo.is_finite() && *tempo > 0.0) => {
                let now = self.settings.tempo;
                Err(out_of_range(format!("tempo must be a finite BPM above 0, got {tempo}; still {now}")))
            }
            Edit::Tempo(tempo) if *tempo > HIGHEST_TEMPO => {
                let now = self.settings.tempo;
                Err(out_of_range(format!("tempo is at most {HIGHEST_TEMPO} BPM, got {tempo}; still {now}")))
            }
            Edit::Meter(meter) if !meter.is_positive() || *meter > Time::whole(LONGEST_METER) => {
                let now = self.settings.meter;
                Err(out_of_range(format!(
                    "meter must be a number of beats above 0, got {meter}; still {now}"
                )))
            }
            Edit::Tuning(hertz) if !(hertz.is_finite() && *hertz > 0.0) => {
                Err(out_of_range(format!("tuning must be the frequency of A4 in Hz, got {hertz}")))
            }
            Edit::Master(gain) => finite("master", *gain, 0.0),
            Edit::Drive(_, None) | Edit::Solo(_) | Edit::Limiter(_) | Edit::Seed(_) => Ok(()),
            Edit::Tempo(_) | Edit::Meter(_) | Edit::Tuning(_) => Ok(()),
        }
    }

    fn check_node(&self, name: &Name, node: Option<&Node>) -> Result<(), Diagnostic> {
        let Some(node) = node else {
            self.expect_node(name)?;
            return self.check_unused(name);
        };
        self::name(name)?;
        if !(1..=MOST_VOICES).contains(&node.count) {
            let message = format!("`{name}` plays at least 1 note at once and at most {MOST_VOICES}");
            return Err(out_of_range(format!("{message}, not {}", node.count)));
        }
        finite("a gain", node.gain, 0.0)?;
        self.check_out(name, &node.out)?;
        for (control, value) in &node.values {
            if node.control(control).is_none() {
                return Err(self.no_control(name, node, control));
            }
            self::value(&format!("{name}/{control}"), *value)?;
        }
        self.check_fits(name, node)?;
        self.check_shadows(name, node)
    }

    /// What leads into a node and what drives it must still fit when its sound is another.
    fn check_fits(&self, name: &Name, node: &Node) -> Result<(), Diagnostic> {
        let inputs = node.voicing.inputs().len();
        let routes = self.routes.keys().filter(|route| route.target == *name).map(|route| route.port);
        let outs = self.nodes.values().filter(|other| other.out == Out::Node(name.clone())).map(|_| None);
        for port in routes.chain(outs) {
            if inputs == 0 || port.is_some_and(|port| port as usize >= inputs) {
                let report = self.no_input(name, node, port);
                return Err(report.help(format!("end the routes into `{name}` first: `kr.unsend`")));
            }
        }
        for path in self.drivers.keys() {
            let Some(control) = path.strip_prefix(&**name).and_then(|rest| rest.strip_prefix('/')) else {
                continue;
            };
            if self.owner(path) == Some(name) {
                self.knob(name, node, control)?;
            }
        }
        Ok(())
    }

    /// A node `bass/cutoff` must not hide the control `cutoff` of a node `bass`.
    fn check_shadows(&self, name: &Name, node: &Node) -> Result<(), Diagnostic> {
        let above = name.rmatch_indices('/').filter_map(|(at, _)| {
            let other = self.node(&name[..at])?;
            other.control(&name[at + 1..]).map(|_| name.to_string())
        });
        let below = self.group(name).filter(|other| node.control(&other[name.len() + 1..]).is_some());
        match above.chain(below.map(ToString::to_string)).next() {
            None => Ok(()),
            Some(path) => {
                let message = format!("`{path}` would be a node and a control");
                Err(Diagnostic::error(Code::NodeName, message).help("rename the node or the control"))
            }
        }
    }

    fn check_driver(&self, path: &Name, driver: &Driver) -> Result<(), Diagnostic> {
        let named = self.named(path)?;
        let bars = |bars: Time| {
            let message = || out_of_range(format!("bars must be a positive number, got {bars}"));
            if bars.is_positive() { Ok(()) } else { Err(message()) }
        };
        let refuse = |what: &str| Err(out_of_range(format!("{what} needs a knob, such as `{path}/gain`")));
        match (driver, named) {
            (_, Named::Group(_)) => refuse("a driver"),
            (Driver::Playing(_), _) => Ok(()),
            (Driver::Modulation(_) | Driver::Fade(_), Named::Node(_)) => refuse("a fade or a modulation"),
            (Driver::Fade(fade), Named::Knob(_)) => {
                value(path, fade.to)?;
                if **path == *"tempo" && fade.to > HIGHEST_TEMPO {
                    return Err(out_of_range(format!(
                        "tempo is at most {HIGHEST_TEMPO} BPM, got {}",
                        fade.to
                    )));
                }
                bars(fade.bars)
            }
            (Driver::Modulation(Modulation { lo, hi, bars: period, .. }), Named::Knob(knob)) => {
                value(path, *lo)?;
                value(path, *hi)?;
                bars(*period)?;
                let Some((least, most)) = self.range(&knob) else { return Ok(()) };
                if lo.max(*hi) < least || lo.min(*hi) > most {
                    let message = format!("{lo}..{hi} lies outside the range {least}..{most} of `{path}`");
                    return Err(out_of_range(message));
                }
                Ok(())
            }
        }
    }

    /// The lowest and the highest value of a knob that has such.
    #[must_use]
    pub fn range(&self, knob: &Knob) -> Option<(f64, f64)> {
        match knob {
            Knob::Pan(_) => Some((-1.0, 1.0)),
            Knob::Control(name, control) => {
                self.node(name)?.control(control).map(|(control, _)| (control.lo, control.hi))
            }
            Knob::Master | Knob::Tempo | Knob::Gain(_) => Some((0.0, f64::INFINITY)),
            Knob::Send(..) => None,
        }
    }

    /// A route whose level is driven stays.
    fn check_undriven(&self, route: &Route) -> Result<(), Diagnostic> {
        let Route { source, target, .. } = route;
        let others = self.routes.keys().filter(|other| other.source == *source && other.target == *target);
        let path = Knob::Send(source.clone(), target.clone()).to_string();
        if others.count() > 1 || !self.drivers.contains_key(&*path) {
            return Ok(());
        }
        let message = format!("the route from `{source}` to `{target}` cannot go while `{path}` is driven");
        Err(Diagnostic::error(Code::Routing, message).help(format!("write `kr.hush(\"{path}\")` first")))
    }

    /// Whether nothing refers to a node, so that it can go.
    fn check_unused(&self, name: &Name) -> Result<(), Diagnostic> {
        let route = self.routes.keys().find(|route| route.source == *name || route.target == *name);
        let out =
            self.nodes.iter().find(|(_, node)| node.out == Out::Node(name.clone())).map(|(name, _)| name);
        let driven = self.drivers.keys().find(|path| *path == name || self.owner(path) == Some(name));
        let user = match (route, out) {
            _ if driven.is_some() => "its pattern or fade".to_owned(),
            (Some(route), _) => format!("the route from `{}` to `{}`", route.source, route.target),
            (_, Some(node)) => format!("the output of `{node}`"),
            _ => return Ok(()),
        };
        Err(Diagnostic::error(Code::Routing, format!("`{name}` cannot go while {user} needs it")))
    }

    fn no_input(&self, name: &str, node: &Node, port: Option<u32>) -> Diagnostic {
        let inputs = node.voicing.inputs();
        match port {
            Some(port) if !inputs.is_empty() => Diagnostic::error(
                Code::Routing,
                format!("`{name}` has no input {port}: it has {}", inputs.len()),
            )
            .help(format!("its inputs are {}", krach_store::listed(inputs.iter().map(|name| &**name)))),
            _ => Diagnostic::error(Code::Routing, format!("`{name}` has no audio input"))
                .help("give its function a parameter, or route the other way"),
        }
    }

    fn check_route(&self, route: &Route) -> Result<(), Diagnostic> {
        let Route { source, target, port } = route;
        self.expect_node(source)?;
        let node = self.expect_node(target)?;
        let inputs = node.voicing.inputs().len();
        if inputs == 0 || port.is_some_and(|port| port as usize >= inputs) {
            return Err(self.no_input(target, node, *port));
        }
        self.check_cycle(source, target)
    }

    fn check_out(&self, name: &Name, out: &Out) -> Result<(), Diagnostic> {
        match out {
            Out::Master | Out::Nowhere => Ok(()),
            Out::Node(target) => {
                let node = self.expect_node(target)?;
                if !node.is_effect() {
                    return Err(self.no_input(target, node, None));
                }
                self.check_cycle(name, target)
            }
            Out::Device(channels) => match device_channels(channels) {
                Ok(_) => Ok(()),
                Err(why) => Err(Diagnostic::error(
                    Code::Routing,
                    format!("{name} cannot play to {channels:?}: {why}"),
                )),
            },
        }
    }

    /// Refuses a way from `source` to `target` if one leads back already.
    fn check_cycle(&self, source: &Name, target: &Name) -> Result<(), Diagnostic> {
        let Some(way) = self.way(target, source) else { return Ok(()) };
        let names: Vec<&str> = std::iter::once(&**source).chain(way.iter().map(|name| &***name)).collect();
        let message = format!("sound would go in a circle: {}", names.join(" > "));
        Err(Diagnostic::error(Code::Routing, message).help("an effect feeds back inside: `krs.feedback`"))
    }

    /// A way along routes and outputs, both ends included.
    fn way<'p>(&'p self, from: &'p Name, to: &'p Name) -> Option<Vec<&'p Name>> {
        let mut ways = vec![vec![from]];
        let mut seen = std::collections::BTreeSet::new();
        while let Some(way) = ways.pop() {
            let &last = way.last()?;
            if last == to {
                return Some(way);
            }
            if seen.insert(last) {
                ways.extend(self.fed_by(last).map(|next| [&way[..], &[next]].concat()));
            }
        }
        None
    }

    /// The number of an input by its name, by `in0` and so on, or `in` for a single one.
    ///
    /// # Errors
    /// `KR0903`: the node has no such input.
    pub fn port(&self, target: &str, port: &str) -> Result<u32, Diagnostic> {
        let node = self.expect_node(target)?;
        let inputs = node.voicing.inputs();
        let numbered = port.strip_prefix("in").and_then(|number| number.parse().ok());
        let found = inputs.iter().position(|name| **name == *port);
        let found = found.or(numbered.filter(|&at: &usize| at < inputs.len()));
        match found.or((port == "in" && inputs.len() == 1).then_some(0)) {
            Some(at) => Ok(u32::try_from(at).unwrap_or(u32::MAX)),
            None if inputs.is_empty() => Err(self.no_input(target, node, None)),
            None => Err(Diagnostic::error(Code::Routing, format!("`{target}` has no input `{port}`"))
                .help(format!("its inputs are {}", krach_store::listed(inputs.iter().map(|name| &**name))))),
        }
    }
}
