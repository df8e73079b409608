//! Groups: `drums` is every node whose name begins with `drums/`.

use super::{Name, Patch};

impl Patch {
    /// The nodes of a group, in order; none if there is no such group.
    pub fn group<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p Name> {
        self.nodes.keys().filter(move |node| is_in(node, name))
    }

    /// The node of that name, or else the nodes of that group.
    #[must_use]
    pub fn members(&self, name: &str) -> Vec<Name> {
        match self.nodes.get_key_value(name) {
            Some((node, _)) => vec![node.clone()],
            None => self.group(name).cloned().collect(),
        }
    }
}

pub(crate) fn is_in(node: &str, group: &str) -> bool {
    node.strip_prefix(group).is_some_and(|rest| rest.starts_with('/'))
}
