//! Voices side by side are the same voices one after the other, bit for bit: random programs and the fixtures, at any
//! block size, with controls that move, voices that are born again and voices that stand still.

use krach_abi::{Block, Buffer, Dsp, DspFactory, FlushGuard, Frame, Precision, Seed, VoiceIo};
use krach_codegen::{Kernel, NativeFactory, Refusal, Spec, clif, compile};
use krach_diag::Source;
use krach_ir::{BuildError, Control, ControlKind, Fun, Program, ProgramBuilder, Sig, Ty, at_rate, optimise};
use krach_tests::dice::Dice;
use std::path::Path;
use std::sync::Arc;

const RATE: u32 = 48_000;
const VOICES: usize = 11;
const SEED: Seed = Seed { instance: 3, voice: 5 };

fn native(program: &Program) -> Arc<NativeFactory> {
    compile(program, &Spec::new(RATE, Precision::Single)).expect("a small program")
}

/// Voices of their own, played like those of one copy.
struct Apart(Vec<Box<dyn Dsp>>);

impl Apart {
    fn new(factory: &dyn DspFactory) -> Self {
        let seed = |voice| Seed { voice: SEED.voice + voice, ..SEED };
        Self((0..VOICES as u32).map(|voice| factory.voices(1, seed(voice))).collect())
    }

    fn process(
        &mut self,
        inputs: &Buffer<f32>,
        frames: usize,
        outputs: &mut Buffer<f32>,
        io: &mut [VoiceIo],
    ) {
        let ports = outputs.channels() / VOICES;
        for (at, (dsp, io)) in self.0.iter_mut().zip(io).enumerate() {
            let mut heard = outputs.head_mut(frames);
            dsp.process_f32(&mut Block {
                start: Frame::default(),
                inputs: inputs.head(frames),
                outputs: heard.some(at * ports..(at + 1) * ports),
                voices: std::slice::from_mut(io),
            });
        }
    }
}

/// Any NaN is any other.
fn bits(value: f32) -> u32 {
    if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() }
}

/// Turns knobs, and lets voices begin, rest and go on, the same way on both sides.
fn play(
    dice: &mut Dice<'_>,
    factory: &dyn DspFactory,
    packed: &mut dyn Dsp,
    apart: &mut Apart,
    busy: &mut [VoiceIo],
) {
    for _ in 0..dice.below(5) {
        let voice = dice.below(VOICES);
        match dice.below(4) {
            0 => {
                packed.reset(voice);
                apart.0[voice].reset(0);
            }
            1 => busy[voice].busy = !busy[voice].busy,
            _ if factory.ports().controls.is_empty() => {}
            _ => {
                let control = dice.below(factory.ports().controls.len());
                let range = factory.ports().controls[control];
                let value = range.lo + dice.below(9) as f64 / 8.0 * (range.hi - range.lo);
                packed.set(voice, control, value);
                apart.0[voice].set(0, control, value);
            }
        }
    }
}

