//! The contents of tables, computed once per factory on the caller's thread by the reference interpreter.

use crate::Refusal;
use krach_abi::Precision;
use krach_ir::{Entries, TableInit};
use serde::{Deserialize, Serialize};

/// A row of samples as the code reads it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "Row", from = "Row")]
pub(crate) enum Contents {
    F32(Entries<f32>),
    F64(Entries<f64>),
}

impl Contents {
    pub(crate) fn fill(init: &TableInit, len: u32, rate: u32, precision: Precision) -> Result<Self, Refusal> {
        let contents = match precision {
            Precision::Single => init.entries(len, rate).map(Self::F32),
            Precision::Double => init.entries(len, rate).map(Self::F64),
        };
        contents.map_err(|error| Refusal::Table(error.to_string()))
    }

    /// Where the entries start. They stay there as long as `self` lives and is not moved from: entries are boxed.
    pub(crate) fn start(&self) -> *const u8 {
        match self {
            Self::F32(Entries::Ints(entries)) | Self::F64(Entries::Ints(entries)) => entries.as_ptr().cast(),
            Self::F32(Entries::Reals(entries)) => entries.as_ptr().cast(),
            Self::F64(Entries::Reals(entries)) => entries.as_ptr().cast(),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::F32(Entries::Ints(entries)) | Self::F64(Entries::Ints(entries)) => size_of_val(&**entries),
            Self::F32(Entries::Reals(entries)) => size_of_val(&**entries),
            Self::F64(Entries::Reals(entries)) => size_of_val(&**entries),
        }
    }
}

/// The same as saved: what entries are of tells itself.
#[derive(Serialize, Deserialize)]
enum Row {
    Ints(Vec<i32>),
    Singles(Vec<f32>),
    Doubles(Vec<f64>),
}

impl From<Contents> for Row {
    fn from(contents: Contents) -> Self {
        match contents {
            Contents::F32(Entries::Ints(entries)) | Contents::F64(Entries::Ints(entries)) => {
                Self::Ints(entries.into())
            }
            Contents::F32(Entries::Reals(entries)) => Self::Singles(entries.into()),
            Contents::F64(Entries::Reals(entries)) => Self::Doubles(entries.into()),
        }
    }
}

impl From<Row> for Contents {
    fn from(row: Row) -> Self {
        match row {
            // Ints are the same in both precisions.
            Row::Ints(entries) => Self::F32(Entries::Ints(entries.into())),
            Row::Singles(entries) => Self::F32(Entries::Reals(entries.into())),
            Row::Doubles(entries) => Self::F64(Entries::Reals(entries.into())),
        }
    }
}
