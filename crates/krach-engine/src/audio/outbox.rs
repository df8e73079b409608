//! What the audio half sends.

use crate::receipt::{Notice, Return};
use rtrb::Producer;

pub(crate) struct Outbox {
    /// The control half lends no more than fits in here.
    pub returns: Producer<Return>,
    pub notices: Producer<Notice>,
}

impl Outbox {
    pub fn send(&mut self, item: Return) {
        let sent = self.returns.push(item);
        debug_assert!(sent.is_ok(), "the control half lends no more than fits");
    }

    /// If the ring of notices is full, the notice is lost.
    pub fn notice(&mut self, notice: Notice) {
        let _ = self.notices.push(notice);
    }
}
