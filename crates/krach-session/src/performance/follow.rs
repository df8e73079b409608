//! How the sound follows the edits of a patch: all of them on one frame, or none.

use super::perform::Move;
use super::placed::{Placed, place};
use super::{Performance, Sounds, fell, refused, too_fine};
use crate::patch::{Driver, Knob, Name, Named, Out, Patch, Route, device_channels};
use crate::{Edit, Start};
use krach_abi::Frame;
use krach_diag::Diagnostic;
use krach_engine::{Edits, RouteId, RouteSpec, StageError, When};
use krach_pattern::Time;
use std::collections::{BTreeMap, BTreeSet};

/// Nodes and routes as they will be.
struct Plan {
    nodes: BTreeMap<Name, Placed>,
    routes: BTreeMap<Route, RouteId>,
    /// Nodes that are made anew: all that leads to and from them is too.
    fresh: BTreeSet<Name>,
}

impl Performance {
    /// Makes what sounds follow edits on a frame. `sounds` is the code of the nodes that [`Performance::wanted`] named.
    ///
    /// # Errors
    /// Those of [`Patch::apply_all`] and of the stage, and a pattern whose next cycles cannot be asked. Then nothing has
    /// changed.
    pub fn follow(
        &mut self,
        edits: &[Edit],
        sounds: BTreeMap<Name, Sounds>,
        at: Frame,
        start: Start,
    ) -> Result<(), Diagnostic> {
        let mut after = self.patch.clone();
        after.apply_all(edits)?;
        self.check_patterns(&after, at)?;
        // What is before the change is sent as it was.
        self.prepare(at)?;
        let revoices: BTreeSet<Name> = sounds.keys().cloned().collect();
        let fresh = self.stage_edit(&after, sounds, at)?;
        self.front = at;
        let score = self.disturbs_score(edits);
        if score {
            self.revoke(at).map_err(|error| refused(&error))?;
            self.conductor.revoke(at).map_err(too_fine)?;
        }
        let before = std::mem::replace(&mut self.patch, after);
        self.knobs.retain(|knob, _| self.patch.value(knob).is_some());
        self.turn_knobs(&before, edits, (&revoices, &fresh), at).map_err(|error| refused(&error))?;
        if score {
            self.conduct(&before, edits, (at, start))?;
        }
        Ok(())
    }

    fn check_patterns(&self, after: &Patch, at: Frame) -> Result<(), Diagnostic> {
        let from = self.conductor.timeline().cycle(at).map_err(too_fine)?;
        for (path, driver) in after.drivers() {
            if let Driver::Playing(playing) = driver
                && self.patch.driver(path) != Some(driver)
            {
                let plays_notes = after.node(path).is_some();
                self.conductor
                    .check(playing, plays_notes, from)
                    .map_err(|error| fell(&(path.clone(), error)))?;
            }
        }
        Ok(())
    }

    /// Nodes, outputs, routes and solo, in one edit of the stage. The answer are the nodes that are new to it.
    fn stage_edit(
        &mut self,
        after: &Patch,
        mut sounds: BTreeMap<Name, Sounds>,
        at: Frame,
    ) -> Result<BTreeSet<Name>, Diagnostic> {
        let before = &self.patch;
        let same_ways = before.routes.len() == after.routes.len()
            && before.routes.iter().zip(&after.routes).all(|(a, b)| a.0 == b.0 && a.1.pre == b.1.pre);
        let same_nodes = sounds.is_empty() && before.nodes.len() == after.nodes.len();
        let same_outs = same_nodes
            && before.nodes.iter().zip(&after.nodes).all(|(a, b)| a.0 == b.0 && a.1.out == b.1.out);
        if same_ways && same_outs && before.solo == after.solo {
            return Ok(BTreeSet::new());
        }
        let mut plan =
            Plan { nodes: self.nodes.clone(), routes: self.routes.clone(), fresh: BTreeSet::new() };
        plan.fresh = sounds
            .iter()
            .filter(|(name, sounds)| self.nodes.get(*name).is_none_or(|placed| !placed.takes(sounds)))
            .map(|(name, _)| name.clone())
            .collect();
        let fade = self.stage.settings().fade;
        let made = self.stage.edit(Some(at), |edits| {
            plan.clear(edits, before, after)?;
            plan.place(edits, after, &mut sounds, fade)?;
            plan.lead(edits, before, after)
        });
        made.map_err(|error| refused(&error))?;
        (self.nodes, self.routes) = (plan.nodes, plan.routes);
        Ok(plan.fresh)
    }

