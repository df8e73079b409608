//! What four frames of a step read and write at once: samples of ports, entries of rings, what a slot holds.

use crate::kernel::{Body, Do, Inst};
use crate::lanes::{LANES, is_lanes, vector};
use crate::layout::ArrayId;
use crate::lower::{Lower, TRUSTED, offset};
use crate::maths;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};

/// The blocks of callers begin anywhere.
const ANYWHERE: MemFlagsData = MemFlagsData::new().with_notrap();

impl Lower<'_, '_> {
    pub(crate) fn input_step(&mut self, port: u32) -> Value {
        let address = self.port(self.inputs[port as usize], self.kernel.real().bytes());
        // Read as ints, so that the load is an instruction of its own: as an operand of another one it would have to be aligned.
        let ints = self.builder.ins().load(types::I32X4, ANYWHERE, address, 0);
        self.cast(vector(self.kernel.real()), ints)
    }

    pub(crate) fn output_step(&mut self, body: &Body, inst: &Inst, port: u32) {
        let value = self.lane_operand(body, body.operands(inst)[0], 0);
        let address = self.port(self.outputs[port as usize], self.kernel.real().bytes());
        self.builder.ins().store(ANYWHERE, value, address, 0);
    }

    /// What was held before, and the first three of what is written.
    pub(crate) fn shift(&mut self, body: &Body, inst: &Inst) -> Value {
        let &[old, next] = body.operands(inst) else { unreachable!("a shift has two operands") };
        let (old, next) = (self.operand(body, old), self.lane_operand(body, next, 0));
        let later = self.lanes_of(next, next, [0, 0, 1, 2]);
        self.builder.ins().insertlane(later, old, 0)
    }

    /// Four frames of a line. Positions of steps are multiples of four, and so are the lengths of rings: four frames from
    /// such a place on never wrap around.
    pub(crate) fn tap_step(&mut self, body: &Body, inst: &Inst, id: ArrayId) -> Value {
        let &[position, delay] = body.operands(inst) else { unreachable!("a tap has two operands") };
        let array = self.kernel.layout.array(id);
        let (ty, start) = (vector(array.element), offset(array.offset));
        let at = self.operand(body, position);
        if let Do::Int(frames) = body.inst(delay).what {
            let behind = frames % LANES as i32;
            let whole = (frames + LANES as i32 - 1) / LANES as i32 * LANES as i32;
            let four = |lower: &mut Self, frames: i32| {
                let frame = lower.builder.ins().iadd_imm_s(at, -i64::from(frames));
                let address = lower.entry(id, frame);
                lower.builder.ins().load(ty, TRUSTED, address, start)
            };
            let first = four(self, whole);
            if behind == 0 {
                return first;
            }
            let second = four(self, whole - LANES as i32);
            let skipped = (LANES as i32 - behind) as u8;
            return self.lanes_of(first, second, [0, 1, 2, 3].map(|lane| lane + skipped));
        }
        if is_lanes(body, delay) {
            let (at, delays) = (self.lane_operand(body, position, 0), self.lane_operand(body, delay, 0));
            let ahead: Vec<u8> = (0..LANES as i32).flat_map(i32::to_le_bytes).collect();
            let ahead = self.constants(types::I32X4, &ahead);
            let newest = self.builder.ins().iadd(at, ahead);
            let frames = self.builder.ins().isub(newest, delays);
            return self.lane_by_lane(&[frames], ty, |lower, of| lower.read(id, of[0]));
        }
        let delay = self.operand(body, delay);
        let first = self.builder.ins().isub(at, delay);
        let frames = [0, 1, 2, 3].map(|frame| {
            let frame = self.builder.ins().iadd_imm_s(first, frame);
            self.read(id, frame)
        });
        let scalar = self.builder.ins().scalar_to_vector(ty, frames[0]);
        debug_assert_eq!(self.builder.func.dfg.value_type(frames[0]), maths::machine(array.element));
        (1..)
            .zip(&frames[1..])
            .fold(scalar, |all, (lane, &value)| self.builder.ins().insertlane(all, value, lane))
    }
}
