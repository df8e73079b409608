//! Uses of library functions, kept beside the nodes they became.

use crate::{CallId, Sig};
use std::sync::Arc;

/// A parameter of a library function that is not a signal.
#[derive(Clone, Debug, PartialEq)]
pub enum Static {
    Number(f64),
    Text(Arc<str>),
}

/// A signal parameter: what was given, and the [`Op::Argument`] that stands for it inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    pub name: Arc<str>,
    pub outer: Sig,
    pub inner: Sig,
}

/// One use of a library function, inlined: which nodes are its own is [`Program::home`].
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub function: Arc<str>,
    pub parent: Option<CallId>,
    pub arguments: Vec<Argument>,
    pub statics: Vec<(Arc<str>, Static)>,
    pub results: Vec<Sig>,
}
