//! `Builder`: makes the nodes that the tracer asks for. Python holds node numbers; the nodes stay in Rust.

use crate::error;
use crate::faust::{self, Text, Value};
use crate::program::Program;
use crate::recording::Recording;
use crate::work::interruptible;
use krach_diag::{Code, Diagnostic, Place};
use krach_ir::{
    BuildError, Control, ControlKind, Fun, Limits, ProgramBuilder, RamId, RegisterId, Sig, Site, Static,
    TableId, TableInit, Ty,
};
use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::sync::Arc;

/// Makes a Program, node by node. Every call may raise `krach.Error` at the place last given to `at`.
#[pyclass(module = "krach._krach")]
#[derive(Debug)]
pub struct Builder {
    inner: Option<ProgramBuilder>,
    site: Option<Site>,
    registers: usize,
    tables: usize,
    rams: usize,
}

impl Builder {
    fn raise(&self, py: Python<'_>, error: &BuildError) -> PyErr {
        error::raise(py, &error::report(error, self.site.as_ref()))
    }

    fn open(&mut self, py: Python<'_>) -> PyResult<&mut ProgramBuilder> {
        let Some(builder) = self.inner.as_mut() else {
            let report = Diagnostic::error(Code::LeakedSignal, "a Signal of a function that has returned");
            return Err(error::raise(py, &report));
        };
        let count = builder.so_far().nodes().len();
        if count > Limits::DEFAULT.nodes {
            let error = BuildError::TooLarge { what: "nodes", count, limit: Limits::DEFAULT.nodes };
            return Err(error::raise(py, &error::report(&error, self.site.as_ref())));
        }
        Ok(builder)
    }

    /// The user's place given last.
    pub fn place(&self) -> Option<Place> {
        self.site.as_ref().map(error::place)
    }

    /// One call of the builder, its refusal as an exception.
    pub fn with<T>(
        &mut self,
        py: Python<'_>,
        call: impl FnOnce(&mut ProgramBuilder) -> Result<T, BuildError>,
    ) -> PyResult<T> {
        let result = call(self.open(py)?);
        result.map_err(|error| self.raise(py, &error))
    }

    fn memory(
        &mut self,
        py: Python<'_>,
        init: TableInit,
        len: usize,
        index: u32,
        value: u32,
    ) -> PyResult<usize> {
        let id = self.with(py, |b| b.ram(init, len, sig(index), sig(value)))?;
        self.rams = id.index() + 1;
        Ok(id.index())
    }

    fn known_register(&self, register: usize) -> PyResult<RegisterId> {
        known(register, self.registers, RegisterId::new)
    }
}

fn known<T>(index: usize, count: usize, id: impl FnOnce(usize) -> T) -> PyResult<T> {
    if index < count { Ok(id(index)) } else { Err(PyValueError::new_err("no such part of the program")) }
}

fn sig(index: u32) -> Sig {
    Sig::new(index as usize)
}

pub fn number(sig: Sig) -> u32 {
    u32::try_from(sig.index()).expect("a program has fewer than 2^32 nodes")
}

#[pymethods]
impl Builder {
    #[new]
    fn new(name: String) -> Self {
        Self { inner: Some(ProgramBuilder::new(name)), site: None, registers: 0, tables: 0, rams: 0 }
    }

    fn at(
        &mut self,
        py: Python<'_>,
        file: &str,
        line: u32,
        column: u32,
        end_line: u32,
        end_column: u32,
    ) -> PyResult<()> {
        let file: Arc<str> = match &self.site {
            Some(site) if &*site.file == file => site.file.clone(),
            _ => file.into(),
        };
        self.site = Some(Site { file, line, column, end_line, end_column });
        let site = self.site.clone();
        self.open(py)?.at(site);
        Ok(())
    }

    fn input(&mut self, py: Python<'_>, name: &str) -> PyResult<u32> {
        Ok(number(self.open(py)?.input(name)))
    }

    fn real(&mut self, py: Python<'_>, value: f64) -> PyResult<u32> {
        self.with(py, |b| b.real(value)).map(number)
    }

    fn whole(&mut self, py: Python<'_>, value: i32) -> PyResult<u32> {
        Ok(number(self.open(py)?.int(value)))
    }

