//! What programs read like: the texts that people will see.

use expect_test::{Expect, expect};
use krach_ir::{BuildError, Control, ControlKind, Fun, ProgramBuilder, Sig, Static, Ty};

type Built<T = Sig> = Result<T, BuildError>;

fn check(name: &str, build: impl FnOnce(&mut ProgramBuilder) -> Built<()>, expected: Expect) {
    let mut b = ProgramBuilder::new(name);
    build(&mut b).expect("the program can be built");
    let program = b.finish().expect("the program is valid");
    expected.assert_eq(&krach_faust::print(&program));
}

fn slider(b: &mut ProgramBuilder, name: &str, init: f64, lo: f64, hi: f64) -> Built {
    let kind = if name == "gate" { ControlKind::Button } else { ControlKind::Slider };
    b.control(Control { name: name.into(), kind, init, lo, hi, step: 0.001 })
}

/// A use of a library function of these named arguments.
fn call(
    b: &mut ProgramBuilder,
    function: &str,
    arguments: &[(&str, Sig)],
    statics: &[(&str, f64)],
    body: impl FnOnce(&mut ProgramBuilder, &[Sig]) -> Built<Vec<Sig>>,
) -> Built<Vec<Sig>> {
    b.enter(function);
    let inner: Vec<Sig> =
        arguments.iter().map(|(name, sig)| b.argument(*name, *sig)).collect::<Result<_, _>>()?;
    for (name, value) in statics {
        b.note(*name, Static::Number(*value));
    }
    let results = body(b, &inner)?;
    b.leave(&results)?;
    Ok(results)
}

fn phasor(b: &mut ProgramBuilder, freq: Sig) -> Built {
    let results = call(b, "phasor", &[("freq", freq)], &[], |b, inner| {
        let phase = b.register(Ty::Real);
        let before = b.read(phase);
        let rate = b.sample_rate();
        let step = b.apply(Fun::Div, &[inner[0], rate])?;
        let sum = b.apply(Fun::Add, &[before, step])?;
        let floor = b.apply(Fun::Floor, &[sum])?;
        let next = b.apply(Fun::Sub, &[sum, floor])?;
        b.write(phase, next)?;
        b.name(next, "phase");
        Ok(vec![next])
    })?;
    Ok(results[0])
}

fn saw(b: &mut ProgramBuilder, freq: Sig) -> Built {
    let results = call(b, "saw", &[("freq", freq)], &[], |b, inner| {
        let phase = phasor(b, inner[0])?;
        let (one, two) = (b.real(1.0)?, b.real(2.0)?);
        let twice = b.apply(Fun::Mul, &[two, phase])?;
        Ok(vec![b.apply(Fun::Sub, &[twice, one])?])
    })?;
    Ok(results[0])
}

/// Any one-pole will do where the standard table decides how a call is printed.
fn one_pole(b: &mut ProgramBuilder, input: Sig, pole: f64) -> Built {
    let y = b.register(Ty::Real);
    let before = b.read(y);
    let (pole, rest) = (b.real(pole)?, b.real(1.0 - pole)?);
    let kept = b.apply(Fun::Mul, &[before, pole])?;
    let new = b.apply(Fun::Mul, &[input, rest])?;
    let next = b.apply(Fun::Add, &[kept, new])?;
    b.write(y, next)?;
    Ok(next)
}

fn smooth(b: &mut ProgramBuilder, control: Sig, init: f64) -> Built {
    let init = b.real(init)?;
    let moved = b.apply(Fun::Sub, &[control, init])?;
    let smoothed =
        call(b, "smoo", &[("sig", moved)], &[], |b, inner| Ok(vec![one_pole(b, inner[0], 0.999)?]))?;
    b.apply(Fun::Add, &[init, smoothed[0]])
}

#[test]
fn acid_bass() {
    check(
        "acid_bass",
        |b| {
            let freq = slider(b, "freq", 55.0, 20.0, 2000.0)?;
            let gate = slider(b, "gate", 0.0, 0.0, 1.0)?;
            let raw = slider(b, "cutoff", 800.0, 80.0, 8000.0)?;
            let cutoff = smooth(b, raw, 800.0)?;
            b.name(cutoff, "cutoff");
            let times = [0.005, 0.2, 0.3, 0.1].map(|time| b.real(time));
            let [attack, decay, sustain, release] = times.map(|time| time.expect("finite"));
            let arguments = [
                ("attack", attack),
                ("decay_time", decay),
                ("sustain", sustain),
                ("release", release),
                ("gate", gate),
            ];
            let env = call(b, "adsr", &arguments, &[("restart", 1.0)], |b, inner| {
                Ok(vec![one_pole(b, inner[4], 0.9)?])
            })?;
            b.name(env[0], "env");
            let osc = saw(b, freq)?;
            let low =
                call(b, "lowpass", &[("sig", osc), ("freq", cutoff)], &[("order", 2.0)], |b, inner| {
                    Ok(vec![b.apply(Fun::Mul, inner)?])
                })?;
            let level = b.real(0.55)?;
            let amp = b.apply(Fun::Mul, &[env[0], level])?;
            let out = b.apply(Fun::Mul, &[low[0], amp])?;
            b.output("out", out)
        },
        expect![[r#"
            declare name "acid_bass";
            import("stdfaust.lib");

            phasor(freq) = phase letrec { 'phase = ma.frac(phase + freq / ma.SR); };

            saw(freq) = 2 * phase - 1
            with {
                phase = phasor(freq);
            };

            freq = hslider("freq", 55, 20, 2000, 0.001);
            gate = button("gate");
            cutoff = hslider("cutoff", 800, 80, 8000, 0.001) - 800 : si.smoo : +(800);
            env = en.adsr(0.005, 0.2, 0.3, 0.1, gate);
            process = saw(freq) : fi.lowpass(2, cutoff) : *(env * 0.55);
        "#]],
    );
}
