//! From text to machine code: LLVM's passes, and an object file in memory.

use crate::{lower, object};
use inkwell::OptimizationLevel;
use inkwell::context::Context;
use inkwell::memory_buffer::MemoryBuffer;
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{CodeModel, FileType, InitializationConfig, RelocMode, Target, TargetMachine};
use krach_codegen::{Backend, Kernel, Machine, MachineCode, Refusal};
use std::fmt::Display;

/// LLVM at -O3.
#[derive(Clone, Copy, Debug, Default)]
pub struct Llvm;

impl Backend for Llvm {
    fn machine_code(&self, kernel: &Kernel, machine: &Machine) -> Result<Vec<MachineCode>, Refusal> {
        let target = target_machine(machine)?;
        lower::modules(kernel)?.iter().map(|text| compiled(text, &target)).collect()
    }
}

fn refusal(why: impl Display) -> Refusal {
    Refusal::Backend(format!("LLVM: {why}"))
}

/// A processor of the kind that the code is for, with no feature beyond its.
fn target_machine(machine: &Machine) -> Result<TargetMachine, Refusal> {
    if machine.arch != "x86_64" {
        return Err(refusal(format_args!("code for {} is not linked here, only for x86_64", machine.arch)));
    }
    Target::initialize_x86(&InitializationConfig::default());
    let triple = TargetMachine::get_default_triple();
    let target = Target::from_triple(&triple).map_err(refusal)?;
    let features: Vec<String> = machine
        .features
        .iter()
        .map(|name| format!("+{}", feature(name.trim_start_matches("has_"))))
        .collect();
    let (level, relocation) = (OptimizationLevel::Aggressive, RelocMode::PIC);
    target
        .create_target_machine(&triple, "x86-64", &features.join(","), level, relocation, CodeModel::Small)
        .ok_or_else(|| refusal("there is no such machine"))
}

/// LLVM's word for a feature that Cranelift has a word for.
fn feature(name: &str) -> &str {
    match name {
        "sse41" => "sse4.1",
        "sse42" => "sse4.2",
        "bmi1" => "bmi",
        "cmpxchg16b" => "cx16",
        other => other,
    }
}

fn compiled(text: &str, target: &TargetMachine) -> Result<MachineCode, Refusal> {
    let context = Context::create();
    let buffer = MemoryBuffer::create_from_memory_range_copy(text.as_bytes(), "section");
    let module = context.create_module_from_ir(buffer).map_err(|error| refusal(error.to_string()))?;
    module.set_triple(&target.get_triple());
    module.set_data_layout(&target.get_target_data().get_data_layout());
    module
        .run_passes("default<O3>", target, PassBuilderOptions::create())
        .map_err(|error| refusal(error.to_string()))?;
    let object = target
        .write_to_memory_buffer(&module, FileType::Object)
        .map_err(|error| refusal(error.to_string()))?;
    object::linked(object.as_slice()).map_err(refusal)
}
