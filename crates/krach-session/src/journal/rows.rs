//! A pattern as rows: each row names other rows by their number and stands after them, so no depth of a tree is a depth
//! of a file. Parts that a pattern shares are one row.

use krach_diag::Place;
use krach_pattern::{
    Atom, ControlChange, Curve, Leaf, MidiNote, Node, Note, Origin, OscArgument, Param, Pattern, Pitch, Real,
    Shape, Time, build,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// A pattern, its last row.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Rows(Vec<Row>);

type Fraction = (i64, i64);

/// The line of Python that an atom comes from.
type Line = (String, u32, u32, u32, u32);

#[derive(Debug, Serialize, Deserialize)]
enum Row {
    Silence,
    Atom(Sound, Option<Line>),
    Cat(Vec<(Fraction, usize)>),
    Stack(Vec<usize>),
    Freeze(usize),
    Fast(Fraction, usize),
    Shift(Fraction, usize),
    Reverse(usize),
    Every(i64, usize, usize),
    Sometimes(f64, u64, usize, usize),
    Choose(u64, Vec<usize>),
    Spread(i64, i64, i64, usize),
    Thin(f64, u64, usize),
    Mask(String, usize),
    Swing(Fraction, i64, usize),
    Legato(Fraction, usize),
}

/// The value of an atom.
#[derive(Debug, Serialize, Deserialize)]
enum Sound {
    Note { key: Option<i64>, hz: Option<f64>, gate: String, vel: Number, params: Vec<(String, Number)> },
    Control(String, f64),
    Number(f64),
    Curve(String, f64, f64),
    Random(f64, f64, u64),
    Midi { pitch: i64, velocity: i64, channel: i64, duration: f64 },
    ControlChange { controller: i64, value: i64, channel: i64 },
    Osc(String, Vec<Argument>),
}

/// A number, or the row of a pattern.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Number {
    Is(f64),
    Row(usize),
}

#[derive(Debug, Serialize, Deserialize)]
enum Argument {
    Float(f64),
    Int(i64),
    Text(String),
}

impl Rows {
    pub fn of(pattern: &Pattern) -> Self {
        let mut writer = Writer { rows: Vec::new(), known: HashMap::new() };
        writer.write(pattern);
        Self(writer.rows)
    }

    /// The pattern of the rows.
    ///
    /// # Errors
    /// A row that names no row before it, and what no pattern can be.
    pub fn pattern(self) -> Result<Pattern, String> {
        let mut made: Vec<Pattern> = Vec::with_capacity(self.0.len());
        for row in self.0 {
            let pattern = Reader { made: &made }.read(row)?;
            made.push(pattern);
        }
        made.pop().ok_or_else(|| "a pattern has at least one row".to_owned())
    }
}

struct Writer {
    rows: Vec<Row>,
    known: HashMap<usize, usize>,
}

fn fraction(time: Time) -> Fraction {
    (time.numerator(), time.denominator())
}

impl Writer {
    /// Depth is bounded: see [`krach_pattern::MOST_LEVELS`].
    fn write(&mut self, pattern: &Pattern) -> usize {
        if let Some(&row) = self.known.get(&pattern.identity()) {
            return row;
        }
        let row = self.row(pattern);
        self.rows.push(row);
        self.known.insert(pattern.identity(), self.rows.len() - 1);
        self.rows.len() - 1
    }

    fn all(&mut self, children: &[Pattern]) -> Vec<usize> {
        children.iter().map(|child| self.write(child)).collect()
    }

