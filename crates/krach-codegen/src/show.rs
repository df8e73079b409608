//! The kernel as people read it: the layout of the state, then the sections line by line, each value with its type,
//! the node of the program it comes from and what the user called that.

use crate::kernel::{Address, Body, Do, Element, Kernel, Region, Stepping, Type, V, Walk, Window};
use crate::layout::{Array, ArrayId, Holds, Keeps, Lane, Slot, SlotId};
use krach_ir::{Program, Sig};
use std::fmt;

macro_rules! letters {
    ($($name:ident $letter:literal;)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        }
    )*};
}

letters! {
    V "v";
    SlotId "s";
    ArrayId "a";
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::I32 => "i32",
            Self::Mask => "mask",
        })
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.element.fmt(f)?;
        f.write_str(if self.is_lanes() { " lanes" } else { "" })
    }
}

impl fmt::Display for Do {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Real(value) => write!(f, "real {value:?}"),
            Self::Int(value) => write!(f, "int {value}"),
            Self::Apply(fun) => fun.fmt(f),
            Self::Call(fun) => write!(f, "call {fun}"),
            Self::Fraction { flushed: true } => f.write_str("fraction flushed"),
            Self::Fraction { flushed: false } => f.write_str("fraction"),
            Self::Differ => f.write_str("differ"),
            Self::Test => f.write_str("test"),
            Self::Count => f.write_str("count"),
            Self::Choose => f.write_str("choose"),
            Self::Keep(place) => write!(f, "keep {place}"),
            Self::Kept(place) => write!(f, "kept {place}"),
            Self::Pack => f.write_str("pack"),
            Self::Shift => f.write_str("shift"),
            Self::Unpack(lane) => write!(f, "unpack {lane}"),
            Self::Load(slot) => write!(f, "load {slot}"),
            Self::Store(slot) => write!(f, "store {slot}"),
            Self::Input(port) => write!(f, "input {port}"),
            Self::Output(port) => write!(f, "output {port}"),
            Self::Push(array) => write!(f, "push {array}"),
            Self::Tap(array) => write!(f, "tap {array}"),
            Self::Lookup(table) => write!(f, "lookup {table}"),
            Self::Recall(array) => write!(f, "recall {array}"),
            Self::Put(array) => write!(f, "put {array}"),
        }
    }
}

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control(id) => write!(f, "control {id}"),
            Self::Value(sig) => write!(f, "value {sig}"),
            Self::Register(id) => write!(f, "register {id}"),
            Self::Cell(id) => write!(f, "cell {id}"),
            Self::Position(Some(id)) => write!(f, "position of {id}"),
            Self::Position(None) => f.write_str("common position"),
            Self::Noise(id) => write!(f, "noise {id}"),
            Self::Moving => f.write_str("moving"),
            Self::Age => f.write_str("age"),
            Self::AtRest(sig) => write!(f, "value {sig} at rest"),
        }
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (spec, name) = (self.spec(), self.program().name());
        writeln!(f, "kernel {name:?}: {} Hz, {}, voices {}", spec.sample_rate, spec.precision, spec.voices)?;
        writeln!(f, "\nstate: {} bytes", self.layout().bytes())?;
        for (id, slot) in (0..).map(SlotId).zip(self.layout().slots()) {
            self.slot(f, id, slot)?;
        }
        for (id, array) in (0..).map(ArrayId).zip(self.layout().arrays()) {
            show_array(f, id, array)?;
        }
        if !self.addresses.is_empty() {
            writeln!(f, "\naddresses:")?;
            for (at, address) in self.addresses.iter().enumerate() {
                match address {
                    Address::Function(fun) => writeln!(f, "  {at} {fun}")?,
                    Address::Table(id) => writeln!(f, "  {at} table {id}")?,
                    Address::Lanes(fun, constants) => {
                        write!(f, "  {at} {fun} in lanes")?;
                        let constants = constants.iter().flatten().map(|&bits| f32::from_bits(bits));
                        constants.into_iter().try_for_each(|constant| write!(f, " {constant:?}"))?;
                        writeln!(f)?;
                    }
                }
            }
        }
        for (title, body) in [("init", &self.init), ("control", &self.control)] {
            if !body.insts().is_empty() {
                writeln!(f, "\n{title}:")?;
                show_body(f, self.program(), body)?;
            }
        }
        self.sample.iter().try_for_each(|region| show_region(f, "sample", self.program(), region))?;
        if let Some(Stepping { followers, sample, .. }) = &self.stepping {
            if let Some(followers) = followers {
                show_region(f, "followers", self.program(), followers)?;
            }
            show_region(f, "sample in steps", self.program(), sample)?;
        }
        let Some(rest) = &self.rest else { return Ok(()) };
        for (title, body) in [("settle", &rest.settle), ("hold", &rest.hold)] {
            writeln!(f, "\n{title}:")?;
            show_body(f, &rest.program, body)?;
        }
        rest.sample.iter().try_for_each(|region| show_region(f, "sample at rest", &rest.program, region))?;
        let mut steps = rest.stepping.iter();
        steps.try_for_each(|region| show_region(f, "sample at rest in steps", &rest.program, region))
    }
}

