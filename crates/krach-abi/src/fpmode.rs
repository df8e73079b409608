//! Flush-to-zero: decaying tails must not slow down by a factor of a hundred.
#![allow(unsafe_code)]

use std::marker::PhantomData;

/// Sets FTZ and DAZ on this thread until dropped, then restores what was there. Every engine runs under it, live
/// and off-line, so that all agree on what happens below 1e-38.
#[derive(Debug)]
pub struct FlushGuard {
    before: u64,
    /// The mode belongs to the thread: the guard must not leave it.
    _not_send: PhantomData<*const ()>,
}

impl FlushGuard {
    #[must_use]
    pub fn new() -> Self {
        let before = read();
        write(before | FLUSH);
        Self { before, _not_send: PhantomData }
    }
}

impl Default for FlushGuard {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for FlushGuard {
    fn drop(&mut self) {
        write(self.before);
    }
}

/// MXCSR bits 15 (flush results) and 6 (treat operands as zero).
#[cfg(target_arch = "x86_64")]
const FLUSH: u64 = 0x8040;
/// FPCR.FZ flushes operands and results.
#[cfg(target_arch = "aarch64")]
const FLUSH: u64 = 1 << 24;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const FLUSH: u64 = 0;

#[cfg(target_arch = "x86_64")]
fn read() -> u64 {
    let mut mode = 0_u32;
    // SAFETY: stmxcsr stores four bytes to the place given and touches nothing else.
    unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut mode, options(nostack)) };
    u64::from(mode)
}

#[cfg(target_arch = "x86_64")]
fn write(mode: u64) {
    #[allow(clippy::cast_possible_truncation)]
    let mode = mode as u32;
    // SAFETY: `mode` came from `read` plus the two flush bits, so no reserved bit and no exception is enabled.
    unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const mode, options(nostack)) };
}

#[cfg(target_arch = "aarch64")]
fn read() -> u64 {
    let mode: u64;
    // SAFETY: reading FPCR has no side effect.
    unsafe { std::arch::asm!("mrs {}, fpcr", out(reg) mode, options(nomem, nostack)) };
    mode
}

#[cfg(target_arch = "aarch64")]
fn write(mode: u64) {
    // SAFETY: `mode` came from `read` plus FZ; the rest of FPCR is as it was.
    unsafe { std::arch::asm!("msr fpcr, {}", in(reg) mode, options(nostack)) };
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn read() -> u64 {
    0
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn write(_mode: u64) {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn denormals_vanish_inside_the_guard_only() {
        let tiny = black_box(f32::MIN_POSITIVE);
        assert_ne!(black_box(tiny / 4.0), 0.0);
        {
            let _guard = FlushGuard::new();
            assert_eq!(black_box(black_box(tiny) / black_box(4.0)), 0.0);
        }
        assert_ne!(black_box(black_box(tiny) / black_box(4.0)), 0.0);
    }
}
