//! Instructions in lanes, four to a vector: one value of each voice of a packed kernel, or of each frame of a step.
//!
//! Each lane computes what the scalar instruction computes, bit for bit. What has no vector form (remainders, calls, places
//! in tables) is computed lane by lane. A scalar that an instruction in lanes takes is put into all lanes first.

use crate::kernel::{Address, Body, Do, Element, Inst, Type, V};
use crate::layout::{ArrayId, VECTOR};
use crate::lower::{GROUPS, Lower, Pack, TRUSTED, offset};
use crate::maths;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, ConstantData, Endianness, InstBuilder, MemFlagsData, Value, types};
use krach_ir::Fun;
use krach_ir::maths::single;

/// Frames computed at once: few, since every voice has a buffer of them.
pub const CHUNK: usize = 64;
/// Lanes of a vector.
pub const LANES: usize = 4;

/// Four of them.
pub(crate) fn vector(element: Element) -> ir::Type {
    match element {
        Element::F32 => types::F32X4,
        Element::F64 => unreachable!("packed kernels are of single precision"),
        Element::I32 | Element::Mask => types::I32X4,
    }
}

impl Lower<'_, '_> {
    /// Whether an instruction makes or takes one value for each voice or frame.
    pub(crate) fn is_lanes(&self, body: &Body, inst: &Inst) -> bool {
        let packed = self.kernel.spec.voices > 1;
        match inst.what {
            Do::Store(slot) => self.kernel.layout.slot(slot).lanes.len() > 1,
            Do::Push(_) | Do::Output(_) => packed || body.operands(inst).iter().any(|&v| is_lanes(body, v)),
            Do::Keep(_) => true,
            _ => inst.ty.is_some_and(Type::is_lanes),
        }
    }

    pub(crate) fn lanes(&mut self, body: &Body, inst: &Inst) -> Option<Pack> {
        match inst.what {
            Do::Pack => return Some(self.pack(body, inst)),
            Do::Shift => return Some([self.shift(body, inst); GROUPS]),
            Do::Load(slot) => return Some(self.load(slot)),
            Do::Tap(array) if self.kernel.spec.voices > 1 => return Some(self.tap(body, inst, array)),
            Do::Tap(array) => return Some([self.tap_step(body, inst, array); GROUPS]),
            Do::Input(port) => return Some([self.input_step(port); GROUPS]),
            Do::Kept(place) => {
                let (address, at) = self.place(place);
                let ty = vector(inst.ty.expect("it has a result").element);
                return Some([self.builder.ins().load(ty, TRUSTED, address, at); GROUPS]);
            }
            Do::Push(array) => {
                self.push(body, inst, array);
                return None;
            }
            Do::Keep(place) => {
                let value = self.lane_operand(body, body.operands(inst)[0], 0);
                let (address, at) = self.place(place);
                self.builder.ins().store(TRUSTED, value, address, at);
                return None;
            }
            Do::Output(port) if self.kernel.spec.voices > 1 => {
                self.output(body, inst, port);
                return None;
            }
            Do::Output(port) => {
                self.output_step(body, inst, port);
                return None;
            }
            _ => {}
        }
        let first = self.group(body, inst, 0);
        let mut pack = [first; GROUPS];
        for (group, result) in pack.iter_mut().enumerate().take(self.groups).skip(1) {
            *result = self.group(body, inst, group);
        }
        if let Do::Store(slot) = inst.what {
            self.store(slot, pack);
            return None;
        }
        Some(pack)
    }

    /// Scalars side by side; the lanes behind the last of them are not looked at.
    fn pack(&mut self, body: &Body, inst: &Inst) -> Pack {
        let ty = vector(inst.ty.expect("a pack has a result").element);
        let list = body.operands(inst);
        if list.iter().all(|&v| v == list[0]) {
            return [self.lane_operand(body, list[0], 0); GROUPS];
        }
        let literal = |&v: &V| match body.inst(v).what {
            Do::Int(value) => Some(value.to_le_bytes()),
            Do::Real(value) => Some(maths::narrow(value).to_le_bytes()),
            _ => None,
        };
        if list.len() == LANES
            && let Some(lanes) = list.iter().map(literal).collect::<Option<Vec<_>>>()
        {
            return [self.constants(ty, lanes.as_flattened()); GROUPS];
        }
        let mut all = None;
        for (lane, &v) in (0..).zip(list) {
            let value = self.operand(body, v);
            all = Some(match all {
                None => self.builder.ins().scalar_to_vector(ty, value),
                Some(before) => self.builder.ins().insertlane(before, value, lane),
            });
        }
        [all.expect("one scalar or more"); GROUPS]
    }

