//! Int or real: the least solution, so that a loop is int only if everything in it is.

use crate::elaborate::signal::{SigId, Signal, Signals, Wave};
use krach_ir::{Rule, Ty};

/// The type of every signal that is in `order`; the others are not looked at.
pub(crate) struct Natures {
    all: Vec<Ty>,
    loops: Vec<Ty>,
}

impl Natures {
    /// `order`: operands and table contents first.
    pub fn of(signals: &Signals, order: &[SigId]) -> Self {
        let mut natures = Self { all: vec![Ty::Int; signals.len()], loops: vec![Ty::Int; signals.loops()] };
        loop {
            for &id in order {
                natures.all[id.index()] = natures.nature(signals, id);
            }
            let mut moved = false;
            for &id in order {
                if let Signal::Previous(at) = signals.get(id)
                    && natures.get(signals.next(at)) == Ty::Real
                    && natures.loops[at.index()] == Ty::Int
                {
                    natures.loops[at.index()] = Ty::Real;
                    moved = true;
                }
            }
            if !moved {
                return natures;
            }
        }
    }

    pub fn get(&self, id: SigId) -> Ty {
        self.all[id.index()]
    }

    pub fn of_loop(&self, id: crate::elaborate::signal::Loop) -> Ty {
        self.loops[id.index()]
    }

    fn nature(&self, signals: &Signals, id: SigId) -> Ty {
        match signals.get(id) {
            Signal::Int(_) | Signal::Random | Signal::Wrong(_) => Ty::Int,
            Signal::Real(_)
            | Signal::Input(_)
            | Signal::Slot(_)
            | Signal::Widget(_)
            | Signal::SampleRate
            | Signal::Lowest(_)
            | Signal::Highest(_) => Ty::Real,
            Signal::Previous(at) => self.loops[at.index()],
            Signal::Apply(fun, operands) => match fun.rule() {
                Rule::Same => self.joined(&operands[..fun.arity()]),
                Rule::Select => self.joined(&operands[1..]),
                Rule::Real | Rule::ToReal => Ty::Real,
                Rule::Compare | Rule::Bits | Rule::ToInt => Ty::Int,
            },
            Signal::Power(a, b) | Signal::Prefix(a, b) => self.joined(&[a, b]),
            Signal::Waveform(wave) => match signals.wave_of(wave) {
                Wave::Ints(_) => Ty::Int,
                Wave::Reals(_) | Wave::Sound(..) => Ty::Real,
            },
            Signal::Delay(x, _)
            | Signal::Hold(x, _)
            | Signal::Attach(x, _)
            | Signal::Bounds([_, _, x])
            | Signal::Shown(_, x)
            | Signal::Read(_, x, _)
            | Signal::ReadWrite(_, x, _) => self.get(x),
        }
    }

    fn joined(&self, operands: &[SigId]) -> Ty {
        if operands.iter().all(|&operand| self.get(operand) == Ty::Int) { Ty::Int } else { Ty::Real }
    }
}
