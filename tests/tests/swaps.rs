//! State follows its name when a program is edited as a musician edits: receipts say so, and nothing steps.

use krach_abi::{Buffer, Fate, Frame, Precision};
use krach_codegen::{Spec, compile};
use krach_engine::{NodeSpec, Receipt, Settings, Sound, Stage};
use krach_ir::{BuildError, Fun, Program, ProgramBuilder, Sig, Ty};

const RATE: u32 = 48_000;
const SWAP: usize = 6_000;
const FADE: f64 = 0.02;

/// A triangle of 110 Hz through one-poles with these names and coefficients.
fn tone(name: &str, poles: &[(&str, f64)]) -> Program {
    let build = || -> Result<Program, BuildError> {
        let mut b = ProgramBuilder::new(name);
        let phase = b.register(Ty::Real);
        let (before, one) = (b.read(phase), b.real(1.0)?);
        let step = b.real(110.0 / f64::from(RATE))?;
        let sum = b.apply(Fun::Add, &[before, step])?;
        let next = b.apply(Fun::Rem, &[sum, one])?;
        b.write(phase, next)?;
        b.name(next, "phase");
        let half = b.real(0.5)?;
        let middle = b.apply(Fun::Sub, &[next, half])?;
        let mut heard: Sig = b.apply(Fun::Abs, &[middle])?;
        for &(name, pole) in poles {
            heard = one_pole(&mut b, heard, name, pole)?;
        }
        b.output("out", heard)?;
        b.finish()
    };
    build().expect("a valid program")
}

fn one_pole(b: &mut ProgramBuilder, x: Sig, name: &str, pole: f64) -> Result<Sig, BuildError> {
    let held = b.register(Ty::Real);
    let (y, pole, rest) = (b.read(held), b.real(pole)?, b.real(1.0 - pole)?);
    let (fed, kept) = (b.apply(Fun::Mul, &[x, rest])?, b.apply(Fun::Mul, &[y, pole])?);
    let next = b.apply(Fun::Add, &[fed, kept])?;
    b.write(held, next)?;
    b.name(next, name);
    Ok(next)
}

fn sound(program: &Program) -> Sound {
    Sound::new(compile(program, &Spec::new(RATE, Precision::Single)).expect("it compiles"))
}

/// Plays one program, then another: the samples, and the keys by their fate.
fn swap(old: &Program, new: Option<&Program>) -> (Vec<f32>, [Vec<String>; 3]) {
    let (mut stage, mut processor) = Stage::new(Settings::new(RATE));
    let node = stage.edit(None, |edit| edit.add(NodeSpec::new(sound(old)))).expect("room").0;
    if let Some(new) = new {
        let new = sound(new);
        stage.edit(Some(Frame(SWAP as u64)), |edit| edit.replace(node, new, FADE)).expect("room");
    }
    let (input, mut output) = (Buffer::new(0, 64), Buffer::new(2, 64));
    let mut heard = Vec::new();
    while heard.len() < 2 * SWAP {
        processor.process(input.head(64), output.head_mut(64));
        heard.extend_from_slice(output.channel(0));
    }
    let mut fates: [Vec<String>; 3] = Default::default();
    for receipt in stage.receipts() {
        let Receipt::Swapped { state, carries, .. } = receipt else { continue };
        assert!(carries);
        for piece in state {
            assert_eq!(piece.bytes, 4);
            fates[piece.fate as usize].push(piece.key.to_string());
        }
    }
    fates.iter_mut().for_each(|keys| keys.sort());
    (heard, fates)
}

const OLD: [(&str, f64); 2] = [("a", 0.95), ("b", 0.9)];

#[test]
fn a_filter_that_is_inserted_begins_and_all_others_go_on() {
    assert_eq!([Fate::Kept as usize, Fate::Begun as usize, Fate::Dropped as usize], [0, 1, 2]);
    let old = tone("tone", &OLD);
    let step = |heard: &[f32]| heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    let own = step(&swap(&old, None).0[SWAP - 1_000..]);
    for at in 0..=OLD.len() {
        let mut poles = OLD.to_vec();
        poles.insert(at, ("z", 0.93));
        let new = tone("tone", &poles);
        let (heard, fates) = swap(&old, Some(&new));
        assert_eq!(fates, [vec!["a", "b", "phase"], vec!["z"], vec![]].map(owned), "inserted at {at}");
        // Each of the two sounds has an amplitude of at most 0.5, and fades in 960 frames.
        let most = own + 0.5 / 960.0 * 2.0;
        assert!(step(&heard[SWAP - 1_000..]) < most, "inserted at {at}: {}", step(&heard[SWAP - 1_000..]));
        let (heard, fates) = swap(&new, Some(&old));
        assert_eq!(fates, [vec!["a", "b", "phase"], vec![], vec!["z"]].map(owned), "removed at {at}");
        assert!(step(&heard[SWAP - 1_000..]) < most);
    }
}

fn owned(keys: Vec<&str>) -> Vec<String> {
    keys.into_iter().map(str::to_owned).collect()
}

#[test]
fn a_program_with_another_name_goes_on_bit_for_bit() {
    let old = tone("tone", &OLD);
    let (alone, _) = swap(&old, None);
    let (renamed, fates) = swap(&old, Some(&tone("lead", &OLD)));
    assert!(alone == renamed && alone.iter().any(|&sample| sample > 0.1));
    assert_eq!(fates, [vec!["a", "b", "phase"], vec![], vec![]].map(owned));
}
