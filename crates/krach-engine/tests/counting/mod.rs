//! Counts what each thread allocates and frees, and what all do.
#![allow(unsafe_code, dead_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The count of all threads.
static ALL: AtomicUsize = AtomicUsize::new(0);

struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the allocator of the system.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALL.fetch_add(1, Relaxed);
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        ALL.fetch_add(1, Relaxed);
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The number of allocations and releases of this thread during the work, and its result.
pub fn counted<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = COUNT.with(Cell::get);
    let made = work();
    (COUNT.with(Cell::get) - before, made)
}

/// The number of allocations and releases of all threads during the work, and its result.
pub fn counted_everywhere<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = ALL.load(Relaxed);
    let made = work();
    (ALL.load(Relaxed) - before, made)
}
