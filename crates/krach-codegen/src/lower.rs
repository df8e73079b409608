//! From instructions of a kernel to Cranelift's intermediate form.
//!
//! Constants are written where they are used, since a machine register costs more than an instruction. Nothing
//! refers to an address: functions and tables are reached through the table that the state's header points to.

use crate::kernel::{Address, Body, Do, Inst, Kernel, Region, V, Walk, Window};
use crate::lanes::{LANES, vector};
use crate::layout::{ADDRESSES, ArrayId, Keeps, SlotId, VECTOR};
use crate::{functions, maths};
use cranelift_codegen::ir::{
    AbiParam, BlockArg, InstBuilder, MemFlagsData, SigRef, Signature, Type, Value, condcodes::IntCC, types,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::FunctionBuilder;
use krach_abi::Precision;
use krach_ir::Fun;
use rustc_hash::FxHashMap;

/// State, tables and ports are aligned and there for as long as the code runs.
pub(crate) const TRUSTED: MemFlagsData = MemFlagsData::trusted();

/// Bytes of a place that a loop keeps values at for the next one: a number for each of a few frames.
pub(crate) const PLACE: u32 = 4 * Window::FEW;

/// The vectors of the machine that one value in lanes takes.
pub(crate) const GROUPS: usize = 2;
/// A value: one vector for each group of four lanes, or a scalar, which is every entry.
pub(crate) type Pack = [Value; GROUPS];

/// A function being written.
pub(crate) struct Lower<'k, 'f> {
    pub(crate) kernel: &'k Kernel,
    pub(crate) builder: FunctionBuilder<'f>,
    pub(crate) pointer: Type,
    /// Groups of four lanes.
    pub(crate) groups: usize,
    pub(crate) state: Value,
    addresses: Option<Value>,
    /// Where in the table of addresses.
    reached: FxHashMap<Address, u32>,
    calls: [SigRef; 2],
    lane_calls: FxHashMap<Address, SigRef>,
    pub(crate) inputs: Vec<Value>,
    pub(crate) outputs: Vec<Value>,
    frame: Option<Value>,
    /// Where one loop keeps values for the next: the first place, and this frame's number of that place.
    pub(crate) places: Option<Value>,
    kept: Option<Value>,
    /// Of slots that do not touch memory inside the loop: the value now.
    carried: FxHashMap<SlotId, Pack>,
    pub(crate) values: Vec<Option<Pack>>,
    /// Of scalars that instructions in lanes take: the same in four lanes.
    pub(crate) splats: Vec<Option<Value>>,
}

impl<'k, 'f> Lower<'k, 'f> {
    pub(crate) fn new(
        kernel: &'k Kernel,
        isa: &dyn TargetIsa,
        mut builder: FunctionBuilder<'f>,
        state: Value,
    ) -> Self {
        let pointer = isa.pointer_type();
        let real = maths::machine(kernel.real());
        let mut call = |params: usize| {
            let mut signature = Signature::new(isa.default_call_conv());
            signature.params = vec![AbiParam::new(real); params];
            signature.returns = vec![AbiParam::new(real)];
            builder.import_signature(signature)
        };
        let calls = [call(1), call(2)];
        let addresses =
            (!kernel.addresses.is_empty() && builder.func.signature.returns.is_empty()).then(|| {
                let flags = TRUSTED.with_readonly().with_can_move();
                builder.ins().load(pointer, flags, state, offset(ADDRESSES))
            });
        Self {
            kernel,
            builder,
            pointer,
            groups: (kernel.spec.voices as usize / LANES).max(1),
            state,
            addresses,
            reached: kernel.addresses.iter().copied().zip(0..).collect(),
            calls,
            lane_calls: FxHashMap::default(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            frame: None,
            places: None,
            kept: None,
            carried: FxHashMap::default(),
            values: Vec::new(),
            splats: Vec::new(),
        }
    }

    pub(crate) fn precision(&self) -> Precision {
        self.kernel.spec.precision
    }

    pub(crate) fn pointers(&mut self, array: Value, count: usize) -> Vec<Value> {
        let flags = TRUSTED.with_readonly();
        let bytes = self.pointer.bytes();
        let ports = 0..u32::try_from(count).expect("ports are limited");
        let load = |port| self.builder.ins().load(self.pointer, flags, array, offset(port * bytes));
        ports.map(load).collect()
    }

    /// A loop over frames: guard, body with bottom test, carried slots in block parameters. It begins with frame `start`
    /// of the block, or with the first.
    pub(crate) fn walk(&mut self, region: &Region, start_frame: Option<Value>, frames: Value) {
        let step = match region.walk {
            Walk::Step1 => 1,
            Walk::Step4 => LANES as i64,
        };
        let slots = &region.carried;
        let body = self.builder.create_block();
        let exit = self.builder.create_block();
        let zero = self.builder.ins().iconst(self.pointer, 0);
        self.builder.append_block_param(body, self.pointer);
        let mut start = Vec::new();
        for &slot in slots {
            for value in self.load(slot).into_iter().take(self.width(slot)) {
                let ty = self.builder.func.dfg.value_type(value);
                start.push(value);
                self.builder.append_block_param(body, ty);
                self.builder.append_block_param(exit, ty);
            }
        }
        let args = |values: &[Value]| values.iter().map(|&value| value.into()).collect::<Vec<BlockArg>>();
        let first: Vec<Value> = std::iter::once(zero).chain(start.iter().copied()).collect();
        self.builder.ins().brif(frames, body, &args(&first), exit, &args(&start));

        self.builder.switch_to_block(body);
        let params = self.builder.block_params(body).to_vec();
        self.frame = Some(match start_frame {
            Some(start) => self.builder.ins().iadd(start, params[0]),
            None => params[0],
        });
        self.kept = self.places.map(|places| {
            let bytes = self.builder.ins().ishl_imm_u(params[0], 2);
            self.builder.ins().iadd(places, bytes)
        });
        self.carried = self.packs(slots, &params[1..]);
        self.body(&region.body);
        let next = self.builder.ins().iadd_imm_s(params[0], step);
        let more = self.builder.ins().icmp(IntCC::UnsignedLessThan, next, frames);
        let last: Vec<Value> =
            slots.iter().flat_map(|slot| self.carried[slot].into_iter().take(self.width(*slot))).collect();
        let again: Vec<Value> = std::iter::once(next).chain(last.iter().copied()).collect();
        self.builder.ins().brif(more, body, &args(&again), exit, &args(&last));

        self.builder.switch_to_block(exit);
        self.carried.clear();
        let params = self.builder.block_params(exit).to_vec();
        for (slot, pack) in self.packs(slots, &params) {
            self.store(slot, pack);
        }
    }

    /// The vectors that a slot takes.
    fn width(&self, slot: SlotId) -> usize {
        if self.kernel.layout.slot(slot).lanes.len() > 1 { self.groups } else { 1 }
    }

    /// The values of slots, from one list of all their vectors.
    fn packs(&self, slots: &[SlotId], values: &[Value]) -> FxHashMap<SlotId, Pack> {
        let mut packs = FxHashMap::default();
        let mut at = 0;
        for &slot in slots {
            let width = self.width(slot);
            packs.insert(slot, std::array::from_fn(|group| values[at + group.min(width - 1)]));
            at += width;
        }
        packs
    }

    pub(crate) fn body(&mut self, body: &Body) {
        self.values = vec![None; body.insts().len()];
        self.splats = vec![None; body.insts().len()];
        let mut operands: Vec<Value> = Vec::new();
        for (at, inst) in body.insts().iter().enumerate() {
            if self.is_lanes(body, inst) {
                self.values[at] = self.lanes(body, inst);
                continue;
            }
            operands.clear();
            for &operand in body.operands(inst) {
                let value = self.operand(body, operand);
                operands.push(value);
            }
            self.values[at] = self.inst(body, inst, &operands).map(|value| [value; GROUPS]);
        }
    }

    pub(crate) fn operand(&mut self, body: &Body, v: V) -> Value {
        match body.inst(v).what {
            Do::Real(value) => self.real(value),
            Do::Int(value) => self.builder.ins().iconst(types::I32, i64::from(value)),
            _ => self.values[v.0 as usize].expect("computed before it is used")[0],
        }
    }

    pub(crate) fn real(&mut self, value: f64) -> Value {
        match self.precision() {
            Precision::Single => self.builder.ins().f32const(maths::narrow(value)),
            Precision::Double => self.builder.ins().f64const(value),
        }
    }

    fn inst(&mut self, body: &Body, inst: &Inst, operands: &[Value]) -> Option<Value> {
        let value = match inst.what {
            Do::Real(_) | Do::Int(_) => return None,
            Do::Apply(fun) => {
                let first = body.inst(body.operands(inst)[0]);
                self.apply(fun, first.ty.expect("operands are results").element, operands)
            }
            Do::Call(fun) => self.call(fun, operands),
            Do::Fraction { flushed } => self.fraction(operands[0], flushed),
            Do::Differ => self.differ(operands[0], operands[1]),
            Do::Test => self.builder.ins().icmp_imm_s(IntCC::NotEqual, operands[0], 0),
            Do::Count => self.builder.ins().uextend(types::I32, operands[0]),
            Do::Choose => self.choose(operands[0], operands[1], operands[2]),
            Do::Pack | Do::Shift | Do::Keep(_) => unreachable!("a vector is written in lanes"),
            Do::Kept(place) => {
                let ty = maths::machine(inst.ty.expect("it has a result").element);
                let (address, at) = self.place(place);
                self.builder.ins().load(ty, TRUSTED, address, at)
            }
            Do::Unpack(lane) => self.builder.ins().extractlane(operands[0], lane),
            Do::Load(slot) => self.load(slot)[0],
            Do::Store(slot) => {
                self.store(slot, [operands[0]; GROUPS]);
                return None;
            }
            Do::Input(port) => {
                let address = self.port(self.inputs[port as usize], self.kernel.real().bytes());
                self.builder.ins().load(maths::machine(self.kernel.real()), TRUSTED, address, 0)
            }
            Do::Output(port) => {
                let address = self.port(self.outputs[port as usize], self.kernel.real().bytes());
                self.builder.ins().store(TRUSTED, operands[0], address, 0);
                return None;
            }
            Do::Push(array) | Do::Put(array) => {
                self.write(array, operands[0], operands[1]);
                return None;
            }
            Do::Tap(array) => {
                let frame = self.builder.ins().isub(operands[0], operands[1]);
                self.read(array, frame)
            }
            Do::Recall(array) => self.read(array, operands[0]),
            Do::Lookup(table) => {
                let base = self.reach(Address::Table(table));
                let ty = inst.ty.expect("a lookup has a result").element;
                let address = self.element(base, operands[0], ty.bytes() as usize);
                self.builder.ins().load(maths::machine(ty), TRUSTED.with_readonly(), address, 0)
            }
        };
        Some(value)
    }

    pub(crate) fn load(&mut self, id: SlotId) -> Pack {
        if let Some(&now) = self.carried.get(&id) {
            return now;
        }
        let slot = self.kernel.layout.slot(id);
        let scalar = maths::machine(slot.element);
        let (width, ty) = match self.width(id) {
            _ if slot.lanes.len() == 1 => (1, scalar),
            width => (width, vector(slot.element)),
        };
        let mut load = |group: usize| {
            let at = offset(slot.offset) + offset(VECTOR) * group.min(width - 1) as i32;
            self.builder.ins().load(ty, TRUSTED, self.state, at)
        };
        let first = load(0);
        std::array::from_fn(|group| if group == 0 || group >= width { first } else { load(group) })
    }

    pub(crate) fn store(&mut self, id: SlotId, pack: Pack) {
        if let Some(now) = self.carried.get_mut(&id) {
            *now = pack;
            return;
        }
        let slot = self.kernel.layout.slot(id);
        for (group, value) in (0..).zip(pack).take(self.width(id)) {
            let at = offset(slot.offset) + offset(VECTOR) * group;
            self.builder.ins().store(TRUSTED, value, self.state, at);
        }
    }

    /// Where this frame's value of a place is: an address, and an offset from it.
    pub(crate) fn place(&self, place: u32) -> (Value, i32) {
        (self.kept.expect("places are used in loops that follow each other"), offset(place * PLACE))
    }

    /// The address of this frame's samples, of that many bytes.
    pub(crate) fn port(&mut self, base: Value, bytes: u32) -> Value {
        let frame = self.frame.expect("ports are used in loops over frames");
        let shift = i64::from(bytes.trailing_zeros());
        let bytes = self.builder.ins().ishl_imm_u(frame, shift);
        self.builder.ins().iadd(base, bytes)
    }

    /// The address of an entry of that many bytes; the index is not negative.
    pub(crate) fn element(&mut self, base: Value, index: Value, bytes: usize) -> Value {
        let wide = self.builder.ins().uextend(self.pointer, index);
        let bytes = self.builder.ins().ishl_imm_u(wide, i64::from(bytes.trailing_zeros()));
        self.builder.ins().iadd(base, bytes)
    }

    /// The entry's address, before the array's offset; positions in rings wrap around.
    pub(crate) fn entry(&mut self, id: ArrayId, index: Value) -> Value {
        let array = self.kernel.layout.array(id);
        let index = match array.keeps {
            Keeps::Ring(_) => self.builder.ins().band_imm_u(index, i64::from(array.len - 1)),
            Keeps::Ram(_) => index,
        };
        self.element(self.state, index, array.entry())
    }

    pub(crate) fn read(&mut self, id: ArrayId, index: Value) -> Value {
        let address = self.entry(id, index);
        let array = self.kernel.layout.array(id);
        self.builder.ins().load(maths::machine(array.element), TRUSTED, address, offset(array.offset))
    }

    fn write(&mut self, id: ArrayId, index: Value, value: Value) {
        let address = self.entry(id, index);
        let array = self.kernel.layout.array(id);
        self.builder.ins().store(TRUSTED, value, address, offset(array.offset));
    }

    /// Loads an entry of the table of addresses.
    pub(crate) fn reach(&mut self, address: Address) -> Value {
        let at = offset(self.reached[&address] * self.pointer.bytes());
        let table = self.addresses.expect("what is in it can be reached");
        let flags = TRUSTED.with_readonly().with_can_move();
        self.builder.ins().load(self.pointer, flags, table, at)
    }

    pub(crate) fn call(&mut self, fun: Fun, operands: &[Value]) -> Value {
        let callee = self.reach(Address::Function(fun));
        let signature = self.calls[operands.len() - 1];
        let call = self.builder.ins().call_indirect(signature, callee, operands);
        self.builder.inst_results(call)[0]
    }
}

impl Lower<'_, '_> {
    /// Calls a function of four lanes, if the kernel has it.
    pub(crate) fn call_lanes(&mut self, address: Address, operands: &[Value]) -> Option<Value> {
        let Address::Lanes(fun, constants) = address else { return None };
        self.reached.get(&address)?;
        let callee = self.reach(address);
        let signature = match self.lane_calls.get(&address) {
            Some(&known) => known,
            None => self.builder.import_signature(functions::signature_of_lanes(fun, constants)),
        };
        self.lane_calls.insert(address, signature);
        let varying: Vec<Value> = operands
            .iter()
            .zip(constants)
            .filter(|(_, constant)| constant.is_none())
            .map(|(&v, _)| v)
            .collect();
        let call = self.builder.ins().call_indirect(signature, callee, &varying);
        Some(self.builder.inst_results(call)[0])
    }
}

/// Offsets within the state are below 2^30.
pub(crate) fn offset(bytes: u32) -> i32 {
    i32::try_from(bytes).expect("the state is limited")
}