    fn row(&mut self, pattern: &Pattern) -> Row {
        match pattern.node() {
            Node::Silence => Row::Silence,
            Node::Atom(leaf) => self.atom(leaf),
            Node::Cat(steps) => {
                let children = self.all(steps.children());
                Row::Cat(
                    children
                        .into_iter()
                        .enumerate()
                        .map(|(at, row)| (fraction(steps.weight(at)), row))
                        .collect(),
                )
            }
            Node::Stack(children) => Row::Stack(self.all(children)),
            Node::Freeze(child) => Row::Freeze(self.write(child)),
            Node::Fast { factor, child } => Row::Fast(fraction(*factor), self.write(child)),
            Node::Shift { by, child } => Row::Shift(fraction(*by), self.write(child)),
            Node::Reverse(child) => Row::Reverse(self.write(child)),
            Node::Every { n, then, otherwise } => {
                Row::Every((*n).into(), self.write(then), self.write(otherwise))
            }
            Node::Sometimes { probability, seed, then, otherwise } => {
                Row::Sometimes(probability.get(), *seed, self.write(then), self.write(otherwise))
            }
            Node::Choose { seed, children } => Row::Choose(*seed, self.all(children)),
            Node::Spread { rhythm, child } => Row::Spread(
                rhythm.pulses.into(),
                rhythm.steps.into(),
                rhythm.rotation.into(),
                self.write(child),
            ),
            Node::Thin { probability, seed, child } => Row::Thin(probability.get(), *seed, self.write(child)),
            Node::Mask { keep, child } => {
                let words: Vec<&str> = keep.iter().map(|&kept| if kept { "x" } else { "." }).collect();
                Row::Mask(words.join(" "), self.write(child))
            }
            Node::Swing { swing, child } => {
                Row::Swing(fraction(swing.amount()), swing.grid().into(), self.write(child))
            }
            Node::Legato { factor, child } => Row::Legato(fraction(*factor), self.write(child)),
        }
    }

    fn atom(&mut self, leaf: &Leaf) -> Row {
        let sound = match &leaf.atom {
            Atom::Note(note) => Sound::Note {
                key: note.pitch.and_then(|pitch| match pitch {
                    Pitch::Midi(number) => Some(number.into()),
                    Pitch::Hz(_) => None,
                }),
                hz: note.pitch.and_then(|pitch| match pitch {
                    Pitch::Midi(_) => None,
                    Pitch::Hz(hz) => Some(hz.get()),
                }),
                gate: note.gate.to_string(),
                vel: self.number(&note.velocity),
                params: note
                    .params
                    .iter()
                    .map(|(name, param)| (name.to_string(), self.number(param)))
                    .collect(),
            },
            Atom::Control { label, value } => Sound::Control(label.to_string(), value.get()),
            Atom::Number(number) => Sound::Number(number.get()),
            Atom::Curve(Curve { shape, lo, hi }) => Sound::Curve(shape.name().to_owned(), lo.get(), hi.get()),
            Atom::Random { lo, hi, seed } => Sound::Random(lo.get(), hi.get(), *seed),
            Atom::Midi(MidiNote { channel, pitch, velocity, duration }) => Sound::Midi {
                pitch: (*pitch).into(),
                velocity: (*velocity).into(),
                channel: (*channel).into(),
                duration: duration.get(),
            },
            Atom::ControlChange(ControlChange { channel, controller, value }) => Sound::ControlChange {
                controller: (*controller).into(),
                value: (*value).into(),
                channel: (*channel).into(),
            },
            Atom::Osc { address, arguments } => {
                let argument = |argument: &OscArgument| match argument {
                    OscArgument::Float(number) => Argument::Float(number.get()),
                    OscArgument::Int(number) => Argument::Int(*number),
                    OscArgument::Text(text) => Argument::Text(text.to_string()),
                };
                Sound::Osc(address.to_string(), arguments.iter().map(argument).collect())
            }
        };
        let line = leaf.origin.line().map(|place| {
            let Place { file, line, column, end_line, end_column } = place.clone();
            (file.to_string(), line, column, end_line, end_column)
        });
        Row::Atom(sound, line)
    }

    fn number(&mut self, param: &Param) -> Number {
        match param {
            Param::Number(number) => Number::Is(number.get()),
            Param::Pattern(pattern) => Number::Row(self.write(pattern)),
        }
    }
}

struct Reader<'m> {
    made: &'m [Pattern],
}

fn time((numerator, denominator): Fraction) -> Result<Time, String> {
    Time::new(numerator, denominator).map_err(|_| format!("{numerator}/{denominator} is no time"))
}

fn real(number: f64) -> Result<Real, String> {
    Real::new(number).ok_or_else(|| format!("{number} is not finite"))
}

