//! Nodes and routes by number: the plan of the control half.

use crate::audio::End;
use crate::command::Wait;
use crate::schedule::{Schedule, Step};
use crate::{Limits, Sound, StageError};
use krach_abi::Frame;
use petgraph::algo::{astar, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::BTreeSet;

/// A node of the stage. A number that was free again names the next node with another generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId {
    pub(crate) index: u32,
    generation: u32,
}

/// A route of the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteId {
    pub(crate) index: u32,
    generation: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub generation: u32,
    /// None for an input of the device.
    pub sound: Option<Sound>,
    pub inputs: usize,
    pub outputs: usize,
    /// The first channel of an input of the device.
    pub first: u16,
    /// The largest number that a control of it has had, and one.
    pub table: usize,
    pub pan: f64,
    /// The route of its output.
    pub out: Option<u32>,
    /// It was removed and fades out.
    pub leaving: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub generation: u32,
    pub source: u32,
    pub end: End,
    pub order: u64,
    pub heard: bool,
    pub leaving: Option<Leaving>,
}

/// A route that fades out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaving {
    /// The batch that removed it.
    pub batch: u64,
    pub frames: u32,
    /// The frame on which it is silent, once that is known.
    pub end: Option<Frame>,
}

#[derive(Clone, Debug)]
pub(crate) struct Graph {
    pub nodes: Vec<Option<Node>>,
    pub links: Vec<Option<Link>>,
    limits: Limits,
    /// Nodes and routes made so far: their generations, and the order of routes.
    made: u64,
    pub solo: BTreeSet<u32>,
}

impl Graph {
    pub fn new(limits: Limits) -> Self {
        Self { nodes: Vec::new(), links: Vec::new(), limits, made: 0, solo: BTreeSet::new() }
    }

    fn generation(&mut self) -> u32 {
        self.made += 1;
        // Numbers meet again after four thousand million edits.
        #[allow(clippy::cast_possible_truncation)]
        let generation = self.made as u32;
        generation
    }

    pub fn node(&self, id: NodeId) -> Result<&Node, StageError> {
        self.nodes
            .get(id.index as usize)
            .and_then(Option::as_ref)
            .filter(|node| node.generation == id.generation && !node.leaving)
            .ok_or(StageError::NoNode(id))
    }

    pub fn node_mut(&mut self, id: NodeId) -> Result<&mut Node, StageError> {
        self.node(id)?;
        self.nodes[id.index as usize].as_mut().ok_or(StageError::NoNode(id))
    }

    pub fn link(&self, id: RouteId) -> Result<&Link, StageError> {
        self.links
            .get(id.index as usize)
            .and_then(Option::as_ref)
            .filter(|link| link.generation == id.generation && link.leaving.is_none())
            .ok_or(StageError::NoRoute(id))
    }

    pub fn id(&self, index: u32) -> NodeId {
        let generation = self.nodes[index as usize].as_ref().map_or(0, |node| node.generation);
        NodeId { index, generation }
    }

    pub fn add_node(&mut self, node: Node) -> Result<NodeId, StageError> {
        let generation = self.generation();
        let node = Node { generation, ..node };
        let index = place(&mut self.nodes, node, self.limits.nodes).ok_or(StageError::Full("nodes"))?;
        Ok(NodeId { index, generation })
    }

    pub fn add_link(&mut self, source: NodeId, end: End) -> Result<RouteId, StageError> {
        self.node(source)?;
        if let End::Node { node, port } = end {
            let inputs = self.nodes[node as usize].as_ref().map_or(0, |node| node.inputs);
            if inputs == 0 {
                return Err(StageError::NoInput(self.id(node)));
            }
            if let Some(port) = port.map(usize::from).filter(|&port| port >= inputs) {
                return Err(StageError::NoPort { node: self.id(node), port, inputs });
            }
            self.check_cycle(source.index, node)?;
        }
        let generation = self.generation();
        let (order, source) = (self.made, source.index);
        let link = Link { generation, source, end, order, heard: true, leaving: None };
        let room = self.limits.routes + self.limits.nodes;
        let index = place(&mut self.links, link, room).ok_or(StageError::Full("routes"))?;
        Ok(RouteId { index, generation })
    }

