//! `Control`, `Meter` and `Credit`: the parts of a program that people see, as values.

use krach_ir::{ControlKind, Face};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// Keys and values, in the order in which they were given.
type Pairs = Vec<(String, String)>;

fn pairs(face: &Face) -> Pairs {
    face.metadata.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

fn face(address: &str, metadata: Pairs) -> Face {
    let metadata = metadata.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
    Face { address: address.into(), metadata }
}

/// The names of the kinds of controls.
const KINDS: [(&str, ControlKind); 4] = [
    ("slider", ControlKind::Slider),
    ("number", ControlKind::Number),
    ("button", ControlKind::Button),
    ("checkbox", ControlKind::Checkbox),
];

/// Names and addresses are enough to tell controls of one program apart.
fn hashed(name: &str, face: &Face) -> u64 {
    let mut hasher = DefaultHasher::new();
    (name, &face.address).hash(&mut hasher);
    hasher.finish()
}

/// A parameter of a `DspDef`, made by `krs.control` or by a widget of Faust.
#[pyclass(module = "krach", frozen, eq)]
#[derive(Clone, Debug, PartialEq)]
pub struct Control(krach_ir::Control);

impl From<&krach_ir::Control> for Control {
    fn from(control: &krach_ir::Control) -> Self {
        Self(control.clone())
    }
}

#[pymethods]
impl Control {
    #[new]
    #[pyo3(signature = (name, init, lo, hi, step=0.001, address="", metadata=Vec::new(), kind="slider"))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        name: &str,
        init: f64,
        lo: f64,
        hi: f64,
        step: f64,
        address: &str,
        metadata: Pairs,
        kind: &str,
    ) -> PyResult<Self> {
        let Some(&(_, kind)) = KINDS.iter().find(|(known, _)| *known == kind) else {
            return Err(PyValueError::new_err("a control is a slider, number, button or checkbox"));
        };
        let control = krach_ir::Control::new(name, kind, [init, lo, hi, step]);
        Ok(Self(krach_ir::Control { face: face(address, metadata), ..control }))
    }

    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// The value at the start.
    #[getter]
    fn init(&self) -> f64 {
        self.0.init
    }

    /// The lowest value.
    #[getter]
    fn lo(&self) -> f64 {
        self.0.lo
    }

    /// The highest value.
    #[getter]
    fn hi(&self) -> f64 {
        self.0.hi
    }

    /// Advice to widgets; values are not rounded to it.
    #[getter]
    fn step(&self) -> f64 {
        self.0.step
    }

    /// The path of a Faust widget through its groups, "" for `krs.control`.
    #[getter]
    fn address(&self) -> &str {
        &self.0.face.address
    }

    /// Keys and values: the Faust label `"freq [unit:Hz]"` gives `("unit", "Hz")`.
    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, pairs(&self.0.face))
    }

    /// "slider", "number", "button" or "checkbox".
    #[getter]
    fn kind(&self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self.0.kind).map_or("slider", |(name, _)| name)
    }

    /// The unit of its values, "" if none is declared.
    #[getter]
    fn unit(&self) -> &str {
        self.0.face.values("unit").next_back().unwrap_or("")
    }

    /// Whether it starts sounds: a word of its label is `gate`, `trig` or `trigger`.
    #[getter]
    fn is_gate(&self) -> bool {
        self.0.is_gate()
    }

    /// Whether `krs.control` smooths it unless `smooth=` says otherwise.
    #[getter]
    fn is_smoothed(&self) -> bool {
        self.0.is_smoothed()
    }

    fn __hash__(&self) -> u64 {
        hashed(&self.0.name, &self.0.face)
    }

    #[allow(clippy::type_complexity)]
    fn __getnewargs__(&self) -> (&str, f64, f64, f64, f64, &str, Pairs, &'static str) {
        let Self(c) = self;
        (&c.name, c.init, c.lo, c.hi, c.step, self.address(), pairs(&c.face), self.kind())
    }

    fn __repr__(&self) -> String {
        let Self(c) = self;
        let mut text = format!("Control({:?}, init={}, lo={}, hi={}", c.name, c.init, c.lo, c.hi);
        if !self.unit().is_empty() {
            text += &format!(", unit={:?}", self.unit());
        }
        text + ")"
    }
}

