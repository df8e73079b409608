//! One program inside another: a finished sound used as if it were a library function.

use super::ProgramBuilder;
use crate::Meter;
use crate::error::BuildError;
use crate::{Argument, CallId, Line, LineId, Noise, NoiseId, Op, Program, Ram, RamId, RegisterId, Sig};
use std::sync::Arc;

impl ProgramBuilder {
    /// Copies a program into a call of its own, `inputs` taking the place of its audio inputs, and returns its
    /// outputs. It stays a closed value: its registers, delay lines and generators are its own; equal controls and
    /// equal tables are shared, its meters become this program's.
    ///
    /// # Errors
    /// Another number of inputs, signals of another program, a control that means something else here, too many
    /// nodes. What was copied until then is used by nothing.
    pub fn splice(
        &mut self,
        function: impl Into<Arc<str>>,
        program: &Program,
        inputs: &[Sig],
    ) -> Result<Vec<Sig>, BuildError> {
        if inputs.len() != program.inputs.len() {
            return Err(BuildError::Arity { wanted: program.inputs.len(), given: inputs.len() });
        }
        self.owns(inputs)?;
        let (count, limit) = (self.program.nodes.len() + program.nodes.len(), self.limits.nodes);
        if count > limit {
            return Err(BuildError::TooLarge { what: "nodes", count, limit });
        }
        let call = self.enter(function);
        let copied = self.copy(call, program, inputs);
        match &copied {
            Ok(outputs) => self.leave(outputs)?,
            Err(_) => self.abandon(),
        }
        copied
    }

    fn copy(&mut self, call: CallId, program: &Program, inputs: &[Sig]) -> Result<Vec<Sig>, BuildError> {
        for control in &program.controls {
            self.control(control.clone())?;
        }
        self.program.sounds.0.extend(program.sounds.0.clone());
        let mut likeness = Likeness::new(program, call);
        for (name, &outer) in program.inputs.iter().zip(inputs) {
            likeness.inputs.push(self.argument(name.clone(), outer)?);
        }
        for register in &program.registers {
            likeness.registers.push(self.register(register.ty));
        }
        for inner in &program.calls {
            let parent = likeness.home(inner.parent);
            likeness.calls.push(self.inside(parent, |builder| {
                let id = builder.enter(inner.function.clone());
                builder.abandon();
                id
            }));
        }
        for sig in program.sigs() {
            let home = likeness.home(program.home(sig));
            let made = self.inside(home, |builder| builder.copy_node(&mut likeness, sig))?;
            likeness.sigs.push(made);
            if let Some(name) = program.name_of(sig) {
                self.name(made, name.clone());
            }
        }
        self.copy_rest(&likeness)?;
        for meter in &program.meters {
            self.meter(Meter { sig: likeness.sig(meter.sig), ..meter.clone() })?;
        }
        self.program.credits.extend(program.credits.iter().cloned());
        Ok(program.outputs.iter().map(|output| likeness.sig(output.sig)).collect())
    }

    /// What refers to nodes that come later: next values, and the records of calls.
    fn copy_rest(&mut self, likeness: &Likeness<'_>) -> Result<(), BuildError> {
        let program = likeness.program;
        for (register, &id) in program.registers.iter().zip(&likeness.registers) {
            self.write(id, likeness.sig(register.next))?;
            if let Some(gate) = register.gate {
                self.gate(id, likeness.sig(gate))?;
            }
        }
        for (inner, id) in program.calls.iter().zip(&likeness.calls) {
            let made = &mut self.program.calls[id.index()];
            made.arguments = (inner.arguments.iter())
                .map(|argument| Argument {
                    name: argument.name.clone(),
                    outer: likeness.sig(argument.outer),
                    inner: likeness.sig(argument.inner),
                })
                .collect();
            made.statics.clone_from(&inner.statics);
            made.results = inner.results.iter().map(|&result| likeness.sig(result)).collect();
        }
        Ok(())
    }

    /// Runs `make` as if `home` were the innermost open call.
    fn inside<T>(&mut self, home: CallId, make: impl FnOnce(&mut Self) -> T) -> T {
        self.open.push(home);
        let made = make(self);
        self.open.pop();
        made
    }

