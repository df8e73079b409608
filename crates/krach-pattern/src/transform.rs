//! Methods: a pattern from a pattern.

use crate::build::{seq, stack, weighted};
use crate::{Atom, Node, Pattern, Real, Refusal, Rhythm, Swing, Time};

impl Pattern {
    /// This, then the other, in one cycle. Sequences on either side give their steps.
    pub fn then(&self, other: &Self) -> Result<Self, Refusal> {
        seq(&[self.clone(), other.clone()])
    }

    /// Both at once.
    pub fn with(&self, other: &Self) -> Result<Self, Refusal> {
        stack(&[self.clone(), other.clone()])
    }

    /// `count` times in one cycle, each time as one step.
    pub fn repeat(&self, count: i64) -> Result<Self, Refusal> {
        let times = usize::try_from(count).ok().filter(|&times| times > 0).ok_or(Refusal::Repeat(count))?;
        if times > crate::pattern::MOST_PARTS as usize {
            return Err(Refusal::TooLarge);
        }
        weighted(vec![(Time::ONE, self.clone()); times])
    }

    /// `factor` times as fast.
    pub fn fast(&self, factor: Time) -> Result<Self, Refusal> {
        if !factor.is_positive() {
            return Err(Refusal::Factor(factor));
        }
        Self::new(Node::Fast { factor, child: self.clone() })
    }

    /// `factor` times as slow.
    pub fn slow(&self, factor: Time) -> Result<Self, Refusal> {
        if !factor.is_positive() {
            return Err(Refusal::Factor(factor));
        }
        self.fast(Time::ONE.over(factor)?)
    }

    /// One cycle of this lasts that many cycles.
    pub fn over(&self, cycles: Time) -> Result<Self, Refusal> {
        if !cycles.is_positive() {
            return Err(Refusal::Cycles(cycles));
        }
        self.slow(cycles)
    }

    /// Later by that many cycles; earlier if negative.
    pub fn shift(&self, by: Time) -> Result<Self, Refusal> {
        Self::new(Node::Shift { by, child: self.clone() })
    }

    /// The last event first, each still playing forwards. Curves run backwards.
    pub fn reverse(&self) -> Result<Self, Refusal> {
        Self::new(Node::Reverse(self.clone()))
    }

    /// `then` in cycles 0, n, 2n … and this in all others.
    pub fn every(&self, n: i64, then: &Self) -> Result<Self, Refusal> {
        let n = u32::try_from(n).ok().filter(|&n| n > 0).ok_or(Refusal::Every(n))?;
        Self::new(Node::Every { n, then: then.clone(), otherwise: self.clone() })
    }

    /// `then` in a cycle with that probability, else this.
    pub fn sometimes(&self, probability: f64, then: &Self, seed: u64) -> Result<Self, Refusal> {
        let probability = likely(probability)?;
        Self::new(Node::Sometimes { probability, seed, then: then.clone(), otherwise: self.clone() })
    }

    /// Drops each event with that probability. A chord stays or goes as one.
    pub fn thin(&self, probability: f64, seed: u64) -> Result<Self, Refusal> {
        Self::new(Node::Thin { probability: likely(probability)?, seed, child: self.clone() })
    }

    /// This in each pulse of a Euclidean rhythm.
    pub fn spread(&self, pulses: i64, steps: i64, rotation: i64) -> Result<Self, Refusal> {
        Self::new(Node::Spread { rhythm: Rhythm::new(pulses, steps, rotation)?, child: self.clone() })
    }

    /// Only the events that start in a kept step: `"x . 1 0"` keeps the first and the third quarter of a cycle.
    pub fn mask(&self, mask: &str) -> Result<Self, Refusal> {
        let step = |word: &str| match word {
            "x" | "X" | "1" => Ok(true),
            "." | "0" | "~" | "-" => Ok(false),
            _ => Err(Refusal::MaskWord(word.to_owned())),
        };
        let keep: Box<[bool]> = mask.split_whitespace().map(step).collect::<Result<_, _>>()?;
        if keep.is_empty() {
            return Err(Refusal::MaskWord(String::new()));
        }
        Self::new(Node::Mask { keep, child: self.clone() })
    }

