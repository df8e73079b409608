//! `Pattern`: the handle of a pattern, its operators and methods.

pub mod argument;
pub mod build;
mod event;
pub mod harmony;
pub mod midi_file;
mod rows;

use crate::error;
use argument::{at_user, count, probability, time, wrong_type};
use krach_pattern::{QueryError, Refusal, Time};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyList};
pub use rows::pattern_of_rows;

/// Music as a function of exact time, in cycles (bars). Immutable: every operator and method makes a new one.
///
/// `a + b` is one after the other in one cycle, `a | b` both at once, `p * 4` four times in one cycle. Equal if built
/// alike; can be hashed, pickled and shared between threads.
#[pyclass(module = "krach.pattern.pattern", frozen, eq, hash)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern(pub krach_pattern::Pattern);

impl Pattern {
    pub fn made(py: Python<'_>, made: Result<krach_pattern::Pattern, Refusal>) -> PyResult<Self> {
        made.map(Self).map_err(|refusal| at_user(py, refusal.diagnostic()))
    }

    /// The operand of an operator.
    fn operand(py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<krach_pattern::Pattern> {
        argument::pattern(py, "a pattern joins with a pattern", other)
    }

    /// `function(self)`, for the methods that transform a part of the time.
    fn transformed(
        slf: &Bound<'_, Self>,
        method: &str,
        function: &Bound<'_, PyAny>,
    ) -> PyResult<krach_pattern::Pattern> {
        let py = slf.py();
        if !function.is_callable() {
            let message = format!("`{method}` takes a function from a pattern to a pattern");
            return Err(wrong_type(py, &message, function, "write `lambda p: p.fast(2)`"));
        }
        let answer = function.call1((slf,))?;
        argument::pattern(py, &format!("the function of `{method}` returns a pattern"), &answer)
    }
}

#[pymethods]
impl Pattern {
    /// Stretches the pattern: one cycle of it lasts `cycles` cycles. A float is taken as the nearest simple fraction.
    fn over(&self, py: Python<'_>, cycles: &Bound<'_, PyAny>) -> PyResult<Self> {
        let cycles = time(py, "`over` needs positive cycles", cycles)?;
        Self::made(py, self.0.over(cycles))
    }

    /// `factor` times as fast.
    fn fast(&self, py: Python<'_>, factor: &Bound<'_, PyAny>) -> PyResult<Self> {
        let factor = time(py, "`fast` needs a positive factor", factor)?;
        Self::made(py, self.0.fast(factor))
    }

    /// `factor` times as slow: the same as `over`.
    fn slow(&self, py: Python<'_>, factor: &Bound<'_, PyAny>) -> PyResult<Self> {
        let factor = time(py, "`slow` needs a positive factor", factor)?;
        Self::made(py, self.0.slow(factor))
    }

    /// Later by `offset` cycles; earlier if it is negative.
    fn shift(&self, py: Python<'_>, offset: &Bound<'_, PyAny>) -> PyResult<Self> {
        let offset = time(py, "`shift` needs a number of cycles", offset)?;
        Self::made(py, self.0.shift(offset))
    }

    /// The last event of each cycle first. Every note still plays forwards.
    fn reverse(&self, py: Python<'_>) -> PyResult<Self> {
        Self::made(py, self.0.reverse())
    }

    /// Swing: of each pair of `grid` steps per cycle the first takes `amount` of the time. 0.5 is straight.
    #[pyo3(signature = (amount=None, grid=None), text_signature = "($self, amount=0.67, grid=8)")]
    fn swing(
        &self,
        py: Python<'_>,
        amount: Option<&Bound<'_, PyAny>>,
        grid: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let amount = match amount {
            Some(amount) => time(py, "amount must be in 0..1, both excluded", amount)?,
            None => Time::new(67, 100).expect("a small fraction"),
        };
        let grid = grid.map_or(Ok(8), |grid| count(py, "`grid`", grid))?;
        Self::made(py, self.0.swing(amount, grid))
    }

    /// Notes sound for `factor` of their length: 0.5 without `legato`; 1 and more ties each note to the next.
    fn legato(&self, py: Python<'_>, factor: &Bound<'_, PyAny>) -> PyResult<Self> {
        let factor = time(py, "`legato` needs a positive factor", factor)?;
        Self::made(py, self.0.legato(factor))
    }

