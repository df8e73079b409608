//! Names of controls, and their numbers.

use crate::nearest;
use krach_diag::{Code, Diagnostic};
use krach_ir::Program;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The controls of one program by name and by address; those of its effect come after the program's own.
#[derive(Clone, Debug)]
pub struct ControlNames {
    program: String,
    numbers: FxHashMap<Arc<str>, usize>,
    /// In the order of their numbers.
    names: Vec<Arc<str>>,
}

impl ControlNames {
    #[must_use]
    pub fn new(program: &Program) -> Self {
        let mut numbers = FxHashMap::default();
        let mut names = Vec::new();
        for (at, control) in program.all_controls().enumerate() {
            numbers.entry(control.name.clone()).or_insert(at);
            names.push(control.name.clone());
        }
        // A name counts before an address.
        for (at, control) in program.all_controls().enumerate() {
            numbers.entry(control.face.address.clone()).or_insert(at);
        }
        numbers.remove("");
        Self { program: program.name().to_owned(), numbers, names }
    }

    /// The number of the control with that name or address.
    ///
    /// # Errors
    /// `KR0404` with the nearest name and a list of all.
    pub fn find(&self, name: &str) -> Result<usize, Diagnostic> {
        self.numbers.get(name).copied().ok_or_else(|| self.no_such(name))
    }

    fn no_such(&self, name: &str) -> Diagnostic {
        let message = format!("`{}` has no control `{name}`", self.program);
        let report = Diagnostic::error(Code::NoSuchControl, message);
        let report = match nearest(name, self.names.iter().map(|name| &**name)) {
            Some(near) => report.help(format!("did you mean `{near}`?")),
            None => report,
        };
        report.help(match &*self.names {
            [] => "it has no controls: declare them with `krs.control`".to_owned(),
            names => format!("its controls are {}", listed(names.iter().map(|name| &**name))),
        })
    }
}

/// The first twelve names, and the number of further ones: `` `a`, `b` and 3 more ``.
#[must_use]
pub fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let count = names.len();
    let mut text = names.take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if count > SHOWN {
        text.push_str(&format!(" and {} more", count - SHOWN));
    }
    text
}
