//! Who vouches for saved code.
//!
//! Machine code can do everything that its process can, and a checksum proves nothing: an attacker who changes the code
//! changes the sum. So code that comes from outside this process is only run when its tag, a keyed BLAKE3 hash with
//! a secret that never leaves the user's machine, says that this user compiled it, from this program.

use std::fmt;

/// Thirty-two bytes that only this user knows.
#[derive(Clone)]
pub struct Secret([u8; 32]);

/// Never prints itself.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Why saved code may be run.
#[derive(Clone, Copy, Debug)]
pub enum Trust<'a> {
    /// If this tag verifies.
    Tag { secret: &'a Secret, tag: &'a [u8; 32] },
    /// Because the user says so: the bytes are run as they are, with all the rights of this process. That they are
    /// what this crate saved is the user's promise; nothing here can check it.
    Promised,
}

impl Secret {
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Vouches for saved code as that of a program, which has a hash of its own.
    #[must_use]
    pub fn tag(&self, program: &[u8; 32], code: &[u8]) -> [u8; 32] {
        self.hash(program, code).into()
    }

    fn hash(&self, program: &[u8; 32], code: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(b"krach code, tag 1").update(program).update(code);
        hasher.finalize()
    }
}

impl Trust<'_> {
    /// Whether code that is trusted so is what was compiled, and not only said to be.
    #[must_use]
    pub fn is_proof(&self) -> bool {
        matches!(self, Self::Tag { .. })
    }

    pub(crate) fn vouches(&self, program: &[u8; 32], code: &[u8]) -> bool {
        match self {
            // Hashes compare in constant time.
            Self::Tag { secret, tag } => secret.hash(program, code) == blake3::Hash::from_bytes(**tag),
            Self::Promised => true,
        }
    }
}
