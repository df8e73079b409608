//! From a kernel to the text of LLVM's intermediate form.

use crate::maths;
use crate::text::{Area, Kind, POINTER, Pointer, Type, Value, Writer};
use krach_codegen::{
    ADDRESSES, Address, ArrayId, Body, CHUNK, Do, Element, Function, Inst, Keeps, Kernel, LANES, Part,
    Refusal, Region, SlotId, V, VECTOR, Walk, Window,
};
use krach_ir::Fun;
use std::collections::HashMap;

/// Bytes of a place that a loop keeps values at for the next one: a number for each of a few frames.
const PLACE: u32 = 4 * Window::FEW;

/// All functions of a kernel as modules, one after the other.
///
/// # Errors
/// A kernel whose loops compute four frames per step: LLVM finds for itself which frames to compute at once.
pub fn ir(kernel: &Kernel) -> Result<String, Refusal> {
    modules(kernel).map(|modules| modules.join("\n"))
}

/// A module for each of the kernel's functions, in their order.
///
/// # Errors
/// As [`ir`].
pub(crate) fn modules(kernel: &Kernel) -> Result<Vec<String>, Refusal> {
    let module = |(part, function): (Part, Function<'_>)| match function {
        Function::Lanes(..) => {
            Err(Refusal::Backend("LLVM is given kernels of one frame per step".to_owned()))
        }
        _ => Ok(Lower::module(kernel, &part.to_string(), function)),
    };
    kernel.functions().into_iter().map(module).collect()
}

/// A function being written.
struct Lower<'k> {
    kernel: &'k Kernel,
    writer: Writer,
    /// Of a value in lanes.
    lanes: u32,
    state: Pointer,
    addresses: Option<Pointer>,
    inputs: Vec<Pointer>,
    outputs: Vec<Pointer>,
    frame: Option<Value>,
    /// Where one loop keeps values for the next, and the number of this step's first frame there.
    places: Option<Pointer>,
    step: Option<Value>,
    /// Of slots that a loop carries: the place on the stack that stands for a register.
    carried: HashMap<SlotId, Pointer>,
    values: Vec<Option<Value>>,
}

fn index(value: u32) -> Value {
    Value::int(Kind::I64, value.into())
}

fn kind(element: Element) -> Kind {
    match element {
        Element::F32 => Kind::F32,
        Element::F64 => Kind::F64,
        Element::I32 => Kind::I32,
        Element::Mask => Kind::I1,
    }
}

impl<'k> Lower<'k> {
    fn module(kernel: &'k Kernel, name: &str, function: Function<'k>) -> String {
        let voices = kernel.spec().voices;
        let mut lower = Self {
            kernel,
            writer: Writer::default(),
            lanes: if voices > 1 { voices } else { LANES as u32 },
            state: Pointer::Parameter("state"),
            addresses: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
            frame: None,
            places: None,
            step: None,
            carried: HashMap::new(),
            values: Vec::new(),
        };
        if !kernel.addresses().is_empty() {
            let at = lower.writer.step(lower.state, index(ADDRESSES));
            lower.addresses = Some(lower.writer.load_pointer(at, Area::Constant));
        }
        let parameters = match function {
            Function::Straight(body) => {
                lower.body(body);
                format!("{POINTER} %state")
            }
            Function::Loops(regions) => {
                lower.ports();
                let frames = lower.frames();
                regions.iter().for_each(|region| lower.walk(region, None, frames));
                lower.looping()
            }
            Function::Windows { kept, loops } => {
                lower.ports();
                lower.following(kept, loops);
                lower.looping()
            }
            Function::Lanes(..) => unreachable!("refused before"),
        };
        lower.writer.module(name, &parameters)
    }

    fn looping(&self) -> String {
        format!("{POINTER} %state, {POINTER} %inputs, {POINTER} %outputs, i64 %frames")
    }

    fn frames(&self) -> Value {
        self.writer.make(Type::scalar(Kind::I64), format_args!("add i64 %frames, 0"))
    }

