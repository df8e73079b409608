//! The plan of a kernel, in a dozen lines: what runs when, how often, how large it is, and what stands still at rest.

use crate::kernel::{Body, Do, Kernel, Region, Type, Walk};
use crate::layout::{Holds, Slot, SlotId};
use crate::{NativeFactory, Refusal, Spec};
use std::collections::BTreeMap;
use std::fmt::{self, Write};

impl Kernel {
    /// What was decided about the program: its sections, their instructions, the registers that stay in the machine, and
    /// the state that is compared before a block may run at rest.
    #[must_use]
    pub fn plan(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write_plan(&mut text);
        text
    }

    fn write_plan(&self, to: &mut String) -> fmt::Result {
        let (spec, name) = (self.spec(), self.program().name());
        writeln!(to, "plan {name:?}: {} Hz, {}, voices {}\n", spec.sample_rate, spec.precision, spec.voices)?;
        writeln!(to, "init, at birth: {}", Size(self.init()))?;
        self.write_voices(to)?;
        writeln!(to, "control, when a control changes: {}", Size(self.control()))?;
        for region in self.sample() {
            self.write_loop(to, "moving, every frame", region)?;
        }
        if let Some(stepping) = self.stepping() {
            if let Some(followers) = &stepping.followers {
                self.write_loop(to, "followers, every four frames while they move", followers)?;
            }
            match stepping.sample.walk {
                Walk::Step1 => self.write_loop(to, "behind followers, every frame", &stepping.sample)?,
                Walk::Step4 => self.write_loop(to, "moving, every four frames", &stepping.sample)?,
            }
        }
        let Some(rest) = self.rest() else {
            return writeln!(to, "at rest: the same, since no state follows only controls");
        };
        for region in &rest.sample {
            self.write_loop(to, "at rest, every frame", region)?;
        }
        if let Some(region) = &rest.stepping {
            self.write_loop(to, "at rest, every four frames", region)?;
        }
        writeln!(to, "settle, before a block while something moves: {}", Size(&rest.settle))?;
        for inst in rest.settle.insts().iter().filter(|inst| inst.what == Do::Differ) {
            if let Do::Load(slot) = rest.settle.inst(rest.settle.operands(inst)[0]).what {
                writeln!(to, "  compares {}", self.named(slot))?;
            }
        }
        writeln!(to, "hold, once it has come to rest: {}", Size(&rest.hold))
    }

    /// How several voices are computed.
    fn write_voices(&self, to: &mut String) -> fmt::Result {
        if self.spec().voices > 1 {
            return Ok(());
        }
        let lanes = NativeFactory::SIDE_BY_SIDE;
        match Self::build(self.program(), &Spec { voices: lanes, ..*self.spec() }) {
            Ok(kernel) => {
                let regions = kernel.rest().map_or(kernel.sample(), |rest| &rest.sample);
                regions.iter().try_for_each(|region| {
                    writeln!(to, "voices, {lanes} side by side, every frame: {}", Size(&region.body))
                })
            }
            Err(Refusal::Lanes(why)) => writeln!(to, "voices, one after the other: {why}"),
            Err(refusal) => writeln!(to, "voices, one after the other: {refusal}"),
        }
    }

    fn write_loop(&self, to: &mut String, title: &str, region: &Region) -> fmt::Result {
        writeln!(to, "{title}: {}", Size(&region.body))?;
        if let Some((cost, scalar)) = region.cost {
            let lanes = region.body.insts().iter().filter(|inst| inst.ty.is_some_and(Type::is_lanes)).count();
            writeln!(to, "  {lanes} of them in lanes; estimated cost {cost}, frame by frame {scalar}")?;
        }
        if !region.carried.is_empty() {
            let names: Vec<String> = region.carried.iter().map(|&slot| self.named(slot)).collect();
            writeln!(to, "  carries {}", names.join(", "))?;
        }
        Ok(())
    }

    /// A slot by what it holds and the key of its state.
    fn named(&self, id: SlotId) -> String {
        let Slot { holds, lanes, .. } = self.layout().slot(id);
        let key = lanes.iter().find_map(|lane| lane.keys.first());
        match (holds, key) {
            (Holds::Register(_) | Holds::Cell(_), Some(key)) => format!("{holds} {key:?}"),
            _ => holds.to_string(),
        }
    }
}

/// The instructions of a body, without constants, the most frequent first.
struct Size<'a>(&'a Body);

impl fmt::Display for Size<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for inst in self.0.insts() {
            let kind = match inst.what {
                Do::Real(_) | Do::Int(_) => continue,
                Do::Keep(_) => "keep".to_owned(),
                Do::Kept(_) => "kept".to_owned(),
                Do::Unpack(_) => "unpack".to_owned(),
                Do::Load(_) => "load".to_owned(),
                Do::Store(_) => "store".to_owned(),
                Do::Input(_) => "input".to_owned(),
                Do::Output(_) => "output".to_owned(),
                Do::Push(_) => "push".to_owned(),
                Do::Tap(_) => "tap".to_owned(),
                Do::Lookup(_) => "lookup".to_owned(),
                Do::Recall(_) => "recall".to_owned(),
                Do::Put(_) => "put".to_owned(),
                what => what.to_string(),
            };
            *counts.entry(kind).or_default() += 1;
        }
        let mut kinds: Vec<(usize, String)> = counts.into_iter().map(|(kind, count)| (count, kind)).collect();
        kinds.sort_by(|(a, first), (b, second)| b.cmp(a).then_with(|| first.cmp(second)));
        let total: usize = kinds.iter().map(|(count, _)| count).sum();
        write!(f, "{total} {}", if total == 1 { "instruction" } else { "instructions" })?;
        if total > 0 {
            let list: Vec<String> =
                kinds.into_iter().map(|(count, kind)| format!("{count} {kind}")).collect();
            write!(f, " ({})", list.join(", "))?;
        }
        Ok(())
    }
}