    /// Whether what was sent ahead is no longer right.
    fn disturbs_score(&self, edits: &[Edit]) -> bool {
        let plain = |edit: &Edit| {
            matches!(
                edit,
                Edit::Gain(..)
                    | Edit::Pan(..)
                    | Edit::Muted(..)
                    | Edit::Value(..)
                    | Edit::Solo(_)
                    | Edit::Master(_)
                    | Edit::Limiter(_)
            )
        };
        self.front == Frame(0) || !edits.iter().all(plain)
    }

    /// Levels and values, as hands set them.
    fn turn_knobs(
        &mut self,
        before: &Patch,
        edits: &[Edit],
        (revoices, fresh): (&BTreeSet<Name>, &BTreeSet<Name>),
        at: Frame,
    ) -> Result<(), StageError> {
        let (when, fade) = (When::at(at), self.stage.settings().fade);
        let begins = at == Frame(0);
        let mut touched: Vec<Knob> = Vec::new();
        for edit in edits {
            match edit {
                Edit::Gain(name, _) => touched.push(Knob::Gain(name.clone())),
                Edit::Pan(name, _) => touched.push(Knob::Pan(name.clone())),
                Edit::Value(name, control, _) => touched.push(Knob::Control(name.clone(), control.clone())),
                Edit::Master(_) => touched.push(Knob::Master),
                Edit::Node(name, Some(_)) if !revoices.contains(name) => {
                    touched.extend(differing(before, &self.patch, name));
                }
                _ => {}
            }
        }
        if begins {
            touched.push(Knob::Master);
        }
        for name in revoices {
            touched.extend(self.revoiced(before, name, fresh.contains(name)));
        }
        for knob in touched {
            let path = knob.to_string();
            let moves = matches!(self.patch.driver(&path), Some(Driver::Fade(_) | Driver::Modulation(_)));
            // A way begins at the value that was set.
            let new = begins || matches!(&knob, Knob::Control(name, _) if fresh.contains(name));
            if let Some(value) = self.patch.value(&knob)
                && (!moves || new)
            {
                let seconds = if begins { 0.0 } else { fade };
                self.turn(&knob, value, Move::Step(seconds), when)?;
            }
        }
        self.turn_switches(before, fresh, at)?;
        let mut levels = Vec::new();
        for (route, sent) in self.patch.routes() {
            let path = Knob::Send(route.source.clone(), route.target.clone()).to_string();
            let known = before.routes.get(route).filter(|_| !self.is_led_anew(before, route, fresh));
            let moves = matches!(self.patch.driver(&path), Some(Driver::Fade(_) | Driver::Modulation(_)));
            let differs = known.is_some_and(|known| known.level != sent.level);
            if differs && !moves {
                levels.push((route.clone(), sent.level.max(0.0)));
            }
        }
        for (route, level) in levels {
            let first = self.patch.first_route(&route.source, &route.target).map(|(first, _)| first.clone());
            if first.as_ref() == Some(&route) {
                let knob = Knob::Send(route.source.clone(), route.target.clone());
                self.turn(&knob, level, Move::Step(fade), when)?;
            } else if let Some(&id) = self.routes.get(&route) {
                self.stage.level(id, level, fade, when)?;
            }
        }
        Ok(())
    }

    /// Whether a route was made anew by this edit.
    fn is_led_anew(&self, before: &Patch, route: &Route, fresh: &BTreeSet<Name>) -> bool {
        let pre = |patch: &Patch| patch.routes.get(route).map(|sent| sent.pre);
        fresh.contains(&route.source) || fresh.contains(&route.target) || pre(before) != pre(&self.patch)
    }

    /// Mutes and the limiter.
    fn turn_switches(&mut self, before: &Patch, fresh: &BTreeSet<Name>, at: Frame) -> Result<(), StageError> {
        let (when, fade) = (When::at(at), self.stage.settings().fade);
        for (name, node) in self.patch.nodes.iter().filter(|(name, _)| !fresh.contains(*name)) {
            let was = before.node(name).is_some_and(|node| node.muted);
            if was != node.muted {
                self.stage.mute(self.nodes[name].end, node.muted, fade, when)?;
            }
        }
        let limiter = self.patch.settings.limiter;
        if before.settings.limiter != limiter || at == Frame(0) && !limiter {
            self.stage.limiter(limiter, when)?;
        }
        Ok(())
    }

