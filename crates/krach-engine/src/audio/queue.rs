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
    room: usize,
    orders: u64,
    /// One for each group, then one for each node.
    cuts: Box<[Cut]>,
    groups: usize,
    touched: bool,
}

impl Queue {
    pub fn new(events: usize, groups: usize, nodes: usize) -> Self {
        let heap = BinaryHeap::from(Vec::with_capacity(events));
        let cuts = vec![NONE; groups + nodes].into();
        Self { heap, room: events, orders: 0, cuts, groups, touched: false }
    }

    /// False if there is no room.
    pub fn push(&mut self, event: Event) -> bool {
        let fits = self.heap.len() < self.room;
        if fits {
            self.orders += 1;
            self.heap.push(Queued { event, order: self.orders });
        }
        fits
    }

    /// Drops the events of a group from a frame on.
    pub fn revoke(&mut self, group: u32, from: Frame) {
        self.cut(group as usize, from);
    }

    /// Drops all events of a node.
    pub fn forget(&mut self, node: u32) {
        self.cut(self.groups + node as usize, Frame(0));
    }

    fn cut(&mut self, at: usize, from: Frame) {
        if self.cuts.get(at).is_some_and(|cut| cut.before > 0) {
            self.settle();
        }
        if let Some(cut) = self.cuts.get_mut(at) {
            *cut = Cut { from, before: self.orders + 1 };
            self.touched = true;
        }
    }

    /// Looks through the events once for everything that was revoked since the last time.
    fn settle(&mut self) {
        if !std::mem::take(&mut self.touched) {
            return;
        }
        let (cuts, groups) = (&mut self.cuts, self.groups);
        self.heap.retain(|Queued { event, order }| {
            let node = if event.act.is_wide() { None } else { Some(groups + event.target as usize) };
            // A gate that closes for the onset on the next frame goes with it.
            let at = event.at.after(usize::from(event.act == Act::Close));
            let meets =
                |index: usize| cuts.get(index).is_some_and(|cut| *order < cut.before && at >= cut.from);
            !(meets(event.group as usize) || node.is_some_and(meets))
        });
        cuts.fill(NONE);
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
        let mut queue = Queue::new(8, 8, 8);
        let press = Act::Press { note: NoteId(1), key: 60.0, velocity: 1.0, tied: false };
        let set = Act::Set { control: 0, value: 1.0 };
        for (at, group, act) in
            [(9, 0, set), (5, 1, press), (5, 2, Act::Release(NoteId(0))), (5, 3, set), (5, 4, set)]
        {
            assert!(queue.push(event(at, group, act)));
        }
        assert_eq!(all(&mut queue), [(5, 3), (5, 4), (5, 2), (5, 1), (9, 0)]);
    }

    #[test]
    fn only_what_came_before_is_revoked() {
        let mut queue = Queue::new(16, 4, 8);
        for at in [10, 20, 30] {
            assert!(queue.push(event(at, 1, Act::Reset)) && queue.push(event(at, 2, Act::Reset)));
        }
        queue.revoke(1, Frame(20));
        assert!(queue.push(event(25, 1, Act::Reset)));
        queue.revoke(1, Frame(28));
        assert!(queue.push(event(40, 1, Act::Reset)));
        assert_eq!(all(&mut queue), [(10, 1), (10, 2), (20, 2), (25, 1), (30, 2), (40, 1)]);
        assert!(queue.push(event(50, 1, Act::Reset)));
        queue.forget(3);
        assert_eq!(all(&mut queue), []);
    }

    #[test]
    fn a_revoked_onset_leaves_the_gate_before_it_open() {
        let mut queue = Queue::new(8, 4, 8);
        assert!(queue.push(event(9, 1, Act::Reset)) && queue.push(event(9, 1, Act::Close)));
        queue.revoke(1, Frame(10));
        let kept = queue.peek_before(Frame::NEVER).map(|event| event.act);
        queue.pop();
        assert_eq!((kept, all(&mut queue)), (Some(Act::Reset), vec![]));
    }

    #[test]
    fn a_full_queue_says_so() {
        let mut queue = Queue::new(1, 4, 8);
        assert!(queue.push(event(1, 0, Act::Reset)));
        assert!(!queue.push(event(2, 0, Act::Reset)));
    }
}