    /// An error if sound can already go from the target to the source.
    fn check_cycle(&self, source: u32, target: u32) -> Result<(), StageError> {
        let leads = |start: u32, end: u32| {
            move |link: &Link| match link.end {
                End::Node { node, .. } => link.leaving.is_none() && (link.source == start || node == end),
                End::Master | End::Device(_) => false,
            }
        };
        let any = |test: &dyn Fn(&Link) -> bool| self.links.iter().flatten().any(test);
        if source != target && !(any(&leads(target, u32::MAX)) && any(&leads(u32::MAX, source))) {
            return Ok(());
        }
        let graph = self.wired(|link| link.leaving.is_none());
        let found = astar(&graph, at(target), |node| node == at(source), |_| 1, |_| 0);
        match found {
            None => Ok(()),
            Some((_, path)) => {
                let path = path.into_iter().filter_map(|node| u32::try_from(node.index()).ok());
                let mut path: Vec<NodeId> = path.map(|index| self.id(index)).collect();
                path.insert(0, self.id(source));
                Err(StageError::Cycle(path))
            }
        }
    }

    /// All nodes, and the links between them that are wanted.
    fn wired(&self, wanted: impl Fn(&Link) -> bool) -> DiGraph<(), u32> {
        let mut graph = DiGraph::with_capacity(self.nodes.len(), self.links.len());
        self.nodes.iter().for_each(|_| {
            graph.add_node(());
        });
        for (index, link) in (0..).zip(&self.links) {
            if let Some(link @ Link { end: End::Node { node, .. }, .. }) = link
                && wanted(link)
            {
                graph.add_edge(at(link.source), at(*node), index);
            }
        }
        graph
    }

    /// The order of all nodes, and the routes that must be silent before it can be used.
    pub fn schedule(&self) -> Result<(Schedule, Vec<Wait>), StageError> {
        let mut waits = Vec::new();
        let order = toposort(&self.wired(|_| true), None).or_else(|_| {
            // A route that fades out closes a circle with new ones.
            let leaving = |link: &Link| link.leaving.is_some() && matches!(link.end, End::Node { .. });
            for (index, link) in (0..).zip(&self.links) {
                waits.extend(link.as_ref().filter(|link| leaving(link)).map(|_| Wait::Route(index)));
            }
            toposort(&self.wired(|link| link.leaving.is_none()), None)
        });
        let order = order.map_err(|cycle| {
            StageError::Cycle(
                u32::try_from(cycle.node_id().index()).map(|index| self.id(index)).into_iter().collect(),
            )
        })?;
        let mut into: Vec<Vec<u32>> = vec![Vec::new(); self.nodes.len()];
        let [mut master, mut device] = [const { Vec::new() }; 2];
        let mut links: Vec<(u32, &Link)> =
            (0..).zip(&self.links).filter_map(|(index, link)| Some((index, link.as_ref()?))).collect();
        links.sort_by_key(|(_, link)| link.order);
        for (index, link) in links {
            match link.end {
                End::Node { node, .. } if waits.is_empty() || link.leaving.is_none() => {
                    into[node as usize].push(index);
                }
                End::Node { .. } => {}
                End::Master => master.push(index),
                End::Device(_) => device.push(index),
            }
        }
        let mut schedule = Schedule::default();
        let order = order.into_iter().map(NodeIndex::index).filter(|&node| self.nodes[node].is_some());
        for (node, level) in self.by_level(order.collect(), &into) {
            if schedule.levels.len() <= level {
                schedule.levels.push(u32::try_from(schedule.steps.len()).unwrap_or(u32::MAX));
            }
            let routes = append(&mut schedule.routes, &into[node]);
            schedule.steps.push(Step { node: u32::try_from(node).unwrap_or(u32::MAX), routes });
        }
        schedule.master = append(&mut schedule.routes, &master);
        schedule.device = append(&mut schedule.routes, &device);
        Ok((schedule, waits))
    }

