//! How much of the stack is left, so that depth is an error and never a crash.

/// Elaboration runs on a thread with a stack of this many bytes; only pages that are used cost memory.
pub(crate) const STACK_BYTES: usize = 256 << 20;
/// What may be used of it before evaluation gives up.
const USABLE: usize = STACK_BYTES / 4;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Stack {
    base: usize,
}

impl Stack {
    /// To be made at the bottom of the big stack.
    pub fn here() -> Self {
        Self { base: address() }
    }

    pub fn has_room(self) -> bool {
        self.base.abs_diff(address()) < USABLE
    }
}

/// The address of a local, about where the stack ends now.
#[inline(never)]
fn address() -> usize {
    let local = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&local)) as usize
}