    fn push(&mut self, body: &Body, inst: &Inst, id: ArrayId) {
        let &[position, value] = body.operands(inst) else { unreachable!("a push has two operands") };
        let position = self.operand(body, position);
        let address = self.entry(id, position);
        let start = offset(self.kernel.layout.array(id).offset);
        for group in 0..self.groups {
            let value = self.lane_operand(body, value, group);
            self.builder.ins().store(TRUSTED, value, address, start + group_offset(group));
        }
    }

    /// Every voice has a buffer of [`CHUNK`] frames, one behind the other.
    fn output(&mut self, body: &Body, inst: &Inst, port: u32) {
        let bytes = self.kernel.real().bytes();
        let address = self.port(self.outputs[port as usize], bytes);
        for group in 0..self.groups {
            let value = self.lane_operand(body, body.operands(inst)[0], group);
            for lane in 0..LANES {
                let own = self.builder.ins().extractlane(value, lane as u8);
                let at = (group * LANES + lane) * CHUNK * bytes as usize;
                self.builder.ins().store(TRUSTED, own, address, at as i32);
            }
        }
    }

    /// An operand in the lanes of one group.
    pub(crate) fn lane_operand(&mut self, body: &Body, v: V, group: usize) -> Value {
        let inst = body.inst(v);
        match inst.what {
            Do::Real(value) => return self.constant(types::F32X4, maths::narrow(value).to_le_bytes()),
            Do::Int(value) => return self.constant(types::I32X4, value.to_le_bytes()),
            _ => {}
        }
        let ty = inst.ty.expect("operands are results");
        let pack = self.values[v.0 as usize].expect("computed before it is used");
        if ty.is_lanes() {
            return pack[group];
        }
        if let Some(known) = self.splats[v.0 as usize] {
            return known;
        }
        let mut scalar = pack[0];
        if ty.element == Element::Mask {
            let count = self.builder.ins().uextend(types::I32, scalar);
            scalar = self.builder.ins().ineg(count);
        }
        let splat = self.builder.ins().splat(vector(ty.element), scalar);
        self.splats[v.0 as usize] = Some(splat);
        splat
    }

    pub(crate) fn constant(&mut self, ty: ir::Type, lane: [u8; 4]) -> Value {
        let all: Vec<u8> = lane.iter().copied().cycle().take(VECTOR as usize).collect();
        self.constants(ty, &all)
    }

    /// A vector of these bytes.
    pub(crate) fn constants(&mut self, ty: ir::Type, all: &[u8]) -> Value {
        let handle = self.builder.func.dfg.constants.insert(ConstantData::from(all));
        self.builder.ins().vconst(ty, handle)
    }

    /// What an instruction makes in the lanes of one group; of a store, what it stores.
    fn group(&mut self, body: &Body, inst: &Inst, group: usize) -> Value {
        let list = body.operands(inst);
        let operands: Vec<Value> = list.iter().map(|&v| self.lane_operand(body, v, group)).collect();
        let element = body.inst(list[0]).ty.expect("operands are results").element;
        match inst.what {
            Do::Apply(Fun::Shl | Fun::Shr) if !is_lanes(body, list[1]) => {
                let count = self.operand(body, list[1]);
                match inst.what {
                    Do::Apply(Fun::Shl) => self.builder.ins().ishl(operands[0], count),
                    _ => self.builder.ins().sshr(operands[0], count),
                }
            }
            Do::Apply(fun) if element == Element::F32 && single::WRITTEN.contains(&fun) => {
                let literal = |&v: &V| match body.inst(v).what {
                    Do::Real(value) => Some(maths::narrow(value)),
                    _ => None,
                };
                let literals: Vec<Option<f32>> = list.iter().map(literal).collect();
                let lanes = list.iter().map(|&v| packed(body, v)).max().expect("a function has an operand");
                self.written_lanes(fun, &operands, &literals, lanes).expect("the table is whole")
            }
            Do::Apply(fun) => match (element, operands.as_slice()) {
                (Element::F32 | Element::F64, &[x]) => self.real_lanes(fun, x),
                (Element::F32 | Element::F64, &[a, b]) => self.real_pair_lanes(fun, a, b),
                (_, all) => self.int_lanes(fun, all),
            },
            Do::Call(fun) => match self.call_lanes(Address::of_lanes(fun, body, list), &operands) {
                Some(value) => value,
                None => self.lane_by_lane(&operands, types::F32X4, |lower, of| lower.call(fun, of)),
            },
            Do::Fraction { flushed } => self.fraction_lanes(operands[0], flushed),
            Do::Differ => {
                let (a, b) = (self.cast(types::I32X4, operands[0]), self.cast(types::I32X4, operands[1]));
                self.builder.ins().icmp(IntCC::NotEqual, a, b)
            }
            Do::Test => {
                let zero = self.constant(types::I32X4, [0; 4]);
                self.builder.ins().icmp(IntCC::NotEqual, operands[0], zero)
            }
            Do::Count => self.builder.ins().ushr_imm_u(operands[0], 31),
            Do::Choose => self.choose_lanes(operands[0], operands[1], operands[2]),
            Do::Lookup(table) => {
                let element = inst.ty.expect("a lookup has a result").element;
                let base = self.reach(Address::Table(table));
                self.lane_by_lane(&operands, vector(element), |lower, of| {
                    let address = lower.element(base, of[0], element.bytes() as usize);
                    let flags = TRUSTED.with_readonly();
                    lower.builder.ins().load(maths::machine(element), flags, address, 0)
                })
            }
            Do::Store(_) => operands[0],
            other => unreachable!("{other} in lanes"),
        }
    }

