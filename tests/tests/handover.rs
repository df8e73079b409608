//! State goes from a running copy into a new one: the same program goes on as if nothing had happened, a changed one
//! keeps what it still names.

use krach_abi::{Block, Buffer, Dsp, DspFactory, FlushGuard, Frame, Precision, Seed, VoiceIo};
use krach_codegen::{NativeFactory, Spec, compile};
use krach_ir::{
    BuildError, Control, ControlKind, Fun, InterpreterFactory, Program, ProgramBuilder, Sig, Ty, at_rate,
};
use std::collections::BTreeSet;
use std::sync::Arc;

const RATE: u32 = 48_000;
const BLOCK: usize = 64;

fn native(program: &Program) -> Arc<NativeFactory> {
    compile(program, &Spec::new(RATE, Precision::Double)).expect("a small program")
}

/// The next block of all voices; every input is a slow saw.
fn block(dsp: &mut dyn Dsp, ports: (usize, usize), start: usize) -> Buffer<f64> {
    let mut input = Buffer::new(ports.0, BLOCK);
    for port in 0..ports.0 {
        for (frame, sample) in input.channel_mut(port).iter_mut().enumerate() {
            *sample = ((start + frame) % 97 * (port + 1)) as f64 / 97.0 - 0.5;
        }
    }
    let mut output = Buffer::new(ports.1 * dsp.voices(), BLOCK);
    let mut voices = vec![VoiceIo::BUSY; dsp.voices()];
    let _flush = FlushGuard::new();
    dsp.process_f64(&mut Block {
        start: Frame(start as u64),
        inputs: input.head(BLOCK),
        outputs: output.head_mut(BLOCK),
        voices: &mut voices,
    });
    output
}

/// Plays `before` blocks of `old`, hands over to `new` in slices of some bytes while the old one plays on, and
/// plays three more blocks. Returns those and the three that the old one plays.
fn hand_over(
    old: &dyn DspFactory,
    new: &dyn DspFactory,
    voices: [usize; 2],
    before: usize,
    bytes: usize,
) -> [Vec<Buffer<f64>>; 2] {
    let ports = |factory: &dyn DspFactory| (factory.ports().inputs, factory.ports().outputs);
    let (mut from, mut to) = (old.voices(voices[0], Seed::default()), new.voices(voices[1], Seed::default()));
    let mut at = 0;
    let mut play_on = |from: &mut dyn Dsp| {
        at += BLOCK;
        block(from, ports(old), at - BLOCK)
    };
    (0..before).for_each(|_| drop(play_on(from.as_mut())));
    let mut handover = new.handover(old, voices[0].min(voices[1]));
    let mut turns = 0;
    while !handover.carry(from.as_mut(), to.as_mut(), &mut { bytes }) {
        play_on(from.as_mut());
        turns += 1;
        assert!(turns < 100_000, "it ends");
    }
    let tail = |dsp: &mut dyn Dsp, ports| (0..3).map(|turn| block(dsp, ports, at + turn * BLOCK)).collect();
    [tail(to.as_mut(), ports(new)), tail(from.as_mut(), ports(old))]
}

fn assert_same(program: &Program, bytes: usize) {
    let rated = Arc::new(at_rate(program, RATE));
    let reference = InterpreterFactory::new(rated, RATE, Precision::Double).expect("a small program");
    let native = native(program);
    let factories: [&dyn DspFactory; 2] = [native.as_ref(), &reference];
    for factory in factories {
        let [got, wanted] = hand_over(factory, factory, [1, 1], 5, bytes);
        for (got, wanted) in got.iter().zip(&wanted) {
            for port in 0..wanted.channels() {
                let bits = |x: &f64| if x.is_nan() { 0 } else { x.to_bits() };
                let (got, wanted) = (got.channel(port), wanted.channel(port));
                assert!(got.iter().map(bits).eq(wanted.iter().map(bits)), "{factory:?}");
            }
        }
    }
}

/// A saw through a long echo and a leaky sum, each with its gain.
fn voice(gain: f64, filtered: bool) -> Program {
    let build = || -> Result<Program, BuildError> {
        let mut b = ProgramBuilder::new("voice");
        let range = [110.0, 20.0, 2_000.0, 0.1];
        let freq = b.control(Control::new("freq", ControlKind::Slider, range))?;
        let phase = b.register(Ty::Real);
        let (before, rate, one) = (b.read(phase), b.sample_rate(), b.real(1.0)?);
        let step = b.apply(Fun::Div, &[freq, rate])?;
        let sum = b.apply(Fun::Add, &[before, step])?;
        let next = b.apply(Fun::Rem, &[sum, one])?;
        b.write(phase, next)?;
        b.name(next, "phase");
        let mut heard: Sig = next;
        if filtered {
            let pole = b.register(Ty::Real);
            let (held, half) = (b.read(pole), b.real(0.5)?);
            let mixed = b.apply(Fun::Add, &[held, heard])?;
            heard = b.apply(Fun::Mul, &[mixed, half])?;
            b.write(pole, heard)?;
            b.name(heard, "filter");
        }
        let frames = b.int(1_000);
        let late = b.delay(next, frames, None)?;
        let gain = b.real(gain)?;
        let loud = b.apply(Fun::Mul, &[heard, gain])?;
        b.output("dry", loud)?;
        b.output("late", late)?;
        b.finish()
    };
    build().expect("a valid program")
}

