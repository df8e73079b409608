//! The functions of a kernel: one for each section, one for each form of a loop, and those of four lanes that loops call.

use crate::kernel::{Body, Function, Kernel, Part, Region, Window};
use crate::lanes::LANES;
use crate::lower::{Lower, PLACE};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    self, AbiParam, InstBuilder, Signature, StackSlotData, StackSlotKind, Value, types,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use krach_ir::Fun;

/// The functions of a kernel, each with its part.
pub(crate) fn lower(kernel: &Kernel, isa: &dyn TargetIsa) -> Vec<(Part, ir::Function)> {
    let written = |(part, function)| {
        let text = match function {
            Function::Straight(body) => straight(kernel, isa, body),
            Function::Loops(regions) => process(kernel, isa, regions),
            Function::Windows { kept, loops } => following(kernel, isa, kept, loops),
            Function::Lanes(fun, constants) => function_of_lanes(kernel, isa, fun, constants),
        };
        (part, text)
    };
    kernel.functions().into_iter().map(written).collect()
}

fn signature(isa: &dyn TargetIsa, params: usize) -> Signature {
    let mut signature = Signature::new(isa.default_call_conv());
    signature.params = vec![AbiParam::new(isa.pointer_type()); params];
    signature
}

fn straight(kernel: &Kernel, isa: &dyn TargetIsa, body: &Body) -> ir::Function {
    let mut function = ir::Function::with_name_signature(Default::default(), signature(isa, 1));
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut function, &mut context);
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    let state = builder.block_params(entry)[0];
    let mut lower = Lower::new(kernel, isa, builder, state);
    lower.body(body);
    lower.builder.ins().return_(&[]);
    lower.builder.seal_all_blocks();
    lower.builder.finalize(isa.frontend_config());
    function
}

/// The values that a function of four lanes takes: its operands that are not constant.
pub(crate) fn signature_of_lanes(fun: Fun, constants: [Option<u32>; 2]) -> Signature {
    let mut signature = Signature::new(CallConv::Fast);
    let params = constants[..fun.arity()].iter().filter(|constant| constant.is_none()).count();
    signature.params = vec![AbiParam::new(types::F32X4); params];
    signature.returns = vec![AbiParam::new(types::F32X4)];
    signature
}

/// A function of four lanes that loops call, where it is long and needed often.
fn function_of_lanes(
    kernel: &Kernel,
    isa: &dyn TargetIsa,
    fun: Fun,
    constants: [Option<u32>; 2],
) -> ir::Function {
    let mut function =
        ir::Function::with_name_signature(Default::default(), signature_of_lanes(fun, constants));
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut function, &mut context);
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    let params = builder.block_params(entry).to_vec();
    let mut lower = Lower::new(kernel, isa, builder, params[0]);
    let literals = constants.map(|constant| constant.map(f32::from_bits));
    let mut params = params.iter();
    let operands: Vec<Value> = literals[..fun.arity()]
        .iter()
        .map(|literal| match literal {
            Some(literal) => lower.constant(types::F32X4, literal.to_le_bytes()),
            None => *params.next().expect("a parameter for each"),
        })
        .collect();
    let literals = &literals[..fun.arity()];
    let result = lower.written_lanes(fun, &operands, literals, LANES).expect("the table is whole");
    lower.builder.ins().return_(&[result]);
    lower.builder.seal_all_blocks();
    lower.builder.finalize(isa.frontend_config());
    function
}

/// A function `(state, inputs, outputs, frames)`, whose loops over frames are written by `write`.
fn looping(
    kernel: &Kernel,
    isa: &dyn TargetIsa,
    write: impl FnOnce(&mut Lower<'_, '_>, Value),
) -> ir::Function {
    let mut function = ir::Function::with_name_signature(Default::default(), signature(isa, 4));
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut function, &mut context);
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    let &[state, inputs, outputs, frames] = builder.block_params(entry) else {
        unreachable!("the signature has four parameters")
    };
    let mut lower = Lower::new(kernel, isa, builder, state);
    let program = kernel.program();
    lower.inputs = lower.pointers(inputs, program.inputs().len());
    lower.outputs = lower.pointers(outputs, program.outputs().len());
    write(&mut lower, frames);
    lower.builder.ins().return_(&[]);
    lower.builder.seal_all_blocks();
    lower.builder.finalize(isa.frontend_config());
    function
}

fn process(kernel: &Kernel, isa: &dyn TargetIsa, regions: &[Region]) -> ir::Function {
    looping(kernel, isa, |lower, frames| regions.iter().for_each(|region| lower.walk(region, None, frames)))
}

/// Both loops for a few frames, then for the next few. What the first keeps for the second lies on the stack.
fn following(kernel: &Kernel, isa: &dyn TargetIsa, kept: u32, loops: [&Region; 2]) -> ir::Function {
    looping(kernel, isa, |lower, frames| {
        let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, kept * PLACE, 4);
        let slot = lower.builder.create_sized_stack_slot(slot);
        lower.places = Some(lower.builder.ins().stack_addr(lower.pointer, slot, 0));
        let (window, exit) = (lower.builder.create_block(), lower.builder.create_block());
        lower.builder.append_block_param(window, lower.pointer);
        let zero = lower.builder.ins().iconst(lower.pointer, 0);
        lower.builder.ins().brif(frames, window, &[zero.into()], exit, &[]);
        lower.builder.switch_to_block(window);
        let start = lower.builder.block_params(window)[0];
        let left = lower.builder.ins().isub(frames, start);
        let few = lower.builder.ins().iconst(lower.pointer, i64::from(Window::FEW));
        let last = lower.builder.ins().icmp(IntCC::UnsignedLessThan, left, few);
        let count = lower.builder.ins().select(last, left, few);
        loops.into_iter().for_each(|region| lower.walk(region, Some(start), count));
        let next = lower.builder.ins().iadd(start, count);
        let more = lower.builder.ins().icmp(IntCC::UnsignedLessThan, next, frames);
        lower.builder.ins().brif(more, window, &[next.into()], exit, &[]);
        lower.builder.switch_to_block(exit);
    })
}