    /// Computes the lanes of one vector one after the other.
    pub(crate) fn lane_by_lane(
        &mut self,
        operands: &[Value],
        ty: ir::Type,
        mut compute: impl FnMut(&mut Self, &[Value]) -> Value,
    ) -> Value {
        let mut all = None;
        for lane in 0..LANES as u8 {
            let of: Vec<Value> =
                operands.iter().map(|&value| self.builder.ins().extractlane(value, lane)).collect();
            let value = compute(self, &of);
            all = Some(match all {
                None => self.builder.ins().scalar_to_vector(ty, value),
                Some(before) => self.builder.ins().insertlane(before, value, lane),
            });
        }
        all.expect("four lanes")
    }

    /// Reads the past of each voice. Before its birth there is silence: what is left of an earlier one is not heard.
    fn tap(&mut self, body: &Body, inst: &Inst, id: ArrayId) -> Pack {
        let &[position, delay, age] = body.operands(inst) else { unreachable!("a tap has three operands") };
        let array = self.kernel.layout.array(id);
        let (start, ty) = (offset(array.offset), vector(array.element));
        let position = self.operand(body, position);
        let common = (!is_lanes(body, delay)).then(|| {
            let delay = self.operand(body, delay);
            let frame = self.builder.ins().isub(position, delay);
            self.entry(id, frame)
        });
        let mut pack = [position; GROUPS];
        for (group, result) in pack.iter_mut().enumerate().take(self.groups) {
            let frames = self.lane_operand(body, delay, group);
            let value = match common {
                Some(address) => self.builder.ins().load(ty, TRUSTED, address, start + group_offset(group)),
                None => {
                    let mut at = start + group_offset(group);
                    self.lane_by_lane(&[frames], ty, |lower, of| {
                        let frame = lower.builder.ins().isub(position, of[0]);
                        let address = lower.entry(id, frame);
                        let scalar = maths::machine(array.element);
                        let value = lower.builder.ins().load(scalar, TRUSTED, address, at);
                        at += offset(array.element.bytes());
                        value
                    })
                }
            };
            let age = self.lane_operand(body, age, group);
            let unborn = self.builder.ins().icmp(IntCC::SignedGreaterThan, frames, age);
            let unborn = self.cast(ty, unborn);
            *result = self.builder.ins().band_not(value, unborn);
        }
        for group in self.groups..GROUPS {
            pack[group] = pack[0];
        }
        pack
    }

    pub(crate) fn cast(&mut self, ty: ir::Type, value: Value) -> Value {
        if self.builder.func.dfg.value_type(value) == ty {
            return value;
        }
        self.builder.ins().bitcast(ty, MemFlagsData::new().with_endianness(Endianness::Little), value)
    }

    fn choose_lanes(&mut self, mask: Value, a: Value, b: Value) -> Value {
        let ty = self.builder.func.dfg.value_type(a);
        let mask = self.cast(ty, mask);
        self.builder.ins().bitselect(mask, a, b)
    }

    fn int_lanes(&mut self, fun: Fun, operands: &[Value]) -> Value {
        let (a, b) = match *operands {
            [x] => {
                return match fun {
                    Fun::Abs => self.builder.ins().iabs(x),
                    Fun::ToReal => self.builder.ins().fcvt_from_sint(types::F32X4, x),
                    other => unreachable!("{other} of an int"),
                };
            }
            [a, b] => (a, b),
            _ => unreachable!("{fun} of {} operands", operands.len()),
        };
        let ins = self.builder.ins();
        match fun {
            Fun::Add => ins.iadd(a, b),
            Fun::Sub => ins.isub(a, b),
            Fun::Mul => ins.imul(a, b),
            Fun::Min => ins.smin(a, b),
            Fun::Max => ins.smax(a, b),
            Fun::And => ins.band(a, b),
            Fun::Or => ins.bor(a, b),
            Fun::Xor => ins.bxor(a, b),
            Fun::Rem => {
                self.lane_by_lane(operands, types::I32X4, |lower, of| lower.int_remainder(of[0], of[1]))
            }
            Fun::Shl => {
                self.lane_by_lane(operands, types::I32X4, |lower, of| lower.builder.ins().ishl(of[0], of[1]))
            }
            Fun::Shr => {
                self.lane_by_lane(operands, types::I32X4, |lower, of| lower.builder.ins().sshr(of[0], of[1]))
            }
            Fun::Lt => ins.icmp(IntCC::SignedLessThan, a, b),
            Fun::Le => ins.icmp(IntCC::SignedLessThanOrEqual, a, b),
            Fun::Gt => ins.icmp(IntCC::SignedGreaterThan, a, b),
            Fun::Ge => ins.icmp(IntCC::SignedGreaterThanOrEqual, a, b),
            Fun::Eq => ins.icmp(IntCC::Equal, a, b),
            Fun::Ne => ins.icmp(IntCC::NotEqual, a, b),
            other => unreachable!("{other} of ints"),
        }
    }

