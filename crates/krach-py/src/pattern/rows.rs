//! A pattern as rows of plain values, for pickles and files: `(operation, argument, …)`. A row names other rows by
//! their number, and stands after them. Shared parts are one row, so a file is as small as the tree in memory.

use super::Pattern;
use super::argument::{PlaceTuple, origin};
use super::build::real;
use krach_diag::Place;
use krach_pattern::{
    Atom, ControlChange, Curve, Leaf, MidiNote, Node, Note, Origin, OscArgument, Param, Pitch, Refusal,
    Shape, Time, build,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt, PyList, PyTuple};
use std::collections::HashMap;
use std::sync::Arc;

type Row<'py> = Bound<'py, PyTuple>;
type Fraction = (i64, i64);

pub fn rows<'py>(py: Python<'py>, pattern: &krach_pattern::Pattern) -> PyResult<Bound<'py, PyList>> {
    let mut writer = Writer { py, rows: Vec::new(), known: HashMap::new() };
    writer.write(pattern)?;
    PyList::new(py, writer.rows)
}

struct Writer<'py> {
    py: Python<'py>,
    rows: Vec<Row<'py>>,
    known: HashMap<usize, usize>,
}

fn fraction(time: Time) -> Fraction {
    (time.numerator(), time.denominator())
}

impl<'py> Writer<'py> {
    fn write(&mut self, pattern: &krach_pattern::Pattern) -> PyResult<usize> {
        if let Some(&row) = self.known.get(&pattern.identity()) {
            return Ok(row);
        }
        let row = self.row(pattern)?;
        self.rows.push(row);
        self.known.insert(pattern.identity(), self.rows.len() - 1);
        Ok(self.rows.len() - 1)
    }

    fn all(&mut self, children: &[krach_pattern::Pattern]) -> PyResult<Vec<usize>> {
        children.iter().map(|child| self.write(child)).collect()
    }

