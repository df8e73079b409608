//! The way from a program to a factory: schedule, compile, load, fill the tables.

use crate::backend::{self, Backend, Compiled};
use crate::driver::Code;
use crate::factory::{NativeFactory, Parts, Reach, Shared, Timing};
use crate::kernel::{Address, Kernel};
use crate::layout::{Holds, Keeps};
use crate::tables::Contents;
use crate::{Machine, Refusal, Spec, Walk};
use krach_ir::Program;
use std::sync::Arc;
use std::time::Instant;

/// Compiles a program.
///
/// # Errors
/// See [`Refusal`].
pub fn compile(program: &Program, spec: &Spec) -> Result<Arc<NativeFactory>, Refusal> {
    let (shared, timing, program) = shared(program, spec, backend::compile)?;
    let factory = NativeFactory { shared, timing, packing: Arc::default() };
    factory.remember(move || Some(program.clone()));
    Ok(Arc::new(factory))
}

/// Compiles a program by another compiler than Cranelift. Voices are computed one after the other.
///
/// # Errors
/// See [`Refusal`].
pub fn compile_by(
    backend: &dyn Backend,
    program: &Program,
    spec: &Spec,
) -> Result<Arc<NativeFactory>, Refusal> {
    // It finds for itself which frames to compute at once.
    let spec = Spec { walk: Some(Walk::Step1), ..*spec };
    let (shared, timing, _) = shared(program, &spec, |kernel| backend::compile_by(backend, kernel))?;
    Ok(Arc::new(NativeFactory { shared, timing, packing: Arc::default() }))
}

/// What copies share, and the program as it was compiled.
pub(crate) fn shared(
    program: &Program,
    spec: &Spec,
    compile: impl FnOnce(&Kernel) -> Result<Compiled, Refusal>,
) -> Result<(Arc<Shared>, Timing, Program), Refusal> {
    let start = Instant::now();
    let kernel = Kernel::build(program, spec)?;
    let scheduled = Instant::now();
    let compiled = compile(&kernel)?;
    let machine = Machine::of(compiled.isa.as_ref());
    if let Some(lack) = machine.lack() {
        return Err(Refusal::Backend(format!("code for this target cannot run here: {lack}")));
    }
    let code = Code::load(&compiled)?;
    let timing = Timing {
        kernel_ms: (scheduled - start).as_secs_f64() * 1e3,
        codegen_ms: scheduled.elapsed().as_secs_f64() * 1e3,
        code_bytes: code.bytes(),
    };
    let (parts, program) = Parts::new(kernel)?;
    let shared = Shared::new(parts, machine, code).expect("the kernel is our own");
    Ok((Arc::new(shared), timing, program))
}

impl Parts {
    fn new(kernel: Kernel) -> Result<(Self, Program), Refusal> {
        let ports = kernel.program().ports();
        let Kernel { spec, program, layout, addresses, .. } = kernel;
        let fill = |init, len| Contents::fill(&program, init, len, &spec);
        let mut tables = Vec::new();
        let (mut reaches, mut numbers) = (Vec::new(), 0..);
        for address in addresses {
            reaches.push(match address {
                Address::Function(fun) => Reach::Function(fun.name().to_owned()),
                Address::Lanes(..) => Reach::Lanes(numbers.next().expect("it has no end")),
                Address::Table(id) => {
                    tables.push(fill(&program.table(id).init, program.table(id).len)?);
                    Reach::Table(u32::try_from(tables.len() - 1).expect("fewer tables than nodes"))
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
        let (mut noises, mut moving, mut position) = (Vec::new(), None, None);
        for slot in layout.slots() {
            match slot.holds {
                Holds::Control(id) => controls[id.index()] = slot.offset,
                Holds::Moving => moving = Some(slot.offset),
                Holds::Position(None) => position = Some(slot.offset),
                Holds::Noise(id) => noises.push((slot.offset, program.noise(id).ordinal)),
                _ => {}
            }
        }
        let parts = Self { spec, ports, layout, reaches, tables, controls, rams, moving, position, noises };
        Ok((parts, program))
    }
}
