//! Executable memory: where the code of one factory lives, how it is called, when it goes.
#![allow(unsafe_code)]

use crate::backend::{Compiled, MachineCode};
use crate::lanes::LANES;
use crate::{Part, Refusal};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{Module, ModuleError, default_libcall_names};
use std::fmt;
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
    /// What runs once everything that follows controls stands still.
    rest: Option<AtRest>,
    /// What runs instead of `process` for whole steps of four frames.
    stepping: Option<Process>,
    /// Of each function: where it is, its length and its alignment.
    functions: Vec<(Part, *const u8, usize, u64)>,
    /// Taken when dropped; used nowhere else.
    module: Mutex<Option<JITModule>>,
}

struct AtRest {
    settle: Entry,
    hold: Entry,
    process: Process,
    stepping: Option<Process>,
}

// SAFETY: the memory is not written until the module is dropped, and `self` owns the module.
unsafe impl Send for Code {}
// SAFETY: as above; what the functions write is their caller's.
unsafe impl Sync for Code {}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        let functions: Vec<(Part, *const u8, usize, u64)> = (compiled.functions.iter().zip(places))
            .map(|((part, bytes), at)| (*part, at, bytes.code.len(), bytes.alignment))
            .collect();
        let place = |of| find(&functions, of);
        // SAFETY: `lower` gives the functions these signatures, in the calling convention of `extern "C"`; the
        // module keeps them in memory until `self` is dropped.
        let entry = |of| place(of).map(|at| unsafe { std::mem::transmute::<*const u8, Entry>(at) });
        // SAFETY: as above.
        let process = |of| place(of).map(|at| unsafe { std::mem::transmute::<*const u8, Process>(at) });
        let rest = (entry(Part::Settle).zip(entry(Part::Hold)).zip(process(Part::AtRest))).map(
            |((settle, hold), at_rest)| AtRest {
                settle,
                hold,
                process: at_rest,
                stepping: process(Part::SteppingAtRest),
            },
        );
        Ok(Self {
            init: entry(Part::Init).expect("every kernel has it"),
            control: entry(Part::Control).expect("every kernel has it"),
            process: process(Part::Process).expect("every kernel has it"),
            rest,
            stepping: process(Part::Stepping),
            functions,
            module: Mutex::new(Some(module)),
        })
    }

    /// Where a function is.
    pub(crate) fn place(&self, of: Part) -> Option<*const u8> {
        find(&self.functions, of)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.functions.iter().map(|&(_, _, len, _)| len).sum()
    }

    /// The functions as they were given to `load`.
    pub(crate) fn functions(&self) -> Vec<(Part, MachineCode)> {
        let bytes = |&(part, at, len, alignment): &(Part, *const u8, usize, u64)| {
            // SAFETY: the module holds `len` readable bytes there, which it never writes again.
            let code = unsafe { std::slice::from_raw_parts(at, len) }.to_vec();
            (part, MachineCode { code, alignment })
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
        if let Some(rest) = &self.rest {
            // SAFETY: the caller's promise; the section stays within the block.
            unsafe { (rest.settle)(state) };
        }
    }

    /// Computes what `process_at_rest` takes from the state, once nothing moves.
    ///
    /// # Safety
    /// As for `init`.
    pub(crate) unsafe fn hold(&self, state: *mut u8) {
        if let Some(rest) = &self.rest {
            // SAFETY: the caller's promise; the section stays within the block.
            unsafe { (rest.hold)(state) };
        }
    }

    /// Whether there is a form for whole steps of four frames.
    pub(crate) fn has_steps(&self, resting: bool) -> bool {
        self.steps(resting).is_some()
    }

    fn steps(&self, resting: bool) -> Option<Process> {
        if resting { self.rest.as_ref()?.stepping } else { self.stepping }
    }

    /// As `process` or `process_at_rest`, for whole steps of four frames.
    ///
    /// # Safety
    /// As for those; `frames` is a multiple of four, and so is the common position of lines.
    pub(crate) unsafe fn process_steps(
        &self,
        resting: bool,
        state: *mut u8,
        inputs: *const *const u8,
        outputs: *const *mut u8,
        frames: usize,
    ) {
        debug_assert!(frames.is_multiple_of(LANES));
        if let Some(steps) = self.steps(resting) {
            // SAFETY: the caller's promise, as in `process`.
            unsafe { steps(state, inputs, outputs, frames) };
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
        let process = self.rest.as_ref().map_or(self.process, |rest| rest.process);
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

fn find(functions: &[(Part, *const u8, usize, u64)], of: Part) -> Option<*const u8> {
    functions.iter().find(|(part, ..)| *part == of).map(|&(_, at, ..)| at)
}

/// The addresses of functions, once they are in memory.
fn define(module: &mut JITModule, all: &[(Part, MachineCode)]) -> Result<Vec<*const u8>, Refusal> {
    let refusal = |error: ModuleError| Refusal::Backend(error.to_string());
    let signature = module.make_signature();
    let mut ids = Vec::new();
    for (_, bytes) in all {
        let id = module.declare_anonymous_function(&signature).map_err(refusal)?;
        module.define_function_bytes(id, bytes.alignment, &bytes.code, &[]).map_err(refusal)?;
        ids.push(id);
    }
    module.finalize_definitions().map_err(refusal)?;
    Ok(ids.into_iter().map(|id| module.get_finalized_function(id)).collect())
}
