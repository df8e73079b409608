//! The memory of one running voice: an aligned block, laid out by the kernel's [`StateLayout`].
#![allow(unsafe_code)]

use crate::factory::Shared;
use crate::layout::{ADDRESSES, ALIGNMENT, Array, HEADER, Keeps};
use crate::tables::Contents;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;

/// A zeroed, aligned block. Pages that are never touched, as of long delay lines, cost nothing.
pub(crate) struct State {
    start: NonNull<u8>,
    layout: Layout,
    /// Frames computed in it since birth: no ring holds more.
    pub frames: u64,
}

// SAFETY: the block is owned memory, reached only through its owner.
unsafe impl Send for State {}

impl State {
    /// A block whose header is written and whose tables are filled.
    pub fn new(shared: &Shared) -> Self {
        let bytes = shared.parts.layout.bytes() as usize;
        // Never empty: the header is part of every layout.
        let layout = Layout::from_size_align(bytes, ALIGNMENT as usize).expect("far below the limit");
        // SAFETY: the layout is not of size zero.
        let start = unsafe { alloc_zeroed(layout) };
        let start = NonNull::new(start).unwrap_or_else(|| handle_alloc_error(layout));
        let mut state = Self { start, layout, frames: 0 };
        state.write(ADDRESSES, shared.addresses.as_ptr());
        state.fill_tables(shared);
        state
    }

    /// Writes what read-write tables hold at birth.
    pub fn fill_tables(&mut self, shared: &Shared) {
        for (offset, contents) in &shared.parts.rams {
            self.fill(*offset, contents, 0, contents.bytes());
        }
    }

    pub fn start(&mut self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// The bytes of a place of the layout.
    pub fn bytes(&self, offset: u32, len: usize) -> &[u8] {
        assert!(offset as usize + len <= self.layout.size(), "the layout is inside the block");
        // SAFETY: just checked, and every byte was written when the block was made.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(offset as usize), len) }
    }

    /// The bytes of a place of the layout, behind the header.
    pub fn bytes_mut(&mut self, offset: u32, len: usize) -> &mut [u8] {
        assert!(offset >= HEADER && offset as usize + len <= self.layout.size(), "inside the block");
        // SAFETY: just checked; every pattern of bytes is a value of what lies behind the header.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr().add(offset as usize), len) }
    }

    pub fn write<T: Copy>(&mut self, offset: u32, value: T) {
        assert!(offset as usize + size_of::<T>() <= self.layout.size(), "the layout is inside the block");
        // SAFETY: just checked; `StateLayout::place` aligns every slot to its size, the block more so.
        unsafe { self.start.as_ptr().add(offset as usize).cast::<T>().write(value) };
    }

    /// The int in a slot.
    pub fn int(&self, offset: u32) -> i32 {
        i32::from_ne_bytes(self.bytes(offset, 4).try_into().expect("four bytes"))
    }

    /// Copies the bytes `from..to` of a table to the table's place.
    fn fill(&mut self, offset: u32, contents: &Contents, from: usize, to: usize) {
        debug_assert!(from <= to && to <= contents.bytes());
        let target = self.bytes_mut(offset, contents.bytes());
        // SAFETY: contents hold that many bytes, outside of the block.
        unsafe {
            target.as_mut_ptr().add(from).copy_from_nonoverlapping(contents.start().add(from), to - from);
        };
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout.
        unsafe { dealloc(self.start.as_ptr(), self.layout) };
    }
}

/// A second block, made ready behind the back of the first: a voice that goes back to birth changes blocks, and the one
/// it leaves is cleared a little at a time while the other plays.
pub(crate) struct Spare {
    pub state: State,
    /// The array that is cleared next, and how many of its bytes are clear.
    array: usize,
    done: usize,
}

impl Spare {
    pub fn new(shared: &Shared) -> Self {
        Self { state: State::new(shared), array: shared.parts.layout.arrays().len(), done: 0 }
    }

    /// Changes places with a used block, whose arrays must then be cleared.
    pub fn swap(&mut self, used: &mut State) {
        std::mem::swap(&mut self.state, used);
        (self.array, self.done) = (0, 0);
    }

    /// Clears at most about so many bytes more.
    pub fn clear(&mut self, shared: &Shared, mut bytes: usize) {
        let layout = &shared.parts.layout;
        while let Some(array) = layout.arrays().get(self.array) {
            if bytes == 0 {
                return;
            }
            let dirty = self.dirty(array);
            let to = dirty.min(self.done.saturating_add(bytes));
            if self.done < to {
                self.clear_part(shared, array, to);
            }
            bytes -= to.saturating_sub(self.done).min(bytes);
            self.done = to;
            if to >= dirty {
                (self.array, self.done) = (self.array + 1, 0);
            }
        }
        self.state.frames = 0;
    }

    /// Bytes of an array that may not be as they were born. A ring is written from its start on.
    fn dirty(&self, array: &Array) -> usize {
        let all = u64::from(array.len);
        let entries = match array.keeps {
            Keeps::Ring(_) => all.min(self.state.frames),
            Keeps::Ram(_) => all,
        };
        let lanes = array.lanes.len();
        usize::try_from(entries).unwrap_or(usize::MAX) * array.element.bytes() as usize * lanes
    }

    fn clear_part(&mut self, shared: &Shared, array: &Array, to: usize) {
        match array.keeps {
            Keeps::Ring(_) => self.state.bytes_mut(array.offset, to)[self.done..].fill(0),
            Keeps::Ram(_) => {
                let contents = shared.parts.rams.iter().find(|(offset, _)| *offset == array.offset);
                if let Some((offset, contents)) = contents {
                    self.state.fill(*offset, contents, self.done, to.min(contents.bytes()));
                }
            }
        }
    }
}
