//! Events by frame.

use crate::command::{Act, Event};
use krach_abi::Frame;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// An event, and how many orders came before it.
#[derive(Clone, Copy, Debug)]
struct Queued {
    event: Event,
    order: u64,
}

impl Queued {
    fn key(&self) -> (Frame, u8, u64) {
        (self.event.at, self.event.act.rank(), self.order)
    }
}

/// The greatest is the one that happens first.
impl Ord for Queued {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Queued {}

/// What has been revoked of a group: events from a frame on that came before an order.
#[derive(Clone, Copy, Debug)]
struct Cut {
    from: Frame,
    before: u64,
}

const NONE: Cut = Cut { from: Frame::NEVER, before: 0 };

/// A fixed number of events. Of one frame and kind they happen in the order in which they came.
#[derive(Debug)]
pub(crate) struct Queue {
    heap: BinaryHeap<Queued>,
    /// Events that are due, but whose node or route is not there yet: the edit that adds it waits.
    parked: Vec<Queued>,
    room: usize,
    orders: u64,
    /// One for each group, then one for each node, then one for each route.
    cuts: Box<[Cut]>,
    groups: usize,
    nodes: usize,
    /// The cuts that were made since events were dropped.
    made: Vec<usize>,
}

impl Queue {
    pub fn new(events: usize, [groups, nodes, routes]: [usize; 3]) -> Self {
        let heap = BinaryHeap::from(Vec::with_capacity(events));
        let cuts = groups + nodes + routes;
        Self {
            heap,
            parked: Vec::with_capacity(events),
            room: events,
            orders: 0,
            cuts: vec![NONE; cuts].into(),
            groups,
            nodes,
            made: Vec::with_capacity(cuts),
        }
    }

    /// False if there is no room.
    pub fn push(&mut self, event: Event) -> bool {
        let fits = self.heap.len() + self.parked.len() < self.room;
        if fits {
            self.orders += 1;
            self.heap.push(Queued { event, order: self.orders });
        }
        fits
    }

    /// Becomes a copy of another queue of the same size.
    pub fn copy(&mut self, from: &mut Self) {
        from.settle();
        let mut list = std::mem::take(&mut self.heap).into_vec();
        list.clear();
        // There is room: both were made for as many events.
        #[allow(clippy::disallowed_methods)]
        list.extend_from_slice(from.heap.as_slice());
        (self.heap, self.orders) = (list.into(), from.orders);
    }

    /// Drops the events before a frame.
    pub fn skip(&mut self, frame: Frame) {
        self.heap.retain(|queued| queued.event.at >= frame);
    }

    /// Drops the events of a group from a frame on.
    pub fn revoke(&mut self, group: u32, from: Frame) {
        self.cut(group as usize, from);
    }

    /// Drops all events of a node.
    pub fn forget_node(&mut self, node: u32) {
        self.cut(self.groups + node as usize, Frame(0));
    }

    /// Drops all events of a route.
    pub fn forget_route(&mut self, route: u32) {
        self.cut(self.groups + self.nodes + route as usize, Frame(0));
    }

    fn cut(&mut self, at: usize, from: Frame) {
        if self.cuts.get(at).is_some_and(|cut| cut.before > 0) {
            self.settle();
        }
        if let Some(cut) = self.cuts.get_mut(at) {
            *cut = Cut { from, before: self.orders + 1 };
            self.made.push(at);
        }
    }

    /// Lets the next event wait for its node or route.
    pub fn park(&mut self) {
        self.parked.extend(self.heap.pop());
    }

    /// The events that waited for a node, or for a route, are due: how many of them have missed their frame.
    pub fn unpark(&mut self, target: u32, route: bool, now: Frame) -> u64 {
        self.settle();
        let (heap, mut late) = (&mut self.heap, 0);
        self.parked.retain(|queued| {
            let event = queued.event;
            let mine = event.target == target && event.act.is_of_route() == route;
            if mine {
                late += u64::from(event.at > Frame(0) && event.at < now && event.act != Act::Close);
                heap.push(*queued);
            }
            !mine
        });
        late
    }