impl Reader<'_> {
    fn row(&self, number: usize) -> Result<&Pattern, String> {
        self.made
            .get(number)
            .ok_or_else(|| format!("row {number} does not stand before the row that names it"))
    }

    fn all(&self, numbers: &[usize]) -> Result<Vec<Pattern>, String> {
        numbers.iter().map(|&number| self.row(number).cloned()).collect()
    }

    fn read(&self, row: Row) -> Result<Pattern, String> {
        let made = match row {
            Row::Silence => Ok(Pattern::silence()),
            Row::Atom(sound, line) => return self.atom(sound, line),
            Row::Cat(steps) => {
                let steps =
                    steps.into_iter().map(|(weight, row)| Ok((time(weight)?, self.row(row)?.clone())));
                build::weighted(steps.collect::<Result<_, String>>()?)
            }
            Row::Stack(rows) => build::stack(&self.all(&rows)?),
            Row::Freeze(row) => build::freeze(self.row(row)?),
            Row::Fast(factor, row) => self.row(row)?.fast(time(factor)?),
            Row::Shift(by, row) => self.row(row)?.shift(time(by)?),
            Row::Reverse(row) => self.row(row)?.reverse(),
            Row::Every(n, then, otherwise) => self.row(otherwise)?.every(n, self.row(then)?),
            Row::Sometimes(probability, seed, then, otherwise) => {
                self.row(otherwise)?.sometimes(probability, self.row(then)?, seed)
            }
            Row::Choose(seed, rows) => build::choose(seed, &self.all(&rows)?),
            Row::Spread(pulses, steps, rotation, row) => self.row(row)?.spread(pulses, steps, rotation),
            Row::Thin(probability, seed, row) => self.row(row)?.thin(probability, seed),
            Row::Mask(mask, row) => self.row(row)?.mask(&mask),
            Row::Swing(amount, grid, row) => self.row(row)?.swing(time(amount)?, grid),
            Row::Legato(factor, row) => self.row(row)?.legato(time(factor)?),
        };
        made.map_err(|refusal| refusal.to_string())
    }

    fn atom(&self, sound: Sound, line: Option<Line>) -> Result<Pattern, String> {
        let origin = line.map_or(Origin::Unknown, |(file, line, column, end_line, end_column)| {
            Origin::Line(Arc::new(Place { file: file.into(), line, column, end_line, end_column }))
        });
        let made = match sound {
            Sound::Note { key, hz, gate, vel, params } => {
                let pitch = key
                    .map(Pitch::midi)
                    .or_else(|| hz.map(Pitch::hz))
                    .transpose()
                    .map_err(|refusal| refusal.to_string())?;
                let params = params.into_iter().map(|(name, number)| Ok((name.into(), self.param(number)?)));
                let params: Vec<(Arc<str>, Param)> = params.collect::<Result<_, String>>()?;
                let note =
                    Note { pitch, gate: gate.into(), velocity: self.param(vel)?, params: params.into() };
                build::atom(Atom::Note(note), origin)
            }
            Sound::Control(label, value) => build::control(&label, value, origin),
            Sound::Number(number) => build::atom(Atom::Number(real(number)?), origin),
            Sound::Curve(name, lo, hi) => {
                let shape = Shape::ALL.into_iter().find(|shape| shape.name() == name);
                let shape = shape.ok_or_else(|| format!("no curve is called {name:?}"))?;
                build::curve(shape, lo, hi, None, &origin)
            }
            Sound::Random(lo, hi, seed) => {
                build::atom(Atom::Random { lo: real(lo)?, hi: real(hi)?, seed }, origin)
            }
            Sound::Midi { pitch, velocity, channel, duration } => {
                build::midi_note(pitch, velocity, channel, duration, origin)
            }
            Sound::ControlChange { controller, value, channel } => {
                build::cc(controller, value, channel, origin)
            }
            Sound::Osc(address, arguments) => {
                let argument = |argument| {
                    Ok(match argument {
                        Argument::Float(number) => OscArgument::Float(real(number)?),
                        Argument::Int(number) => OscArgument::Int(number),
                        Argument::Text(text) => OscArgument::Text(text.into()),
                    })
                };
                let arguments = arguments.into_iter().map(argument).collect::<Result<_, String>>()?;
                build::osc(&address, arguments, origin)
            }
        };
        made.map_err(|refusal| refusal.to_string())
    }

    fn param(&self, number: Number) -> Result<Param, String> {
        match number {
            Number::Is(number) => Ok(Param::Number(real(number)?)),
            Number::Row(row) => Ok(Param::Pattern(self.row(row)?.clone())),
        }
    }
}
