//! Compiled code as the stage sees it.

use crate::Part;
use crate::driver::Code;
use crate::dsp::NativeDsp;
use crate::handover::NativeHandover;
use crate::layout::StateLayout;
use crate::packed::PackedVoices;
use crate::state::State;
use crate::tables::Contents;
use crate::{Machine, Refusal, Spec, backend, compile, saved};
use krach_abi::{Dsp, DspFactory, Handover, Ports, Precision, Sample, Seed, Voices};
use krach_ir::{Fun, Program};
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

/// What compiling took.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Timing {
    /// From program to kernel: optimising and scheduling.
    pub kernel_ms: f64,
    /// From kernel to code that can run.
    pub codegen_ms: f64,
    /// Machine code.
    pub code_bytes: usize,
}

/// Native code of one program for one [`Spec`]. Cheap to share; the code is unmapped when this and the last copy
/// are gone, on the thread that drops the last of them: never the audio thread.
#[derive(Clone, Debug)]
pub struct NativeFactory {
    pub(crate) shared: Arc<Shared>,
    pub(crate) timing: Timing,
    pub(crate) packing: Arc<Packing>,
}

/// The same program with voices side by side, compiled when four voices or more are asked for.
#[derive(Default)]
pub(crate) struct Packing {
    program: OnceLock<Box<dyn Fn() -> Option<Program> + Send + Sync>>,
    shared: OnceLock<Result<Arc<Shared>, Refusal>>,
}

impl fmt::Debug for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packing").field("shared", &self.shared).finish_non_exhaustive()
    }
}

/// The fewest voices that are computed side by side.
const WORTH_PACKING: usize = 4;

/// What copies share.
pub(crate) struct Shared {
    pub parts: Parts,
    pub machine: Machine,
    pub code: Code,
    /// Functions and tables, in the order in which the code knows them: these point into `parts`.
    pub addresses: Box<[usize]>,
    /// Blocks of copies that are gone, as they were born.
    pub idle: Mutex<Vec<State>>,
}

/// Everything about a factory but its machine code. It knows no address, so it can be saved.
#[derive(Serialize, Deserialize)]
pub(crate) struct Parts {
    #[serde(with = "saved::spec")]
    pub spec: Spec,
    #[serde(with = "saved::ports")]
    pub ports: Ports,
    pub layout: StateLayout,
    /// What the code reaches, in the order in which it knows it.
    pub reaches: Vec<Reach>,
    pub tables: Vec<Arc<Contents>>,
    /// Of each control: where its value lives in the state.
    pub controls: Vec<u32>,
    /// What read-write tables hold at birth, and where.
    pub rams: Vec<(u32, Arc<Contents>)>,
    /// Where the code notes that something moves, if it can rest.
    pub moving: Option<u32>,
    /// Where the common position of lines lives, if there are any.
    pub position: Option<u32>,
    /// Where the state of each noise lives, and which it is.
    pub noises: Vec<(u32, u32)>,
}

/// One entry of the table of addresses, by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Reach {
    /// A function of the table of maths.
    Function(String),
    /// By its place among the factory's tables.
    Table(u32),
    /// By its number among the code's own functions of four lanes.
    Lanes(u32),
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.parts.layout.bytes();
        f.debug_struct("Shared")
            .field("spec", &self.parts.spec)
            .field("state_bytes", &bytes)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// `None` if a name means nothing.
    pub(crate) fn new(parts: Parts, machine: Machine, code: Code) -> Option<Self> {
        let address = |reach: &Reach| match reach {
            Reach::Function(name) => {
                Fun::find(name)?.native(parts.spec.precision).map(|function| function.address())
            }
            // Entries are boxed: they stay where they are when `parts` moves.
            Reach::Lanes(number) => code.place(Part::Lanes(*number)).map(|place| place as usize),
            Reach::Table(at) => parts.tables.get(*at as usize).map(|contents| contents.start() as usize),
        };
        let addresses: Option<Vec<usize>> = parts.reaches.iter().map(address).collect();
        Some(Self { addresses: addresses?.into(), parts, machine, code, idle: Mutex::default() })
    }
}