impl Kernel {
    fn slot(&self, f: &mut fmt::Formatter<'_>, id: SlotId, slot: &Slot) -> fmt::Result {
        write!(f, "  {id} @{} {} {}", slot.offset, slot.element, slot.holds)?;
        if slot.lanes.len() > 1 {
            write!(f, " x {} every {} bytes", slot.lanes.len(), slot.stride)?;
        }
        match slot.holds {
            Holds::Control(id) => write!(f, " `{}`", self.program().control(id).name)?,
            Holds::Value(sig) => show_name(f, self.program(), sig)?,
            Holds::AtRest(sig) => {
                let rest = self.rest.as_ref().map_or(self.program(), |rest| &rest.program);
                show_name(f, rest, sig)?;
            }
            _ => {}
        }
        show_keys(f, &slot.lanes)
    }
}

fn show_region(f: &mut fmt::Formatter<'_>, title: &str, program: &Program, region: &Region) -> fmt::Result {
    let walk = match region.walk {
        Walk::Step1 => "one frame per step",
        Walk::Step4 => "four frames per step",
    };
    let window = match region.window {
        Window::Block => "the whole block",
        Window::Few => "a few frames",
    };
    write!(f, "\n{title}: {walk}, {window}")?;
    if !region.carried.is_empty() {
        f.write_str(", carrying")?;
        region.carried.iter().try_for_each(|slot| write!(f, " {slot}"))?;
    }
    writeln!(f)?;
    show_body(f, program, &region.body)
}

fn show_body(f: &mut fmt::Formatter<'_>, program: &Program, body: &Body) -> fmt::Result {
    for (at, inst) in (0..).map(V).zip(body.insts()) {
        f.write_str("  ")?;
        if let Some(ty) = inst.ty {
            write!(f, "{at}: {ty} = ")?;
        }
        write!(f, "{}", inst.what)?;
        body.operands(inst).iter().try_for_each(|operand| write!(f, " {operand}"))?;
        if let Some(sig) = inst.node {
            write!(f, "  ; {sig}")?;
            show_name(f, program, sig)?;
        }
        writeln!(f)?;
    }
    Ok(())
}

/// What the user called a node.
fn show_name(f: &mut fmt::Formatter<'_>, program: &Program, sig: Sig) -> fmt::Result {
    program.name_of(sig).map_or(Ok(()), |name| write!(f, " `{name}`"))
}

fn show_array(f: &mut fmt::Formatter<'_>, id: ArrayId, array: &Array) -> fmt::Result {
    write!(f, "  {id} @{} {} x {}", array.offset, array.element, array.len)?;
    match array.keeps {
        Keeps::Ring(line) => write!(f, " ring {line}")?,
        Keeps::Ram(ram) => write!(f, " table {ram}")?,
    }
    show_keys(f, &array.lanes)
}

/// The keys of each lane; several lanes are numbered.
fn show_keys(f: &mut fmt::Formatter<'_>, lanes: &[Lane]) -> fmt::Result {
    for (at, lane) in lanes.iter().enumerate() {
        if lanes.len() > 1 && !lane.keys.is_empty() {
            write!(f, " lane {at}")?;
        }
        lane.keys.iter().try_for_each(|key| write!(f, " key {key:?}"))?;
    }
    writeln!(f)
}