    /// The controls of a node with other code that are not where they would be.
    fn revoiced(&self, before: &Patch, name: &Name, fresh: bool) -> Vec<Knob> {
        let Some(node) = self.patch.node(name) else { return Vec::new() };
        let mut found = if fresh { Vec::new() } else { differing(before, &self.patch, name) };
        found.extend(node.values.keys().map(|control| Knob::Control(name.clone(), control.clone())));
        let crate::patch::Voicing::Program(playable) = &node.voicing else { return found };
        // A control that was never set has the start of the new code, but for those that notes set.
        for control in playable.program().all_controls().filter(|control| control.role().is_none()) {
            let known = before.node(name).and_then(|node| node.control(&control.name));
            if !fresh
                && !node.values.contains_key(&control.name)
                && known.is_some_and(|(known, value)| known.init != control.init || value != control.init)
            {
                found.push(Knob::Control(name.clone(), control.name.clone()));
            }
        }
        found
    }

    /// Tempo, meter and drivers, in the order of what depends on what.
    fn conduct(
        &mut self,
        before: &Patch,
        edits: &[Edit],
        (at, start): (Frame, Start),
    ) -> Result<(), Diagnostic> {
        let after = self.patch.clone();
        let (old, new) = (before.settings(), after.settings());
        let plays = |patch: &Patch| patch.drivers().any(|(_, driver)| matches!(driver, Driver::Playing(_)));
        if (old.seed, old.tuning.to_bits()) != (new.seed, new.tuning.to_bits()) {
            self.conductor.rescale(new);
        }
        let begins = !plays(before) && plays(&after) && !self.resumes && start == Start::Usual;
        if begins {
            self.conductor.restart(new, at).map_err(too_fine)?;
        } else {
            if old.meter != new.meter {
                self.conductor.set_meter(at, new.meter).map_err(too_fine)?;
            }
            let fades = matches!(after.driver("tempo"), Some(Driver::Fade(_) | Driver::Modulation(_)));
            if edits.iter().any(|edit| matches!(edit, Edit::Tempo(_))) && !fades {
                self.conductor.set_tempo(at, new.tempo).map_err(too_fine)?;
            }
        }
        let here = self.conductor.timeline().cycle(at).map_err(too_fine)?;
        let bar =
            if begins || at == Frame(0) || start == Start::Here { here } else { Time::whole(here.ceil()) };
        let paths: BTreeSet<&Name> = before.drivers.keys().chain(after.drivers.keys()).collect();
        for path in paths {
            let again = edits.iter().any(|edit| matches!(edit, Edit::Drive(driven, _) if driven == path));
            let [was, is] = [before.driver(path), after.driver(path)];
            if was == is && !again {
                continue;
            }
            self.drive(path, [was, is], (here, bar), at)?;
        }
        Ok(())
    }

    fn drive(
        &mut self,
        path: &Name,
        [was, is]: [Option<&Driver>; 2],
        (here, bar): (Time, Time),
        at: Frame,
    ) -> Result<(), Diagnostic> {
        let knob = match self.patch.named(path) {
            Ok(Named::Knob(knob)) => Some(knob),
            _ => None,
        };
        let present = knob.as_ref().and_then(|knob| self.value(knob, at));
        let Some(driver) = is else {
            for cue in self.conductor.silence(path, at).map_err(too_fine)? {
                self.perform(&cue).map_err(|error| refused(&error))?;
            }
            if let (Some(knob), Some(value), Some(Driver::Fade(_) | Driver::Modulation(_))) =
                (knob, present, was)
                && !self.was_set(&knob, at)
            {
                // The value stays where it is.
                self.turn(&knob, value, Move::Step(0.0), When::at(at)).map_err(|error| refused(&error))?;
            }
            return Ok(());
        };
        let plays_notes = self.patch.node(path).is_some();
        let replaces = matches!((was, driver), (Some(Driver::Playing(_)), Driver::Playing(_)));
        let from = match driver {
            // A pattern takes the place of another in its phase; a new one waits for the bar.
            Driver::Playing(_) if !replaces => bar,
            _ => here,
        };
        self.conductor
            .drive(path, (driver, plays_notes), (from, at), present.unwrap_or(0.0))
            .map_err(too_fine)
    }

    /// Whether a hand set the knob on this very frame.
    fn was_set(&self, knob: &Knob, at: Frame) -> bool {
        self.knobs.get(knob).is_some_and(|track| track.is_set_on(at))
    }
}