#[test]
fn voices_side_by_side_go_on_bit_for_bit() {
    let spec = Spec::new(RATE, Precision::Single);
    let native = |gain| compile(&voice(gain, true), &spec).expect("a small program");
    for bytes in [100, usize::MAX] {
        let [got, wanted] = hand_over(native(0.5).as_ref(), native(0.5).as_ref(), [11, 11], 40, bytes);
        assert!(got == wanted, "all voices go on");
    }
}

#[test]
fn the_same_program_goes_on_bit_for_bit() {
    for bytes in [1, 100, 1_000, usize::MAX] {
        assert_same(&voice(0.5, false), bytes);
    }
}

#[test]
fn a_changed_gain_keeps_phases_and_echoes() {
    let [got, wanted] =
        hand_over(native(&voice(0.25, false)).as_ref(), native(&voice(0.5, false)).as_ref(), [1, 1], 20, 64);
    for (got, wanted) in got.iter().zip(&wanted) {
        assert!(got.channel(0).iter().zip(wanted.channel(0)).all(|(got, wanted)| *got == wanted * 2.0));
        assert_eq!(got.channel(1), wanted.channel(1));
        assert!(wanted.channel(1).iter().any(|&y| y != 0.0));
    }
}

#[test]
fn an_inserted_filter_leaves_the_rest_as_it_was() {
    let [got, wanted] =
        hand_over(native(&voice(0.5, false)).as_ref(), native(&voice(0.5, true)).as_ref(), [1, 1], 20, 64);
    assert_eq!(got[0].channel(1), wanted[0].channel(1));
    assert_eq!(got[0].channel(0)[0], wanted[0].channel(0)[0] / 2.0, "the filter itself begins at birth");
}

#[test]
fn a_handover_says_what_becomes_of_each_piece_and_where_it_was_written() {
    let fates = |old: &Program, new: &Program| {
        let rated = |program| Arc::new(at_rate(program, RATE));
        let interpreted = |program| InterpreterFactory::new(rated(program), RATE, Precision::Double);
        let of = |new: &dyn DspFactory, old: &dyn DspFactory| -> BTreeSet<(String, usize, String)> {
            let pieces = new.handover(old, 1).pieces().into_iter();
            pieces.map(|piece| (piece.key.to_string(), piece.bytes, format!("{:?}", piece.fate))).collect()
        };
        let native = of(native(new).as_ref(), native(old).as_ref());
        let wanted = of(&interpreted(new).expect("small"), &interpreted(old).expect("small"));
        // The rings of native code are powers of two.
        let named = |all: &BTreeSet<(String, usize, String)>| -> Vec<(String, String)> {
            all.iter().map(|(key, _, fate)| (key.clone(), fate.clone())).collect()
        };
        assert_eq!(named(&native), named(&wanted));
        native
    };
    let piece = |key: &str, bytes, fate: &str| (key.to_owned(), bytes, fate.to_owned());
    let (plain, filtered) = (voice(0.5, false), voice(0.5, true));
    let ring = piece("phase.1", 1024 * 8, "Kept");
    let wanted = [piece("phase", 8, "Kept"), ring.clone(), piece("filter", 8, "Begun")];
    assert_eq!(fates(&plain, &filtered), BTreeSet::from(wanted));
    let wanted = [piece("phase", 8, "Kept"), ring, piece("filter", 8, "Dropped")];
    assert_eq!(fates(&filtered, &plain), BTreeSet::from(wanted));
}

#[test]
fn one_voice_becomes_the_first_of_eight() {
    let factory = native(&voice(0.5, false));
    let [got, wanted] = hand_over(factory.as_ref(), factory.as_ref(), [1, 8], 20, 64);
    let born = block(factory.instantiate(Seed::default()).as_mut(), (0, 2), 0);
    for port in 0..2 {
        assert_eq!(got[0].channel(port), wanted[0].channel(port));
        assert_eq!(got[0].channel(7 * 2 + port), born.channel(port), "the others are new");
    }
}

