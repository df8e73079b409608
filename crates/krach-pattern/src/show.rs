//! A pattern in one line, for people.

use crate::pitch::note_name;
use crate::{Atom, Node, Pattern, Pitch, Time};
use std::fmt::{self, Display, Formatter, Write};

/// Steps or layers that are shown; the rest is counted.
const MOST_SHOWN: usize = 8;
/// Levels that are shown.
const MOST_LEVELS: usize = 12;

impl Display for Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        show(self, 0, f)
    }
}

fn show(pattern: &Pattern, level: usize, f: &mut Formatter<'_>) -> fmt::Result {
    if level > MOST_LEVELS {
        return f.write_char('…');
    }
    let inner = |child: &Pattern, f: &mut Formatter<'_>| {
        if matches!(child.node(), Node::Cat(_) | Node::Stack(_) | Node::Choose { .. }) {
            f.write_char('(')?;
            show(child, level + 1, f)?;
            f.write_char(')')
        } else {
            show(child, level + 1, f)
        }
    };
    match pattern.node() {
        Node::Silence => f.write_char('~'),
        Node::Atom(leaf) => leaf.atom.fmt(f),
        Node::Cat(steps) => list(steps.children(), ", ", level, f, |at, f| {
            let weight = steps.weight(at);
            if weight == Time::ONE { Ok(()) } else { write!(f, "@{weight}") }
        }),
        Node::Stack(children) => list(children, " | ", level, f, |_, _| Ok(())),
        Node::Choose { children, .. } => list(children, " or ", level, f, |_, _| Ok(())),
        Node::Freeze(child) => inner(child, f),
        Node::Shift { child, .. } => inner(child, f),
        Node::Fast { factor, child } => {
            inner(child, f)?;
            match Time::ONE.over(*factor) {
                Ok(slow) if *factor < Time::ONE => write!(f, " /{slow}"),
                _ => write!(f, " *{factor}"),
            }
        }
        Node::Reverse(child) => {
            inner(child, f)?;
            f.write_str(" rev")
        }
        Node::Every { n, otherwise, .. } => {
            inner(otherwise, f)?;
            write!(f, " every({n})")
        }
        Node::Sometimes { probability, otherwise, .. } => {
            inner(otherwise, f)?;
            write!(f, " sometimes({:.0}%)", probability.get() * 100.0)
        }
        Node::Spread { rhythm, child } => {
            inner(child, f)?;
            write!(f, " spread({},{})", rhythm.pulses, rhythm.steps)
        }
        Node::Thin { probability, child, .. } => {
            inner(child, f)?;
            write!(f, " thin({:.0}%)", probability.get() * 100.0)
        }
        Node::Mask { keep, child } => {
            inner(child, f)?;
            let steps: String = keep.iter().take(32).map(|&kept| if kept { 'x' } else { '.' }).collect();
            write!(f, " mask({steps})")
        }
        Node::Swing { swing, child } => {
            inner(child, f)?;
            write!(f, " swing({})", Short(swing.amount().approximately()))
        }
        Node::Legato { factor, child } => {
            inner(child, f)?;
            write!(f, " legato({})", Short(factor.approximately()))
        }
    }
}

fn list(
    children: &[Pattern],
    between: &str,
    level: usize,
    f: &mut Formatter<'_>,
    after: impl Fn(usize, &mut Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    for (at, child) in children.iter().take(MOST_SHOWN).enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        let nested = matches!(child.node(), Node::Cat(_) | Node::Stack(_) | Node::Choose { .. });
        if nested {
            f.write_char('(')?;
        }
        show(child, level + 1, f)?;
        if nested {
            f.write_char(')')?;
        }
        after(at, f)?;
    }
    match children.len().saturating_sub(MOST_SHOWN) {
        0 => Ok(()),
        more => write!(f, " ...+{more} more"),
    }
}

impl Display for Atom {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Note(note) => match note.pitch {
                Some(Pitch::Midi(number)) => f.write_str(&note_name(number)),
                Some(Pitch::Hz(hz)) => write!(f, "{}Hz", Short(hz.get())),
                None if &*note.gate == "gate" => f.write_char('x'),
                None => f.write_str(&note.gate),
            },
            Self::Control { label, value } => write!(f, "{label}={}", Short(value.get())),
            Self::Number(number) => write!(f, "{}", Short(number.get())),
            Self::Curve(curve) => {
                write!(f, "{}({}, {})", curve.shape.name(), Short(curve.lo.get()), Short(curve.hi.get()))
            }
            Self::Random { lo, hi, .. } => write!(f, "rand({}, {})", Short(lo.get()), Short(hi.get())),
            Self::Midi(note) => f.write_str(&note_name(note.pitch)),
            Self::ControlChange(change) => write!(f, "cc({},{})", change.controller, change.value),
            Self::Osc { address, .. } => write!(f, "osc({address})"),
        }
    }
}

/// A number with at most two decimals.
struct Short(f64);

impl Display for Short {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}
