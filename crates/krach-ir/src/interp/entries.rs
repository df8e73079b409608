//! A row of samples of one type.

use crate::Ty;
use crate::maths::{Float, Value};

/// The contents of a table or of a delay line.
#[derive(Clone, Debug, PartialEq)]
pub enum Entries<R> {
    Ints(Box<[i32]>),
    Reals(Box<[R]>),
}

impl<R: Float> Entries<R> {
    #[must_use]
    pub fn zeros(ty: Ty, len: usize) -> Self {
        match ty {
            Ty::Int => Self::Ints(vec![0; len].into()),
            Ty::Real => Self::Reals(vec![R::ZERO; len].into()),
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Ints(values) => values.len(),
            Self::Reals(values) => values.len(),
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry an index means, clamped into the row, which is not empty.
    #[must_use]
    pub fn clamped(&self, index: i32) -> usize {
        usize::try_from(index).unwrap_or(0).min(self.len() - 1)
    }

    #[must_use]
    pub fn get(&self, at: usize) -> Value<R> {
        match self {
            Self::Ints(values) => Value::Int(values[at]),
            Self::Reals(values) => Value::Real(values[at]),
        }
    }

    /// Writes an entry of the row's own type.
    pub fn set(&mut self, at: usize, value: Value<R>) {
        match (self, value) {
            (Self::Ints(values), Value::Int(value)) => values[at] = value,
            (Self::Reals(values), Value::Real(value)) => values[at] = value,
            _ => unreachable!("validation gives entries the type of their row"),
        }
    }

    /// All zero again.
    pub fn clear(&mut self) {
        match self {
            Self::Ints(values) => values.fill(0),
            Self::Reals(values) => values.fill(R::ZERO),
        }
    }

    /// All as in a row of the same type and length.
    pub fn copy_from(&mut self, other: &Self) {
        match (self, other) {
            (Self::Ints(values), Self::Ints(from)) => values.copy_from_slice(from),
            (Self::Reals(values), Self::Reals(from)) => values.copy_from_slice(from),
            _ => unreachable!("copied from a row of the same type"),
        }
    }
}
