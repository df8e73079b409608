//! Knobs of a controller on targets: ranges, pickup and learning.

use super::Message;

/// Which knob moves which target, and how far. `T` names the target.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob<T> {
    /// 0 to 15; none hears every channel.
    pub channel: Option<u8>,
    /// 0 to 127. With `fine`, 0 to 31.
    pub controller: u8,
    /// The value at the lower and the upper end; the lower one may be the larger.
    pub range: [f64; 2],
    /// Whether controller + 32 has seven more bits.
    pub fine: bool,
    pub target: T,
}

/// What the move of a knob does.
#[derive(Clone, Debug, PartialEq)]
pub enum KnobMove<T> {
    /// The target takes a value.
    Set { target: T, value: f64 },
    /// The knob has not reached the value of its target yet and does nothing; both positions are 0 to 1.
    Waiting { target: T, knob: f64, value: f64 },
    /// A knob was moved while one was learned.
    Learned(Knob<T>),
}

/// All knobs. A knob takes over where it crosses the value of its target, so that nothing jumps.
#[derive(Clone, Debug)]
pub struct ControlMap<T> {
    rows: Vec<Row<T>>,
    /// A target that waits for its knob.
    learning: Option<(T, [f64; 2])>,
}

#[derive(Clone, Debug)]
struct Row<T> {
    knob: Knob<T>,
    /// The upper and lower seven bits.
    bits: [u8; 2],
    /// The last position, 0 to 1.
    at: Option<f64>,
    /// The value that this knob set last: while the target has it, the knob holds it.
    sent: Option<f64>,
}

impl<T> Default for ControlMap<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), learning: None }
    }
}

impl<T: Clone + PartialEq> ControlMap<T> {
    /// Adds a knob, in place of an earlier one for the same target from the same channel and controller.
    pub fn add(&mut self, knob: Knob<T>) {
        self.remove_where(|old| {
            (old.channel, old.controller, &old.target) == (knob.channel, knob.controller, &knob.target)
        });
        self.rows.push(Row { knob, bits: [0; 2], at: None, sent: None });
    }

    /// Removes the knobs of a target and returns how many there were.
    pub fn remove(&mut self, target: &T) -> usize {
        self.remove_where(|knob| knob.target == *target)
    }

    fn remove_where(&mut self, test: impl Fn(&Knob<T>) -> bool) -> usize {
        let before = self.rows.len();
        self.rows.retain(|row| !test(&row.knob));
        before - self.rows.len()
    }

    /// The knobs, in the order in which they were added.
    pub fn knobs(&self) -> impl Iterator<Item = &Knob<T>> {
        self.rows.iter().map(|row| &row.knob)
    }

    /// The next knob that moves is that of the target.
    pub fn learn(&mut self, target: T, range: [f64; 2]) {
        self.learning = Some((target, range));
    }

    /// Takes a message; `now` is the present value of a target.
    pub fn hear(&mut self, message: Message, now: impl Fn(&T) -> f64) -> Vec<KnobMove<T>> {
        let Message::Control { channel, controller, value } = message else { return Vec::new() };
        if let Some((target, range)) = self.learning.take() {
            let knob = Knob { channel: Some(channel), controller, range, fine: false, target };
            self.add(knob.clone());
            return vec![KnobMove::Learned(knob)];
        }
        let rows = self.rows.iter_mut().filter(|row| row.knob.channel.is_none_or(|only| only == channel));
        rows.filter_map(|row| row.turn(controller, value, &now)).collect()
    }
}

