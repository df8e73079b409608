//! One running copy: a block of state, and the calls into the code.
#![allow(unsafe_code)]

use crate::factory::Shared;
use crate::layout::{ADDRESSES, ALIGNMENT, HEADER};
use crate::tables::Contents;
use krach_abi::{Dsp, FlushGuard, Precision, Seed, through_f32, through_f64};
use krach_ir::Limits;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::Arc;

/// A zeroed, aligned block. Pages that are never touched, as of long delay lines, cost nothing.
struct Block {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: the block is owned memory, reached only through its owner.
unsafe impl Send for Block {}

impl Block {
    fn new(bytes: u32) -> Self {
        // Never empty: the header is part of every layout.
        let layout =
            Layout::from_size_align(bytes as usize, ALIGNMENT as usize).expect("far below the limit");
        // SAFETY: the layout is not of size zero.
        let start = unsafe { alloc_zeroed(layout) };
        let start = NonNull::new(start).unwrap_or_else(|| handle_alloc_error(layout));
        Self { start, layout }
    }

    /// The place of a value of the layout.
    fn at(&mut self, offset: u32, bytes: usize) -> *mut u8 {
        assert!(offset as usize + bytes <= self.layout.size(), "the layout is inside the block");
        // SAFETY: just checked.
        unsafe { self.start.as_ptr().add(offset as usize) }
    }

    fn write<T: Copy>(&mut self, offset: u32, value: T) {
        // SAFETY: `at` checks the bounds; `StateLayout::place` aligns every slot to its size, the block more so.
        unsafe { self.at(offset, size_of::<T>()).cast::<T>().write(value) };
    }

    fn copy(&mut self, offset: u32, contents: &Contents) {
        let bytes = contents.bytes();
        // SAFETY: `at` checks the bounds; contents live outside the block.
        unsafe { self.at(offset, bytes).copy_from_nonoverlapping(contents.start(), bytes) };
    }

    /// All but the header.
    fn clear(&mut self) {
        let bytes = self.layout.size() - HEADER as usize;
        // SAFETY: `at` checks the bounds; zero is a value of everything that can be there.
        unsafe { self.at(HEADER, bytes).write_bytes(0, bytes) };
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout.
        unsafe { dealloc(self.start.as_ptr(), self.layout) };
    }
}

/// See the module's essay.
pub(crate) struct NativeDsp {
    state: Block,
    shared: Arc<Shared>,
    seed: Seed,
    controls: Vec<f64>,
    /// A control has changed since its section ran.
    stale: bool,
}

impl NativeDsp {
    pub(crate) fn new(shared: Arc<Shared>, seed: Seed) -> Self {
        let mut state = Block::new(shared.parts.layout.bytes());
        state.write(ADDRESSES, shared.addresses.as_ptr());
        let controls = shared.parts.ports.controls.iter().map(|control| control.init).collect();
        let mut dsp = Self { state, shared, seed, controls, stale: true };
        dsp.birth();
        dsp
    }

    /// Writes the state at birth into a zeroed block.
    fn birth(&mut self) {
        let shared = self.shared.clone();
        for &(offset, ordinal) in &shared.parts.noises {
            self.state.write(offset, self.seed.noise(ordinal));
        }
        for (offset, contents) in &shared.parts.rams {
            self.state.copy(*offset, contents);
        }
        for control in 0..self.controls.len() {
            self.write_control(control);
        }
        let _flush = FlushGuard::new();
        // SAFETY: the block has the layout of this code and its header is written.
        unsafe { shared.code.init(self.state.start.as_ptr()) };
    }

    fn write_control(&mut self, control: usize) {
        let (offset, value) = (self.shared.parts.controls[control], self.controls[control]);
        match self.shared.parts.spec.precision {
            // As the interpreter rounds.
            #[allow(clippy::cast_possible_truncation)]
            Precision::Single => self.state.write(offset, value as f32),
            Precision::Double => self.state.write(offset, value),
        }
        self.stale = true;
    }

    /// Runs a block of samples in the code's own precision.
    fn run<R: Sample>(&mut self, inputs: &[&[R]], outputs: &mut [&mut [R]]) {
        const PORTS: usize = Limits::DEFAULT.ports;
        let ports = &self.shared.parts.ports;
        assert_eq!(R::PRECISION, self.shared.parts.spec.precision, "converted before");
        assert_eq!((inputs.len(), outputs.len()), (ports.inputs, ports.outputs), "one slice per port");
        let frames = outputs.first().map_or(0, |port| port.len());
        let mut sources = [std::ptr::null::<u8>(); PORTS];
        for (pointer, port) in sources.iter_mut().zip(inputs) {
            assert_eq!(port.len(), frames, "all ports have one length");
            *pointer = port.as_ptr().cast();
        }
        let mut targets = [std::ptr::null_mut::<u8>(); PORTS];
        for (pointer, port) in targets.iter_mut().zip(outputs) {
            assert_eq!(port.len(), frames, "all ports have one length");
            *pointer = port.as_mut_ptr().cast();
        }
        let _flush = FlushGuard::new();
        let (code, state) = (&self.shared.code, self.state.start.as_ptr());
        // SAFETY: the block has the layout of this code and its header is written. There is a pointer for every
        // port, to `frames` samples of the code's precision, as asserted; slices lent exclusively do not overlap.
        unsafe {
            if std::mem::take(&mut self.stale) {
                code.control(state);
            }
            code.process(state, sources.as_ptr(), targets.as_ptr(), frames);
        }
    }
}

/// A format that code computes in.
trait Sample: Copy {
    const PRECISION: Precision;
}

impl Sample for f32 {
    const PRECISION: Precision = Precision::Single;
}

impl Sample for f64 {
    const PRECISION: Precision = Precision::Double;
}

impl Dsp for NativeDsp {
    fn set(&mut self, control: usize, value: f64) {
        if let Some(held) = self.controls.get_mut(control)
            && held.to_bits() != value.to_bits()
        {
            *held = value;
            self.write_control(control);
        }
    }

    fn process_f32(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) {
        match self.shared.parts.spec.precision {
            Precision::Single => self.run(inputs, outputs),
            Precision::Double => through_f64(inputs, outputs, |inputs, outputs| self.run(inputs, outputs)),
        }
    }

    fn process_f64(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) {
        match self.shared.parts.spec.precision {
            Precision::Single => through_f32(inputs, outputs, |inputs, outputs| self.run(inputs, outputs)),
            Precision::Double => self.run(inputs, outputs),
        }
    }

    fn reset(&mut self) {
        self.state.clear();
        self.birth();
    }
}
