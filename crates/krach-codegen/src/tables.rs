//! The contents of tables, computed on the caller's thread. A program that fills a table is compiled like any other,
//! and as long as a factory of this process holds the table, the next one shares it: the sine table of `os.osc` is
//! computed once, however many instruments read it. The same holds for recorded sounds.

use crate::{Refusal, Spec, compile};
use krach_abi::{Block, Buffer, DspFactory, FlushGuard, Frame, Precision, Sample, Seed, VoiceIo};
use krach_ir::{ContentKey, Digest, Entries, InterpretError, Program, TABLE_WORK, TableInit, Ty};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

/// Evaluations of nodes from which on compiling the generator is quicker than interpreting it.
const WORTH_COMPILING: u64 = 1 << 15;

/// Frames that a generator computes at once: its other outputs need room of that size.
const BLOCK: usize = 4096;

/// A shared table by meaning: the origin, the length, the rate and the precision.
type Meaning = (Origin, u32, u32, Precision);

#[derive(PartialEq, Eq, Hash)]
enum Origin {
    Generator(ContentKey),
    /// And the channel.
    Sound(Digest, u32),
}

/// The shared tables of this process, as long as a factory reads them.
static FILLED: LazyLock<Mutex<FxHashMap<Meaning, Weak<Contents>>>> = LazyLock::new(Mutex::default);

/// A row of samples as the code reads it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "Row", from = "Row")]
pub(crate) enum Contents {
    F32(Entries<f32>),
    F64(Entries<f64>),
}

impl Contents {
    /// The contents of a table of that program and that length. Generated tables and recorded sounds are shared within
    /// the process.
    pub(crate) fn fill(
        program: &Program,
        init: &TableInit,
        len: u32,
        spec: &Spec,
    ) -> Result<Arc<Self>, Refusal> {
        let origin = match init {
            TableInit::Generated(inner) => Origin::Generator(inner.key()),
            TableInit::Sound { digest, channel } => Origin::Sound(*digest, *channel),
            _ => return Self::interpret(program, init, len, spec).map(Arc::new),
        };
        let meaning = (origin, len, spec.sample_rate, spec.precision);
        let filled = || FILLED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(contents) = filled().get(&meaning).and_then(Weak::upgrade) {
            return Ok(contents);
        }
        let worth = |inner: &Program| {
            let work = u64::from(len) * inner.nodes().len() as u64;
            (WORTH_COMPILING..=TABLE_WORK).contains(&work)
        };
        let compiled = match init {
            TableInit::Generated(inner) if worth(inner) => generate(inner, len, spec),
            _ => None,
        };
        let contents = match compiled {
            Some(contents) => contents,
            None => Self::interpret(program, init, len, spec)?,
        };
        let contents = Arc::new(contents);
        let mut filled = filled();
        filled.retain(|_, table| table.strong_count() > 0);
        filled.insert(meaning, Arc::downgrade(&contents));
        Ok(contents)
    }

    fn interpret(program: &Program, init: &TableInit, len: u32, spec: &Spec) -> Result<Self, Refusal> {
        let contents = match spec.precision {
            Precision::Single => program.entries(init, len, spec.sample_rate).map(Self::F32),
            Precision::Double => program.entries(init, len, spec.sample_rate).map(Self::F64),
        };
        contents.map_err(|error| match error {
            InterpretError::Sound(digest) => Refusal::Sound(digest),
            error => Refusal::Table(error.to_string()),
        })
    }

    /// Where the entries start. They stay there as long as `self` lives and is not moved from: entries are boxed.
    pub(crate) fn start(&self) -> *const u8 {
        match self {
            Self::F32(Entries::Ints(entries)) | Self::F64(Entries::Ints(entries)) => entries.as_ptr().cast(),
            Self::F32(Entries::Reals(entries)) => entries.as_ptr().cast(),
            Self::F64(Entries::Reals(entries)) => entries.as_ptr().cast(),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::F32(Entries::Ints(entries)) | Self::F64(Entries::Ints(entries)) => size_of_val(&**entries),
            Self::F32(Entries::Reals(entries)) => size_of_val(&**entries),
            Self::F64(Entries::Reals(entries)) => size_of_val(&**entries),
        }
    }
}

/// Runs the generator as native code, which gives the bits of the interpreter. Nothing if it makes ints, which do not
/// pass through ports, or cannot be compiled: then the interpreter fills the table or says why it cannot be filled.
fn generate(program: &Program, len: u32, spec: &Spec) -> Option<Contents> {
    let first = program.outputs().first()?.sig;
    if program.node(first).ty != Ty::Real || !program.inputs().is_empty() {
        return None;
    }
    let factory = compile(program, &Spec::new(spec.sample_rate, spec.precision)).ok()?;
    Some(match spec.precision {
        Precision::Single => Contents::F32(Entries::Reals(run(factory.as_ref(), len as usize))),
        Precision::Double => Contents::F64(Entries::Reals(run(factory.as_ref(), len as usize))),
    })
}