    fn real_lanes(&mut self, fun: Fun, x: Value) -> Value {
        if fun == Fun::Round {
            return self.round_lanes(x);
        }
        let ins = self.builder.ins();
        match fun {
            Fun::Abs => ins.fabs(x),
            Fun::Floor => ins.floor(x),
            Fun::Ceil => ins.ceil(x),
            Fun::Trunc => ins.trunc(x),
            Fun::Rint => ins.nearest(x),
            Fun::Sqrt => ins.sqrt(x),
            Fun::ToInt => ins.fcvt_to_sint_sat(types::I32X4, x),
            other => unreachable!("{other} of a real"),
        }
    }

    fn real_pair_lanes(&mut self, fun: Fun, a: Value, b: Value) -> Value {
        let ins = self.builder.ins();
        match fun {
            Fun::Add => ins.fadd(a, b),
            Fun::Sub => ins.fsub(a, b),
            Fun::Mul => ins.fmul(a, b),
            Fun::Div => ins.fdiv(a, b),
            // In the forms that become one `min` or `max` instruction.
            Fun::Min => {
                let less = ins.fcmp(FloatCC::LessThan, a, b);
                self.choose_lanes(less, a, b)
            }
            Fun::Max => {
                let less = ins.fcmp(FloatCC::LessThan, b, a);
                self.choose_lanes(less, a, b)
            }
            Fun::Lt => ins.fcmp(FloatCC::LessThan, a, b),
            Fun::Le => ins.fcmp(FloatCC::LessThanOrEqual, a, b),
            Fun::Gt => ins.fcmp(FloatCC::GreaterThan, a, b),
            Fun::Ge => ins.fcmp(FloatCC::GreaterThanOrEqual, a, b),
            Fun::Eq => ins.fcmp(FloatCC::Equal, a, b),
            Fun::Ne => ins.fcmp(FloatCC::NotEqual, a, b),
            other => unreachable!("{other} of reals"),
        }
    }

    /// This size with the sign of another number.
    fn signed_lanes(&mut self, size: Value, sign: Value) -> Value {
        let top = self.constant(types::F32X4, (-0.0_f32).to_le_bytes());
        self.builder.ins().bitselect(top, sign, size)
    }

    /// See [`Lower::fraction`].
    fn fraction_lanes(&mut self, x: Value, flushed: bool) -> Value {
        let whole = self.builder.ins().trunc(x);
        let rest = self.builder.ins().fsub(x, whole);
        let signed = self.signed_lanes(rest, x);
        if flushed {
            return signed;
        }
        let size = self.builder.ins().fabs(x);
        let one = self.constant(types::F32X4, 1.0_f32.to_le_bytes());
        let small = self.builder.ins().fcmp(FloatCC::LessThan, size, one);
        self.choose_lanes(small, x, signed)
    }

    /// Half away from zero: what lies behind the point is exact, so no tie is missed.
    fn round_lanes(&mut self, x: Value) -> Value {
        let whole = self.builder.ins().trunc(x);
        let rest = self.builder.ins().fsub(x, whole);
        let size = self.builder.ins().fabs(rest);
        let one = self.constant(types::F32X4, 1.0_f32.to_le_bytes());
        let step = self.signed_lanes(one, x);
        let next = self.builder.ins().fadd(whole, step);
        let half = self.constant(types::F32X4, 0.5_f32.to_le_bytes());
        let away = self.builder.ins().fcmp(FloatCC::GreaterThanOrEqual, size, half);
        self.choose_lanes(away, next, whole)
    }
}

/// The lanes of a value that are looked at.
fn packed(body: &Body, v: V) -> usize {
    let inst = body.inst(v);
    match inst.what {
        Do::Real(_) | Do::Int(_) => 0,
        Do::Pack => body.operands(inst).len(),
        _ => LANES,
    }
}

pub(crate) fn is_lanes(body: &Body, v: V) -> bool {
    body.inst(v).ty.is_some_and(Type::is_lanes)
}

fn group_offset(group: usize) -> i32 {
    offset(VECTOR) * group as i32
}
