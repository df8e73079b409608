//! What a kernel looks like, and what its later stages are made of.

use expect_test::expect;
use krach_abi::Precision;
use krach_codegen::{Kernel, Spec, asm, clif};
use krach_ir::{BuildError, Control, ControlKind, Fun, Program, ProgramBuilder, Ty};

/// A leaky sum of the input and its echo, louder by a control.
fn echo() -> Result<Program, BuildError> {
    let mut b = ProgramBuilder::new("echo");
    let input = b.input("in");
    let kind = ControlKind::Slider;
    let level = b.control(Control::new("level", kind, [0.5, 0.0, 1.0, 0.01]))?;
    let loud = b.apply(Fun::Exp, &[level])?;
    b.name(loud, "loud");
    let frames = b.int(300);
    let late = b.delay(input, frames, None)?;
    let sum = b.register(Ty::Real);
    let before = b.read(sum);
    let leak = b.real(0.9)?;
    let fed = b.apply(Fun::Mul, &[before, leak])?;
    let heard = b.apply(Fun::Add, &[fed, late])?;
    b.name(heard, "heard");
    b.write(sum, heard)?;
    let out = b.apply(Fun::Mul, &[heard, loud])?;
    b.output("out", out)?;
    b.finish()
}

fn kernel() -> Kernel {
    let program = echo().expect("a valid program");
    Kernel::build(&program, &Spec::new(48_000, Precision::Single)).expect("a small program")
}

