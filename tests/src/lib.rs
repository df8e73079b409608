//! Tests that need more than one crate; nothing imports this one. Code that several of them share is here.

pub mod corpus;
pub mod dice;
pub mod faust_text;
pub mod grammar;
pub mod random;
pub mod servers;
pub mod torture;