    /// Nodes in an order, each with the length of the longest way to it, those with the shortest ways first.
    fn by_level(&self, order: Vec<usize>, into: &[Vec<u32>]) -> Vec<(usize, usize)> {
        let mut levels = vec![0; self.nodes.len()];
        for &node in &order {
            let sources = into[node].iter().filter_map(|&link| self.links[link as usize].as_ref());
            levels[node] = sources.map(|link| levels[link.source as usize] + 1).max().unwrap_or(0);
        }
        let mut order: Vec<_> = order.into_iter().map(|node| (node, levels[node])).collect();
        order.sort_by_key(|&(_, level)| level);
        order
    }

    /// A node that faded out is gone, and so are its routes.
    pub fn forget(&mut self, node: u32) {
        self.nodes[node as usize] = None;
        for link in &mut self.links {
            let touches = |link: &Link| {
                link.source == node || matches!(link.end, End::Node { node: target, .. } if target == node)
            };
            if link.as_ref().is_some_and(touches) {
                *link = None;
            }
        }
    }

    /// The routes that a batch removed fade out from this frame on.
    pub fn date(&mut self, batch: u64, done: Frame) {
        for leaving in self.links.iter_mut().flatten().filter_map(|link| link.leaving.as_mut()) {
            if leaving.batch == batch {
                leaving.end = Some(done.after(leaving.frames as usize));
            }
        }
    }

    /// Forgets the routes that have faded out.
    pub fn forget_silent(&mut self, now: Frame) {
        for place in &mut self.links {
            let silent = |leaving: Leaving| leaving.end.is_some_and(|end| end <= now);
            if place.as_ref().and_then(|link| link.leaving).is_some_and(silent) {
                *place = None;
            }
        }
    }

    /// Which links soloed nodes leave: those from a soloed node on, and those that lead to one.
    pub fn audible(&self) -> Vec<bool> {
        if self.solo.is_empty() {
            return vec![true; self.links.len()];
        }
        let after = self.reach(|link, node| (link.source, node));
        let before = self.reach(|link, node| (node, link.source));
        let audible = |link: &Link| {
            let into_solo = match link.end {
                End::Node { node, .. } => before.contains(&node),
                End::Master | End::Device(_) => false,
            };
            after.contains(&link.source) || (before.contains(&link.source) && into_solo)
        };
        self.links.iter().map(|link| link.as_ref().is_none_or(audible)).collect()
    }

    /// The soloed nodes, and those that lie in one direction of them.
    fn reach(&self, step: impl Fn(&Link, u32) -> (u32, u32)) -> BTreeSet<u32> {
        let (mut found, mut open) = (self.solo.clone(), Vec::from_iter(self.solo.iter().copied()));
        while let Some(from) = open.pop() {
            for link in self.links.iter().flatten().filter(|link| link.leaving.is_none()) {
                if let End::Node { node, .. } = link.end {
                    let (start, end) = step(link, node);
                    if start == from && found.insert(end) {
                        open.push(end);
                    }
                }
            }
        }
        found
    }
}

fn at(index: u32) -> NodeIndex {
    NodeIndex::new(index as usize)
}

/// Puts a value on the first free place: its number.
fn place<T>(places: &mut Vec<Option<T>>, value: T, room: usize) -> Option<u32> {
    let index = places.iter().position(Option::is_none).unwrap_or(places.len());
    if index >= room {
        return None;
    }
    if index == places.len() {
        places.push(None);
    }
    places[index] = Some(value);
    u32::try_from(index).ok()
}

fn append(list: &mut Vec<u32>, more: &[u32]) -> std::ops::Range<usize> {
    let start = list.len();
    list.extend_from_slice(more);
    start..list.len()
}
