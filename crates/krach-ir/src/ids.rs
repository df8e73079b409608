//! Numbers of the parts of a program.

use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $letter:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(crate) u32);

        impl $name {
            #[must_use]
            pub fn new(index: usize) -> Self {
                Self(u32::try_from(index).expect("a program has fewer than 2^32 parts"))
            }

            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        }
    )*};
}

ids! {
    /// A signal: the value of one node in every frame. Operands always have smaller indices than their node.
    Sig "%";
    /// A control, in order of first use.
    ControlId "c";
    /// One frame of memory.
    RegisterId "r";
    /// A delay line.
    LineId "d";
    /// A read-only table.
    TableId "t";
    /// A read-write table.
    RamId "m";
    /// A noise generator.
    NoiseId "n";
    /// A use of a library function.
    CallId "f";
}
