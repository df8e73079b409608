//! What a caller chooses about an elaboration.

use crate::syntax::Precisions;
use std::sync::Arc;

/// How a program is elaborated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Chooses between definitions that are marked with a precision.
    pub precision: krach_abi::Precision,
    /// As the official test program runs it: `count` is a control that the caller sets to the frames of each call,
    /// and the controls of a voice take every note, also beyond the range of their widgets.
    pub impulse: bool,
    /// The definition that is the program. Where that declares voices, `effect` is what follows them.
    pub process: Arc<str>,
    /// Addresses begin with the program's name, unless the whole interface is in one group.
    pub rooted: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            precision: krach_abi::Precision::default(),
            impulse: false,
            process: "process".into(),
            rooted: true,
        }
    }
}

impl Options {
    pub(crate) fn precisions(&self) -> Precisions {
        match self.precision {
            krach_abi::Precision::Single => Precisions::SINGLE,
            krach_abi::Precision::Double => Precisions::DOUBLE,
        }
    }

    pub(crate) fn precisions_index(&self) -> usize {
        match self.precision {
            krach_abi::Precision::Single => 0,
            krach_abi::Precision::Double => 1,
        }
    }
}
