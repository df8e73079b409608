//! Tables: the arguments of `rdtable` and `rwtable` that say how long they are and what they hold.

use crate::print::vocabulary::Vocabulary;
use crate::syntax::ast::{Definition, Expr, Numbers};
use krach_ir::{Program, Ram, RamId, Table, TableId, TableInit, Ty};
use rustc_hash::FxHashMap;

/// Tables up to this length are written where they are read.
const SHORT: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct Stores {
    tables: FxHashMap<TableId, Vec<Expr>>,
    rams: FxHashMap<RamId, Vec<Expr>>,
}

impl Stores {
    pub fn table(&self, id: TableId) -> Vec<Expr> {
        self.tables.get(&id).cloned().unwrap_or_default()
    }

    pub fn ram(&self, id: RamId) -> Vec<Expr> {
        self.rams.get(&id).cloned().unwrap_or_default()
    }

    pub fn add_table(&mut self, program: &Program, id: TableId, vocabulary: &mut Vocabulary) {
        let Table { ty, len, init } = program.table(id);
        self.tables.entry(id).or_insert_with(|| contents(program, init, *ty, *len, false, vocabulary));
    }

    /// A table with a gate has an entry more, which is written while the gate is closed.
    pub fn add_ram(&mut self, program: &Program, id: RamId, vocabulary: &mut Vocabulary) {
        let Ram { ty, len, init, gate, .. } = program.ram(id);
        self.rams.entry(id).or_insert_with(|| contents(program, init, *ty, *len, gate.is_some(), vocabulary));
    }
}

/// One waveform, or a size and what computes the contents.
fn contents(
    program: &Program,
    init: &TableInit,
    ty: Ty,
    len: u32,
    spare: bool,
    vocabulary: &mut Vocabulary,
) -> Vec<Expr> {
    let size = Expr::Int(i32::try_from(len + u32::from(spare)).unwrap_or(i32::MAX));
    let (numbers, same) = match init {
        TableInit::Sound { digest, channel } => match program.samples(*digest, *channel, len) {
            Some(samples) => (Numbers::Reals(extended(samples, spare)), None),
            // Faust text cannot say that samples are missing: an error says so where the program is played.
            None => return vec![size, Expr::Real(0.0)],
        },
        TableInit::Reals(values) => {
            let same = values.iter().all(|value| value.to_bits() == values[0].to_bits());
            (Numbers::Reals(extended(values, spare)), same.then(|| Expr::Real(values[0])))
        }
        TableInit::Ints(values) => {
            let same = values.iter().all(|value| *value == values[0]);
            (Numbers::Ints(extended(values, spare)), same.then(|| Expr::Int(values[0])))
        }
        TableInit::Generated(inner) => {
            let body = crate::print::generator(inner, ty, vocabulary);
            return vec![size, Expr::Name(vocabulary.function("contents", None, Vec::new(), body))];
        }
    };
    if let Some(same) = same {
        return vec![size, same];
    }
    let waveform = Expr::Waveform(numbers);
    if len as usize <= SHORT {
        return vec![waveform];
    }
    let name = vocabulary.names.give("table");
    vocabulary.tables.push(Definition::value(name.clone(), waveform));
    vec![Expr::Name(name)]
}

fn extended<T: Copy + Default>(values: &std::sync::Arc<[T]>, spare: bool) -> std::sync::Arc<[T]> {
    if spare { values.iter().copied().chain([T::default()]).collect() } else { values.clone() }
}
