//! Cranelift: from its intermediate form to bytes.

use crate::Part;
use crate::functions::lower;
use crate::kernel::{Body, Do, Inst, Kernel};
use crate::{Machine, Refusal, Target};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::Function;
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CodegenError, Context, verify_function};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::sync::OnceLock;

/// From so much pressure on, registers are allocated in one pass: where hundreds of values are alive at once, finding
/// better places takes seconds, and most of them end in memory anyway.
const PRESSURE: u64 = 300_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Allocator {
    Backtracking,
    SinglePass,
}

/// Nothing is optimised here: on our own graph it is done better.
fn isa(target: Target, allocator: Allocator) -> Result<OwnedTargetIsa, Refusal> {
    static SHARED: [OnceLock<Result<OwnedTargetIsa, Refusal>>; 4] = [const { OnceLock::new() }; 4];
    let make = || {
        let mut flags = settings::builder();
        let allocator = match allocator {
            Allocator::Backtracking => "backtracking",
            Allocator::SinglePass => "single_pass",
        };
        let set = [
            ("opt_level", "none"),
            ("regalloc_algorithm", allocator),
            ("is_pic", "false"),
            ("use_colocated_libcalls", "false"),
            ("enable_verifier", "false"),
            ("unwind_info", "false"),
            ("enable_probestack", "false"),
        ];
        for (name, value) in set {
            flags.set(name, value).map_err(|error| Refusal::Backend(error.to_string()))?;
        }
        let native = cranelift_native::builder_with_options(target == Target::Host);
        let mut builder = native.map_err(|why| Refusal::Backend(why.into()))?;
        for feature in if target == Target::Baseline { BASELINE } else { &[] } {
            builder.enable(feature).map_err(|error| Refusal::Backend(error.to_string()))?;
        }
        builder.finish(settings::Flags::new(flags)).map_err(|error| Refusal::Backend(error.to_string()))
    };
    let slot = 2 * usize::from(target == Target::Baseline) + usize::from(allocator == Allocator::SinglePass);
    SHARED[slot].get_or_init(make).clone()
}

/// What [`Target::Baseline`] may use beyond the least of its architecture: without an instruction for rounding,
/// rounding would be a call.
const BASELINE: &[&str] = if cfg!(target_arch = "x86_64") {
    &["has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt"]
} else {
    &[]
};

/// This machine with all its features: what code is mapped for.
pub(crate) fn host() -> Result<OwnedTargetIsa, Refusal> {
    isa(Target::Host, Allocator::Backtracking)
}

fn isa_for(kernel: &Kernel) -> Result<OwnedTargetIsa, Refusal> {
    let pressure: u64 = kernel.bodies().map(|(_, body)| pressure(body)).sum();
    let allocator = if pressure > PRESSURE { Allocator::SinglePass } else { Allocator::Backtracking };
    isa(kernel.spec().target, allocator)
}

/// The number of values alive, summed over the instructions.
fn pressure(body: &Body) -> u64 {
    let is_value = |inst: &Inst| inst.ty.is_some() && !matches!(inst.what, Do::Real(_) | Do::Int(_));
    let mut last: Vec<usize> = (0..body.insts().len()).collect();
    for (at, inst) in body.insts().iter().enumerate() {
        body.operands(inst).iter().for_each(|v| last[v.0 as usize] = at);
    }
    let lives = body.insts().iter().zip(&last).enumerate().filter(|(_, (inst, _))| is_value(inst));
    lives.map(|(at, (_, &last))| (last - at) as u64).sum()
}

/// The machine code of one function: it refers to nothing outside itself and runs wherever it is put.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MachineCode {
    pub code: Vec<u8>,
    pub alignment: u64,
}

/// Another compiler of kernels than Cranelift.
pub trait Backend {
    /// The code of each of [`Kernel::functions`], in their order, for a machine of this kind.
    ///
    /// # Errors
    /// What it cannot compile.
    fn machine_code(&self, kernel: &Kernel, machine: &Machine) -> Result<Vec<MachineCode>, Refusal>;
}

/// As [`compile`], by another compiler.
pub(crate) fn compile_by(backend: &dyn Backend, kernel: &Kernel) -> Result<Compiled, Refusal> {
    let isa = isa_for(kernel)?;
    let code = backend.machine_code(kernel, &Machine::of(isa.as_ref()))?;
    let parts = kernel.functions().into_iter().map(|(part, _)| part);
    Ok(Compiled { isa, functions: parts.zip(code).collect() })
}

/// The machine code of a kernel.
pub(crate) struct Compiled {
    pub isa: OwnedTargetIsa,
    /// Those of [`Kernel::functions`].
    pub functions: Vec<(Part, MachineCode)>,
}

pub(crate) fn compile(kernel: &Kernel) -> Result<Compiled, Refusal> {
    let isa = isa_for(kernel)?;
    let mut context = Context::new();
    let mut functions = Vec::new();
    for (part, function) in lower(kernel, isa.as_ref()) {
        context.clear();
        functions.push((part, bytes(&mut context, function, isa.as_ref())?));
    }
    Ok(Compiled { isa, functions })
}

fn bytes(context: &mut Context, function: Function, isa: &dyn TargetIsa) -> Result<MachineCode, Refusal> {
    context.func = function;
    let compiled =
        context.compile(isa, &mut ControlPlane::default()).map_err(|error| refusal(&error.inner))?;
    if let Some(reloc) = compiled.buffer.relocs().first() {
        // An old processor without an instruction for rounding, say.
        return Err(Refusal::Backend(format!(
            "this processor needs the outside function {:?}",
            reloc.target
        )));
    }
    Ok(MachineCode { code: compiled.code_buffer().to_vec(), alignment: u64::from(compiled.buffer.alignment) })
}

fn refusal(error: &CodegenError) -> Refusal {
    Refusal::Backend(error.to_string())
}

/// The kernel in Cranelift's intermediate form, verified.
///
/// # Errors
/// A machine that cannot be compiled for; what the verifier finds.
pub fn clif(kernel: &Kernel) -> Result<String, Refusal> {
    let isa = isa_for(kernel)?;
    let mut text = String::new();
    for (part, function) in lower(kernel, isa.as_ref()) {
        verify_function(&function, isa.as_ref()).map_err(|error| Refusal::Backend(error.to_string()))?;
        let _ = writeln!(text, "; {part}\n{}", function.display());
    }
    Ok(text)
}

/// The kernel in machine instructions, as Cranelift writes them.
///
/// # Errors
/// The errors of compiling the kernel.
pub fn asm(kernel: &Kernel) -> Result<String, Refusal> {
    let isa = isa_for(kernel)?;
    let mut text = String::new();
    let mut context = Context::new();
    for (part, function) in lower(kernel, isa.as_ref()) {
        context.clear();
        context.func = function;
        context.set_disasm(true);
        let compiled = context
            .compile(isa.as_ref(), &mut ControlPlane::default())
            .map_err(|error| refusal(&error.inner))?;
        let code = compiled.vcode.as_deref().unwrap_or_default();
        let _ = writeln!(text, "; {part}: {} bytes\n{code}", compiled.code_buffer().len());
    }
    Ok(text)
}