    /// The node as an int: itself, if it is one.
    fn integer(&mut self, py: Python<'_>, node: u32) -> PyResult<u32> {
        self.with(py, |b| {
            if (node as usize) < b.so_far().nodes().len() {
                Ok(b.cast(sig(node), Ty::Int))
            } else {
                Err(BuildError::Foreign)
            }
        })
        .map(number)
    }

    fn sample_rate(&mut self, py: Python<'_>) -> PyResult<u32> {
        Ok(number(self.open(py)?.sample_rate()))
    }

    #[allow(clippy::too_many_arguments)]
    fn control(
        &mut self,
        py: Python<'_>,
        name: &str,
        init: f64,
        lo: f64,
        hi: f64,
        step: f64,
        kind: Kind,
        metadata: Vec<(String, String)>,
    ) -> PyResult<u32> {
        let mut control = Control::new(name, kind.0, [init, lo, hi, step]);
        control.face.metadata = metadata.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        self.with(py, |b| b.control(control)).map(number)
    }

    fn noise(&mut self, py: Python<'_>) -> PyResult<u32> {
        Ok(number(self.open(py)?.noise()))
    }

    #[pyo3(signature = (fun, *operands))]
    fn apply(&mut self, py: Python<'_>, fun: &str, operands: Vec<u32>) -> PyResult<u32> {
        let fun = Fun::find(fun).ok_or_else(|| PyValueError::new_err(format!("no function {fun:?}")))?;
        let operands: Vec<Sig> = operands.into_iter().map(sig).collect();
        self.with(py, |b| b.apply(fun, &operands)).map(number)
    }

    #[pyo3(signature = (integer=false))]
    fn register(&mut self, py: Python<'_>, integer: bool) -> PyResult<usize> {
        let id = self.open(py)?.register(if integer { Ty::Int } else { Ty::Real });
        self.registers = id.index() + 1;
        Ok(id.index())
    }

    fn read(&mut self, py: Python<'_>, register: usize) -> PyResult<u32> {
        let id = self.known_register(register)?;
        Ok(number(self.open(py)?.read(id)))
    }

    fn write(&mut self, py: Python<'_>, register: usize, next: u32) -> PyResult<()> {
        let id = self.known_register(register)?;
        self.with(py, |b| b.write(id, sig(next)))
    }

    fn mem(&mut self, py: Python<'_>, input: u32) -> PyResult<u32> {
        self.with(py, |b| b.mem(sig(input))).map(number)
    }

    #[pyo3(signature = (input, samples, bound=None))]
    fn delay(&mut self, py: Python<'_>, input: u32, samples: u32, bound: Option<u32>) -> PyResult<u32> {
        self.with(py, |b| b.delay(sig(input), sig(samples), bound)).map(number)
    }

    fn table(&mut self, py: Python<'_>, values: PyReadonlyArray1<'_, f64>) -> PyResult<usize> {
        let values: Arc<[f64]> = values.as_array().iter().copied().collect();
        let len = values.len();
        let id = self.with(py, |b| b.table(TableInit::Reals(values), len))?;
        self.tables = self.tables.max(id.index() + 1);
        Ok(id.index())
    }

    /// The table that is a channel of a recording.
    fn sound(&mut self, py: Python<'_>, recording: &Recording, channel: usize) -> PyResult<usize> {
        let id = self.with(py, |b| b.sound(&recording.0, channel))?;
        self.tables = self.tables.max(id.index() + 1);
        Ok(id.index())
    }

    fn lookup(&mut self, py: Python<'_>, table: usize, index: u32) -> PyResult<u32> {
        let id = known(table, self.tables, TableId::new)?;
        self.with(py, |b| b.lookup(id, sig(index))).map(number)
    }

    /// A read-write table that starts with these values.
    fn ram(
        &mut self,
        py: Python<'_>,
        values: PyReadonlyArray1<'_, f64>,
        index: u32,
        value: u32,
    ) -> PyResult<usize> {
        let values: Arc<[f64]> = values.as_array().iter().copied().collect();
        let len = values.len();
        self.memory(py, TableInit::Reals(values), len, index, value)
    }