#[test]
fn a_voice_that_is_reborn_on_the_way_leaves_nothing_of_its_life_before() {
    let factory = native(&voice(0.5, false));
    let born = block(factory.instantiate(Seed::default()).as_mut(), (0, 2), 0);
    for turns in 1..40 {
        let (mut from, mut to) = (factory.instantiate(Seed::default()), factory.instantiate(Seed::default()));
        (0..30).for_each(|_| drop(block(from.as_mut(), (0, 2), 0)));
        let mut handover = factory.handover(factory.as_ref(), 1);
        let mut done = false;
        for turn in 0..400 {
            if turn == turns {
                from.reset(0);
            }
            done = handover.carry(from.as_mut(), to.as_mut(), &mut 700) && turn > turns;
            if done {
                break;
            }
            block(from.as_mut(), (0, 2), 0);
        }
        assert!(done, "the slices follow");
        (0..40).for_each(|turn| {
            assert_eq!(
                block(to.as_mut(), (0, 2), 0),
                block(from.as_mut(), (0, 2), 0),
                "reborn at turn {turns}, {turn} blocks later"
            );
        });
        from.reset(0);
        to.reset(0);
        assert_eq!(block(to.as_mut(), (0, 2), 0), born);
        assert_eq!(block(from.as_mut(), (0, 2), 0), born);
    }
}

/// A saw that is read some frames ago.
fn late(frames: i32) -> Program {
    let build = || -> Result<Program, BuildError> {
        let mut b = ProgramBuilder::new("late");
        let phase = b.register(Ty::Real);
        let (before, step, one) = (b.read(phase), b.real(0.01)?, b.real(1.0)?);
        let sum = b.apply(Fun::Add, &[before, step])?;
        let next = b.apply(Fun::Rem, &[sum, one])?;
        b.write(phase, next)?;
        b.name(next, "phase");
        let frames = b.int(frames);
        let late = b.delay(next, frames, None)?;
        b.output("late", late)?;
        b.finish()
    };
    build().expect("a valid program")
}

#[test]
fn a_delay_goes_on_when_it_becomes_shorter_or_longer() {
    for (old, new) in [(1, 700), (700, 1), (1, 2), (2, 1), (30, 700), (700, 30)] {
        for blocks in [1, 20] {
            let [got, _] = hand_over(
                native(&late(old)).as_ref(),
                native(&late(new)).as_ref(),
                [1, 1],
                blocks,
                usize::MAX,
            );
            let frames = blocks * BLOCK;
            // The value of the saw on a frame, if the old delay still held it.
            let saw = |frame: usize| (0..=frame).fold(0.0_f64, |phase, _| (phase + 0.01) % 1.0);
            let heard: Vec<f64> = got.iter().flat_map(|block| block.channel(0)).copied().collect();
            for (at, &heard) in heard.iter().enumerate() {
                let held = (frames + at).checked_sub(new as usize);
                let known = held.filter(|frame| *frame + old as usize >= frames);
                match (held, known) {
                    (None, _) => assert_eq!(heard, 0.0, "{old} {new} {at}"),
                    (_, Some(frame)) => {
                        assert!((heard - saw(frame)).abs() < 1e-9, "{old} {new} {at}: {heard}");
                    }
                    // Longer ago than the old delay remembers: at most what a larger ring happened to keep.
                    _ => assert!((0.0..1.0).contains(&heard), "{old} {new} {at}"),
                }
            }
        }
    }
}

#[test]
fn programs_with_nothing_in_common_hand_over_nothing() {
    let mut b = ProgramBuilder::new("noise");
    let noise = b.noise();
    b.output("out", noise).expect("its own signal");
    let noise = native(&b.finish().expect("a valid program"));
    let [got, _] = hand_over(native(&voice(0.5, false)).as_ref(), noise.as_ref(), [1, 1], 3, 64);
    let born = block(noise.instantiate(Seed::default()).as_mut(), (0, 1), 0);
    assert_eq!(got[0], born);
}

#[test]
fn a_voice_with_a_long_echo_is_reborn_again_and_again() {
    // The block that was left is cleared while the other plays: often long before, sometimes just in time.
    let factory = native(&voice(0.5, false));
    let mut dsp = factory.instantiate(Seed::default());
    let born = block(dsp.as_mut(), (0, 2), 0);
    for blocks in [0, 1, 40, 0, 3, 200, 1, 0, 17] {
        (0..blocks).for_each(|_| drop(block(dsp.as_mut(), (0, 2), 0)));
        dsp.reset(0);
        assert_eq!(block(dsp.as_mut(), (0, 2), 0), born, "after {blocks} blocks");
        let silent =
            (1..15).all(|_| block(dsp.as_mut(), (0, 2), 0).channel(1).iter().all(|&late| late == 0.0));
        assert!(silent, "nothing of the life before is heard");
    }
}

proptest::proptest! {
    #![proptest_config(krach_tests::random::config())]

    #[test]
    fn random_programs_go_on_bit_for_bit(program in krach_tests::random::programs()) {
        assert_same(&program, usize::MAX);
    }
}
