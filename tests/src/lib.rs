//! Tests that need more than one crate; nothing imports this one. What several of them share is here.

pub mod random;
