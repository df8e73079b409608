//! A name for what a program sounds like.

use crate::Program;
use std::fmt::{self, Write};

/// The BLAKE3 hash of the bare text form (`{program:#}`): of everything that bears on sound and state (operations,
/// controls, state keys, tables, ports), and of nothing else. Displays as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentKey([u8; 32]);

impl ContentKey {
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Program {
    /// Programs of one key are interchangeable for every engine.
    #[must_use]
    pub fn key(&self) -> ContentKey {
        let mut text = Hashed(blake3::Hasher::new(), Vec::with_capacity(CHUNK));
        write!(text, "{self:#}").expect("a hash takes any text");
        text.0.update(&text.1);
        ContentKey(text.0.finalize().into())
    }
}

/// Bytes gathered before they are hashed.
const CHUNK: usize = 1 << 14;

/// A text that is hashed instead of kept.
struct Hashed(blake3::Hasher, Vec<u8>);

impl Write for Hashed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.1.len() + text.len() > CHUNK {
            self.0.update(&self.1);
            self.1.clear();
        }
        if text.len() > CHUNK {
            self.0.update(text.as_bytes());
        } else {
            self.1.extend_from_slice(text.as_bytes());
        }
        Ok(())
    }
}
