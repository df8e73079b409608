//! Executable memory: where the code of one factory lives, how it is called, when it goes.
#![allow(unsafe_code)]

use crate::Refusal;
use crate::backend::{Bytes, Compiled};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{Module, ModuleError, default_libcall_names};
use std::sync::Mutex;

/// `init(state)` and `control(state)`
type Entry = unsafe extern "C" fn(*mut u8);
/// `process(state, inputs, outputs, frames)`
type Process = unsafe extern "C" fn(*mut u8, *const *const u8, *const *mut u8, usize);

/// The code of one factory, in a module of its own. Memory is unmapped when the last copy has gone, on the thread
/// that lets it go: the stage sends copies home for that, since unmapping is a system call.
pub(crate) struct Code {
    init: Entry,
    control: Entry,
    process: Process,
    /// Of each function: where it is, its length and its alignment.
    functions: [(*const u8, usize, u64); 3],
    /// Taken when dropped. Nobody else looks inside.
    module: Mutex<Option<JITModule>>,
}

// SAFETY: the pointers are to memory that nobody writes until the module is dropped, and `self` owns the module.
unsafe impl Send for Code {}
// SAFETY: as above; what the functions write is their caller's.
unsafe impl Sync for Code {}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Code").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

impl Code {
    /// Puts compiled functions into executable memory.
    pub(crate) fn load(compiled: &Compiled) -> Result<Self, Refusal> {
        let builder = JITBuilder::with_isa(compiled.isa.clone(), default_libcall_names());
        let mut module = JITModule::new(builder);
        let all = [&compiled.init, &compiled.control, &compiled.process];
        let [init, control, process] = match define(&mut module, all) {
            Ok(entries) => entries,
            Err(refusal) => {
                // SAFETY: no entry was handed out.
                unsafe { module.free_memory() };
                return Err(refusal);
            }
        };
        let place = |at: *const u8, bytes: &Bytes| (at, bytes.code.len(), bytes.alignment);
        let functions = [
            place(init, &compiled.init),
            place(control, &compiled.control),
            place(process, &compiled.process),
        ];
        // SAFETY: `lower` gives the functions these signatures, in the calling convention of `extern "C"`; the
        // module keeps them in memory until `self` is dropped.
        let (init, control, process) = unsafe {
            (
                std::mem::transmute::<*const u8, Entry>(init),
                std::mem::transmute::<*const u8, Entry>(control),
                std::mem::transmute::<*const u8, Process>(process),
            )
        };
        Ok(Self { init, control, process, functions, module: Mutex::new(Some(module)) })
    }

    pub(crate) fn bytes(&self) -> usize {
        self.functions.iter().map(|&(_, len, _)| len).sum()
    }

    /// The three functions as they were given to `load`.
    pub(crate) fn functions(&self) -> [Bytes; 3] {
        self.functions.map(|(at, len, alignment)| {
            // SAFETY: the module holds so many readable bytes there, which it never writes again.
            let code = unsafe { std::slice::from_raw_parts(at, len) }.to_vec();
            Bytes { code, alignment }
        })
    }

    /// # Safety
    /// `state` is a block of this kernel's layout whose header points to its table of addresses.
    pub(crate) unsafe fn init(&self, state: *mut u8) {
        // SAFETY: the caller's promise; the section stays within the block.
        unsafe { (self.init)(state) };
    }

    /// # Safety
    /// As for `init`.
    pub(crate) unsafe fn control(&self, state: *mut u8) {
        // SAFETY: the caller's promise; the section stays within the block.
        unsafe { (self.control)(state) };
    }

    /// # Safety
    /// As for `init`; and there is a pointer for every port, to `frames` samples of the kernel's precision, inputs
    /// readable, outputs writable, none overlapping an output.
    pub(crate) unsafe fn process(
        &self,
        state: *mut u8,
        inputs: *const *const u8,
        outputs: *const *mut u8,
        frames: usize,
    ) {
        // SAFETY: the caller's promise; the loop touches `frames` samples of each port and the block.
        unsafe { (self.process)(state, inputs, outputs, frames) };
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        let module = self.module.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(module) = module {
            // SAFETY: every copy holds the factory's shared half, which owns this code: nobody is inside it, and
            // its entries go with it.
            unsafe { module.free_memory() };
        }
    }
}

/// The addresses of functions, once they are in memory.
fn define<const N: usize>(module: &mut JITModule, all: [&Bytes; N]) -> Result<[*const u8; N], Refusal> {
    let refusal = |error: ModuleError| Refusal::Backend(error.to_string());
    let signature = module.make_signature();
    let mut ids = Vec::new();
    for bytes in all {
        let id = module.declare_anonymous_function(&signature).map_err(refusal)?;
        module.define_function_bytes(id, bytes.alignment, &bytes.code, &[]).map_err(refusal)?;
        ids.push(id);
    }
    module.finalize_definitions().map_err(refusal)?;
    Ok(std::array::from_fn(|at| module.get_finalized_function(ids[at])))
}