    fn row(&mut self, pattern: &krach_pattern::Pattern) -> PyResult<Row<'py>> {
        let py = self.py;
        match pattern.node() {
            Node::Silence => ("silence",).into_pyobject(py),
            Node::Atom(leaf) => self.atom(leaf),
            Node::Cat(steps) => {
                let children = self.all(steps.children())?;
                let weights: Vec<_> = (0..children.len()).map(|at| fraction(steps.weight(at))).collect();
                ("cat", children, weights).into_pyobject(py)
            }
            Node::Stack(children) => ("stack", self.all(children)?).into_pyobject(py),
            Node::Freeze(child) => ("freeze", self.write(child)?).into_pyobject(py),
            Node::Fast { factor, child } => ("fast", fraction(*factor), self.write(child)?).into_pyobject(py),
            Node::Shift { by, child } => ("shift", fraction(*by), self.write(child)?).into_pyobject(py),
            Node::Reverse(child) => ("reverse", self.write(child)?).into_pyobject(py),
            Node::Every { n, then, otherwise } => {
                ("every", *n, self.write(then)?, self.write(otherwise)?).into_pyobject(py)
            }
            Node::Sometimes { probability, seed, then, otherwise } => {
                let (then, otherwise) = (self.write(then)?, self.write(otherwise)?);
                ("sometimes", probability.get(), seed.cast_signed(), then, otherwise).into_pyobject(py)
            }
            Node::Choose { seed, children } => {
                ("choose", seed.cast_signed(), self.all(children)?).into_pyobject(py)
            }
            Node::Spread { rhythm, child } => {
                ("spread", rhythm.pulses, rhythm.steps, rhythm.rotation, self.write(child)?).into_pyobject(py)
            }
            Node::Thin { probability, seed, child } => {
                ("thin", probability.get(), seed.cast_signed(), self.write(child)?).into_pyobject(py)
            }
            Node::Mask { keep, child } => {
                let words: Vec<&str> = keep.iter().map(|&kept| if kept { "x" } else { "." }).collect();
                ("mask", words.join(" "), self.write(child)?).into_pyobject(py)
            }
            Node::Swing { swing, child } => {
                ("swing", fraction(swing.amount()), swing.grid(), self.write(child)?).into_pyobject(py)
            }
            Node::Legato { factor, child } => {
                ("legato", fraction(*factor), self.write(child)?).into_pyobject(py)
            }
        }
    }

    fn atom(&mut self, leaf: &Leaf) -> PyResult<Row<'py>> {
        let py = self.py;
        let at = leaf.origin.line().map(|place| {
            let Place { file, line, column, end_line, end_column } = place.clone();
            (file.to_string(), line, column, end_line, end_column)
        });
        match &leaf.atom {
            Atom::Note(note) => {
                let pitch = note.pitch.map(|pitch| match pitch {
                    Pitch::Midi(number) => number.into_pyobject(py).map(Bound::into_any),
                    Pitch::Hz(hz) => Ok(PyFloat::new(py, hz.get()).into_any()),
                });
                let velocity = self.param(&note.velocity)?;
                let params = note
                    .params
                    .iter()
                    .map(|(name, param)| Ok((name.to_string(), self.param(param)?)))
                    .collect::<PyResult<Vec<_>>>()?;
                ("note", pitch.transpose()?, &*note.gate, velocity, params, at).into_pyobject(py)
            }
            Atom::Control { label, value } => ("control", &**label, value.get(), at).into_pyobject(py),
            Atom::Number(number) => ("number", number.get(), at).into_pyobject(py),
            Atom::Curve(Curve { shape, lo, hi }) => {
                ("curve", shape.name(), lo.get(), hi.get(), at).into_pyobject(py)
            }
            Atom::Random { lo, hi, seed } => {
                ("random", lo.get(), hi.get(), seed.cast_signed(), at).into_pyobject(py)
            }
            Atom::Midi(MidiNote { channel, pitch, velocity, duration }) => {
                ("midi", *pitch, *velocity, *channel, duration.get(), at).into_pyobject(py)
            }
            Atom::ControlChange(ControlChange { channel, controller, value }) => {
                ("cc", *controller, *value, *channel, at).into_pyobject(py)
            }
            Atom::Osc { address, arguments } => {
                let arguments = arguments.iter().map(|argument| osc(py, argument));
                let arguments = arguments.collect::<PyResult<Vec<_>>>()?;
                ("osc", &**address, arguments, at).into_pyobject(py)
            }
        }
    }

    /// A number, or the number of a row in a tuple.
    fn param(&mut self, param: &Param) -> PyResult<Bound<'py, PyAny>> {
        match param {
            Param::Number(number) => Ok(PyFloat::new(self.py, number.get()).into_any()),
            Param::Pattern(pattern) => Ok(PyTuple::new(self.py, [self.write(pattern)?])?.into_any()),
        }
    }
}

fn osc<'py>(py: Python<'py>, argument: &OscArgument) -> PyResult<Bound<'py, PyAny>> {
    Ok(match argument {
        OscArgument::Float(number) => PyFloat::new(py, number.get()).into_any(),
        OscArgument::Int(number) => number.into_pyobject(py)?.into_any(),
        OscArgument::Text(text) => text.into_pyobject(py)?.into_any(),
    })
}

/// The pattern of rows, as `Pattern.rows` writes them.
#[pyfunction]
pub fn pattern_of_rows(py: Python<'_>, rows: Vec<Row<'_>>) -> PyResult<Pattern> {
    let mut reader = Reader { py, made: Vec::with_capacity(rows.len()) };
    for row in &rows {
        let pattern = reader.read(row)?;
        reader.made.push(pattern);
    }
    reader.made.pop().map(Pattern).ok_or_else(|| PyValueError::new_err("a pattern has at least one row"))
}