    /// Looks through the events once for everything that was revoked since the last time.
    fn settle(&mut self) {
        if self.made.is_empty() {
            return;
        }
        let (cuts, groups, nodes) = (&self.cuts, self.groups, self.nodes);
        let stays = |&Queued { event, order }: &Queued| {
            let target = groups + event.target as usize;
            let target = match event.act {
                act if act.is_of_route() => Some(target + nodes),
                act if act.is_wide() => None,
                _ => Some(target),
            };
            // A gate that closes for the onset on the next frame goes with it.
            let at = event.at.after(usize::from(event.act == Act::Close));
            let meets =
                |index: usize| cuts.get(index).is_some_and(|cut| order < cut.before && at >= cut.from);
            !(meets(event.group as usize) || target.is_some_and(meets))
        };
        self.heap.retain(stays);
        self.parked.retain(stays);
        for at in self.made.drain(..) {
            self.cuts[at] = NONE;
        }
    }

    /// The next event before a frame.
    pub fn peek_before(&mut self, end: Frame) -> Option<Event> {
        self.settle();
        self.heap.peek().map(|queued| queued.event).filter(|event| event.at < end)
    }

    pub fn pop(&mut self) {
        self.heap.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::NoteId;

    fn event(at: u64, group: u32, act: Act) -> Event {
        Event { at: Frame(at), target: 3, group, act }
    }

    fn all(queue: &mut Queue) -> Vec<(u64, u32)> {
        let mut found = Vec::new();
        while let Some(event) = queue.peek_before(Frame::NEVER) {
            found.push((event.at.0, event.group));
            queue.pop();
        }
        found
    }

    #[test]
    fn events_come_by_frame_then_kind_then_order() {
        let mut queue = Queue::new(8, [8; 3]);
        let press = Act::Press { note: NoteId(1), key: 60.0, velocity: 1.0, tied: false };
        let set = Act::Set { control: 0, value: 1.0 };
        let whole = Act::Master { frames: 0, to: 1.0 };
        for (at, group, act) in [
            (9, 0, set),
            (5, 1, press),
            (5, 2, Act::Release(NoteId(0))),
            (5, 3, set),
            (5, 4, set),
            (5, 5, whole),
        ] {
            assert!(queue.push(event(at, group, act)));
        }
        assert_eq!(all(&mut queue), [(5, 5), (5, 3), (5, 4), (5, 2), (5, 1), (9, 0)]);
    }

    #[test]
    fn only_what_came_before_is_revoked() {
        let mut queue = Queue::new(16, [4, 8, 8]);
        for at in [10, 20, 30] {
            assert!(queue.push(event(at, 1, Act::Reset)) && queue.push(event(at, 2, Act::Reset)));
        }
        queue.revoke(1, Frame(20));
        assert!(queue.push(event(25, 1, Act::Reset)));
        queue.revoke(1, Frame(28));
        assert!(queue.push(event(40, 1, Act::Reset)));
        assert_eq!(all(&mut queue), [(10, 1), (10, 2), (20, 2), (25, 1), (30, 2), (40, 1)]);
        assert!(queue.push(event(50, 1, Act::Reset)));
        queue.forget_node(3);
        assert_eq!(all(&mut queue), []);
    }

    #[test]
    fn a_revoked_onset_leaves_the_gate_before_it_open() {
        let mut queue = Queue::new(8, [4, 8, 8]);
        assert!(queue.push(event(9, 1, Act::Reset)) && queue.push(event(9, 1, Act::Close)));
        queue.revoke(1, Frame(10));
        let kept = queue.peek_before(Frame::NEVER).map(|event| event.act);
        queue.pop();
        assert_eq!((kept, all(&mut queue)), (Some(Act::Reset), vec![]));
    }

    #[test]
    fn a_full_queue_says_so() {
        let mut queue = Queue::new(1, [4, 8, 8]);
        assert!(queue.push(event(1, 0, Act::Reset)));
        assert!(!queue.push(event(2, 0, Act::Reset)));
    }
}
