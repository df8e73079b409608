//! Executable memory: where the code of one factory lives, how it is called, when it goes.
#![allow(unsafe_code)]

use crate::Refusal;
use crate::backend::{Compiled, MachineCode};
use crate::lanes::LANES;
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
    /// What runs once everything that follows controls stands still: settle, hold, process at rest.
    rest: Option<(Entry, Entry, Process)>,
    /// What runs instead of `process` while followers of controls move, for whole steps of four frames.
    following: Option<Process>,
    /// Of each function: where it is, its length and its alignment.
    functions: Vec<(*const u8, usize, u64)>,
    /// Taken when dropped; used nowhere else.
    module: Mutex<Option<JITModule>>,
}

// SAFETY: the memory is not written until the module is dropped, and `self` owns the module.
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
        let places = match define(&mut module, &compiled.functions) {
            Ok(places) => places,
            Err(refusal) => {
                // SAFETY: no entry was handed out.
                unsafe { module.free_memory() };
                return Err(refusal);
            }
        };
        let lengths = compiled.functions.iter().map(|bytes| (bytes.code.len(), bytes.alignment));
        let functions =
            places.iter().zip(lengths).map(|(&at, (len, alignment))| (at, len, alignment)).collect();
        // SAFETY: `lower` gives the functions these signatures, in the calling convention of `extern "C"`; the
        // module keeps them in memory until `self` is dropped.
        let triple = |at: usize| unsafe {
            (
                std::mem::transmute::<*const u8, Entry>(places[at]),
                std::mem::transmute::<*const u8, Entry>(places[at + 1]),
                std::mem::transmute::<*const u8, Process>(places[at + 2]),
            )
        };
        let (init, control, process) = triple(0);
        let rest = (places.len() > 3).then(|| triple(3));
        // SAFETY: as above.
        let following =
            places.get(6).map(|&place| unsafe { std::mem::transmute::<*const u8, Process>(place) });
        Ok(Self { init, control, process, rest, following, functions, module: Mutex::new(Some(module)) })
    }

    pub(crate) fn bytes(&self) -> usize {
        self.functions.iter().map(|&(_, len, _)| len).sum()
    }

    /// The functions as they were given to `load`.
    pub(crate) fn functions(&self) -> Vec<MachineCode> {
        let bytes = |&(at, len, alignment): &(*const u8, usize, u64)| {
            // SAFETY: the module holds `len` readable bytes there, which it never writes again.
            let code = unsafe { std::slice::from_raw_parts(at, len) }.to_vec();
            MachineCode { code, alignment }
        };
        self.functions.iter().map(bytes).collect()
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

impl Code {
    /// Whether the code has a form for the time when everything that follows controls stands still.
    pub(crate) fn can_rest(&self) -> bool {
        self.rest.is_some()
    }

    /// Finds out whether anything moves, and writes the flag.
    ///
    /// # Safety
    /// As for `init`.
    pub(crate) unsafe fn settle(&self, state: *mut u8) {
        if let Some((settle, _, _)) = self.rest {
            // SAFETY: the caller's promise; the section stays within the block.
            unsafe { settle(state) };
        }
    }

    /// Computes what `process_at_rest` takes from the state, once nothing moves.
    ///
    /// # Safety
    /// As for `init`.
    pub(crate) unsafe fn hold(&self, state: *mut u8) {
        if let Some((_, hold, _)) = self.rest {
            // SAFETY: the caller's promise; the section stays within the block.
            unsafe { hold(state) };
        }
    }

    /// As `process`, for all frames but the last one to three. Returns the number of frames computed.
    ///
    /// # Safety
    /// As for `process`.
    pub(crate) unsafe fn process_following(
        &self,
        state: *mut u8,
        inputs: *const *const u8,
        outputs: *const *mut u8,
        frames: usize,
    ) -> usize {
        let whole = frames - frames % LANES;
        match self.following {
            Some(following) if whole > 0 => {
                // SAFETY: the caller's promise, as in `process`.
                unsafe { following(state, inputs, outputs, whole) };
                whole
            }
            _ => 0,
        }
    }

    /// As `process`, while nothing moves.
    ///
    /// # Safety
    /// As for `process`; `hold` has run since the last change.
    pub(crate) unsafe fn process_at_rest(
        &self,
        state: *mut u8,
        inputs: *const *const u8,
        outputs: *const *mut u8,
        frames: usize,
    ) {
        let process = self.rest.map_or(self.process, |(_, _, process)| process);
        // SAFETY: the caller's promise, as in `process`.
        unsafe { process(state, inputs, outputs, frames) };
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        let module = self.module.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(module) = module {
            // SAFETY: every copy holds the factory's shared half, which owns this code: no thread runs it, and
            // its entries go with it.
            unsafe { module.free_memory() };
        }
    }
}

/// The addresses of functions, once they are in memory.
fn define(module: &mut JITModule, all: &[MachineCode]) -> Result<Vec<*const u8>, Refusal> {
    let refusal = |error: ModuleError| Refusal::Backend(error.to_string());
    let signature = module.make_signature();
    let mut ids = Vec::new();
    for bytes in all {
        let id = module.declare_anonymous_function(&signature).map_err(refusal)?;
        module.define_function_bytes(id, bytes.alignment, &bytes.code, &[]).map_err(refusal)?;
        ids.push(id);
    }
    module.finalize_definitions().map_err(refusal)?;
    Ok(ids.into_iter().map(|id| module.get_finalized_function(id)).collect())
}
