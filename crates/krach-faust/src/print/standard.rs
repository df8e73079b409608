//! Which functions of krach are functions of Faust's standard libraries.
//!
//! A row stands only where the differential test finds the same samples; what has no row is printed as its own
//! definition.

use krach_ir::{Call, Op, Program, Sig, Static};
use std::sync::Arc;

/// `signal : library.name(arguments)`, or `library.name(arguments)` where there is no signal.
pub(crate) struct Standard {
    /// krach's function.
    pub function: &'static str,
    /// The parameter that flows through, if one does.
    pub signal: Option<&'static str>,
    pub library: &'static str,
    pub name: &'static str,
    pub arguments: &'static [Slot],
    /// Constants with which the row holds.
    pub only: &'static [(&'static str, f64)],
    /// Parameters that must be constants, of any value: where they change, the two forget their past differently.
    pub fixed: &'static [&'static str],
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
    Standard { fixed: &["freq"], ..row("lowpass", SIG, "fi", "lowpass", &[Whole("order"), Signal("freq")]) },
    Standard {
        fixed: &["freq"],
        ..row("highpass", SIG, "fi", "highpass", &[Whole("order"), Signal("freq")])
    },
    Standard { only: &[("order", 2.0)], ..row("lowpass", SIG, "fi", "svf.lp", FLAT) },
    Standard { only: &[("order", 2.0)], ..row("highpass", SIG, "fi", "svf.hp", FLAT) },
    Standard { fixed: &["freq", "q"], ..row("bandpass", SIG, "fi", "resonbp", RESONANT_AT_1) },
    Standard { fixed: &["freq", "q"], ..row("resonant", SIG, "fi", "resonlp", RESONANT_AT_1) },
    row("bandpass", SIG, "fi", "svf.bp", RESONANT),
    row("resonant", SIG, "fi", "svf.lp", RESONANT),
    row("notch", SIG, "fi", "svf.notch", RESONANT),
    row("peak_eq", SIG, "fi", "svf.bell", EQUALISER),
    row("low_shelf", SIG, "fi", "svf.ls", EQUALISER),
    row("high_shelf", SIG, "fi", "svf.hs", EQUALISER),
    row("smoo", SIG, "si", "smoo", &[]),
    row("pink_noise", None, "no", "pink_noise", &[]),
    row("ar", None, "en", "ar", &[Signal("attack"), Signal("release"), Signal("gate")]),
    Standard { only: &[("restart", 1.0)], ..row("adsr", None, "en", "adsr", ADSR) },
    row("reverb", SIG, "re", "mono_freeverb", FREEVERB),
    Standard { only: &[("coeff", 0.995)], ..row("dcblock", SIG, "fi", "dcblocker", &[]) },
    row("latch", None, "ba", "latch", &[Signal("trig"), Signal("sig")]),
    row("db_to_linear", None, "ba", "db2linear", &[Signal("db")]),
    row("midi_to_freq", None, "ba", "midikey2hz", &[Signal("note")]),
    row("freq_to_midi", None, "ba", "hz2midikey", &[Signal("freq")]),
];

const SIG: Option<&str> = Some("sig");
const FLAT: &[Slot] = &[Signal("freq"), Real(std::f64::consts::FRAC_1_SQRT_2)];
const RESONANT: &[Slot] = &[Signal("freq"), Signal("q")];
const RESONANT_AT_1: &[Slot] = &[Signal("freq"), Signal("q"), Int(1)];
const EQUALISER: &[Slot] = &[Signal("freq"), Signal("q"), Signal("gain_db")];
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
    Standard { function, signal, library, name, arguments, only: &[], fixed: &[] }
}

impl Standard {
    /// The row for a call, if everything the row needs is there.
    pub fn of(program: &Program, call: &Call) -> Option<&'static Self> {
        TABLE.iter().find(|row| row.function == &*call.function && row.holds(program, call))
    }

    fn holds(&self, program: &Program, call: &Call) -> bool {
        let has = |slot: &Slot| match slot {
            Signal(name) => position(call, name).is_some(),
            Whole(name) => whole(call, name).is_some(),
            Int(_) | Real(_) => true,
        };
        let constants = self.only.iter().all(|&(name, value)| constant(program, call, name) == Some(value));
        let fixed = self.fixed.iter().all(|&name| {
            position(call, name).is_some_and(|at| is_fixed(program, call.arguments[at].outer, NEAR))
        });
        let takes = self.signal.iter().all(|name| position(call, name).is_some());
        let all = call.arguments.iter().all(|argument| self.knows(&argument.name));
        call.results.len() == 1 && constants && fixed && takes && all && self.arguments.iter().all(has)
    }

    fn knows(&self, parameter: &str) -> bool {
        let has = |slot: &Slot| matches!(slot, Signal(name) if *name == parameter);
        self.signal == Some(parameter)
            || self.arguments.iter().any(has)
            || self.only.iter().any(|&(name, _)| name == parameter)
    }
}

/// Which argument of the call has that name.
pub(crate) fn position(call: &Call, name: &str) -> Option<usize> {
    call.arguments.iter().position(|argument| &*argument.name == name)
}

/// How deep a constant is looked for: `min(0.49 * ma.SR, 7500)` is three deep.
const NEAR: usize = 6;

/// Whether a value is known before the first frame.
fn is_fixed(program: &Program, sig: Sig, depth: usize) -> bool {
    let node = program.node(sig);
    match node.op {
        Op::Real(_) | Op::Int(_) | Op::SampleRate => true,
        Op::Apply(_) | Op::Argument if depth > 0 => {
            node.operands().iter().all(|&operand| is_fixed(program, operand, depth - 1))
        }
        _ => false,
    }
}

/// A setting, or a signal parameter that was given a constant.
fn constant(program: &Program, call: &Call, name: &str) -> Option<f64> {
    number(call, name).or_else(|| {
        let argument = &call.arguments[position(call, name)?];
        match program.node(argument.outer).op {
            Op::Real(value) => Some(value),
            _ => None,
        }
    })
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

/// What a library function says of its printed form: its setting `comment`, a text of one line.
pub(crate) fn comment(call: &Call) -> Option<Arc<str>> {
    call.statics.iter().find_map(|(known, value)| match value {
        Static::Text(text) if &**known == "comment" && !text.contains(char::is_control) => Some(text.clone()),
        _ => None,
    })
}

/// Whether any noise but the first of the program is made inside: standard functions know only that one.
pub(crate) fn has_later_noise(program: &Program) -> Vec<bool> {
    let mut found = vec![false; program.calls().len()];
    for sig in program.sigs() {
        if let Op::Noise(id) = program.node(sig).op
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