    /// `fn(self)` in cycles 0, n, 2n …, and this pattern in all others. `fn` is called once, now.
    fn every(slf: &Bound<'_, Self>, n: &Bound<'_, PyAny>, r#fn: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = slf.py();
        let n = count(py, "`n`", n)?;
        let then = Self::transformed(slf, "every", r#fn)?;
        Self::made(py, slf.get().0.every(n, &then))
    }

    /// `fn(self)` in a cycle with probability `prob`, else this pattern. Another `seed` draws other cycles.
    #[pyo3(signature = (prob, r#fn, seed=None), text_signature = "($self, prob, fn, seed=0)")]
    fn sometimes(
        slf: &Bound<'_, Self>,
        prob: &Bound<'_, PyAny>,
        r#fn: &Bound<'_, PyAny>,
        seed: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let py = slf.py();
        let (prob, seed) = (probability(py, prob)?, argument::seed(py, seed)?);
        let then = Self::transformed(slf, "sometimes", r#fn)?;
        Self::made(py, slf.get().0.sometimes(prob, &then, seed))
    }

    /// Euclidean rhythm: this pattern in `pulses` of `steps` steps, as evenly spread as can be, turned left by
    /// `rotation` steps (Bjorklund 2003; Toussaint 2005).
    #[pyo3(signature = (pulses, steps, rotation=None), text_signature = "($self, pulses, steps, rotation=0)")]
    fn spread(
        &self,
        py: Python<'_>,
        pulses: &Bound<'_, PyAny>,
        steps: &Bound<'_, PyAny>,
        rotation: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let (pulses, steps) = (count(py, "`pulses`", pulses)?, count(py, "`steps`", steps)?);
        let rotation = rotation.map_or(Ok(0), |rotation| count(py, "`rotation`", rotation))?;
        Self::made(py, self.0.spread(pulses, steps, rotation))
    }

    /// Drops each event with probability `prob`. A chord stays or goes as one; a note that stays keeps its release.
    #[pyo3(signature = (prob, seed=None), text_signature = "($self, prob, seed=0)")]
    fn thin(
        &self,
        py: Python<'_>,
        prob: &Bound<'_, PyAny>,
        seed: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let (prob, seed) = (probability(py, prob)?, argument::seed(py, seed)?);
        Self::made(py, self.0.thin(prob, seed))
    }

    /// Keeps the events that start in a kept step of the cycle. `"x . 1 0"` has four steps; `x` and `1` keep,
    /// `.`, `0`, `~` and `-` drop.
    fn mask(&self, py: Python<'_>, mask_str: &Bound<'_, PyAny>) -> PyResult<Self> {
        let mask: String = mask_str
            .extract()
            .map_err(|_| wrong_type(py, "a mask is a text", mask_str, "write `.mask(\"x . x x\")`"))?;
        Self::made(py, self.0.mask(&mask))
    }

    /// The events that overlap `start..stop` cycles, ordered by their beginning. `seed` is the session's.
    #[pyo3(signature = (start=None, stop=None, seed=None), text_signature = "($self, start=0, stop=1, seed=0)")]
    fn query<'py>(
        &self,
        py: Python<'py>,
        start: Option<&Bound<'py, PyAny>>,
        stop: Option<&Bound<'py, PyAny>>,
        seed: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let moment = |at: Option<&Bound<'_, PyAny>>, otherwise| match at {
            Some(at) => time(py, "a query begins and stops at a number of cycles", at),
            None => Ok(otherwise),
        };
        let (start, stop) = (moment(start, Time::ZERO)?, moment(stop, Time::ONE)?);
        event::events(py, self, start, stop, argument::seed(py, seed)?)
    }

    /// The value of a control pattern at a moment, in cycles; `None` where it rests.
    #[pyo3(signature = (moment, seed=None), text_signature = "($self, moment, seed=0)")]
    fn at(
        &self,
        py: Python<'_>,
        moment: &Bound<'_, PyAny>,
        seed: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Option<f64>> {
        let moment = time(py, "a moment is a number of cycles", moment)?;
        self.0.value_at(moment, argument::seed(py, seed)?).map_err(|error| query_error(py, &error))
    }

    /// Writes the first `cycles` bars as a MIDI file; for several patterns and for the details see `write_midi`.
    #[pyo3(signature = (path, cycles=None, bpm=None, meter=None, seed=None),
        text_signature = "($self, path, cycles=4, bpm=120.0, meter=(4, 4), seed=0)")]
    fn to_midi(
        slf: &Bound<'_, Self>,
        path: &Bound<'_, PyAny>,
        cycles: Option<&Bound<'_, PyAny>>,
        bpm: Option<&Bound<'_, PyAny>>,
        meter: Option<&Bound<'_, PyAny>>,
        seed: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let given = [("cycles", cycles), ("bpm", bpm), ("meter", meter), ("seed", seed)];
        let given = given.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let write = slf.py().import("krach.pattern.midi_files")?.getattr("write_midi")?;
        write.call((path, slf), Some(&given.into_py_dict(slf.py())?)).map(drop)
    }

    fn __add__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = other.py();
        Self::made(py, self.0.then(&Self::operand(py, other)?))
    }

    fn __radd__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = other.py();
        Self::made(py, Self::operand(py, other)?.then(&self.0))
    }

    fn __or__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = other.py();
        Self::made(py, self.0.with(&Self::operand(py, other)?))
    }

    fn __ror__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = other.py();
        Self::made(py, Self::operand(py, other)?.with(&self.0))
    }

    fn __mul__(&self, count: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = count.py();
        if !argument::is_whole(count) {
            let message = "a pattern repeats a whole number of times";
            return Err(wrong_type(py, message, count, "for another speed write `.fast(2.5)`"));
        }
        Self::made(py, self.0.repeat(argument::count(py, "a repeat count", count)?))
    }

    fn __rmul__(&self, count: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.__mul__(count)
    }

    fn __repr__(&self) -> String {
        format!("Pattern({})", self.0)
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    /// A piano roll, for notebooks.
    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        Ok(slf.py().import("krach._piano_roll")?.getattr("svg")?.call1((slf,))?.unbind())
    }

    /// The tree as rows of plain values, each after the rows that it names by number; the last is the whole.
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        rows::rows(py, &self.0)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyList>,))> {
        let revive = py.import("krach._krach")?.getattr("pattern_of_rows")?;
        Ok((revive, (self.rows(py)?,)))
    }
}

fn query_error(py: Python<'_>, error: &QueryError) -> PyErr {
    error::raise(py, &error.diagnostic())
}
