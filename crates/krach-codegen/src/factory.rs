//! Compiled code as the stage sees it.

use crate::copy::Copy;
use crate::driver::Code;
use crate::kernel::{Address, Kernel};
use crate::layout::{Holds, Keeps, StateLayout};
use crate::tables::Contents;
use crate::{Refusal, Spec, backend};
use krach_abi::{Dsp, DspFactory, Ports, Precision, Seed};
use krach_ir::Program;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

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
/// are gone, on whichever thread lets go last: not the audio thread's business.
#[derive(Clone, Debug)]
pub struct NativeFactory {
    shared: Arc<Shared>,
    timing: Timing,
}

/// What copies share.
pub(crate) struct Shared {
    pub spec: Spec,
    pub ports: Ports,
    pub layout: StateLayout,
    pub code: Code,
    /// Functions and tables, in the order in which the code knows them.
    pub addresses: Box<[usize]>,
    /// What `addresses` points into.
    #[expect(dead_code, reason = "held, not read: the code reads it")]
    tables: Vec<Contents>,
    /// Of each control: where its value lives in the state.
    pub controls: Vec<u32>,
    /// What read-write tables hold at birth, and where.
    pub rams: Vec<(u32, Contents)>,
    /// Where the state of each noise lives, and which it is.
    pub noises: Vec<(u32, u32)>,
}

/// Compiles a program.
///
/// # Errors
/// See [`Refusal`].
pub fn compile(program: &Program, spec: &Spec) -> Result<Arc<NativeFactory>, Refusal> {
    let start = Instant::now();
    let kernel = Kernel::build(program, spec)?;
    let scheduled = Instant::now();
    let code = Code::load(&backend::compile(&kernel)?)?;
    let timing = Timing {
        kernel_ms: (scheduled - start).as_secs_f64() * 1e3,
        codegen_ms: scheduled.elapsed().as_secs_f64() * 1e3,
        code_bytes: code.bytes(),
    };
    let shared = Arc::new(Shared::new(kernel, code)?);
    Ok(Arc::new(NativeFactory { shared, timing }))
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.layout.bytes();
        f.debug_struct("Shared")
            .field("spec", &self.spec)
            .field("state_bytes", &bytes)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn new(kernel: Kernel, code: Code) -> Result<Self, Refusal> {
        let ports = kernel.ports();
        let Kernel { spec, program, layout, addresses, .. } = kernel;
        let fill = |init, len| Contents::fill(init, len, spec.sample_rate, spec.precision);
        let mut tables = Vec::new();
        let mut table = Vec::new();
        for address in addresses {
            table.push(match address {
                Address::Function(fun) => {
                    fun.native(spec.precision).expect("only functions with an address are called").address()
                }
                Address::Table(id) => {
                    let contents = fill(&program.table(id).init, program.table(id).len)?;
                    let start = contents.start() as usize;
                    tables.push(contents);
                    start
                }
            });
        }
        let mut rams = Vec::new();
        for array in layout.arrays() {
            if let Keeps::Ram(id) = array.keeps {
                rams.push((array.offset, fill(&program.ram(id).init, array.len)?));
            }
        }
        let mut controls = vec![0; program.controls().len()];
        let mut noises = Vec::new();
        for slot in layout.slots() {
            match slot.holds {
                Holds::Control(id) => controls[id.index()] = slot.offset,
                Holds::Noise(id) => noises.push((slot.offset, program.noise(id).ordinal)),
                _ => {}
            }
        }
        Ok(Self { spec, ports, layout, code, addresses: table.into(), tables, controls, rams, noises })
    }
}

impl NativeFactory {
    #[must_use]
    pub fn timing(&self) -> Timing {
        self.timing
    }

    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.shared.spec
    }
}

impl DspFactory for NativeFactory {
    fn ports(&self) -> &Ports {
        &self.shared.ports
    }

    fn sample_rate(&self) -> u32 {
        self.shared.spec.sample_rate
    }

    fn precision(&self) -> Precision {
        self.shared.spec.precision
    }

    fn state_bytes(&self) -> usize {
        self.shared.layout.bytes() as usize
    }

    fn instantiate(&self, seed: Seed) -> Box<dyn Dsp> {
        Box::new(Copy::new(self.shared.clone(), seed))
    }
}