    /// The likeness of a node whose operands are there already.
    fn copy_node(&mut self, likeness: &mut Likeness<'_>, sig: Sig) -> Result<Sig, BuildError> {
        let node = likeness.program.node(sig);
        let op = match node.op {
            Op::Input(port) => return Ok(self.cast(likeness.inputs[port as usize], node.ty)),
            Op::Control(id) => return self.control(likeness.program.control(id).clone()),
            Op::Read(id) => Op::Read(likeness.registers[id.index()]),
            Op::Tap(id) => Op::Tap(self.copy_line(likeness, id)),
            Op::Recall(id) => Op::Recall(self.copy_ram(likeness, id)),
            Op::Noise(id) => Op::Noise(self.copy_noise(likeness, id)),
            Op::Lookup(id) => {
                let table = likeness.program.table(id);
                Op::Lookup(self.table(table.init.clone(), table.len as usize)?)
            }
            op => op,
        };
        let operands: Vec<Sig> = node.operands().iter().map(|&operand| likeness.sig(operand)).collect();
        Ok(self.push(op, node.ty, &operands))
    }

    fn copy_line(&mut self, likeness: &mut Likeness<'_>, id: LineId) -> LineId {
        if let Some(known) = likeness.lines[id.index()] {
            return known;
        }
        let line = likeness.program.line(id);
        let (input, gate) = (likeness.sig(line.input), line.gate.map(|gate| likeness.sig(gate)));
        self.program.lines.push(Line { input, gate, keys: Vec::new(), ..line.clone() });
        self.owners.lines.push(self.home());
        *likeness.lines[id.index()].insert(LineId::new(self.program.lines.len() - 1))
    }

    fn copy_ram(&mut self, likeness: &mut Likeness<'_>, id: RamId) -> RamId {
        if let Some(known) = likeness.rams[id.index()] {
            return known;
        }
        let ram = likeness.program.ram(id);
        let (index, value) = (likeness.sig(ram.index), likeness.sig(ram.value));
        let gate = ram.gate.map(|gate| likeness.sig(gate));
        self.program.rams.push(Ram { index, value, gate, keys: Vec::new(), ..ram.clone() });
        self.owners.rams.push(self.home());
        *likeness.rams[id.index()].insert(RamId::new(self.program.rams.len() - 1))
    }

    fn copy_noise(&mut self, likeness: &mut Likeness<'_>, id: NoiseId) -> NoiseId {
        if let Some(known) = likeness.noises[id.index()] {
            return known;
        }
        let made = NoiseId::new(self.program.noises.len());
        self.program.noises.push(Noise { ordinal: made.0, keys: Vec::new() });
        self.owners.noises.push(self.home());
        *likeness.noises[id.index()].insert(made)
    }
}

/// What the parts of the copied program have become.
struct Likeness<'p> {
    program: &'p Program,
    /// The call that stands for the program's own function.
    call: CallId,
    inputs: Vec<Sig>,
    sigs: Vec<Sig>,
    registers: Vec<RegisterId>,
    calls: Vec<CallId>,
    lines: Vec<Option<LineId>>,
    rams: Vec<Option<RamId>>,
    noises: Vec<Option<NoiseId>>,
}

impl<'p> Likeness<'p> {
    fn new(program: &'p Program, call: CallId) -> Self {
        Self {
            program,
            call,
            inputs: Vec::with_capacity(program.inputs.len()),
            sigs: Vec::with_capacity(program.nodes.len()),
            registers: Vec::with_capacity(program.registers.len()),
            calls: Vec::with_capacity(program.calls.len()),
            lines: vec![None; program.lines.len()],
            rams: vec![None; program.rams.len()],
            noises: vec![None; program.noises.len()],
        }
    }

    /// Operands, and what lines and tables hold, come before what uses them.
    fn sig(&self, inner: Sig) -> Sig {
        self.sigs[inner.index()]
    }

    fn home(&self, inner: Option<CallId>) -> CallId {
        inner.map_or(self.call, |id| self.calls[id.index()])
    }
}

#[cfg(test)]
mod tests {
    use crate::{Credit, Fun, InterpreterFactory, Licence, Program, ProgramBuilder, Ty};
    use std::sync::Arc;

    fn double(text: &str) -> Program {
        crate::parse(&krach_diag::Source::new("inner.program", text)).unwrap()
    }

