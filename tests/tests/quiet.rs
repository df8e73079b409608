//! Nothing is allocated while a block is computed: the number of allocations of a render does not grow with its length.

#[path = "../../crates/krach-engine/tests/counting/mod.rs"]
mod counting;

use counting::counted;
use krach_abi::{Block, Buffer, DspFactory, FlushGuard, Frame, Precision, Role, Seed, VoiceIo};
use krach_codegen::{NativeFactory, Spec, compile};
use krach_engine::{Keyboard, Note, Rig, Score, Turn, render};
use krach_ir::{Control, ControlKind, Fun, ProgramBuilder};
use std::ops::ControlFlow;
use std::sync::Arc;

/// A gated tone with an echo and an input.
fn tone(precision: Precision) -> Arc<NativeFactory> {
    let mut b = ProgramBuilder::new("tone");
    let kind = ControlKind::Slider;
    let key = b.control(Control::new("key", kind, [60.0, 0.0, 127.0, 1.0])).expect("a control");
    let gate = b.control(Control::new("gate", kind, [0.0, 0.0, 1.0, 1.0])).expect("a control");
    let (input, frames) = (b.input("in"), b.int(3_000));
    let tone = b.apply(Fun::Mul, &[key, gate]).expect("types fit");
    let sum = b.apply(Fun::Add, &[tone, input]).expect("types fit");
    let late = b.delay(sum, frames, None).expect("a delay");
    b.output("left", sum).expect("its own signal");
    b.output("right", late).expect("its own signal");
    let program = b.finish().expect("a valid program");
    compile(&program, &Spec::new(48_000, precision)).expect("a small program")
}

#[test]
fn rendering_longer_allocates_nothing_more() {
    for precision in [Precision::Single, Precision::Double] {
        let (voice, effect) = (tone(precision), tone(precision));
        let keyboard = Keyboard { voices: 4, roles: vec![(0, Role::Key), (1, Role::Gate)] };
        let input = [0.25; 700];
        let note = |at: u64| Note { frame: Frame(at * 900), frames: 700, key: 60.0, velocity: 1.0 };
        let allocations = |frames: usize| {
            let rig = Rig { voice: voice.as_ref(), keyboard: Some(&keyboard), effect: Some(effect.as_ref()) };
            let score = Score::<'_, f32> {
                inputs: &[&input],
                values: vec![(0, 50.0)],
                turns: (0..50)
                    .map(|at| Turn { frame: Frame(at * 333), control: 0, value: at as f64 })
                    .collect(),
                notes: (0..40).map(note).collect(),
                ..Score::new(frames)
            };
            let rendered = || render(&rig, &score, &mut |_| ControlFlow::Continue(())).expect("it fits");
            let (count, sound) = counted(rendered);
            assert!(sound[0].iter().any(|&y| y != 0.0));
            count
        };
        // Voices side by side are compiled when they are first asked for.
        allocations(1_000);
        assert_eq!(allocations(40_000), allocations(1_000), "{precision}");
    }
}

#[test]
fn a_call_in_either_format_allocates_nothing() {
    let both = [Precision::Single, Precision::Double];
    // Three voices run one after the other, eleven side by side.
    for (precision, count) in both.into_iter().flat_map(|precision| [(precision, 3), (precision, 11)]) {
        let factory = tone(precision);
        let mut dsp = factory.voices(count, Seed::default());
        let (given, mut heard) = (Buffer::<f32>::new(1, 256), Buffer::<f32>::new(2 * count, 256));
        let (wide, mut wide_heard) = (Buffer::<f64>::new(1, 256), Buffer::<f64>::new(2 * count, 256));
        let mut voices = vec![VoiceIo::BUSY; count];
        voices[0].busy = count == 3;
        let (count, ()) = counted(|| {
            let _flush = FlushGuard::new();
            for at in 0..20 {
                let start = Frame(at * 256);
                dsp.set(1, 0, at as f64);
                dsp.reset(2);
                let (inputs, outputs) = (given.head(200), heard.head_mut(200));
                dsp.process_f32(&mut Block { start, inputs, outputs, voices: &mut voices });
                let (inputs, outputs) = (wide.head(256), wide_heard.head_mut(256));
                dsp.process_f64(&mut Block { start, inputs, outputs, voices: &mut voices });
            }
        });
        assert_eq!(count, 0, "{precision}");
    }
}
