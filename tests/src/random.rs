//! Random valid programs, for the laws that hold for all programs.
//!
//! A [`Recipe`] is a list of small steps; following it always gives a valid program whose values stay
//! finite for finite input: growing functions are clamped, loops are damped. Every operation occurs: all functions,
//! registers with feedback and gates, delays that vary, tables of all kinds, noise, calls, several outputs.

use krach_diag::Source;
use krach_ir::{
    BuildError, Control, ControlKind, Face, Fun, Program, ProgramBuilder, RegisterId, Rule, Sig, Site,
    Static, TableInit, Ty,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use std::sync::Arc;

/// How often and from where to draw: the same programs every time, unless the tests are run at length. A failure is
/// kept as a test of its own, not as a seed in a file.
#[must_use]
pub fn config() -> Config {
    let rng_seed = if std::env::var_os("KRACH_FULL").is_some() {
        RngSeed::Random
    } else {
        RngSeed::Fixed(0x6B72_6163_6800)
    };
    Config { failure_persistence: None, rng_seed, ..Config::default() }
}

/// Audio inputs of every random program.
pub const INPUTS: usize = 2;

/// Chooses among the signals made so far.
type Pick = u16;

#[derive(Clone, Debug)]
enum Step {
    Real(f64),
    Int(i32),
    Input(u8),
    Control(u8),
    Rate,
    Noise,
    /// A control that a one-pole of this factor follows.
    Follow(u8, f64),
    Apply(Fun, [Pick; 4]),
    Mem(Pick),
    Delay {
        of: Pick,
        by: Pick,
        max: u32,
    },
    /// A register, read now and written at the end.
    Loop {
        ty: Ty,
        next: Pick,
        gate: Option<Pick>,
    },
    Lookup {
        table: u8,
        index: Pick,
    },
    Recall {
        index: Pick,
        value: Pick,
        read: Pick,
    },
    Enter(Pick),
    Leave(Pick),
    /// A chain of additions, long enough to become a sum or a little too short.
    Chain(Vec<Pick>),
    Name(Pick, u8),
}

/// How to make a program; shrinks by dropping steps.
#[derive(Clone, Debug)]
pub struct Recipe {
    steps: Vec<Step>,
    outputs: Vec<Pick>,
    /// Lines and read-write tables get gates.
    gates: bool,
}

/// Valid programs that stay finite.
pub fn programs() -> impl Strategy<Value = Program> {
    recipes().prop_map(|recipe| recipe.program())
}

pub fn recipes() -> impl Strategy<Value = Recipe> {
    (vec(step(), 4..60), vec(any::<Pick>(), 1..5), any::<bool>()).prop_map(|(steps, outputs, gates)| Recipe {
        steps,
        outputs,
        gates,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let pick = any::<Pick>;
    let constant = prop_oneof![
        prop::sample::select(vec![0.0, 1.0, -1.0, 0.5, 2.0, 3.0, 0.1, 0.25, 100.0, 1e-3]),
        -10.0..10.0_f64,
    ];
    let ty = prop_oneof![3 => Just(Ty::Real), 1 => Just(Ty::Int)];
    prop_oneof![
        2 => constant.prop_map(Step::Real),
        1 => prop_oneof![-4..5_i32, any::<i32>()].prop_map(Step::Int),
        2 => any::<u8>().prop_map(Step::Input),
        2 => any::<u8>().prop_map(Step::Control),
        1 => Just(Step::Rate),
        1 => Just(Step::Noise),
        2 => (any::<u8>(), prop::sample::select(vec![0.5, -0.25, 0.0625])).prop_map(|(c, k)| Step::Follow(c, k)),
        16 => (prop::sample::select(Fun::ALL), any::<[Pick; 4]>()).prop_map(|(fun, x)| Step::Apply(fun, x)),
        2 => pick().prop_map(Step::Mem),
        3 => (pick(), pick(), 0..300_u32).prop_map(|(of, by, max)| Step::Delay { of, by, max }),
        4 => (ty, pick(), prop::option::of(pick())).prop_map(|(ty, next, gate)| Step::Loop { ty, next, gate }),
        2 => (any::<u8>(), pick()).prop_map(|(table, index)| Step::Lookup { table, index }),
        1 => any::<[Pick; 3]>().prop_map(|[index, value, read]| Step::Recall { index, value, read }),
        2 => pick().prop_map(Step::Enter),
        2 => pick().prop_map(Step::Leave),
        1 => vec(pick(), 7..24).prop_map(Step::Chain),
        1 => (pick(), any::<u8>()).prop_map(|(of, name)| Step::Name(of, name)),
    ]
}

impl Recipe {
    /// Follows the recipe.
    ///
    /// # Panics
    /// If the builder or the parser has a bug: every recipe gives a valid program.
    #[must_use]
    pub fn program(&self) -> Program {
        let program = self.build().expect("every recipe gives a valid program");
        if self.gates { gated(&program) } else { program }
    }

    fn build(&self) -> Result<Program, BuildError> {
        let mut b = ProgramBuilder::new("random");
        let pool = (0..INPUTS).map(|port| b.input(format!("in{port}"))).collect();
        let mut cook = Cook { b, pool, loops: Vec::new(), calls: 0 };
        for (at, step) in (1..).zip(&self.steps) {
            let file = Arc::from("random.py");
            cook.b.at(Some(Site { file, line: at, column: 1, end_line: at, end_column: 9 }));
            if let Some(sig) = cook.step(step)? {
                cook.pool.push(sig);
            }
        }
        cook.close_loops()?;
        for (port, &pick) in self.outputs.iter().enumerate() {
            let sig = cook.pick(pick);
            cook.b.output(format!("out{port}"), sig)?;
        }
        cook.b.finish()
    }
}

struct Cook {
    b: ProgramBuilder,
    pool: Vec<Sig>,
    /// Registers to be written at the end, with what, under which gate.
    loops: Vec<(RegisterId, Ty, Pick, Option<Pick>)>,
    /// Open ones.
    calls: usize,
}

impl Cook {
    /// Rather one of the last signals, so that programs grow deep.
    fn pick(&self, pick: Pick) -> Sig {
        let (count, at) = (self.pool.len(), usize::from(pick / 2));
        let reach = if pick.is_multiple_of(2) { count.min(6) } else { count };
        self.pool[count - 1 - at % reach]
    }

    fn step(&mut self, step: &Step) -> Result<Option<Sig>, BuildError> {
        let sig = match *step {
            Step::Real(value) => self.b.real(value)?,
            Step::Int(value) => self.b.int(value),
            Step::Input(port) => self.pool[usize::from(port) % INPUTS],
            Step::Control(which) => self.control(which)?,
            Step::Rate => self.b.sample_rate(),
            Step::Noise => self.b.noise(),
            Step::Follow(which, factor) => self.follow(which, factor)?,
            Step::Apply(fun, picks) => self.apply(fun, picks)?,
            Step::Mem(of) => self.b.mem(self.pick(of))?,
            Step::Delay { of, by, max } => {
                let (of, by) = (self.pick(of), self.pick(by));
                let by = self.b.apply(Fun::Abs, &[by])?;
                self.b.delay(of, by, Some(max))?
            }
            Step::Loop { ty, next, gate } => {
                let register = self.b.register(ty);
                self.loops.push((register, ty, next, gate));
                self.b.read(register)
            }
            Step::Lookup { table, index } => {
                let (init, len) = contents(table)?;
                let table = self.b.table(init, len)?;
                self.b.lookup(table, self.pick(index))?
            }
            Step::Recall { index, value, read } => {
                let (init, len) = contents(index.to_le_bytes()[0])?;
                let ram = self.b.ram(init, len, self.pick(index), self.pick(value))?;
                self.b.recall(ram, self.pick(read))?
            }
            Step::Enter(given) => {
                self.b.enter(format!("function{}", given % 3));
                self.b.note("order", Static::Number(f64::from(given % 4)));
                self.calls += 1;
                self.b.argument("x", self.pick(given))?
            }
            Step::Leave(result) => {
                if self.calls > 0 {
                    self.calls -= 1;
                    self.b.leave(&[self.pick(result)])?;
                }
                return Ok(None);
            }
            Step::Chain(ref picks) => {
                let terms: Vec<Sig> = picks.iter().map(|&pick| self.pick(pick)).collect();
                let (&first, rest) = terms.split_first().expect("seven or more");
                let add = |sum, &term| self.b.apply(Fun::Add, &[sum, term]);
                let sum = rest.iter().try_fold(first, add)?;
                if self.b.so_far().node(sum).ty == Ty::Real { self.clamp(sum, 8.0)? } else { sum }
            }
            Step::Name(of, name) => {
                self.b.name(self.pick(of), format!("name{name}"));
                return Ok(None);
            }
        };
        Ok(Some(sig))
    }

    fn control(&mut self, which: u8) -> Result<Sig, BuildError> {
        let which = which % 4;
        let (kind, lo, hi) = match which {
            0 => (ControlKind::Slider, 0.0, 1.0),
            1 => (ControlKind::Slider, 20.0, 8000.0),
            2 => (ControlKind::Number, -3.0, 7.0),
            _ => (ControlKind::Button, 0.0, 1.0),
        };
        let plain = Control::new(format!("control{which}"), kind, [lo, lo, hi, 0.01]);
        let metadata = vec![("unit".into(), "Hz".into()), ("2".into(), "".into())];
        let face = Face { address: format!("/random/group/control{which}").into(), metadata };
        self.b.control(if which == 1 { Control { face, ..plain } } else { plain })
    }

    /// Half of it times 1', so that it starts where the control is.
    fn follow(&mut self, which: u8, factor: f64) -> Result<Sig, BuildError> {
        let (control, one) = (self.control(which)?, self.b.int(1));
        let (register, later) = (self.b.register(Ty::Real), self.b.mem(one)?);
        let (factor, rest) = (self.b.real(factor)?, self.b.real(1.0 - factor)?);
        let before = self.b.read(register);
        let kept = self.b.apply(Fun::Mul, &[before, factor])?;
        let kept = if which.is_multiple_of(2) { self.b.apply(Fun::Mul, &[kept, later])? } else { kept };
        let new = self.b.apply(Fun::Mul, &[control, rest])?;
        let next = self.b.apply(Fun::Add, &[new, kept])?;
        self.b.write(register, next)?;
        Ok(next)
    }

    fn apply(&mut self, fun: Fun, picks: [Pick; 4]) -> Result<Sig, BuildError> {
        let mut x: Vec<Sig> = picks[..fun.arity()].iter().map(|&pick| self.pick(pick)).collect();
        match fun {
            // Away from 0, whose sign an optimiser may change.
            Fun::Div => {
                let (abs, quarter) = (self.b.apply(Fun::Abs, &[x[1]])?, self.b.real(0.25)?);
                x[1] = self.b.apply(Fun::Max, &[abs, quarter])?;
            }
            Fun::Atan2 => {
                let offset = self.b.real(0.625)?;
                x[0] = self.b.apply(Fun::Add, &[x[0], offset])?;
            }
            Fun::Copysign => {
                let offset = self.b.real(0.625)?;
                x[1] = self.b.apply(Fun::Add, &[x[1], offset])?;
            }
            // Powers that no optimiser replaces by a product.
            Fun::Pow => x[1] = self.b.real([1.5, 0.3, -0.7, 3.0][usize::from(picks[1] % 4)])?,
            _ => {}
        }
        let sig = self.b.apply(fun, &x)?;
        let grows = matches!(fun, Fun::Mul | Fun::Rem) || fun.rule() == Rule::Real;
        if grows && self.b.so_far().node(sig).ty == Ty::Real { self.clamp(sig, 8.0) } else { Ok(sig) }
    }

    /// Also turns NaN into a number: `max` gives its second operand then.
    fn clamp(&mut self, sig: Sig, most: f64) -> Result<Sig, BuildError> {
        let (lo, hi) = (self.b.real(-most)?, self.b.real(most)?);
        let raised = self.b.apply(Fun::Max, &[sig, lo])?;
        self.b.apply(Fun::Min, &[raised, hi])
    }

    fn close_loops(&mut self) -> Result<(), BuildError> {
        for (register, ty, next, gate) in std::mem::take(&mut self.loops) {
            let next = self.pick(next);
            let next = match ty {
                Ty::Int => {
                    let next = self.b.cast(next, Ty::Int);
                    let prime = self.b.int(1009);
                    self.b.apply(Fun::Rem, &[next, prime])?
                }
                Ty::Real => {
                    let damping = self.b.real(0.75)?;
                    let damped = self.b.apply(Fun::Mul, &[next, damping])?;
                    self.clamp(damped, 4.0)?
                }
            };
            self.b.write(register, next)?;
            if let Some(gate) = gate {
                let (gate, half) = (self.pick(gate), self.b.real(0.5)?);
                let open = self.b.apply(Fun::Lt, &[gate, half])?;
                self.b.gate(register, open)?;
            }
        }
        Ok(())
    }
}

fn contents(which: u8) -> Result<(TableInit, usize), BuildError> {
    Ok(match which % 3 {
        0 => (TableInit::Reals([0.0, 0.5, -0.5, 3.25, 1.0].into()), 5),
        1 => (TableInit::Ints([3, -1, 40, 7].into()), 4),
        _ => {
            let mut b = ProgramBuilder::new("parabola");
            let phase = b.register(Ty::Real);
            let (before, step) = (b.read(phase), b.real(0.01)?);
            let next = b.apply(Fun::Add, &[before, step])?;
            b.write(phase, next)?;
            let square = b.apply(Fun::Mul, &[next, before])?;
            b.output("out", square)?;
            (TableInit::Generated(Arc::new(b.finish()?)), 100)
        }
    })
}

/// Gives lines and read-write tables gates, which the builder does not make: in the text form.
fn gated(program: &Program) -> Program {
    let mut text = String::new();
    for statement in program.to_string().lines() {
        let words: Vec<&str> = statement.split(' ').collect();
        let gate = match words[0] {
            "line" => {
                let id: usize = words[1][1..].parse().expect("the id of a line");
                let input = program.lines()[id].input;
                program.sigs().rev().find(|&sig| sig < input && program.node(sig).ty == Ty::Int)
            }
            "ram" => {
                let id: usize = words[1][1..].parse().expect("the id of a table");
                Some(program.rams()[id].index)
            }
            _ => None,
        };
        let gate = gate.map_or(String::new(), |gate| format!(" if {gate}"));
        text += &statement.replacen(" keys", &format!("{gate} keys"), 1);
        text.push('\n');
    }
    krach_ir::parse(&Source::new("random", text)).expect("gates of ints above are valid")
}