/// The first output of a program without inputs, from its first frame on.
fn run<S: Sample>(factory: &dyn DspFactory, len: usize) -> Box<[S]> {
    let mut dsp = factory.instantiate(Seed::default());
    let (nothing, mut heard) = (Buffer::new(0, BLOCK), Buffer::new(factory.ports().outputs, BLOCK));
    let mut entries: Box<[S]> = vec![S::default(); len].into();
    let _flush = FlushGuard::new();
    let mut start = Frame::default();
    for part in entries.chunks_mut(BLOCK) {
        let (inputs, outputs) = (nothing.head(part.len()), heard.head_mut(part.len()));
        let mut block = Block { start, inputs, outputs, voices: &mut [VoiceIo::BUSY] };
        S::process(dsp.as_mut(), &mut block);
        part.copy_from_slice(&heard.channel(0)[..part.len()]);
        start = start.after(part.len());
    }
    entries
}

/// The same as saved: what entries are of tells itself.
#[derive(Serialize, Deserialize)]
enum Row {
    Ints(Vec<i32>),
    Singles(Vec<f32>),
    Doubles(Vec<f64>),
}

impl From<Contents> for Row {
    fn from(contents: Contents) -> Self {
        match contents {
            Contents::F32(Entries::Ints(entries)) | Contents::F64(Entries::Ints(entries)) => {
                Self::Ints(entries.into())
            }
            Contents::F32(Entries::Reals(entries)) => Self::Singles(entries.into()),
            Contents::F64(Entries::Reals(entries)) => Self::Doubles(entries.into()),
        }
    }
}

impl From<Row> for Contents {
    fn from(row: Row) -> Self {
        match row {
            // Ints are the same in both precisions.
            Row::Ints(entries) => Self::F32(Entries::Ints(entries.into())),
            Row::Singles(entries) => Self::F32(Entries::Reals(entries.into())),
            Row::Doubles(entries) => Self::F64(Entries::Reals(entries.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use krach_ir::{Fun, ProgramBuilder};

    /// Sines of steps of 0.001, or the steps themselves as ints.
    fn program(name: &str, ty: Ty) -> Program {
        let mut b = ProgramBuilder::new(name);
        let count = b.register(ty);
        let before = b.read(count);
        let step = match ty {
            Ty::Int => b.int(1),
            Ty::Real => b.real(0.001).expect("finite"),
        };
        let next = b.apply(Fun::Add, &[before, step]).expect("two of one type");
        b.write(count, next).expect("of its type");
        let out = match ty {
            Ty::Int => next,
            Ty::Real => b.apply(Fun::Sin, &[before]).expect("a real"),
        };
        b.output("out", out).expect("the first");
        b.finish().expect("valid")
    }

    fn filled(program: &Program, len: u32, precision: Precision) -> Arc<Contents> {
        let init = TableInit::Generated(Arc::new(program.clone()));
        Contents::fill(program, &init, len, &Spec::new(48_000, precision)).expect("small")
    }

    fn bits(contents: &Contents) -> Vec<u64> {
        match contents {
            Contents::F32(Entries::Reals(values)) => values.iter().map(|x| u64::from(x.to_bits())).collect(),
            Contents::F64(Entries::Reals(values)) => values.iter().map(|x| x.to_bits()).collect(),
            other => panic!("{other:?} are not reals"),
        }
    }

    #[test]
    fn compiled_generators_fill_tables_as_the_interpreter_does() {
        let sines = program("sines", Ty::Real);
        let init = TableInit::Generated(Arc::new(sines.clone()));
        for precision in [Precision::Single, Precision::Double] {
            let spec = Spec::new(48_000, precision);
            let compiled = generate(&sines, 20_000, &spec).expect("reals");
            let interpreted = Contents::interpret(&sines, &init, 20_000, &spec).expect("small");
            assert_eq!(bits(&compiled), bits(&interpreted));
        }
    }

    #[test]
    fn tables_of_one_meaning_are_shared_while_a_factory_holds_them() {
        let first = filled(&program("one", Ty::Real), 30_000, Precision::Single);
        assert!(Arc::ptr_eq(&first, &filled(&program("two", Ty::Real), 30_000, Precision::Single)));
        assert!(!Arc::ptr_eq(&first, &filled(&program("one", Ty::Real), 30_001, Precision::Single)));
        let watch = Arc::downgrade(&first);
        drop(first);
        assert!(watch.upgrade().is_none(), "no factory reads it any more");
    }

    #[test]
    fn generators_of_ints_are_interpreted() {
        let contents = filled(&program("count", Ty::Int), 40_000, Precision::Single);
        assert!(matches!(&*contents, Contents::F32(Entries::Ints(values)) if values[39_999] == 40_000));
    }
}
