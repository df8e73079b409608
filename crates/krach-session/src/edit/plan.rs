//! What a musician says, as lists of edits.

use super::Edit;
use crate::patch::{Driver, Knob, Name, Named, Node, Out, Patch, Playing, Route};
use krach_diag::Diagnostic;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Patch {
    /// Declares a node, or declares it again: then it keeps the controls that were set and that it still has (values of
    /// the new one win), its pan, its output and whether it is muted. Patterns and routes stay. The names of values that
    /// are lost come second.
    #[must_use]
    pub fn declaring(&self, name: &Name, node: Node) -> (Vec<Edit>, Vec<Name>) {
        let Some(before) = self.node(name) else {
            return (vec![Edit::Node(name.clone(), Some(node.into()))], Vec::new());
        };
        let (mut kept, lost) = before.revoiced(node.voicing);
        kept.values.extend(node.values);
        (kept.count, kept.gain) = (node.count, node.gain);
        // Drivers of controls that are gone go with them.
        let gone = lost.iter().map(|control| Name::from(format!("{name}/{control}")));
        let gone = gone.filter(|path| self.drivers.contains_key(path)).map(|path| Edit::Drive(path, None));
        let mut edits: Vec<Edit> = gone.collect();
        edits.push(Edit::Node(name.clone(), Some(Arc::new(kept))));
        (edits, lost)
    }

    /// Removes a node or a group: first what drives it, its routes in both directions, and it from the solo; what led
    /// into it leads to the master.
    ///
    /// # Errors
    /// `KR0901`: there is no such node or group.
    pub fn removing(&self, name: &str) -> Result<Vec<Edit>, Diagnostic> {
        let members = self.members(name);
        if members.is_empty() {
            return Err(self.unknown(name));
        }
        let is_member = |name: &Name| members.contains(name);
        let mut edits = self.hushing(name)?;
        let kept: Vec<Name> =
            self.solo.iter().filter(|&solo| !is_member(solo) && **solo != *name).cloned().collect();
        edits.extend((kept != self.solo).then_some(Edit::Solo(kept)));
        let routes: Vec<_> =
            self.routes.keys().filter(|route| is_member(&route.source) || is_member(&route.target)).collect();
        let sends: BTreeSet<String> = routes
            .iter()
            .filter(|route| !is_member(&route.source))
            .map(|route| Knob::Send(route.source.clone(), route.target.clone()).to_string())
            .filter(|path| self.drivers.contains_key(&**path))
            .collect();
        edits.extend(sends.into_iter().map(|path| Edit::Drive(path.into(), None)));
        edits.extend(routes.into_iter().map(|route| Edit::Route(route.clone(), None)));
        for (node, out) in self.nodes.iter().map(|(name, node)| (name, &node.out)) {
            if matches!(out, Out::Node(target) if is_member(target)) {
                edits.push(Edit::Out(node.clone(), Out::Master));
            }
        }
        edits.extend(members.iter().map(|name| Edit::Node(name.clone(), None)));
        Ok(edits)
    }

    /// Ends what drives a path: of a node its notes and all its knobs, of a group that of each member.
    ///
    /// # Errors
    /// `KR0404` and `KR0901`: nothing is called so.
    pub fn hushing(&self, path: &str) -> Result<Vec<Edit>, Diagnostic> {
        let is_driven: Box<dyn Fn(&str) -> bool> = match self.named(path)? {
            Named::Knob(knob) => {
                let knob = knob.to_string();
                Box::new(move |path| path == knob)
            }
            Named::Node(name) => Box::new(move |path| path == &*name || self.owner(path) == Some(&name)),
            Named::Group(names) => Box::new(move |path| {
                names.iter().any(|name| path == &**name || self.owner(path) == Some(name))
            }),
        };
        let driven = self.drivers.keys().filter(|path| is_driven(path));
        Ok(driven.map(|path| Edit::Drive(path.clone(), None)).collect())
    }

    /// Ends everything that drives anything.
    #[must_use]
    pub fn stopping(&self) -> Vec<Edit> {
        self.drivers.keys().map(|path| Edit::Drive(path.clone(), None)).collect()
    }

    /// The node that the knob of a path belongs to.
    pub(crate) fn owner(&self, path: &str) -> Option<&Name> {
        let cuts = path.rmatch_indices('/').map(|(at, _)| &path[..at]);
        cuts.filter_map(|node| self.nodes.get_key_value(node)).map(|(name, _)| name).next()
    }

    /// Lets `driver` move a path; of a group, each member.
    ///
    /// # Errors
    /// `KR0404` and `KR0901`: nothing is called so.
    pub fn driving(&self, path: &str, driver: &Driver) -> Result<Vec<Edit>, Diagnostic> {
        let notes = matches!(driver, Driver::Playing(_));
        let drive = |path: String| Edit::Drive(path.into(), Some(driver.clone()));
        // A node's own path takes notes; for a fade it is the gain.
        let of_node =
            |name: &Name| if notes { name.to_string() } else { Knob::Gain(name.clone()).to_string() };
        Ok(match self.named(path)? {
            Named::Knob(knob) => vec![drive(knob.to_string())],
            Named::Node(name) => vec![drive(of_node(&name))],
            Named::Group(names) => names.iter().map(|name| drive(of_node(name))).collect(),
        })
    }

    /// Lets a pattern play a path; of a group, each member.
    ///
    /// # Errors
    /// `KR0404` and `KR0901`: nothing is called so, or the pattern sets a control that no node there has.
    pub fn playing(&self, path: &str, playing: Playing) -> Result<Vec<Edit>, Diagnostic> {
        if let Named::Node(_) | Named::Group(_) = self.named(path)? {
            let members = self.members(path);
            for label in playing.pattern.labels() {
                let heard = |name: &Name| {
                    let path = if label.contains('/') { label.into() } else { format!("{name}/{label}") };
                    self.named(&path).map(drop)
                };
                let is_velocity = ["vel", "velocity"].contains(&label);
                if !is_velocity && members.iter().all(|name| heard(name).is_err()) {
                    members.first().map_or(Ok(()), heard)?;
                }
            }
        }
        self.driving(path, &Driver::Playing(playing))
    }

    /// Sets the gain of a node, or of each node of a group.
    ///
    /// # Errors
    /// `KR0901`: nothing is called so.
    pub fn levelling(&self, name: &str, gain: f64) -> Result<Vec<Edit>, Diagnostic> {
        if self.members(name).is_empty() {
            return Err(self.unknown(name));
        }
        self.setting(name, gain)
    }

    /// Sets a path: a knob, the gain of a node, the gains of a group. A hand on a knob ends a fade or a modulation; a
    /// pattern plays on.
    ///
    /// # Errors
    /// `KR0404` and `KR0901`: nothing is called so.
    pub fn setting(&self, path: &str, value: f64) -> Result<Vec<Edit>, Diagnostic> {
        let knobs = match self.named(path)? {
            Named::Knob(knob) => vec![knob],
            Named::Node(name) => vec![Knob::Gain(name)],
            Named::Group(names) => names.into_iter().map(Knob::Gain).collect(),
        };
        let mut edits = Vec::new();
        for knob in knobs {
            let path = knob.to_string();
            let ends = matches!(self.driver(&path), Some(Driver::Fade(_) | Driver::Modulation(_)));
            edits.extend(ends.then(|| Edit::Drive(path.into(), None)));
            edits.push(self.turning(&knob, value)?);
        }
        Ok(edits)
    }

    /// Mutes or unmutes a node or a group.
    ///
    /// # Errors
    /// `KR0901`: nothing is called so.
    pub fn muting(&self, name: &str, muted: bool) -> Result<Vec<Edit>, Diagnostic> {
        let members = self.members(name);
        if members.is_empty() {
            return Err(self.unknown(name));
        }
        Ok(members.into_iter().map(|name| Edit::Muted(name, muted)).collect())
    }

    /// Ends the routes from a node into another, and what drives their level. None of them is no error.
    #[must_use]
    pub fn disconnecting(&self, source: &str, target: &str) -> Vec<Edit> {
        let path = Knob::Send(source.into(), target.into()).to_string();
        let driven = self.drivers.get_key_value(&*path).map(|(path, _)| Edit::Drive(path.clone(), None));
        let between = |route: &&Route| *route.source == *source && *route.target == *target;
        let routes = self.routes.keys().filter(between).map(|route| Edit::Route(route.clone(), None));
        driven.into_iter().chain(routes).collect()
    }

    /// Soloes a node or a group, alone or, with `add`, beside the others.
    ///
    /// # Errors
    /// `KR0901`: nothing is called so.
    pub fn soloing(&self, name: &str, add: bool) -> Result<Edit, Diagnostic> {
        if self.members(name).is_empty() {
            return Err(self.unknown(name));
        }
        let mut solo = if add { self.solo.clone() } else { Vec::new() };
        if !solo.iter().any(|soloed| **soloed == *name) {
            solo.push(name.into());
        }
        Ok(Edit::Solo(solo))
    }
}