    fn ports(&mut self) {
        let program = self.kernel.program();
        let pointers = |base: &'static str, count: usize| -> Vec<Pointer> {
            let at = |port: u32| self.writer.step(Pointer::Parameter(base), index(8 * port));
            (0..count as u32).map(|port| self.writer.load_pointer(at(port), Area::Constant)).collect()
        };
        let (inputs, outputs) =
            (pointers("inputs", program.inputs().len()), pointers("outputs", program.outputs().len()));
        (self.inputs, self.outputs) = (inputs, outputs);
    }

    /// Both loops for a few frames, then for the next few.
    fn following(&mut self, kept: u32, loops: [&'k Region; 2]) {
        self.places = Some(self.writer.reserve((kept * PLACE).max(1)));
        let frames = self.frames();
        let at = self.writer.reserve(8);
        self.writer.store(index(0), at, 8, Area::Stack);
        let (window, exit) = (self.writer.label(), self.writer.label());
        let any = self.writer.compare("icmp ne", frames, index(0));
        self.writer.branch(any, window, exit);
        self.writer.begin(window);
        let start = self.writer.load(Type::scalar(Kind::I64), at, 8, Area::Stack);
        let left = self.writer.binary("sub", frames, start);
        let few = index(Window::FEW);
        let last = self.writer.compare("icmp ult", left, few);
        let count = self.writer.select(last, left, few);
        loops.into_iter().for_each(|region| self.walk(region, Some(start), count));
        let next = self.writer.binary("add", start, count);
        self.writer.store(next, at, 8, Area::Stack);
        let more = self.writer.compare("icmp ult", next, frames);
        self.writer.branch(more, window, exit);
        self.writer.begin(exit);
    }

    /// A loop over frames. It begins with frame `start` of the block, or with the first.
    fn walk(&mut self, region: &'k Region, start: Option<Value>, frames: Value) {
        let step = match region.walk {
            Walk::Step1 => 1,
            Walk::Step4 => LANES as u32,
        };
        let at = self.writer.reserve(8);
        self.writer.store(index(0), at, 8, Area::Stack);
        let mut carried = HashMap::new();
        for &slot in &region.carried {
            let value = self.load(slot);
            let place = self.writer.reserve(value.ty.lanes * value.ty.kind.bytes());
            self.writer.store(value, place, 4, Area::Stack);
            carried.insert(slot, place);
        }
        self.carried = carried;
        let (body, exit) = (self.writer.label(), self.writer.label());
        let any = self.writer.compare("icmp ne", frames, index(0));
        self.writer.branch(any, body, exit);
        self.writer.begin(body);
        let own = self.writer.load(Type::scalar(Kind::I64), at, 8, Area::Stack);
        self.frame = Some(start.map_or(own, |start| self.writer.binary("add", start, own)));
        self.step = Some(own);
        self.body(&region.body);
        let next = self.writer.binary("add", own, index(step));
        self.writer.store(next, at, 8, Area::Stack);
        let more = self.writer.compare("icmp ult", next, frames);
        self.writer.branch(more, body, exit);
        self.writer.begin(exit);
        let last: Vec<(SlotId, Value)> = region.carried.iter().map(|&slot| (slot, self.load(slot))).collect();
        self.carried.clear();
        for (slot, value) in last {
            self.store(slot, value);
        }
    }

    fn body(&mut self, body: &Body) {
        self.values = vec![None; body.insts().len()];
        for (at, inst) in body.insts().iter().enumerate() {
            let operands: Vec<Value> = body.operands(inst).iter().map(|&v| self.operand(body, v)).collect();
            self.values[at] = self.inst(inst, &operands);
        }
    }

    fn operand(&self, body: &Body, v: V) -> Value {
        match body.inst(v).what {
            Do::Real(value) => self.real(value),
            Do::Int(value) => Value::int(Kind::I32, value.into()),
            _ => self.values[v.0 as usize].expect("computed before it is used"),
        }
    }

    fn real(&self, value: f64) -> Value {
        Value::real(kind(self.kernel.real()), self.kernel.literal(value))
    }

    fn inst(&mut self, inst: &Inst, operands: &[Value]) -> Option<Value> {
        let writer = &self.writer;
        let value = match (inst.what, operands) {
            (Do::Real(_) | Do::Int(_), _) => return None,
            (Do::Apply(Fun::ToReal), &[x]) => writer.convert("sitofp", x, kind(self.kernel.real())),
            (Do::Apply(fun), _) => maths::apply(writer, fun, operands),
            (Do::Call(fun), _) => self.call(fun, operands),
            (Do::Fraction { flushed }, &[x]) => maths::fraction(writer, x, flushed),
            (Do::Differ, &[a, b]) => maths::differ(writer, a, b),
            (Do::Test, &[x]) => writer.compare("icmp ne", x, Value::int(Kind::I32, 0)),
            (Do::Count, &[mask]) => writer.convert("zext", mask, Kind::I32),
            (Do::Choose, &[mask, yes, no]) => writer.select(mask, yes, no),
            (Do::Pack, values) => writer.pack(values, self.lanes),
            (Do::Unpack(lane), &[x]) => writer.lane(x, lane.into()),
            (Do::Load(slot), _) => self.load(slot),
            (Do::Store(slot), &[x]) => return self.store(slot, x),
            (Do::Keep(place), &[x]) => {
                writer.store(writer.wide(x, self.lanes), self.place(place), 4, Area::Stack);
                return None;
            }
            (Do::Kept(place), _) => {
                let ty = Type::scalar(kind(inst.ty.expect("it has a result").element));
                writer.load(ty, self.place(place), 4, Area::Stack)
            }
            (Do::Input(port), _) => {
                let ty = Type::scalar(kind(self.kernel.real()));
                writer.load(ty, self.port(self.inputs[port as usize]), ty.kind.bytes(), Area::Inputs)
            }
            (Do::Output(port), &[x]) => return self.output(port, x),
            (Do::Push(array) | Do::Put(array), &[at, x]) => return self.write(array, at, x),
            (Do::Tap(array), &[position, delay]) => self.read(array, writer.binary("sub", position, delay)),
            (Do::Tap(array), &[position, delay, age]) => self.tap(array, position, delay, age),
            (Do::Recall(array), &[at]) => self.read(array, at),
            (Do::Lookup(table), &[at]) => {
                let ty = Type::scalar(kind(inst.ty.expect("a lookup has a result").element));
                let base = self.reach(Address::Table(table));
                self.each_lane(at, |at| {
                    let at = self.entry_of(base, at, ty.kind.bytes());
                    self.writer.load(ty, at, ty.kind.bytes(), Area::Constant)
                })
            }
            (other, _) => unreachable!("{other} of {} operands", operands.len()),
        };
        Some(value)
    }

    /// What is computed for each lane of a vector by itself, or once of a scalar.
    fn each_lane(&self, of: Value, compute: impl Fn(Value) -> Value) -> Value {
        if of.ty.lanes == 1 {
            return compute(of);
        }
        let values: Vec<Value> = (0..of.ty.lanes).map(|lane| compute(self.writer.lane(of, lane))).collect();
        self.writer.pack(&values, of.ty.lanes)
    }

    fn call(&self, fun: Fun, operands: &[Value]) -> Value {
        let function = self.reach(Address::Function(fun));
        let lanes = operands.iter().map(|value| value.ty.lanes).max().expect("a function has an operand");
        if lanes == 1 {
            return self.writer.call(function, operands);
        }
        let wide: Vec<Value> = operands.iter().map(|&value| self.writer.wide(value, lanes)).collect();
        let of = |lane: u32| wide.iter().map(|&value| self.writer.lane(value, lane)).collect::<Vec<_>>();
        let values: Vec<Value> = (0..lanes).map(|lane| self.writer.call(function, &of(lane))).collect();
        self.writer.pack(&values, lanes)
    }

    /// Loads an entry of the table of addresses.
    fn reach(&self, address: Address) -> Pointer {
        let known = self.kernel.addresses().iter().position(|&other| other == address);
        let at = 8 * known.expect("what code needs can be reached") as u32;
        let table = self.addresses.expect("what is in it can be reached");
        self.writer.load_pointer(self.writer.step(table, index(at)), Area::Constant)
    }

    fn slot(&self, id: SlotId) -> (Type, Pointer) {
        let slot = self.kernel.layout().slot(id);
        let lanes = u32::try_from(slot.lanes.len()).expect("a few lanes");
        let ty = Type { kind: kind(slot.element), lanes };
        (ty, self.writer.step(self.state, index(slot.offset)))
    }

    fn load(&self, id: SlotId) -> Value {
        let (ty, at) = self.slot(id);
        match self.carried.get(&id) {
            Some(&place) => self.writer.load(ty, place, 4, Area::Stack),
            None => self.writer.load(ty, at, alignment(ty), Area::Slots),
        }
    }

    fn store(&self, id: SlotId, value: Value) -> Option<Value> {
        let (ty, at) = self.slot(id);
        let value = self.writer.wide(value, ty.lanes);
        match self.carried.get(&id) {
            Some(&place) => self.writer.store(value, place, 4, Area::Stack),
            None => self.writer.store(value, at, alignment(ty), Area::Slots),
        }
        None
    }

    /// Where this step's values of a place begin.
    fn place(&self, place: u32) -> Pointer {
        let places = self.places.expect("places are used in loops that follow each other");
        let step = self.step.expect("places are used in loops over frames");
        let row = self.writer.step(places, index(place * PLACE));
        self.writer.step(row, self.writer.binary("shl", step, index(2)))
    }

    /// Where this frame's samples lie.
    fn port(&self, base: Pointer) -> Pointer {
        let frame = self.frame.expect("ports are used in loops over frames");
        let bytes = self.kernel.real().bytes();
        self.writer.step(base, self.writer.binary("mul", frame, index(bytes)))
    }

    /// Every voice has a buffer of a few frames, one behind the other.
    fn output(&self, port: u32, value: Value) -> Option<Value> {
        let at = self.port(self.outputs[port as usize]);
        let bytes = self.kernel.real().bytes();
        if self.kernel.spec().voices == 1 {
            self.writer.store(value, at, bytes, Area::Outputs);
            return None;
        }
        let value = self.writer.wide(value, self.lanes);
        for lane in 0..self.lanes {
            let own = self.writer.step(at, index(lane * CHUNK as u32 * bytes));
            self.writer.store(self.writer.lane(value, lane), own, bytes, Area::Outputs);
        }
        None
    }

    /// The address of an entry of that many bytes; the index is not negative.
    fn entry_of(&self, base: Pointer, at: Value, bytes: u32) -> Pointer {
        let wide = self.writer.convert("zext", at, Kind::I64);
        self.writer.step(base, self.writer.binary("mul", wide, index(bytes)))
    }

    /// The entry of an array; positions in rings wrap around.
    fn entry(&self, id: ArrayId, at: Value) -> Pointer {
        let array = self.kernel.layout().array(id);
        let at = match array.keeps {
            Keeps::Ring(_) => self.writer.binary("and", at, Value::int(Kind::I32, i64::from(array.len - 1))),
            Keeps::Ram(_) => at,
        };
        let start = self.writer.step(self.state, index(array.offset));
        self.entry_of(start, at, array.entry() as u32)
    }

    /// An entry as a type: one for each lane.
    fn entry_type(&self, id: ArrayId) -> Type {
        let array = self.kernel.layout().array(id);
        Type { kind: kind(array.element), lanes: u32::try_from(array.lanes.len()).expect("a few lanes") }
    }

    fn read(&self, id: ArrayId, at: Value) -> Value {
        let ty = self.entry_type(id);
        self.writer.load(ty, self.entry(id, at), alignment(ty), Area::Arrays)
    }

    fn write(&self, id: ArrayId, at: Value, value: Value) -> Option<Value> {
        let ty = self.entry_type(id);
        let value = self.writer.wide(value, ty.lanes);
        self.writer.store(value, self.entry(id, at), alignment(ty), Area::Arrays);
        None
    }

    /// Reads the past of each voice. Before its birth there is silence.
    fn tap(&self, id: ArrayId, position: Value, delay: Value, age: Value) -> Value {
        let ty = self.entry_type(id);
        let value = if delay.ty.lanes == 1 {
            self.read(id, self.writer.binary("sub", position, delay))
        } else {
            let one = Type::scalar(ty.kind);
            let values: Vec<Value> = (0..ty.lanes)
                .map(|lane| {
                    let frame = self.writer.binary("sub", position, self.writer.lane(delay, lane));
                    let own = self.writer.step(self.entry(id, frame), index(lane * ty.kind.bytes()));
                    self.writer.load(one, own, ty.kind.bytes(), Area::Arrays)
                })
                .collect();
            self.writer.pack(&values, ty.lanes)
        };
        let unborn = self.writer.compare("icmp sgt", delay, age);
        let silence = match ty.kind {
            Kind::F32 | Kind::F64 => Value::real(ty.kind, 0.0),
            _ => Value::int(ty.kind, 0),
        };
        self.writer.select(unborn, silence, value)
    }
}

fn alignment(ty: Type) -> u32 {
    if ty.lanes > 1 { VECTOR } else { ty.kind.bytes() }
}
