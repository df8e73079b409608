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

impl State {
    /// Makes the bytes `from..to` of an array as they were born.
    fn renew(&mut self, shared: &Shared, array: &Array, from: usize, to: usize) {
        match array.keeps {
            Keeps::Ring(_) => self.bytes_mut(array.offset, to)[from..].fill(0),
            Keeps::Ram(_) => {
                let contents = shared.parts.rams.iter().find(|(offset, _)| *offset == array.offset);
                if let Some((offset, contents)) = contents {
                    self.fill(*offset, contents, from, to.min(contents.bytes()));
                }
            }
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout.
        unsafe { dealloc(self.start.as_ptr(), self.layout) };
    }
}

/// A second block, for a voice that goes back to birth: the two change places, and the used block is cleared a little at
/// a time while the other plays.
pub(crate) struct Spare {
    state: State,
    /// The array that is cleared next, and how many of its bytes are clear.
    array: usize,
    done: usize,
}

impl Spare {
    pub fn new(shared: &Shared) -> Self {
        Self { state: State::new(shared), array: shared.parts.layout.arrays().len(), done: 0 }
    }

    /// The memory of a voice that goes back to birth. The block with fewer bytes to clear is cleared: a voice that is
    /// reset twice at once clears nothing the second time, and one that is reset a moment later clears about as many bytes
    /// of delay lines as were written since.
    pub fn renew(&mut self, shared: &Shared, used: &mut State) {
        if dirty_bytes(shared, used) <= self.left(shared) {
            let arrays = shared.parts.layout.arrays();
            arrays.iter().for_each(|array| used.renew(shared, array, 0, dirty(array, used.frames)));
        } else {
            self.clear(shared, usize::MAX);
            std::mem::swap(&mut self.state, used);
            (self.array, self.done) = (0, 0);
        }
    }

    /// Bytes of this block that are not clear yet.
    pub fn left(&self, shared: &Shared) -> usize {
        let rest = shared.parts.layout.arrays().iter().skip(self.array);
        rest.map(|array| dirty(array, self.state.frames)).sum::<usize>().saturating_sub(self.done)
    }

    /// Clears about `bytes` bytes more, at most.
    pub fn clear(&mut self, shared: &Shared, mut bytes: usize) {
        let layout = &shared.parts.layout;
        while let Some(array) = layout.arrays().get(self.array) {
            if bytes == 0 {
                return;
            }
            let dirty = dirty(array, self.state.frames);
            let to = dirty.min(self.done.saturating_add(bytes));
            if self.done < to {
                self.state.renew(shared, array, self.done, to);
            }
            bytes -= to.saturating_sub(self.done).min(bytes);
            self.done = to;
            if to >= dirty {
                (self.array, self.done) = (self.array + 1, 0);
            }
        }
        self.state.frames = 0;
    }
}

/// Bytes of an array that may not be as they were born, after a number of frames. A ring is written from its start on,
/// a read-write table anywhere.
fn dirty(array: &Array, frames: u64) -> usize {
    let all = u64::from(array.len);
    let entries = match array.keeps {
        Keeps::Ring(_) => all.min(frames),
        Keeps::Ram(_) if frames == 0 => 0,
        Keeps::Ram(_) => all,
    };
    let lanes = array.lanes.len();
    usize::try_from(entries).unwrap_or(usize::MAX) * array.element.bytes() as usize * lanes
}

/// The same of all arrays of a block.
fn dirty_bytes(shared: &Shared, state: &State) -> usize {
    shared.parts.layout.arrays().iter().map(|array| dirty(array, state.frames)).sum()
}
