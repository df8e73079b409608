//! The tree.

use crate::{Atom, Origin, Param, Refusal, Rhythm, Swing, Time};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Levels of nesting: walks over a tree recurse as deep, on any thread's stack.
pub const MOST_LEVELS: u16 = 256;
/// Parts of a tree, shared parts counted as often as they are used: bounds every walk.
pub const MOST_PARTS: u32 = 1_000_000;

/// Music as a function of time: an immutable tree, cheap to clone, equal if it is built alike.
#[derive(Clone)]
pub struct Pattern(Arc<Tree>);

struct Tree {
    node: Node,
    levels: u16,
    parts: u32,
}

/// An atom and the place it comes from. The place does not count when patterns are compared.
#[derive(Clone, Debug)]
pub struct Leaf {
    pub atom: Atom,
    pub origin: Origin,
}

impl PartialEq for Leaf {
    fn eq(&self, other: &Self) -> bool {
        self.atom == other.atom
    }
}

impl Eq for Leaf {}

impl Hash for Leaf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.atom.hash(state);
    }
}

/// Steps that divide a cycle.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Steps {
    pub(crate) children: Box<[Pattern]>,
    /// `None`: all have weight 1.
    pub(crate) weights: Option<Box<[Time]>>,
    /// Where each step starts, and 1: only for weighted steps.
    pub(crate) bounds: Box<[Time]>,
}

impl Steps {
    #[must_use]
    pub fn children(&self) -> &[Pattern] {
        &self.children
    }

    /// The share of a step in the cycle, beside the other steps' weights.
    #[must_use]
    pub fn weight(&self, step: usize) -> Time {
        self.weights.as_ref().and_then(|weights| weights.get(step).copied()).unwrap_or(Time::ONE)
    }
}

/// How a pattern is made. Times count cycles of the place where the node stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    Silence,
    /// One event over each whole cycle.
    Atom(Leaf),
    /// One after the other: each step holds its child's present cycle, made shorter.
    Cat(Steps),
    /// All at once.
    Stack(Box<[Pattern]>),
    /// The child's whole cycle as one event: dropped, moved and reversed as one.
    Freeze(Pattern),
    /// The child, `factor` times as fast.
    Fast {
        factor: Time,
        child: Pattern,
    },
    /// The child, later by that many cycles.
    Shift {
        by: Time,
        child: Pattern,
    },
    /// Each cycle mirrored; every event still plays forwards.
    Reverse(Pattern),
    /// Cycles 0, n, 2n … are `then`, all others `otherwise`.
    Every {
        n: u32,
        then: Pattern,
        otherwise: Pattern,
    },
    /// Each cycle is `then` by chance, else `otherwise`.
    Sometimes {
        probability: crate::Real,
        seed: u64,
        then: Pattern,
        otherwise: Pattern,
    },
    /// Each cycle is one of the children, by chance.
    Choose {
        seed: u64,
        children: Box<[Pattern]>,
    },
    /// The child in each step that is a pulse.
    Spread {
        rhythm: Rhythm,
        child: Pattern,
    },
    /// Without the events that chance drops, each with that probability.
    Thin {
        probability: crate::Real,
        seed: u64,
        child: Pattern,
    },
    /// Only the events that start in a kept step of the cycle.
    Mask {
        keep: Box<[bool]>,
        child: Pattern,
    },
    Swing {
        swing: Swing,
        child: Pattern,
    },
    /// Notes sound for that part of their length.
    Legato {
        factor: Time,
        child: Pattern,
    },
}

impl Node {
    /// Everything directly below, patterns in the parameters of a note included.
    pub(crate) fn children<'p>(&'p self, mut each: impl FnMut(&'p Pattern)) {
        match self {
            Self::Silence => {}
            Self::Atom(leaf) => {
                if let Atom::Note(note) = &leaf.atom {
                    let params = note.params.iter().map(|(_, param)| param);
                    for param in params.chain([&note.velocity]) {
                        if let Param::Pattern(pattern) = param {
                            each(pattern);
                        }
                    }
                }
            }
            Self::Cat(steps) => steps.children.iter().for_each(each),
            Self::Stack(children) | Self::Choose { children, .. } => children.iter().for_each(each),
            Self::Every { then, otherwise, .. } | Self::Sometimes { then, otherwise, .. } => {
                each(then);
                each(otherwise);
            }
            Self::Freeze(child)
            | Self::Reverse(child)
            | Self::Fast { child, .. }
            | Self::Shift { child, .. }
            | Self::Spread { child, .. }
            | Self::Thin { child, .. }
            | Self::Mask { child, .. }
            | Self::Swing { child, .. }
            | Self::Legato { child, .. } => each(child),
        }
    }
}

impl Pattern {
    /// Silence.
    #[must_use]
    pub fn silence() -> Self {
        Self(Arc::new(Tree { node: Node::Silence, levels: 1, parts: 1 }))
    }

    /// A tree of that node, unless it becomes too deep or too large.
    pub fn new(node: Node) -> Result<Self, Refusal> {
        let (mut levels, mut parts) = (0, 1_u32);
        node.children(|child| {
            levels = levels.max(child.0.levels);
            parts = parts.saturating_add(child.0.parts);
        });
        if levels >= MOST_LEVELS {
            return Err(Refusal::TooDeep);
        }
        if parts > MOST_PARTS {
            return Err(Refusal::TooLarge);
        }
        Ok(Self(Arc::new(Tree { node, levels: levels + 1, parts })))
    }

    #[must_use]
    pub fn node(&self) -> &Node {
        &self.0.node
    }

    /// A number that clones of one tree share, and no other tree alive has.
    #[must_use]
    pub fn identity(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// The place of the first atom that has one.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        fn search<'p>(pattern: &'p Pattern, found: &mut Option<&'p Origin>) {
            if found.is_some() {
                return;
            }
            if let Node::Atom(leaf) = pattern.node() {
                *found = leaf.origin.is_known().then_some(&leaf.origin);
            } else {
                pattern.node().children(|child| search(child, found));
            }
        }
        let mut found = None;
        search(self, &mut found);
        found
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.parts == other.0.parts && self.node() == other.node()
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.node().hash(state);
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({self})")
    }
}
