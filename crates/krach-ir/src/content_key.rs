//! A name for what a program sounds like.

use crate::{Digest, Program, text};
use std::fmt::{self, Write};

/// The digest of what bears on sound and state (operations, controls, state keys, tables, ports), and of nothing
/// else: of the bare text form, in which a digest stands for each table of reals and for each sound.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentKey(Digest);

impl ContentKey {
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        self.0.bytes()
    }
}

impl fmt::Display for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Program {
    /// Programs of one key are interchangeable for every engine.
    #[must_use]
    pub fn key(&self) -> ContentKey {
        let mut hashed = Hashed(blake3::Hasher::new(), Vec::with_capacity(CHUNK));
        text::write_key(self, &mut hashed).expect("a hash takes any text");
        hashed.0.update(&hashed.1);
        ContentKey(Digest(hashed.0.finalize().into()))
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
