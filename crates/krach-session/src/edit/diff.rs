//! From one patch to another by the fewest edits: what is the same plays on.

use super::Edit;
use crate::patch::{Name, Node, Out, Patch, Settings};

impl Patch {
    /// The edits that make `other` of this patch: none for what is equal.
    #[must_use]
    pub fn diff(&self, other: &Self) -> Vec<Edit> {
        let mut edits = Vec::new();
        // What leads to a node goes before the node, and comes after it.
        let gone = |name: &&Name| !other.drivers.contains_key(*name);
        edits.extend(self.drivers.keys().filter(gone).map(|path| Edit::Drive(path.clone(), None)));
        let gone = self.routes.keys().filter(|route| !other.routes.contains_key(*route));
        edits.extend(gone.map(|route| Edit::Route(route.clone(), None)));
        self.open_outs(other, &mut edits);
        let gone = self.nodes.keys().filter(|name| !other.nodes.contains_key(*name));
        edits.extend(gone.map(|name| Edit::Node(name.clone(), None)));
        for (name, node) in &other.nodes {
            match self.nodes.get(name) {
                Some(before) => before.diff(name, node, &mut edits),
                None => edits.push(Edit::Node(name.clone(), Some(Node::unrouted(node)))),
            }
        }
        for (name, node) in &other.nodes {
            let before = self.nodes.get(name).map(|node| &node.out);
            let is_led = matches!(node.out, Out::Node(_)) && before != Some(&node.out);
            edits.extend(is_led.then(|| Edit::Out(name.clone(), node.out.clone())));
        }
        for (route, send) in &other.routes {
            if self.routes.get(route) != Some(send) {
                edits.push(Edit::Route(route.clone(), Some(*send)));
            }
        }
        if self.solo != other.solo {
            edits.push(Edit::Solo(other.solo.clone()));
        }
        for (path, driver) in &other.drivers {
            if self.drivers.get(path) != Some(driver) {
                edits.push(Edit::Drive(path.clone(), Some(driver.clone())));
            }
        }
        self.settings.diff(&other.settings, &mut edits);
        edits
    }

    /// Outputs that lead into a node and lead elsewhere later are opened first.
    fn open_outs(&self, other: &Self, edits: &mut Vec<Edit>) {
        for (name, node) in &self.nodes {
            let Out::Node(target) = &node.out else { continue };
            match other.nodes.get(name) {
                Some(after) if after.out == node.out => {}
                // It is replaced as a whole, with its output, while the target still takes sound.
                Some(after)
                    if (after.voicing != node.voicing || after.count != node.count)
                        && other.nodes.get(target).is_some_and(|target| target.is_effect()) => {}
                Some(after) if matches!(after.out, Out::Node(_)) => {
                    edits.push(Edit::Out(name.clone(), Out::Nowhere));
                }
                Some(after) => edits.push(Edit::Out(name.clone(), after.out.clone())),
                None if other.nodes.contains_key(target) => {}
                None => edits.push(Edit::Out(name.clone(), Out::Nowhere)),
            }
        }
    }
}

impl Node {
    /// The same without a way into another node, which may not be there yet.
    fn unrouted(node: &std::sync::Arc<Self>) -> std::sync::Arc<Self> {
        match node.out {
            Out::Node(_) => std::sync::Arc::new(Self { out: Out::Nowhere, ..(**node).clone() }),
            _ => node.clone(),
        }
    }

    fn diff(&self, name: &Name, other: &std::sync::Arc<Self>, edits: &mut Vec<Edit>) {
        if self.voicing != other.voicing || self.count != other.count {
            // An output into a node is settled when all nodes are there.
            let out = if matches!(other.out, Out::Node(_)) && self.out != other.out {
                Out::Nowhere
            } else {
                other.out.clone()
            };
            let node = Self { out, ..(**other).clone() };
            edits.push(Edit::Node(name.clone(), Some(node.into())));
            return;
        }
        let mut put = |differs: bool, edit: Edit| edits.extend(differs.then_some(edit));
        put(self.gain != other.gain, Edit::Gain(name.clone(), other.gain));
        put(self.pan != other.pan, Edit::Pan(name.clone(), other.pan));
        put(self.muted != other.muted, Edit::Muted(name.clone(), other.muted));
        // Ways into nodes are changed apart from these.
        let plain = !matches!(self.out, Out::Node(_)) && !matches!(other.out, Out::Node(_));
        put(plain && self.out != other.out, Edit::Out(name.clone(), other.out.clone()));
        for control in self.values.keys().filter(|control| !other.values.contains_key(*control)) {
            put(true, Edit::Value(name.clone(), control.clone(), None));
        }
        for (control, value) in &other.values {
            let differs = self.values.get(control) != Some(value);
            put(differs, Edit::Value(name.clone(), control.clone(), Some(*value)));
        }
    }
}

impl Settings {
    fn diff(&self, other: &Self, edits: &mut Vec<Edit>) {
        let mut put = |differs: bool, edit: Edit| edits.extend(differs.then_some(edit));
        put(self.tempo != other.tempo, Edit::Tempo(other.tempo));
        put(self.meter != other.meter, Edit::Meter(other.meter));
        put(self.master != other.master, Edit::Master(other.master));
        put(self.limiter != other.limiter, Edit::Limiter(other.limiter));
        put(self.seed != other.seed, Edit::Seed(other.seed));
        put(self.tuning != other.tuning, Edit::Tuning(other.tuning));
    }
}