/// A signal of a `DspDef` that people watch: a bargraph of Faust. Meters never change the sound.
#[pyclass(module = "krach", frozen, eq)]
#[derive(Clone, Debug, PartialEq)]
pub struct Meter {
    name: String,
    lo: f64,
    hi: f64,
    face: Face,
}

impl From<&krach_ir::Meter> for Meter {
    fn from(meter: &krach_ir::Meter) -> Self {
        Self { name: meter.name.to_string(), lo: meter.lo, hi: meter.hi, face: meter.face.clone() }
    }
}

#[pymethods]
impl Meter {
    #[new]
    #[pyo3(signature = (name, lo, hi, address="", metadata=Vec::new()))]
    fn new(name: String, lo: f64, hi: f64, address: &str, metadata: Pairs) -> Self {
        Self { name, lo, hi, face: face(address, metadata) }
    }

    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    /// The lower end of the bar; values may go below it.
    #[getter]
    fn lo(&self) -> f64 {
        self.lo
    }

    /// The upper end of the bar; values may go above it.
    #[getter]
    fn hi(&self) -> f64 {
        self.hi
    }

    /// The path of the widget through its groups.
    #[getter]
    fn address(&self) -> &str {
        &self.face.address
    }

    /// Keys and values: the Faust label `"level [unit:dB]"` gives `("unit", "dB")`.
    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, pairs(&self.face))
    }

    /// The unit of its values, "" if none is declared.
    #[getter]
    fn unit(&self) -> &str {
        self.face.values("unit").next_back().unwrap_or("")
    }

    fn __hash__(&self) -> u64 {
        hashed(&self.name, &self.face)
    }

    fn __getnewargs__(&self) -> (&str, f64, f64, &str, Pairs) {
        (&self.name, self.lo, self.hi, self.address(), pairs(&self.face))
    }

    fn __repr__(&self) -> String {
        format!("Meter({:?}, lo={}, hi={})", self.name, self.lo, self.hi)
    }
}

/// A definition of a Faust library that a sound is made with, and its licence.
#[pyclass(module = "krach", frozen, eq)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Credit {
    library: String,
    function: String,
    licence: Option<String>,
    declared: Option<String>,
}

impl From<&krach_ir::Credit> for Credit {
    fn from(credit: &krach_ir::Credit) -> Self {
        let (of, terms) = credit.licence.declared().unzip();
        Self {
            library: credit.library.to_string(),
            function: credit.function.to_string(),
            licence: terms.map(str::to_owned),
            declared: of.map(str::to_owned),
        }
    }
}

#[pymethods]
impl Credit {
    #[new]
    #[pyo3(signature = (library, function, licence=None, declared=None))]
    fn new(library: String, function: String, licence: Option<String>, declared: Option<String>) -> Self {
        Self { library, function, licence, declared }
    }

    /// The file of the library, without folders.
    #[getter]
    fn library(&self) -> &str {
        &self.library
    }

    #[getter]
    fn function(&self) -> &str {
        &self.function
    }

    /// The licence that the library declares, `None` if it declares none.
    #[getter]
    fn licence(&self) -> Option<&str> {
        self.licence.as_deref()
    }

    /// "function" if the licence is declared for this function, "file" if for the whole file.
    #[getter]
    fn declared(&self) -> Option<&str> {
        self.declared.as_deref()
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    fn __getnewargs__(&self) -> (&str, &str, Option<&str>, Option<&str>) {
        (&self.library, &self.function, self.licence(), self.declared())
    }

    fn __repr__(&self) -> String {
        let licence = self.licence.as_deref().unwrap_or("no licence declared");
        format!("Credit({}: {}, {licence})", self.library, self.function)
    }
}