/// The knobs of a node whose values differ.
fn differing(before: &Patch, after: &Patch, name: &Name) -> Vec<Knob> {
    let Some(node) = after.node(name) else { return Vec::new() };
    let Some(was) = before.node(name) else { return Vec::new() };
    let mut found = Vec::new();
    found.extend((was.gain != node.gain).then(|| Knob::Gain(name.clone())));
    found.extend((was.pan != node.pan).then(|| Knob::Pan(name.clone())));
    let controls: BTreeSet<&Name> = was.values.keys().chain(node.values.keys()).collect();
    for control in controls {
        if was.values.get(control) != node.values.get(control) && node.control(control).is_some() {
            found.push(Knob::Control(name.clone(), control.clone()));
        }
    }
    found
}

impl Plan {
    /// Takes away ways and nodes that are gone, or are made anew.
    fn clear(&mut self, edits: &mut Edits<'_>, before: &Patch, after: &Patch) -> Result<(), StageError> {
        let leaves = |name: &Name| !after.nodes.contains_key(name) || self.fresh.contains(name);
        let mut gone = Vec::new();
        for (route, &id) in &self.routes {
            let pre = |patch: &Patch| patch.routes.get(route).map(|sent| sent.pre);
            if leaves(&route.source) || leaves(&route.target) {
                // They go with the node.
                gone.push(route.clone());
            } else if pre(after) != pre(before) {
                edits.unroute(id)?;
                gone.push(route.clone());
            }
        }
        for (name, placed) in self.nodes.iter().filter(|(name, _)| !leaves(name)) {
            let (was, is) = (&before.nodes[name].out, &after.nodes[name].out);
            if matches!(was, Out::Node(_)) && was != is {
                edits.out(placed.end, krach_engine::Out::Nowhere)?;
            }
        }
        let left: Vec<Name> = self.nodes.keys().filter(|name| leaves(name)).cloned().collect();
        for name in &left {
            if let Some(placed) = self.nodes.remove(name) {
                placed.remove(edits)?;
            }
        }
        self.routes.retain(|route, _| !gone.contains(route));
        Ok(())
    }

    /// Makes new nodes, and puts other code into those that stay.
    fn place(
        &mut self,
        edits: &mut Edits<'_>,
        after: &Patch,
        sounds: &mut BTreeMap<Name, Sounds>,
        fade: f64,
    ) -> Result<(), StageError> {
        for (name, node) in &after.nodes {
            let Some(sounds) = sounds.remove(name) else { continue };
            match self.nodes.get_mut(name) {
                Some(placed) => placed.replace(edits, node, sounds, fade)?,
                None => drop(self.nodes.insert(name.clone(), place(edits, node, sounds)?)),
            }
        }
        Ok(())
    }

    /// Outputs, routes and the solo.
    fn lead(&mut self, edits: &mut Edits<'_>, before: &Patch, after: &Patch) -> Result<(), StageError> {
        for (name, node) in &after.nodes {
            let into_fresh = matches!(&node.out, Out::Node(target) if self.fresh.contains(target));
            let was = before.nodes.get(name).filter(|_| !self.fresh.contains(name) && !into_fresh);
            if was.is_none_or(|was| was.out != node.out) {
                edits.out(self.nodes[name].end, self.out(&node.out)?)?;
            }
        }
        for (route, sent) in after.routes() {
            if !self.routes.contains_key(route) {
                let port = route.port.map(|port| u16::try_from(port).unwrap_or(u16::MAX));
                let spec = RouteSpec { port, level: sent.level.max(0.0), pre: sent.pre };
                let (source, target) = (self.nodes[&route.source].end, self.nodes[&route.target].voice);
                self.routes.insert(route.clone(), edits.route(source, target, spec)?);
            }
        }
        let soloed = after.solo().iter().flat_map(|name| after.members(name));
        let soloed: Vec<_> = soloed.map(|name| self.nodes[&name].end).collect();
        edits.solo(&soloed)
    }

    fn out(&self, out: &Out) -> Result<krach_engine::Out, StageError> {
        Ok(match out {
            Out::Master => krach_engine::Out::Master,
            Out::Nowhere => krach_engine::Out::Nowhere,
            Out::Node(target) => krach_engine::Out::Node(self.nodes[target].voice),
            Out::Device(channels) => krach_engine::Out::Device(device_channels(channels)?),
        })
    }
}