    /// Of each pair of `grid` steps per cycle, the first takes `amount` of the time.
    pub fn swing(&self, amount: Time, grid: i64) -> Result<Self, Refusal> {
        Self::new(Node::Swing { swing: Swing::new(amount, grid)?, child: self.clone() })
    }

    /// Notes sound for that part of their length; 1 and more ties each to the next. The outermost wins.
    pub fn legato(&self, factor: Time) -> Result<Self, Refusal> {
        if !factor.is_positive() {
            return Err(Refusal::Factor(factor));
        }
        Self::new(Node::Legato { factor, child: self.clone() })
    }

    /// The rhythm with its notes replaced, in order, by those of this melody, which starts again when it ends.
    ///
    /// A chord of the melody is one note of it; its rests do not count. A rhythm's `spread` takes a note per pulse.
    pub fn structured(&self, rhythm: &Self) -> Result<Self, Refusal> {
        let mut notes = Vec::new();
        collect(self, &mut notes);
        if notes.is_empty() {
            return Ok(rhythm.clone());
        }
        replaced(rhythm, &mut notes.iter().cycle())
    }
}

fn likely(probability: f64) -> Result<Real, Refusal> {
    let range = 0.0..=1.0;
    Real::new(probability).filter(|real| range.contains(&real.get())).ok_or(Refusal::Probability(probability))
}

/// Whether a pattern is one playable event: a note, a chord of notes, or frozen.
fn is_unit(pattern: &Pattern) -> bool {
    match pattern.node() {
        Node::Atom(leaf) => matches!(leaf.atom, Atom::Note(_) | Atom::Midi(_) | Atom::Number(_)),
        Node::Stack(children) => children.iter().all(is_unit),
        Node::Freeze(_) => true,
        _ => false,
    }
}

fn collect(melody: &Pattern, notes: &mut Vec<Pattern>) {
    if is_unit(melody) {
        notes.push(melody.clone());
    } else {
        melody.node().children(|child| collect(child, notes));
    }
}

fn replaced<'n>(rhythm: &Pattern, notes: &mut impl Iterator<Item = &'n Pattern>) -> Result<Pattern, Refusal> {
    if is_unit(rhythm) {
        return Ok(notes.next().unwrap_or(rhythm).clone());
    }
    let node = match rhythm.node() {
        Node::Silence | Node::Atom(_) | Node::Freeze(_) => return Ok(rhythm.clone()),
        // Each pulse gets a note of its own.
        Node::Spread { rhythm, child } => {
            let step = |&hit| {
                let child = if hit { replaced(child, notes)? } else { Pattern::silence() };
                Ok((Time::ONE, child))
            };
            return weighted(rhythm.hits.iter().map(step).collect::<Result<_, Refusal>>()?);
        }
        node => node.clone(),
    };
    let mut each = |child: &Pattern| replaced(child, notes);
    Pattern::new(match node {
        Node::Cat(mut steps) => {
            steps.children = steps.children.iter().map(each).collect::<Result<_, _>>()?;
            Node::Cat(steps)
        }
        Node::Stack(children) => Node::Stack(children.iter().map(each).collect::<Result<_, _>>()?),
        Node::Choose { seed, children } => {
            Node::Choose { seed, children: children.iter().map(each).collect::<Result<_, _>>()? }
        }
        Node::Every { n, then, otherwise } => {
            Node::Every { n, then: each(&then)?, otherwise: each(&otherwise)? }
        }
        Node::Sometimes { probability, seed, then, otherwise } => {
            Node::Sometimes { probability, seed, then: each(&then)?, otherwise: each(&otherwise)? }
        }
        Node::Reverse(child) => Node::Reverse(each(&child)?),
        Node::Fast { factor, child } => Node::Fast { factor, child: each(&child)? },
        Node::Shift { by, child } => Node::Shift { by, child: each(&child)? },
        Node::Thin { probability, seed, child } => Node::Thin { probability, seed, child: each(&child)? },
        Node::Mask { keep, child } => Node::Mask { keep, child: each(&child)? },
        Node::Swing { swing, child } => Node::Swing { swing, child: each(&child)? },
        Node::Legato { factor, child } => Node::Legato { factor, child: each(&child)? },
        node @ (Node::Silence | Node::Atom(_) | Node::Freeze(_) | Node::Spread { .. }) => node,
    })
}
