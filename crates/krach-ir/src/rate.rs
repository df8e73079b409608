//! How often a signal can change.

use crate::{Op, Program, Sig, TableInit};

/// From never to every frame; a signal is as fast as the fastest it is computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rate {
    /// Known before anything runs.
    Constant,
    /// Once the sample rate is known.
    Init,
    /// When a control changes.
    Control,
    Sample,
}

/// The rates of all signals of a program.
#[derive(Clone, Debug)]
pub struct Rates {
    all: Vec<Rate>,
}

impl Rates {
    #[must_use]
    pub fn of(program: &Program) -> Self {
        let mut all: Vec<Rate> = Vec::with_capacity(program.nodes.len());
        for node in program.nodes.iter() {
            let own = match node.op {
                Op::Real(_) | Op::Int(_) | Op::Argument | Op::Apply(_) => Rate::Constant,
                Op::SampleRate => Rate::Init,
                Op::Control(_) => Rate::Control,
                // A table may be computed from the sample rate.
                Op::Lookup(id) => match program.table(id).init {
                    TableInit::Generated(_) => Rate::Init,
                    TableInit::Reals(_) | TableInit::Ints(_) | TableInit::Sound { .. } => Rate::Constant,
                },
                Op::Input(_) | Op::Read(_) | Op::Noise(_) | Op::Tap(_) | Op::Recall(_) => Rate::Sample,
            };
            let operands = node.operands().iter().map(|operand| all[operand.index()]);
            let rate = operands.fold(own, Rate::max);
            all.push(rate);
        }
        Self { all }
    }

    #[must_use]
    pub fn get(&self, sig: Sig) -> Rate {
        self.all[sig.index()]
    }
}
