//! Which functions of krach are functions of Faust's standard libraries.
//!
//! A row stands only where the differential test finds the same samples; what has no row is printed as its own
//! definition.

use krach_ir::{Call, Program, Static};

/// `signal : library.name(arguments)`, or `library.name(arguments)` where there is no signal.
pub(crate) struct Standard {
    /// krach's function.
    pub function: &'static str,
    /// The parameter that flows through, if one does.
    pub signal: Option<&'static str>,
    pub library: &'static str,
    pub name: &'static str,
    pub arguments: &'static [Slot],
    /// Settings with which the row holds.
    pub only: &'static [(&'static str, f64)],
}

/// An argument of the standard function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Slot {
    /// krach's signal parameter of that name.
    Signal(&'static str),
    /// krach's setting of that name, a whole number.
    Whole(&'static str),
    Int(i32),
    Real(f64),
}

use Slot::{Int, Real, Signal, Whole};

const TABLE: &[Standard] = &[
    row("lowpass", Some("sig"), "fi", "lowpass", &[Whole("order"), Signal("freq")]),
    row("highpass", Some("sig"), "fi", "highpass", &[Whole("order"), Signal("freq")]),
    row("bandpass", Some("sig"), "fi", "resonbp", &[Signal("freq"), Signal("q"), Int(1)]),
    row("resonant", Some("sig"), "fi", "resonlp", &[Signal("freq"), Signal("q"), Int(1)]),
    row("smoo", Some("sig"), "si", "smoo", &[]),
    row("pink_noise", None, "no", "pink_noise", &[]),
    row("ar", None, "en", "ar", &[Signal("attack"), Signal("release"), Signal("gate")]),
    Standard { only: &[("restart", 1.0)], ..row("adsr", None, "en", "adsr", ADSR) },
    row("reverb", Some("sig"), "re", "mono_freeverb", FREEVERB),
];

const ADSR: &[Slot] =
    &[Signal("attack"), Signal("decay_time"), Signal("sustain"), Signal("release"), Signal("gate")];
const FREEVERB: &[Slot] = &[Signal("room"), Signal("room"), Signal("damping"), Real(0.5)];

const fn row(
    function: &'static str,
    signal: Option<&'static str>,
    library: &'static str,
    name: &'static str,
    arguments: &'static [Slot],
) -> Standard {
    Standard { function, signal, library, name, arguments, only: &[] }
}

impl Standard {
    /// The row for a call, if everything the row needs is there.
    pub fn of(call: &Call) -> Option<&'static Self> {
        TABLE.iter().find(|row| row.function == &*call.function && row.holds(call))
    }

    fn holds(&self, call: &Call) -> bool {
        let has = |slot: &Slot| match slot {
            Signal(name) => position(call, name).is_some(),
            Whole(name) => whole(call, name).is_some(),
            Int(_) | Real(_) => true,
        };
        let settings = self.only.iter().all(|&(name, value)| number(call, name) == Some(value));
        let takes = self.signal.iter().all(|name| position(call, name).is_some());
        let all = call.arguments.iter().all(|argument| {
            let name = &*argument.name;
            self.signal == Some(name) || self.arguments.contains(&Signal(argument_name(self, name)))
        });
        call.results.len() == 1 && settings && takes && all && self.arguments.iter().all(has)
    }
}

/// The table's spelling of a parameter's name, if it has one.
fn argument_name(row: &Standard, name: &str) -> &'static str {
    let names =
        row.arguments.iter().filter_map(|slot| if let Signal(name) = slot { Some(*name) } else { None });
    names.into_iter().find(|known| *known == name).unwrap_or_default()
}

/// Which argument of the call has that name.
pub(crate) fn position(call: &Call, name: &str) -> Option<usize> {
    call.arguments.iter().position(|argument| &*argument.name == name)
}

fn number(call: &Call, name: &str) -> Option<f64> {
    call.statics.iter().find_map(|(known, value)| match value {
        Static::Number(value) if &**known == name => Some(*value),
        _ => None,
    })
}

/// A setting that is a whole number.
pub(crate) fn whole(call: &Call, name: &str) -> Option<i32> {
    let value = number(call, name).filter(|value| value.fract() == 0.0 && value.abs() < 1e9)?;
    // Whole and small, as just seen.
    #[allow(clippy::cast_possible_truncation)]
    Some(value as i32)
}

/// Whether any noise but the first of the program is made inside: standard functions know only that one.
pub(crate) fn has_later_noise(program: &Program) -> Vec<bool> {
    let mut found = vec![false; program.calls().len()];
    for sig in program.sigs() {
        if let krach_ir::Op::Noise(id) = program.node(sig).op
            && program.noise(id).ordinal > 0
        {
            let mut home = program.home(sig);
            while let Some(call) = home
                && !std::mem::replace(&mut found[call.index()], true)
            {
                home = program.call(call).parent;
            }
        }
    }
    found
}
