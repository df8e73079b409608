//! How large a program may be.

use krach_abi::MAX_PORTS;

/// Sizes beyond which a program is refused rather than compiled for minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub nodes: usize,
    pub ports: usize,
    pub table_entries: usize,
    pub delay_frames: u32,
}

impl Limits {
    pub const DEFAULT: Self =
        Self { nodes: 400_000, ports: MAX_PORTS, table_entries: 1 << 28, delay_frames: 1 << 28 };

    /// Notes that may sound at once.
    pub const VOICES: u32 = 256;

    /// How deep the generators of tables may have tables with generators.
    pub const NESTING: usize = 4;
}