/// Compares voices side by side with voices of their own; whether they are side by side at all.
fn check(program: &Program, block: usize, blocks: usize) -> bool {
    let factory = native(program);
    if factory.scalar_because(VOICES).is_some() {
        return false;
    }
    let _flush = FlushGuard::new();
    let (mut packed, mut apart) = (factory.voices(VOICES, SEED), Apart::new(factory.as_ref()));
    let ports = factory.ports();
    let mut inputs = Buffer::new(ports.inputs, block);
    let [mut got, mut wanted] = [0, 1].map(|_| Buffer::new(ports.outputs * VOICES, block));
    let mut dice = Dice::seeded(block as u64);
    let mut io = [VoiceIo::BUSY; VOICES];
    for turn in 0..blocks {
        play(&mut dice, factory.as_ref(), packed.as_mut(), &mut apart, &mut io);
        for port in 0..ports.inputs {
            let noise = |sample: &mut f32| *sample = dice.below(2001) as f32 / 1000.0 - 1.0;
            inputs.channel_mut(port).iter_mut().for_each(noise);
        }
        let frames = if turn % 7 == 3 { dice.below(block + 1) } else { block };
        let (mut own, mut others) = (io, io);
        packed.process_f32(&mut Block {
            start: Frame::default(),
            inputs: inputs.head(frames),
            outputs: got.head_mut(frames),
            voices: &mut own,
        });
        apart.process(&inputs, frames, &mut wanted, &mut others);
        for at in 0..ports.outputs * VOICES {
            let (got, wanted) = (&got.channel(at)[..frames], &wanted.channel(at)[..frames]);
            if let Some(frame) = got.iter().zip(wanted).position(|(&a, &b)| bits(a) != bits(b)) {
                let spec = Spec { voices: 8, ..Spec::new(RATE, Precision::Single) };
                let kernel = Kernel::build(program, &spec).expect("built before");
                let (voice, port) = (at / ports.outputs, at % ports.outputs);
                panic!(
                    "block {turn} of {block} frames, voice {voice}, output {port}, frame {frame}: {:e}, not {:e}\n{kernel}",
                    got[frame], wanted[frame]
                );
            }
        }
        for (own, other) in own.iter().zip(others) {
            assert_eq!((own.busy, own.peak.to_bits()), (other.busy, other.peak.to_bits()));
        }
    }
    true
}

/// At every block size, for about as many frames.
fn check_all(program: &Program) -> bool {
    [1, 3, 7, 64, 256, 1000].into_iter().all(|block| check(program, block, (1600 / block).clamp(6, 60)))
}

fn program(body: impl Fn(&mut ProgramBuilder) -> Result<Vec<Sig>, BuildError>) -> Program {
    let mut b = ProgramBuilder::new("test");
    for (port, sig) in body(&mut b).expect("a program").into_iter().enumerate() {
        b.output(format!("out{port}"), sig).expect("its own signal");
    }
    optimise(&b.finish().expect("a valid program"))
}

fn slider(b: &mut ProgramBuilder, name: &str, [init, lo, hi]: [f64; 3]) -> Result<Sig, BuildError> {
    b.control(Control::new(name, ControlKind::Slider, [init, lo, hi, 0.001]))
}

/// A feedback comb whose delay and damping are controls, smoothed: rings, taps that vary, and a time at rest.
fn comb() -> Program {
    program(|b| {
        let (input, delay) = (b.input("in"), slider(b, "delay", [300.0, 1.0, 700.0])?);
        let level = slider(b, "level", [0.5, 0.0, 0.9])?;
        let held = b.register(Ty::Real);
        let (before, half) = (b.read(held), b.real(0.5)?);
        let (kept, new) = (b.apply(Fun::Mul, &[before, half])?, b.apply(Fun::Mul, &[level, half])?);
        let smooth = b.apply(Fun::Add, &[kept, new])?;
        b.write(held, smooth)?;
        let back = b.register(Ty::Real);
        let read = b.read(back);
        let noise = b.noise();
        let fed = b.apply(Fun::Mul, &[read, smooth])?;
        let noisy = b.apply(Fun::Mul, &[noise, smooth])?;
        let sum = b.apply(Fun::Add, &[input, fed])?;
        let sum = b.apply(Fun::Add, &[sum, noisy])?;
        let frames = b.cast(delay, Ty::Int);
        let late = b.delay(sum, frames, Some(800))?;
        let far = b.int(100);
        let fixed = b.delay(sum, far, None)?;
        b.write(back, late)?;
        let angle = b.apply(Fun::Tan, &[smooth])?;
        let bent = b.apply(Fun::Mul, &[late, angle])?;
        Ok(vec![bent, fixed])
    })
}

#[test]
fn rings_of_voices_that_stand_still_and_go_on() {
    assert!(check_all(&comb()));
    assert!(check(&comb(), 64, 150));
}

