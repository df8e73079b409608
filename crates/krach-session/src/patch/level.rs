//! Gain, mute and solo as one rule.
//!
//! A muted node is silent, in its routes too. While something is soloed, a node is heard if it is soloed or lies
//! downstream of what is soloed. A node that only feeds what is soloed is heard through that alone: of its ways on, those
//! that lead there stay open.

use super::{Name, Node, Out, Patch, Route};
use std::collections::BTreeSet;

/// How much of a node is heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Audible {
    /// Its gain, or 0 if it is muted or not among the soloed.
    pub gain: f64,
    /// Whether it sounds where its `out` leads.
    pub direct: bool,
}

impl Audible {
    const SILENT: Self = Self { gain: 0.0, direct: false };
}

/// What a solo keeps.
struct Kept<'p> {
    /// Soloed, or fed by what is soloed: heard in every way.
    heard: BTreeSet<&'p Name>,
    /// Feeding a soloed node: heard through the ways that lead there.
    feeding: BTreeSet<&'p Name>,
}

impl Patch {
    /// The nodes that a node sends sound to, by its routes and its `out`.
    pub(crate) fn fed_by<'p>(&'p self, name: &str) -> impl Iterator<Item = &'p Name> {
        let out = self.nodes.get(name).and_then(|node| match &node.out {
            Out::Node(target) => Some(target),
            _ => None,
        });
        let sent = self.routes.keys().filter(move |route| *route.source == *name).map(|route| &route.target);
        sent.collect::<Vec<_>>().into_iter().chain(out)
    }

    fn feeding<'p>(&'p self, name: &Name) -> Vec<&'p Name> {
        self.nodes.keys().filter(|source| self.fed_by(source).any(|target| target == name)).collect()
    }

    /// Everything reached from `start` by steps of `next`, `start` included.
    fn reached<'p>(
        start: impl Iterator<Item = &'p Name>,
        next: impl Fn(&'p Name) -> Vec<&'p Name>,
    ) -> BTreeSet<&'p Name> {
        let mut open: Vec<_> = start.collect();
        let mut found = BTreeSet::new();
        while let Some(name) = open.pop() {
            if found.insert(name) {
                open.extend(next(name));
            }
        }
        found
    }

    fn kept(&self) -> Option<Kept<'_>> {
        let solo: BTreeSet<Name> = self.solo.iter().flat_map(|name| self.members(name)).collect();
        if solo.is_empty() {
            return None;
        }
        let soloed = || self.nodes.keys().filter(|name| solo.contains(*name));
        let heard = Self::reached(soloed(), |name| self.fed_by(name).collect());
        let feeding = Self::reached(soloed(), |name| self.feeding(name));
        Some(Kept { heard, feeding })
    }

    /// How much of each node is heard, in the order of nodes.
    #[must_use]
    pub fn audible(&self) -> Vec<(&Name, Audible)> {
        let kept = self.kept();
        let each = |(name, node): (_, &Node)| {
            let (heard, feeds) = kept
                .as_ref()
                .map_or((true, true), |kept| (kept.heard.contains(name), kept.feeding.contains(name)));
            let direct = heard || matches!(&node.out, Out::Node(target) if self.is_open(&kept, name, target));
            if node.muted || !(heard || feeds) {
                return (name, Audible::SILENT);
            }
            (name, Audible { gain: node.gain, direct })
        };
        self.nodes().map(each).collect()
    }

    /// Whether sound goes along a route.
    #[must_use]
    pub fn is_sending(&self, route: &Route) -> bool {
        let muted = self.node(&route.source).is_none_or(|node| node.muted);
        !muted && self.is_open(&self.kept(), &route.source, &route.target)
    }

    fn is_open(&self, kept: &Option<Kept<'_>>, source: &Name, target: &Name) -> bool {
        kept.as_ref().is_none_or(|kept| {
            kept.heard.contains(source) || kept.feeding.contains(source) && kept.feeding.contains(target)
        })
    }
}