impl NativeFactory {
    /// Voices side by side in one kernel: two vectors for each value, so that one waits while the other is computed.
    pub const SIDE_BY_SIDE: u32 = 8;

    #[must_use]
    pub fn timing(&self) -> Timing {
        self.timing
    }

    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.shared.parts.spec
    }

    /// The processors that can run it.
    #[must_use]
    pub fn machine(&self) -> &Machine {
        &self.shared.machine
    }

    #[must_use]
    pub fn layout(&self) -> &StateLayout {
        &self.shared.parts.layout
    }

    /// Where the program is, for code that was loaded: with many voices it is compiled again, with voices side by side.
    /// Only the first call counts.
    pub fn remember(&self, program: impl Fn() -> Option<Program> + Send + Sync + 'static) {
        let _ = self.packing.program.set(Box::new(program));
    }

    /// Why that many voices are computed one after the other; nothing if they are computed side by side.
    #[must_use]
    pub fn scalar_because(&self, voices: usize) -> Option<String> {
        if voices < WORTH_PACKING {
            return Some(format!("there are fewer than {WORTH_PACKING}"));
        }
        match self.pack() {
            Some(Ok(_)) => None,
            Some(Err(Refusal::Lanes(why))) => Some((*why).to_owned()),
            Some(Err(refusal)) => Some(refusal.to_string()),
            None => Some("its program is not at hand".to_owned()),
        }
    }

    /// The code for voices side by side, if that many are computed so.
    fn packed(&self, voices: usize) -> Option<&Arc<Shared>> {
        if voices < WORTH_PACKING { None } else { self.pack()?.as_ref().ok() }
    }

    /// The code for voices side by side, compiled now if it is not yet.
    fn pack(&self) -> Option<&Result<Arc<Shared>, Refusal>> {
        let program = self.packing.program.get()?;
        let spec = Spec { voices: Self::SIDE_BY_SIDE, ..*self.spec() };
        Some(self.packing.shared.get_or_init(|| {
            let program = program().ok_or(Refusal::Lanes("its program cannot be read"))?;
            compile::shared(&program, &spec, backend::compile).map(|(shared, _, _)| shared)
        }))
    }

    /// Voices in the format that the code computes in.
    fn copies<S: Sample>(&self, seeds: &[Seed]) -> Voices<NativeDsp<S>> {
        let voice = |&seed: &Seed| NativeDsp::new(self.shared.clone(), seed);
        Voices::new(&self.shared.parts.ports, seeds.iter().map(voice))
    }
}

impl DspFactory for NativeFactory {
    fn ports(&self) -> &Ports {
        &self.shared.parts.ports
    }

    fn sample_rate(&self) -> u32 {
        self.shared.parts.spec.sample_rate
    }

    fn precision(&self) -> Precision {
        self.shared.parts.spec.precision
    }

    fn state_bytes(&self) -> usize {
        self.shared.parts.layout.bytes() as usize
    }

    fn voices_of(&self, seeds: &[Seed]) -> Box<dyn Dsp> {
        if let Some(shared) = self.packed(seeds.len()) {
            return Box::new(PackedVoices::new(shared.clone(), seeds));
        }
        match self.precision() {
            Precision::Single => Box::new(self.copies::<f32>(seeds)),
            Precision::Double => Box::new(self.copies::<f64>(seeds)),
        }
    }

    fn handover(&self, from: &dyn DspFactory, voices: usize) -> Box<dyn Handover> {
        let from = (from as &dyn Any).downcast_ref::<Self>().unwrap_or(self);
        let packed = from.packed(voices).zip(self.packed(voices)).map(<[_; 2]>::from);
        Box::new(NativeHandover::new([&from.shared, &self.shared], packed, voices))
    }
}