    /// A read-write table of `len` entries that all start with `fill`.
    fn ram_of(&mut self, py: Python<'_>, len: usize, fill: f64, index: u32, value: u32) -> PyResult<usize> {
        let same = || -> Result<_, BuildError> {
            let mut inner = ProgramBuilder::new("fill");
            let fill = inner.real(fill)?;
            inner.output("out", fill)?;
            inner.finish()
        };
        let init = same().map_err(|error| self.raise(py, &error))?;
        self.memory(py, TableInit::Generated(Arc::new(init)), len, index, value)
    }

    fn recall(&mut self, py: Python<'_>, ram: usize, index: u32) -> PyResult<u32> {
        let id = known(ram, self.rams, RamId::new)?;
        self.with(py, |b| b.recall(id, sig(index))).map(number)
    }

    /// The outputs of a Faust expression that is given these values.
    fn faust(&mut self, py: Python<'_>, text: Text, values: Vec<Value>) -> PyResult<Vec<u32>> {
        faust::splice(self, py, text, &values)
    }

    /// The outputs of a finished program whose inputs are these nodes.
    fn splice(
        &mut self,
        py: Python<'_>,
        function: &str,
        program: &Program,
        inputs: Vec<u32>,
    ) -> PyResult<Vec<u32>> {
        let inputs: Vec<Sig> = inputs.into_iter().map(sig).collect();
        let outputs = self.with(py, |b| b.splice(function, program.inner(), &inputs))?;
        Ok(outputs.into_iter().map(number).collect())
    }

    /// How many pieces of state were made: registers, delay lines, read-write tables, generators of noise.
    fn memories(&mut self, py: Python<'_>) -> PyResult<usize> {
        let made = self.open(py)?.so_far();
        Ok(made.registers().len() + made.lines().len() + made.rams().len() + made.noises().len())
    }

    fn enter(&mut self, py: Python<'_>, function: &str) -> PyResult<()> {
        self.open(py)?.enter(function);
        Ok(())
    }

    fn argument(&mut self, py: Python<'_>, name: &str, outer: u32) -> PyResult<u32> {
        self.with(py, |b| b.argument(name, sig(outer))).map(number)
    }

    fn note(&mut self, py: Python<'_>, name: &str, value: Note) -> PyResult<()> {
        let value = match value {
            Note::Number(number) => Static::Number(number),
            Note::Text(text) => Static::Text(text.into()),
        };
        self.open(py)?.note(name, value);
        Ok(())
    }

    fn leave(&mut self, py: Python<'_>, results: Vec<u32>) -> PyResult<()> {
        let results: Vec<Sig> = results.into_iter().map(sig).collect();
        self.with(py, |b| b.leave(&results))
    }

    fn abandon(&mut self, py: Python<'_>) -> PyResult<()> {
        self.open(py)?.abandon();
        Ok(())
    }

    fn name(&mut self, py: Python<'_>, node: u32, name: &str) -> PyResult<()> {
        self.open(py)?.name(sig(node), name);
        Ok(())
    }

    fn output(&mut self, py: Python<'_>, name: &str, node: u32) -> PyResult<()> {
        self.with(py, |b| b.output(name, sig(node)))
    }

    /// The smallest and largest value that can be proved.
    fn interval(&mut self, py: Python<'_>, node: u32) -> PyResult<(f64, f64)> {
        let builder = self.open(py)?;
        if node as usize >= builder.so_far().nodes().len() {
            return Err(self.raise(py, &BuildError::Foreign));
        }
        let interval = builder.interval(sig(node));
        Ok((interval.lo, interval.hi))
    }

    fn finish(&mut self, py: Python<'_>) -> PyResult<Program> {
        self.open(py)?;
        let builder = self.inner.take().expect("open above");
        let finished = interruptible(py, None, move |_| builder.finish())?;
        finished.map(Program::new).map_err(|error| self.raise(py, &error))
    }
}

/// A parameter that is not a signal.
#[derive(FromPyObject)]
enum Note {
    Number(f64),
    Text(String),
}

/// What a control looks like.
struct Kind(ControlKind);

impl<'py> FromPyObject<'_, 'py> for Kind {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.extract::<&str>()? {
            "slider" => Ok(Self(ControlKind::Slider)),
            "number" => Ok(Self(ControlKind::Number)),
            "button" => Ok(Self(ControlKind::Button)),
            "toggle" => Ok(Self(ControlKind::Checkbox)),
            other => Err(PyValueError::new_err(format!("no kind of control {other:?}"))),
        }
    }
}
