//! Tests that need more than one crate; nothing imports this one.
