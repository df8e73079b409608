//! The saved form of compiled code: bytes that another process can load.
//!
//! A head says who made it and for which machines; everything else may change between versions, so it is only
//! decoded when the head fits. Functions are saved by name and tables by contents: no address leaves the process.

use crate::Part;
use crate::backend::{self, Compiled, MachineCode};
use crate::driver::Code;
use crate::factory::{NativeFactory, Parts, Shared, Timing};
use crate::layout::{ALIGNMENT, HEADER};
use crate::{Machine, Refusal, Trust};
use krach_abi::MAX_STATE_BYTES;
use krach_ir::Limits;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// Who can read the rest: the compiler of exactly this build. `KRACH_SOURCES` is a hash of the sources that decide
/// what code looks like (see `build.rs`).
const MAKER: &str = concat!("krach ", env!("CARGO_PKG_VERSION"), " ", env!("KRACH_SOURCES"));

#[derive(Serialize, Deserialize)]
struct Head {
    maker: String,
    machine: Machine,
}

#[derive(Serialize, Deserialize)]
struct Body<P> {
    /// The functions, each with its part.
    code: Vec<(Part, MachineCode)>,
    parts: P,
}

/// Why saved code is not run. The program it was compiled from can always be compiled anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// No tag vouches for it.
    Untrusted,
    /// Another version saved it.
    Version(String),
    /// Another kind of processor is needed.
    Machine(String),
    /// It is not what `save` gives.
    Malformed,
    /// It cannot be put into memory.
    Refused(Refusal),
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untrusted => f.write_str("it was not compiled by you on this machine"),
            Self::Version(maker) => write!(f, "another version compiled it: {maker}, this is {MAKER}"),
            Self::Machine(lack) => f.write_str(lack),
            Self::Malformed => f.write_str("it is not compiled code"),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}

impl std::error::Error for Misfit {}

impl NativeFactory {
    /// Names what decides whether code saved by one process can be loaded by another.
    #[must_use]
    pub fn maker() -> &'static str {
        MAKER
    }

    /// Everything that another process needs to run this code: the same factory gives the same bytes.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        let head = Head { maker: MAKER.to_owned(), machine: self.shared.machine.clone() };
        let body = Body { code: self.shared.code.functions(), parts: &self.shared.parts };
        let bytes = postcard::to_stdvec(&head).and_then(|head| postcard::to_extend(&body, head));
        bytes.expect("plain data can be written to memory")
    }

    /// Maps saved code, readable and executable, if it is trusted as that of the `program` with this hash.
    ///
    /// # Errors
    /// See [`Misfit`].
    pub fn load(saved: &[u8], program: &[u8; 32], trust: Trust<'_>) -> Result<Arc<Self>, Misfit> {
        let begun = Instant::now();
        if !trust.vouches(program, saved) {
            return Err(Misfit::Untrusted);
        }
        let (head, rest): (Head, &[u8]) = postcard::take_from_bytes(saved).map_err(|_| Misfit::Malformed)?;
        if head.maker != MAKER {
            return Err(Misfit::Version(head.maker));
        }
        if let Some(lack) = head.machine.lack() {
            return Err(Misfit::Machine(lack));
        }
        let (body, rest): (Body<Parts>, &[u8]) =
            postcard::take_from_bytes(rest).map_err(|_| Misfit::Malformed)?;
        if body.parts.spec.voices != 1 {
            return Err(Misfit::Malformed);
        }
        let whole = Part::are_whole(body.code.iter().map(|(part, _)| *part), body.parts.moving.is_some());
        if !rest.is_empty() || !whole || !body.parts.are_sound() {
            return Err(Misfit::Malformed);
        }
        let isa = backend::host().map_err(Misfit::Refused)?;
        let code = Code::load(&Compiled { isa, functions: body.code }).map_err(Misfit::Refused)?;
        let code_bytes = code.bytes();
        let shared = Shared::new(body.parts, head.machine, code).ok_or(Misfit::Malformed)?;
        let timing = Timing { kernel_ms: 0.0, codegen_ms: begun.elapsed().as_secs_f64() * 1e3, code_bytes };
        Ok(Arc::new(Self { shared: Arc::new(shared), timing, packing: Arc::default() }))
    }
}

impl Parts {
    /// Whether everything that a copy writes lies inside its state, so that a promise of the user that was wrong in
    /// good faith (a damaged file) is refused rather than a panic.
    fn are_sound(&self) -> bool {
        let bytes = self.layout.bytes();
        let whole = bytes >= HEADER && bytes.is_multiple_of(ALIGNMENT) && bytes as usize <= MAX_STATE_BYTES;
        let inside = |offset: u32, size: usize| {
            offset >= HEADER && (offset as usize).checked_add(size).is_some_and(|end| end <= bytes as usize)
        };
        let slot = |offset: u32, size: usize| (offset as usize).is_multiple_of(size) && inside(offset, size);
        let real = self.spec.precision.bytes();
        let ports = Limits::DEFAULT.ports;
        whole
            && self.spec.check().is_ok()
            && self.ports.inputs <= ports
            && self.ports.outputs <= ports
            && self.ports.controls.len() == self.controls.len()
            && self.controls.iter().all(|&offset| slot(offset, real))
            && self.moving.iter().chain(&self.position).all(|&offset| slot(offset, 4))
            && self.noises.iter().all(|&(offset, _)| slot(offset, 4))
            && self.rams.iter().all(|(offset, contents)| inside(*offset, contents.bytes()))
    }
}

/// What the floor below knows nothing about writing.
pub(crate) mod spec {
    use crate::{Spec, Target};
    use krach_abi::Precision;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(spec: &Spec, to: S) -> Result<S::Ok, S::Error> {
        let double = spec.precision == Precision::Double;
        (spec.sample_rate, double, spec.voices, spec.target == Target::Baseline).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Spec, D::Error> {
        let (sample_rate, double, voices, baseline) = Deserialize::deserialize(from)?;
        let precision = if double { Precision::Double } else { Precision::Single };
        let target = if baseline { Target::Baseline } else { Target::Host };
        Ok(Spec { sample_rate, precision, voices, target, walk: None })
    }
}

pub(crate) mod ports {
    use krach_abi::{ControlRange, Ports};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(ports: &Ports, to: S) -> Result<S::Ok, S::Error> {
        let controls: Vec<_> = ports.controls.iter().map(|c| (c.init, c.lo, c.hi)).collect();
        (ports.inputs, ports.outputs, controls).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Ports, D::Error> {
        let (inputs, outputs, controls): (_, _, Vec<(f64, f64, f64)>) = Deserialize::deserialize(from)?;
        let controls = controls.into_iter().map(|(init, lo, hi)| ControlRange { init, lo, hi }).collect();
        Ok(Ports { inputs, outputs, controls })
    }
}