#[test]
fn a_kernel_can_be_read() {
    expect![[r#"
        kernel "echo": 48000 Hz, single, voices 1

        state: 2112 bytes
          s0 @8 f32 control c0 `level`
          s1 @12 f32 register r0 key "heard"
          s2 @16 i32 common position
          s3 @20 f32 value %2 `loud`
          a0 @64 f32 x 512 ring d0 key "d.0"

        addresses:
          0 exp

        control:
          v0: f32 = load s0  ; %1
          v1: f32 = call exp v0  ; %2 `loud`
          store s3 v1  ; %2 `loud`

        sample: one frame per step, the whole block, carrying s1 s2
          v0: i32 = load s2  ; %4
          v1: f32 = input 0  ; %0
          push a0 v0 v1  ; %4
          v3: i32 = int 300  ; %4
          v4: f32 = tap a0 v0 v3  ; %4
          v5: f32 = load s1  ; %5
          v6: f32 = real 0.9  ; %6
          v7: f32 = mul v5 v6  ; %7
          v8: f32 = add v4 v7  ; %8 `heard`
          store s1 v8  ; %8 `heard`
          v10: f32 = load s3  ; %2 `loud`
          v11: f32 = mul v10 v8  ; %9
          output 0 v11  ; %9
          v13: i32 = int 1
          v14: i32 = add v0 v13
          store s2 v14

        sample in steps: four frames per step, the whole block, carrying s1 s2
          v0: i32 = load s2  ; %4
          v1: i32 = int 300  ; %4
          v2: f32 lanes = tap a0 v0 v1  ; %4
          v3: f32 = load s1  ; %5
          v4: f32 = real 0.9  ; %6
          v5: f32 = mul v3 v4  ; %7
          v6: f32 = unpack 0 v2  ; %4
          v7: f32 = add v6 v5  ; %8 `heard`
          v8: f32 = mul v7 v4  ; %7
          v9: f32 = unpack 1 v2  ; %4
          v10: f32 = add v9 v8  ; %8 `heard`
          v11: f32 = mul v10 v4  ; %7
          v12: f32 = unpack 2 v2  ; %4
          v13: f32 = add v12 v11  ; %8 `heard`
          v14: f32 = mul v13 v4  ; %7
          v15: f32 = unpack 3 v2  ; %4
          v16: f32 = add v15 v14  ; %8 `heard`
          store s1 v16  ; %8 `heard`
          v18: f32 = load s3  ; %2 `loud`
          v19: f32 lanes = pack v7 v10 v13 v16  ; %8 `heard`
          v20: f32 lanes = mul v18 v19  ; %9
          output 0 v20  ; %9
          v22: f32 lanes = input 0  ; %0
          push a0 v0 v22  ; %0
          v24: i32 = int 4
          v25: i32 = add v0 v24
          store s2 v25
    "#]]
    .assert_eq(&kernel().to_string());
}

#[test]
fn a_plan_says_what_runs_when() {
    expect![[r#"
        plan "echo": 48000 Hz, single, voices 1

        init, at birth: 0 instructions
        voices, 8 side by side, every frame: 16 instructions (4 load, 3 add, 3 store, 2 mul, 1 input, 1 output, 1 push, 1 tap)
        control, when a control changes: 3 instructions (1 call exp, 1 load, 1 store)
        moving, every frame: 13 instructions (3 load, 2 add, 2 mul, 2 store, 1 input, 1 output, 1 push, 1 tap)
          carries register r0 "heard", common position
        moving, every four frames: 24 instructions (5 add, 5 mul, 4 unpack, 3 load, 2 store, 1 input, 1 output, 1 pack, 1 push, 1 tap)
          4 of them in lanes; estimated cost 35, frame by frame 68
          carries register r0 "heard", common position
        at rest: the same, since no state follows only controls
    "#]]
    .assert_eq(&kernel().plan());
}

#[test]
fn a_plan_names_what_must_stand_still_at_rest() -> Result<(), BuildError> {
    let mut b = ProgramBuilder::new("follower");
    let level = b.control(Control::new("level", ControlKind::Slider, [0.5, 0.0, 1.0, 0.01]))?;
    let follower = b.register(Ty::Real);
    let (before, factor) = (b.read(follower), b.real(0.9)?);
    let kept = b.apply(Fun::Mul, &[before, factor])?;
    let smooth = b.apply(Fun::Add, &[kept, level])?;
    b.name(smooth, "smooth");
    b.write(follower, smooth)?;
    let input = b.input("in");
    let out = b.apply(Fun::Mul, &[smooth, input])?;
    b.output("out", out)?;
    let kernel = Kernel::build(&b.finish()?, &Spec::new(48_000, Precision::Single)).expect("a small program");
    expect![[r#"
        plan "follower": 48000 Hz, single, voices 1

        init, at birth: 0 instructions
        voices, 8 side by side, every frame: 4 instructions (1 input, 1 load, 1 mul, 1 output)
        control, when a control changes: 1 instruction (1 store)
        moving, every frame: 8 instructions (2 load, 2 mul, 1 add, 1 input, 1 output, 1 store)
          carries register r0 "smooth"
        moving, every four frames: 15 instructions (5 mul, 4 add, 2 load, 1 input, 1 output, 1 pack, 1 store)
          3 of them in lanes; estimated cost 24, frame by frame 44
          carries register r0 "smooth"
        at rest, every frame: 4 instructions (1 input, 1 load, 1 mul, 1 output)
        at rest, every four frames: 4 instructions (1 input, 1 load, 1 mul, 1 output)
          2 of them in lanes; estimated cost 8, frame by frame 32
        settle, before a block while something moves: 8 instructions (3 load, 1 add, 1 count, 1 differ, 1 mul, 1 store)
          compares register r0 "smooth"
        hold, once it has come to rest: 5 instructions (2 load, 1 add, 1 mul, 1 store)
    "#]].assert_eq(&kernel.plan());
    Ok(())
}

#[test]
fn the_loop_holds_what_it_computes_and_no_more() {
    let clif = clif(&kernel()).expect("verifies");
    let process = clif.split("; process").nth(1).expect("has a loop");
    assert_eq!(process.matches("fmul").count(), 2, "{process}");
    assert!(!process.contains("call"), "exp belongs to the control section: {process}");
    assert_eq!(clif.matches("call_indirect").count(), 1);
}

#[test]
fn machine_code_can_be_read() {
    let asm = asm(&kernel()).expect("compiles");
    for section in ["; init:", "; control:", "; process:"] {
        assert!(asm.contains(section), "{asm}");
    }
}
