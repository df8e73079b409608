//! The identity of a node: equal identities, equal signals.

use crate::{CallId, Node, Op, Sig};

/// Home, operation, and operands: up to three in place, more in a list.
pub(crate) type Identity = (Option<CallId>, u8, u64, [u32; 3], Box<[Sig]>);

/// `fresh` is a number that no node has yet.
pub(crate) fn identity(home: Option<CallId>, node: &Node<'_>, fresh: usize) -> Identity {
    let (kind, payload) = match node.op {
        Op::Real(value) => (0, value.to_bits()),
        Op::Int(value) => (1, u64::from(value.cast_unsigned())),
        Op::Input(port) => (2, u64::from(port)),
        Op::Control(id) => (3, u64::from(id.0)),
        Op::SampleRate => (4, 0),
        Op::Read(id) => (5, u64::from(id.0)),
        Op::Noise(id) => (6, u64::from(id.0)),
        Op::Tap(id) => (7, u64::from(id.0)),
        Op::Lookup(id) => (8, u64::from(id.0)),
        Op::Recall(id) => (9, u64::from(id.0)),
        Op::Argument => (10, fresh as u64),
        Op::Apply(fun) => (11, fun as u64),
    };
    let mut first = [u32::MAX; 3];
    for (to, from) in first.iter_mut().zip(node.operands()) {
        *to = from.0;
    }
    // An empty list takes no heap.
    let more = node.operands().get(first.len()..).unwrap_or_default().into();
    (home, kind, payload, first, more)
}