    /// `y = x + 0.5 y'`, and `x` three frames ago.
    fn inner() -> Program {
        let mut b = ProgramBuilder::new("inner");
        let x = b.input("x");
        let half = b.real(0.5).unwrap();
        let y = b.register(Ty::Real);
        let before = b.read(y);
        let fed = b.apply(Fun::Mul, &[before, half]).unwrap();
        let sum = b.apply(Fun::Add, &[x, fed]).unwrap();
        b.write(y, sum).unwrap();
        let three = b.int(3);
        let late = b.delay(x, three, None).unwrap();
        b.output("sum", sum).unwrap();
        b.output("late", late).unwrap();
        b.finish().unwrap()
    }

    fn samples(program: Program, input: &[f64]) -> Vec<Vec<f64>> {
        use krach_abi::{DspFactory, Precision, Seed};
        let outputs = program.outputs().len();
        let factory = InterpreterFactory::new(Arc::new(program), 48_000, Precision::Double).unwrap();
        let mut dsp = factory.instantiate(Seed { instance: 0, voice: 0 });
        let mut audio = vec![vec![0.0; input.len()]; outputs];
        let mut outs: Vec<&mut [f64]> = audio.iter_mut().map(Vec::as_mut_slice).collect();
        dsp.play::<f64>(&[input], &mut outs);
        audio
    }

    #[test]
    fn a_spliced_program_does_what_it_does_alone_and_twice_is_two() {
        let inner = inner();
        let mut b = ProgramBuilder::new("outer");
        let x = b.input("x");
        let first = b.splice("echo", &inner, &[x]).unwrap();
        let again = b.splice("echo", &inner, &[first[0]]).unwrap();
        for (at, &sig) in first.iter().chain(&again).enumerate() {
            b.output(format!("out{at}"), sig).unwrap();
        }
        let outer = b.finish().unwrap();
        assert_eq!((outer.registers().len(), outer.lines().len(), outer.calls().len()), (2, 2, 2));
        let input = [1.0, 0.0, 0.0, 2.0, 0.0];
        let alone = samples(inner.clone(), &input);
        let twice = samples(inner, &alone[0]);
        let spliced = samples(outer.clone(), &input);
        assert_eq!(spliced[..2], alone);
        assert_eq!(spliced[2..], twice);
        assert_eq!(double(&outer.to_string()), outer, "its text form reads itself");
    }

    #[test]
    fn calls_inside_come_along() {
        let inner = inner();
        let mut middle = ProgramBuilder::new("middle");
        let x = middle.input("x");
        let both = middle.splice("echo", &inner, &[x]).unwrap();
        middle.output("out", both[1]).unwrap();
        let middle = middle.finish().unwrap();
        let mut b = ProgramBuilder::new("outer");
        let x = b.input("x");
        let out = b.splice("late", &middle, &[x]).unwrap();
        b.output("out", out[0]).unwrap();
        let outer = b.finish().unwrap();
        let names: Vec<&str> = outer.calls().iter().map(|call| &*call.function).collect();
        assert_eq!(names, ["late", "echo"]);
        assert_eq!(samples(outer, &[1.0, 2.0, 3.0, 4.0]), [[0.0, 0.0, 0.0, 1.0]]);
    }

    #[test]
    fn credits_come_along() {
        let credit = |function: &str| Credit {
            library: "own.lib".into(),
            function: function.into(),
            licence: Licence::Undeclared,
        };
        let mut b = ProgramBuilder::new("outer");
        let x = b.input("x");
        for name in ["echo", "comb", "echo"] {
            let inner = inner().credited([credit(name)].into());
            let _ = b.splice("faust_expr", &inner, &[x]).unwrap();
        }
        b.output("out", x).unwrap();
        let outer = b.finish().unwrap();
        assert!(outer.credits().iter().eq(&[credit("comb"), credit("echo")]));
        assert_eq!(outer.key(), outer.clone().credited([].into()).key(), "they have no bearing on the sound");
    }

    #[test]
    fn the_wrong_number_of_inputs_is_refused() {
        let mut b = ProgramBuilder::new("outer");
        assert!(b.splice("echo", &inner(), &[]).is_err());
        let x = b.input("x");
        b.output("out", x).unwrap();
        assert!(b.finish().unwrap().calls().is_empty());
    }
}
