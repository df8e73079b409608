//! Controls, and how people see them.

use krach_abi::Role;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ControlKind {
    Slider,
    Number,
    Button,
    Checkbox,
}

/// A parameter people turn. Constant between changes, which are clamped to `lo..=hi`; notes reach further, see
/// [`Control::reach`].
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    pub name: Arc<str>,
    pub kind: ControlKind,
    pub init: f64,
    pub lo: f64,
    pub hi: f64,
    /// Advice to widgets; values are not quantised.
    pub step: f64,
    pub face: Face,
}

impl Control {
    /// One that people see by its name alone; `init`, `lo`, `hi` and `step` in this order.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, kind: ControlKind, [init, lo, hi, step]: [f64; 4]) -> Self {
        Self { name: name.into(), kind, init, lo, hi, step, face: Face::default() }
    }

    /// The last part of its address, or its name.
    #[must_use]
    pub fn label(&self) -> &str {
        let last = self.face.address.rsplit('/').next();
        last.filter(|label| !label.is_empty()).unwrap_or(&self.name)
    }

    /// The lowest and the highest value it can have: its range, or more where notes set it. A `freq` from 50 to 1000
    /// is 2093 while the key 96 is held.
    #[must_use]
    pub fn reach(&self) -> [f64; 2] {
        match Role::of(self.label(), self.hi).map(Role::range) {
            Some([lo, hi]) => [self.lo.min(lo), self.hi.max(hi)],
            None => [self.lo, self.hi],
        }
    }

    /// What is wrong with the parameters, if anything.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        let all_finite = [self.init, self.lo, self.hi, self.step].iter().all(|value| value.is_finite());
        if !all_finite {
            Some("a value that is not finite")
        } else if !(self.lo <= self.init && self.init <= self.hi) {
            Some("needs lo <= init <= hi")
        } else if self.step <= 0.0 {
            Some("needs a positive step")
        } else {
            None
        }
    }

    /// Whether both are one parameter, however people see it.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let parameter = |of: &Self| (of.kind, [of.init, of.lo, of.hi, of.step]);
        self.name == other.name && parameter(self) == parameter(other)
    }

    /// Whether the name can stand in a path and in Faust text.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        !name.trim().is_empty() && !name.chars().any(char::is_control)
    }
}

/// A control or a meter as people see it. No bearing on the sound, but for the label: notes find controls by it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Face {
    /// Groups and label, each after a `/`; empty for one that stands in no interface of groups.
    pub address: Arc<str>,
    /// What its author says of it, such as `unit`, `scale`, `style` or `midi`, as keys and values. A key may come
    /// several times.
    pub metadata: Vec<(Arc<str>, Arc<str>)>,
}

impl Face {
    /// The values of that key.
    pub fn values<'a>(&'a self, key: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        self.metadata.iter().filter(move |(known, _)| **known == *key).map(|(_, value)| &**value)
    }
}