#[test]
fn every_function_in_lanes() {
    for &fun in Fun::ALL {
        let one = program(|b| {
            let mut reals = vec![b.input("a")];
            let scale = slider(b, "scale", [1.0, -30.0, 30.0])?;
            for name in ["x", "y", "z"] {
                let own = slider(b, name, [0.5, -3.0, 3.0])?;
                let product = b.apply(Fun::Mul, &[reals[0], own])?;
                reals.push(b.apply(Fun::Mul, &[product, scale])?);
            }
            let wild = b.apply(Fun::Div, &[reals[1], reals[0]])?;
            let ints: Vec<Sig> = reals.iter().map(|&x| b.cast(x, Ty::Int)).collect();
            let mut outputs = Vec::new();
            let of_reals = [[reals[1], reals[2], reals[3]], [wild, reals[2], reals[3]]];
            let of_ints = [[ints[1], ints[2], ints[3]], [ints[0], ints[1], ints[0]]];
            let all = of_reals.map(|of| (Ty::Real, of)).into_iter().chain(of_ints.map(|of| (Ty::Int, of)));
            for (ty, of) in all {
                // Sums have as many terms as they are given.
                let mut operands: Vec<Sig> = of.into_iter().cycle().take(fun.arity()).collect();
                let types = vec![ty; operands.len()];
                for (at, operand) in operands.iter_mut().enumerate() {
                    *operand = b.cast(*operand, fun.wants(at, &types));
                }
                outputs.push(b.apply(fun, &operands)?);
            }
            Ok(outputs)
        });
        assert!(check(&one, 64, 6), "{fun}");
    }
}

#[test]
fn programs_that_lanes_cannot_take_say_why() {
    let because = |program: &Program| native(program).scalar_because(VOICES);
    assert_eq!(because(&comb()), None);
    let table = program(|b| {
        let (x, at) = (b.input("in"), b.int(0));
        let ram = b.ram(krach_ir::TableInit::Reals([0.0; 4].into()), 4, at, x)?;
        Ok(vec![b.recall(ram, at)?])
    });
    assert_eq!(because(&table).as_deref(), Some("it has a read-write table"));
    let double = compile(&comb(), &Spec::new(RATE, Precision::Double)).expect("a small program");
    assert_eq!(double.scalar_because(VOICES).as_deref(), Some("it computes in double precision"));
    assert_eq!(native(&comb()).scalar_because(3).as_deref(), Some("there are fewer than 4"));
    let wide = Spec { voices: 8, ..Spec::new(RATE, Precision::Single) };
    assert!(matches!(Kernel::build(&table, &wide), Err(Refusal::Lanes(_))));
    assert!(matches!(compile(&comb(), &Spec { voices: 5, ..wide }), Err(Refusal::Voices(5))));
}

#[test]
fn fixtures_side_by_side() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/faust");
    let folder = std::env::var_os("KRACH_PEERS").map_or(folder, Into::into);
    let mut packed = 0;
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "program"));
    paths.sort();
    for path in &paths {
        let source = Source::new(path.to_string_lossy(), std::fs::read_to_string(path).expect("just listed"));
        let program = optimise(&krach_ir::parse(&source).expect("a program"));
        let done = check(&program, 64, 20) && check(&program, 256, 5) && check(&program, 7, 12);
        packed += usize::from(done);
    }
    assert!(packed * 2 > paths.len(), "{packed} of {}", paths.len());
}

proptest::proptest! {
    #![proptest_config(krach_tests::random::config())]

    #[test]
    fn random_programs_side_by_side(program in krach_tests::random::programs()) {
        let rated = at_rate(&program, RATE);
        let spec = Spec { voices: 8, ..Spec::new(RATE, Precision::Single) };
        if let Ok(kernel) = Kernel::build(&rated, &spec) {
            clif(&kernel).unwrap_or_else(|why| panic!("{why}\n{kernel}"));
            proptest::prop_assert!(check(&program, 64, 4) && check(&program, 7, 8));
        }
    }
}