impl<T: Clone> Row<T> {
    fn turn(&mut self, controller: u8, value: u8, now: impl Fn(&T) -> f64) -> Option<KnobMove<T>> {
        let Knob { controller: own, fine, range: [lo, hi], ref target, .. } = self.knob;
        let part = match controller {
            _ if controller == own => 0,
            _ if fine && controller == own + 32 => 1,
            _ => return None,
        };
        self.bits[part] = value & 127;
        if fine && part == 0 {
            // The lower bits follow, or are zero where the controller has none.
            self.bits[1] = 0;
        }
        let [high, low] = self.bits.map(f64::from);
        let at = if fine { (high * 128.0 + low) / 16_383.0 } else { high / 127.0 };
        let before = self.at.replace(at);
        let present = now(target);
        let there = if hi == lo { at } else { ((present - lo) / (hi - lo)).clamp(0.0, 1.0) };
        let holds = self.sent.is_some_and(|sent| sent == present);
        // One step away it has reached it (half a step more, for rounding); between two moves it may have passed it.
        let reached = (at - there).abs() <= 1.5 / 127.0;
        let passed = before.is_some_and(|before| (before - there) * (at - there) <= 0.0);
        if !(holds || reached || passed) {
            return Some(KnobMove::Waiting { target: target.clone(), knob: at, value: there });
        }
        // Both ends are met exactly.
        let value = if at >= 1.0 { hi } else { lo + (hi - lo) * at };
        self.sent = Some(value);
        Some(KnobMove::Set { target: target.clone(), value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn map(range: [f64; 2], fine: bool) -> ControlMap<&'static str> {
        let mut map = ControlMap::default();
        map.add(Knob { channel: None, controller: 1, range, fine, target: "bass/cutoff" });
        map
    }

    /// Turns controller 1 through the positions and returns the values that the target takes.
    fn turn(map: &mut ControlMap<&'static str>, value: &Cell<f64>, positions: &[u8]) -> Vec<f64> {
        let mut taken = Vec::new();
        for &position in positions {
            let message = Message::Control { channel: 5, controller: 1, value: position };
            for knob_move in map.hear(message, |_| value.get()) {
                if let KnobMove::Set { value: new, .. } = knob_move {
                    value.set(new);
                    taken.push(new);
                }
            }
        }
        taken
    }

    #[test]
    fn a_knob_takes_over_where_it_crosses_and_not_before() {
        let (mut map, value) = (map([0.0, 127.0], false), Cell::new(64.0));
        assert_eq!(turn(&mut map, &value, &[0, 10, 40]), [0.0; 0]);
        // A fast turn jumps over the value: that is a crossing, too.
        assert_eq!(turn(&mut map, &value, &[90, 100]), [90.0, 100.0]);
        // Something else moved the target: it has to be met again.
        value.set(20.0);
        assert_eq!(turn(&mut map, &value, &[101, 60]), [0.0; 0]);
        assert_eq!(turn(&mut map, &value, &[21, 30]), [21.0, 30.0]);
    }

    #[test]
    fn a_waiting_knob_says_where_both_are() {
        let mut map = map([200.0, 100.0], false);
        let moves = map.hear(Message::Control { channel: 0, controller: 1, value: 127 }, |_| 200.0);
        assert_eq!(moves, [KnobMove::Waiting { target: "bass/cutoff", knob: 1.0, value: 0.0 }]);
    }

    #[test]
    fn ends_are_met_exactly_and_fourteen_bits_are_joined() {
        let (mut turned, value) = (map([3000.1, 0.1], false), Cell::new(3000.1));
        assert_eq!(turn(&mut turned, &value, &[0, 127]), [3000.1, 0.1]);
        let mut fine = map([0.0, 16_383.0], true);
        let heard = |map: &mut ControlMap<_>, controller, bits, now: f64| {
            map.hear(Message::Control { channel: 0, controller, value: bits }, |_| now)
        };
        heard(&mut fine, 1, 64, 64.0 * 128.0);
        let moves = heard(&mut fine, 33, 5, 64.0 * 128.0);
        assert!(
            matches!(moves[..], [KnobMove::Set { value, .. }] if (value - 8197.0).abs() < 1e-9),
            "{moves:?}"
        );
    }

    #[test]
    fn channels_are_told_apart_and_knobs_are_learned_and_removed() {
        let mut map = ControlMap::default();
        map.learn("verb/level", [0.0, 1.0]);
        let message = |channel| Message::Control { channel, controller: 7, value: 0 };
        let learned = map.hear(message(3), |_| 0.0);
        let knob =
            Knob { channel: Some(3), controller: 7, range: [0.0, 1.0], fine: false, target: "verb/level" };
        assert_eq!(learned, [KnobMove::Learned(knob)]);
        assert_eq!(map.hear(message(2), |_| 0.0), []);
        assert_eq!(map.hear(message(3), |_| 0.0), [KnobMove::Set { target: "verb/level", value: 0.0 }]);
        assert_eq!((map.remove(&"verb/level"), map.knobs().count()), (1, 0));
    }
}