struct Reader<'py> {
    py: Python<'py>,
    made: Vec<krach_pattern::Pattern>,
}

impl Reader<'_> {
    fn row(&self, number: usize) -> PyResult<krach_pattern::Pattern> {
        let known = self.made.get(number).cloned();
        known
            .ok_or_else(|| PyValueError::new_err(format!("a row names row {number}, which is not before it")))
    }

    fn all(&self, numbers: &[usize]) -> PyResult<Vec<krach_pattern::Pattern>> {
        numbers.iter().map(|&number| self.row(number)).collect()
    }

    fn made(&self, made: Result<krach_pattern::Pattern, Refusal>) -> PyResult<krach_pattern::Pattern> {
        Ok(Pattern::made(self.py, made)?.0)
    }

    fn time(&self, (numerator, denominator): Fraction) -> PyResult<Time> {
        Time::new(numerator, denominator)
            .map_err(|_| PyValueError::new_err(format!("{numerator}/{denominator} is not a time")))
    }

    fn read(&self, row: &Row<'_>) -> PyResult<krach_pattern::Pattern> {
        let operation: String = row.get_item(0)?.extract()?;
        let made = match operation.as_str() {
            "silence" => Ok(krach_pattern::Pattern::silence()),
            "cat" => {
                let (_, children, weights): (String, Vec<usize>, Vec<Fraction>) = row.extract()?;
                let weights = weights.into_iter().map(|weight| self.time(weight));
                let weights = weights.collect::<PyResult<Vec<_>>>()?;
                if weights.len() != children.len() {
                    return Err(PyValueError::new_err("a sequence has one weight for each step"));
                }
                build::weighted(weights.into_iter().zip(self.all(&children)?).collect())
            }
            "stack" => {
                let (_, children): (String, Vec<usize>) = row.extract()?;
                build::stack(&self.all(&children)?)
            }
            "freeze" => build::freeze(&self.row(row.get_item(1)?.extract()?)?),
            "reverse" => self.row(row.get_item(1)?.extract()?)?.reverse(),
            "fast" | "shift" | "legato" => {
                let (_, time, child): (String, Fraction, usize) = row.extract()?;
                let (time, child) = (self.time(time)?, self.row(child)?);
                match operation.as_str() {
                    "fast" => child.fast(time),
                    "shift" => child.shift(time),
                    _ => child.legato(time),
                }
            }
            "every" => {
                let (_, n, then, otherwise): (String, i64, usize, usize) = row.extract()?;
                self.row(otherwise)?.every(n, &self.row(then)?)
            }
            "sometimes" => {
                let (_, probability, seed, then, otherwise): (String, f64, i64, usize, usize) =
                    row.extract()?;
                self.row(otherwise)?.sometimes(probability, &self.row(then)?, seed.cast_unsigned())
            }
            "choose" => {
                let (_, seed, children): (String, i64, Vec<usize>) = row.extract()?;
                build::choose(seed.cast_unsigned(), &self.all(&children)?)
            }
            "spread" => {
                let (_, pulses, steps, rotation, child): (String, i64, i64, i64, usize) = row.extract()?;
                self.row(child)?.spread(pulses, steps, rotation)
            }
            "thin" => {
                let (_, probability, seed, child): (String, f64, i64, usize) = row.extract()?;
                self.row(child)?.thin(probability, seed.cast_unsigned())
            }
            "mask" => {
                let (_, mask, child): (String, String, usize) = row.extract()?;
                self.row(child)?.mask(&mask)
            }
            "swing" => {
                let (_, amount, grid, child): (String, Fraction, i64, usize) = row.extract()?;
                self.row(child)?.swing(self.time(amount)?, grid)
            }
            _ => return self.atom(&operation, row),
        };
        self.made(made)
    }

    fn atom(&self, operation: &str, row: &Row<'_>) -> PyResult<krach_pattern::Pattern> {
        let at: Option<PlaceTuple> = row.get_item(row.len() - 1)?.extract()?;
        let origin = origin(at);
        let made = match operation {
            "note" => return self.note(row, origin),
            "control" => {
                let (_, label, value, _): (String, String, f64, Bound<'_, PyAny>) = row.extract()?;
                build::control(&label, value, origin)
            }
            "number" => build::atom(Atom::Number(real(row.get_item(1)?.extract()?)?), origin),
            "curve" => {
                let (_, name, lo, hi, _): (String, String, f64, f64, Bound<'_, PyAny>) = row.extract()?;
                let shape = Shape::ALL.into_iter().find(|shape| shape.name() == name);
                let shape =
                    shape.ok_or_else(|| PyValueError::new_err(format!("no curve is called {name:?}")))?;
                build::curve(shape, lo, hi, None, &origin)
            }
            "random" => {
                let (_, lo, hi, seed, _): (String, f64, f64, i64, Bound<'_, PyAny>) = row.extract()?;
                build::atom(Atom::Random { lo: real(lo)?, hi: real(hi)?, seed: seed.cast_unsigned() }, origin)
            }
            "midi" => {
                let (_, pitch, velocity, channel, duration, _): (
                    String,
                    i64,
                    i64,
                    i64,
                    f64,
                    Bound<'_, PyAny>,
                ) = row.extract()?;
                build::midi_note(pitch, velocity, channel, duration, origin)
            }
            "cc" => {
                let (_, controller, value, channel, _): (String, i64, i64, i64, Bound<'_, PyAny>) =
                    row.extract()?;
                build::cc(controller, value, channel, origin)
            }
            "osc" => {
                let (_, address, arguments, _): (String, String, Vec<Bound<'_, PyAny>>, Bound<'_, PyAny>) =
                    row.extract()?;
                let arguments = arguments.iter().map(osc_argument).collect::<PyResult<_>>()?;
                build::osc(&address, arguments, origin)
            }
            _ => return Err(PyValueError::new_err(format!("no operation is called {operation:?}"))),
        };
        self.made(made)
    }

    fn note(&self, row: &Row<'_>, origin: Origin) -> PyResult<krach_pattern::Pattern> {
        type Given<'py> =
            (String, Bound<'py, PyAny>, String, Bound<'py, PyAny>, Vec<(String, Bound<'py, PyAny>)>);
        let (_, pitch, gate, velocity, params): Given<'_> = row.get_slice(0, 5).extract()?;
        let pitch = if pitch.is_none() {
            None
        } else if pitch.is_instance_of::<PyInt>() {
            Some(Pitch::midi(pitch.extract()?))
        } else {
            Some(Pitch::hz(pitch.extract()?))
        };
        let pitch = pitch.transpose().map_err(|refusal| PyValueError::new_err(refusal.to_string()))?;
        let params = params.iter().map(|(name, param)| Ok((name.as_str().into(), self.param(param)?)));
        let params: Vec<(Arc<str>, Param)> = params.collect::<PyResult<_>>()?;
        let note = Note { pitch, gate: gate.into(), velocity: self.param(&velocity)?, params: params.into() };
        self.made(build::atom(Atom::Note(note), origin))
    }

    fn param(&self, param: &Bound<'_, PyAny>) -> PyResult<Param> {
        match param.extract::<(usize,)>() {
            Ok((row,)) => Ok(Param::Pattern(self.row(row)?)),
            Err(_) => Ok(Param::Number(real(param.extract()?)?)),
        }
    }
}

fn osc_argument(value: &Bound<'_, PyAny>) -> PyResult<OscArgument> {
    if let Ok(text) = value.extract::<String>() {
        return Ok(OscArgument::Text(text.into()));
    }
    if value.is_instance_of::<PyInt>() {
        return Ok(OscArgument::Int(value.extract()?));
    }
    Ok(OscArgument::Float(real(value.extract()?)?))
}
