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

/// The words of labels that start sounds.
const GATES: [&str; 3] = ["gate", "trig", "trigger"];

/// The labels of controls that follow notes, in Faust programs and beyond.
const PLAYED: [&str; 7] = ["freq", "pitch", "note", "key", "vel", "velocity", "gain"];

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

    /// The property of notes that sets it, by the convention of Faust's polyphonic programs.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        Self::role_of(self.label(), self.hi)
    }

    /// The role of a control with that label, whose range ends at `hi`.
    #[must_use]
    pub fn role_of(label: &str, hi: f64) -> Option<Role> {
        Some(match label {
            "freq" => Role::Hertz,
            "key" => Role::Key,
            "gate" => Role::Gate,
            "gain" => Role::Velocity,
            "vel" | "velocity" if hi > 1.0 => Role::MidiVelocity,
            "vel" | "velocity" => Role::Velocity,
            _ => return None,
        })
    }

    /// Whether it starts sounds: a word of its label is `gate`, `trig` or `trigger`, as in `kick_gate`.
    #[must_use]
    pub fn is_gate(&self) -> bool {
        self.last_part().to_lowercase().split('_').any(|word| GATES.contains(&word))
    }

    /// Whether its steps are smoothed unless its author says otherwise. Gates, switches, menus and the controls that notes
    /// set are not.
    #[must_use]
    pub fn is_smoothed(&self) -> bool {
        let turned = matches!(self.kind, ControlKind::Slider | ControlKind::Number);
        let listed =
            self.face.values("style").any(|style| style.starts_with("menu") || style.starts_with("radio"));
        turned && !listed && !self.is_gate() && !PLAYED.contains(&self.last_part())
    }

    /// Whether it is on or off.
    #[must_use]
    pub fn is_switch(&self) -> bool {
        matches!(self.kind, ControlKind::Button | ControlKind::Checkbox)
    }

    /// The label behind its last `/`: a name may be a path, too.
    fn last_part(&self) -> &str {
        self.label().rsplit('/').next().unwrap_or_default()
    }

    /// The lowest and the highest value it can have: its range, or more where notes set it. A `freq` from 50 to 1000
    /// is 2093 while the key 96 is held.
    #[must_use]
    pub fn reach(&self) -> [f64; 2] {
        match self.role().map(Role::range) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn slider(name: &str, hi: f64) -> Control {
        Control::new(name, ControlKind::Slider, [0.0, 0.0, hi, 0.01])
    }

    #[test]
    fn a_gate_is_a_word_of_a_label() {
        for name in ["gate", "kick_gate", "Trig", "drums/snare_trigger", "trig_2"] {
            assert!(slider(name, 1.0).is_gate(), "{name}");
        }
        for name in ["investigate", "gates", "gate/level", "cutoff", ""] {
            assert!(!slider(name, 1.0).is_gate(), "{name}");
        }
    }

    #[test]
    fn roles_are_whole_labels() {
        let role = |name: &str, hi| slider(name, hi).role();
        assert_eq!((role("vel", 1.0), role("vel", 127.0)), (Some(Role::Velocity), Some(Role::MidiVelocity)));
        assert_eq!((role("kick_gate", 1.0), role("cutoff", 127.0)), (None, None));
        let face = Face { address: "/synth/env/gate".into(), ..Face::default() };
        let gate = Control { face, ..slider("env_gate", 1.0) };
        assert_eq!((gate.role(), gate.is_gate()), (Some(Role::Gate), true));
    }

    #[test]
    fn notes_gates_switches_and_menus_are_not_smoothed() {
        assert!(slider("cutoff", 1.0).is_smoothed());
        for name in ["freq", "osc/pitch", "gain", "kick_gate"] {
            assert!(!slider(name, 1.0).is_smoothed(), "{name}");
        }
        let face = Face { metadata: vec![("style".into(), "menu{'a':0;'b':1}".into())], ..Face::default() };
        assert!(!Control { face, ..slider("wave", 1.0) }.is_smoothed());
        assert!(!Control::new("on", ControlKind::Checkbox, [0.0, 0.0, 1.0, 1.0]).is_smoothed());
    }
}
