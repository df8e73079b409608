//! Names for state that outlive an edit: scope path, then the user's name, then an ordinal.

use crate::{CallId, Program, Sig, Unique};
use std::sync::Arc;

/// In which call each piece of state was made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Owners {
    pub registers: Vec<Option<CallId>>,
    pub lines: Vec<Option<CallId>>,
    pub rams: Vec<Option<CallId>>,
    pub noises: Vec<Option<CallId>>,
}

/// Gives every piece of state its key. `voice.lowpass/r0` is the first register of the lowpass whose result the
/// user called `voice`; without a name it is `lowpass.0/r0`, the first lowpass of its caller.
pub(crate) fn assign(program: &mut Program, owners: &Owners) {
    let mut names = Unique::default();
    let paths: Vec<String> = {
        let mut paths: Vec<String> = Vec::with_capacity(program.calls.len());
        for call in &program.calls {
            let parent = call.parent.map_or("", |parent| paths[parent.index()].as_str());
            let user = call.results.first().and_then(|result| program.names.get(result));
            let label = match user {
                Some(user) => format!("{parent}{user}.{}", call.function),
                None => format!("{parent}{}", call.function),
            };
            paths.push(format!("{}/", unique(&mut names, &label, user.is_none())));
        }
        paths
    };
    let path = |home: Option<CallId>| home.map_or("", |home| paths[home.index()].as_str());
    let mut key = |home: Option<CallId>, kind: &str, named: Option<&Arc<str>>| -> Vec<Arc<str>> {
        let label = match named {
            Some(name) => format!("{}{name}", path(home)),
            None => format!("{}{kind}", path(home)),
        };
        vec![unique(&mut names, &label, named.is_none())]
    };
    let named = |sig: Sig| program.names.get(&sig);
    let registers: Vec<_> = (program.registers.iter().zip(&owners.registers))
        .map(|(register, &home)| key(home, "r", named(register.next)))
        .collect();
    let lines: Vec<_> = (program.lines.iter().zip(&owners.lines))
        .map(|(line, &home)| key(home, "d", named(line.input)))
        .collect();
    let rams: Vec<_> =
        (program.rams.iter().zip(&owners.rams)).map(|(_, &home)| key(home, "m", None)).collect();
    let noises: Vec<_> = owners.noises.iter().map(|&home| key(home, "n", None)).collect();
    program.registers.iter_mut().zip(registers).for_each(|(state, keys)| state.keys = keys);
    program.lines.iter_mut().zip(lines).for_each(|(state, keys)| state.keys = keys);
    program.rams.iter_mut().zip(rams).for_each(|(state, keys)| state.keys = keys);
    program.noises.iter_mut().zip(noises).for_each(|(state, keys)| state.keys = keys);
}

/// The label of the user, or a numbered one: `r.0`, `r.1`.
fn unique(names: &mut Unique, label: &str, numbered: bool) -> Arc<str> {
    if numbered { names.number(&format!("{label}."), 0) } else { names.give(label, ".", 1) }
}
