//! What programs read like: the texts that people will see.

use expect_test::{Expect, expect};
use krach_ir::{BuildError, Control, ControlKind, Fun, ProgramBuilder, Sig, Static, TableInit, Ty};

type Built<T = Sig> = Result<T, BuildError>;

fn check(name: &str, build: impl FnOnce(&mut ProgramBuilder) -> Built<()>, expected: &Expect) {
    let mut b = ProgramBuilder::new(name);
    build(&mut b).expect("the program can be built");
    let program = b.finish().expect("the program is valid");
    expected.assert_eq(&krach_faust::print(&program));
}

fn slider(b: &mut ProgramBuilder, name: &str, init: f64, lo: f64, hi: f64) -> Built {
    let kind = if name == "gate" { ControlKind::Button } else { ControlKind::Slider };
    b.control(Control::new(name, kind, [init, lo, hi, 0.001]))
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
            let arguments = [("sig", osc), ("freq", cutoff)];
            let low = call(b, "lowpass", &arguments, &[("order", 2.0)], |b, inner| {
                Ok(vec![b.apply(Fun::Mul, inner)?])
            })?;
            let level = b.real(0.55)?;
            let amp = b.apply(Fun::Mul, &[env[0], level])?;
            let out = b.apply(Fun::Mul, &[low[0], amp])?;
            b.output("out", out)
        },
        &expect![[r#"
            declare name "acid_bass";
            import("stdfaust.lib");

            phasor(freq) = y letrec { 'y = ma.frac(y + freq / ma.SR); };

            saw(freq) = 2 * phase - 1
            with {
                phase = phasor(freq);
            };

            freq = hslider("freq", 55, 20, 2000, 0.001);
            gate = button("gate");
            cutoff = hslider("cutoff", 800, 80, 8000, 0.001) - 800 : si.smoo : +(800);
            env = en.adsr(0.005, 0.2, 0.3, 0.1, gate);
            process = saw(freq) : fi.svf.lp(cutoff, 0.7071067811865476) : *(env * 0.55);
        "#]],
    );
}

#[test]
fn thousands_of_controls_are_no_long_wait() {
    let mut b = ProgramBuilder::new("console");
    let mut sum = b.input("x");
    for at in 0..20_000 {
        let fader = slider(&mut b, &format!("fader{at}"), 0.0, 0.0, 1.0).expect("a name of its own");
        sum = b.apply(Fun::Add, &[sum, fader]).expect("own signals");
    }
    b.output("out", sum).expect("own signal");
    let text = krach_faust::print(&b.finish().expect("valid"));
    assert_eq!(text.matches("hslider").count(), 20_000);
}

#[test]
fn a_shared_value_is_written_once() {
    check(
        "dbl",
        |b| {
            let mut x = b.input("x");
            for _ in 0..4 {
                x = b.apply(Fun::Add, &[x, x])?;
            }
            b.output("out", x)
        },
        &expect![[r#"
            declare name "dbl";

            process(x) = v3 + v3
            with {
                v1 = x + x;
                v2 = v1 + v1;
                v3 = v2 + v2;
            };
        "#]],
    );
}

#[test]
fn a_loop_exports_what_its_surroundings_use() {
    check(
        "two_ways_out",
        |b| {
            let x = b.input("x");
            let (low, high) = (b.register(Ty::Real), b.register(Ty::Real));
            let (low_before, high_before) = (b.read(low), b.read(high));
            let half = b.real(0.5)?;
            let difference = b.apply(Fun::Sub, &[x, high_before])?;
            b.name(difference, "difference");
            let scaled = b.apply(Fun::Mul, &[difference, half])?;
            let next = b.apply(Fun::Add, &[low_before, scaled])?;
            b.write(low, next)?;
            b.name(next, "low");
            b.write(high, low_before)?;
            let late = b.mem(difference)?;
            for sig in [next, difference, late, low_before] {
                b.output("out", sig)?;
            }
            Ok(())
        },
        &expect![[r#"
            declare name "two_ways_out";

            process(x) = low, difference, difference', low'
            with {
                loop = low, difference_out letrec {
                    'low = low + difference * 0.5;
                    'difference_out = difference;
                    where difference = x - low';
                };
                low = loop : _, !;
                difference = loop : !, _;
            };
        "#]],
    );
}

#[test]
fn gates_hold() {
    check(
        "hold",
        |b| {
            let (x, trigger) = (b.input("x"), b.input("trigger"));
            let zero = b.real(0.0)?;
            let open = b.apply(Fun::Gt, &[trigger, zero])?;
            let held = b.register(Ty::Real);
            b.write(held, x)?;
            b.gate(held, open)?;
            let out = b.read(held);
            b.name(out, "held");
            b.output("out", out)
        },
        &expect![[r#"
            declare name "hold";

            process(x, trigger) = held' letrec { 'held = select2(trigger > 0, held, x); };
        "#]],
    );
}

#[test]
fn a_function_with_two_results() {
    let pan = |b: &mut ProgramBuilder, sig: Sig, pos: Sig| {
        call(b, "pan", &[("sig", sig), ("pos", pos)], &[], |b, inner| {
            let left = b.apply(Fun::Cos, &[inner[1]])?;
            let right = b.apply(Fun::Sin, &[inner[1]])?;
            Ok(vec![b.apply(Fun::Mul, &[inner[0], left])?, b.apply(Fun::Mul, &[inner[0], right])?])
        })
    };
    check(
        "pan_twice",
        |b| {
            let (x, half) = (b.input("x"), b.real(0.5)?);
            let first = pan(b, x, half)?;
            b.name(first[0], "near");
            let second = pan(b, first[0], first[1])?;
            second.iter().try_for_each(|&sig| b.output("out", sig))
        },
        &expect![[r#"
            declare name "pan_twice";

            pan(sig, pos) = sig * cos(pos), sig * sin(pos);

            process(x) = pan(near, (pan_2 : !, _))
            with {
                pan_2 = pan(x, 0.5);
                near = pan_2 : _, !;
            };
        "#]],
    );
}

#[test]
fn a_callback_that_captures_is_written_where_it_is_used() {
    check(
        "capture",
        |b| {
            let x = b.input("x");
            let rest = b.apply(Fun::Sin, &[x])?;
            let wrapped = call(b, "apply_to", &[("sig", x)], &[], |b, inner| {
                let sum = b.apply(Fun::Add, &[inner[0], rest])?;
                Ok(vec![b.apply(Fun::Cos, &[sum])?])
            })?;
            b.output("out", wrapped[0])
        },
        &expect![[r#"
            declare name "capture";

            process(x) = cos(x + sin(x));
        "#]],
    );
}

#[test]
fn names_do_not_clash() {
    check(
        "a \"quoted\" name",
        |b| {
            let x = b.input("process");
            let level = slider(b, "fi[unit:dB]", 0.0, -70.0, 6.0)?;
            let other = slider(b, "min", 0.0, 0.0, 1.0)?;
            let y = b.apply(Fun::Mul, &[x, level])?;
            b.name(y, "min");
            let z = b.apply(Fun::Add, &[y, y])?;
            b.name(z, "größe");
            let w = b.apply(Fun::Mul, &[z, z])?;
            let sum = b.apply(Fun::Add, &[w, other])?;
            b.output("out", sum)
        },
        &expect![[r#"
            declare name "a 'quoted' name";

            fi_unit_dB_ = hslider("fi_unit_dB_", 0, -70, 6, 0.001);
            min_2 = hslider("min", 0, 0, 1, 0.001);

            process(process_2) = gr__e * gr__e + min_2
            with {
                min_3 = process_2 * fi_unit_dB_;
                gr__e = min_3 + min_3;
            };
        "#]],
    );
}

#[test]
fn ports_that_nothing_hears_stay() {
    check(
        "deaf",
        |b| {
            b.input("left");
            slider(b, "unused", 0.5, 0.0, 1.0)?;
            let one = b.real(1.0)?;
            b.output("out", one)
        },
        &expect![[r#"
            declare name "deaf";

            unused = hslider("unused", 0.5, 0, 1, 0.001);
            process(left) = attach(1, unused);
        "#]],
    );
}

#[test]
fn ints_and_reals_are_told_apart_where_it_matters() {
    check(
        "counters",
        |b| {
            let count = b.register(Ty::Int);
            let before = b.read(count);
            let step = b.int(1_103_515_245);
            let next = b.apply(Fun::Add, &[before, step])?;
            b.write(count, next)?;
            b.name(next, "count");
            let clock = b.register(Ty::Real);
            let (tick, one) = (b.read(clock), b.real(1.0)?);
            let now = b.apply(Fun::Add, &[tick, one])?;
            b.write(clock, now)?;
            b.name(now, "clock");
            let half = b.real(0.5)?;
            let two = b.real(2.0)?;
            let scaled = b.apply(Fun::Mul, &[next, half])?;
            let doubled = b.apply(Fun::Mul, &[next, two])?;
            let sixteen = b.int(16);
            let rest = b.apply(Fun::Rem, &[next, sixteen])?;
            let chosen = b.apply(Fun::Select, &[rest, one, two])?;
            let product = b.apply(Fun::Mul, &[chosen, chosen])?;
            for sig in [scaled, doubled, now, rest, product] {
                b.output("out", sig)?;
            }
            Ok(())
        },
        &expect![[r#"
            declare name "counters";

            count = count letrec { 'count = count + 1103515245; };
            clock = clock letrec { 'clock = clock + 1.0; };
            v1 = count % 16;
            v2 = select2(v1, 1.0, 2);
            process = count * 0.5, count * 2.0, clock, v1, v2 * v2;
        "#]],
    );
}

#[test]
fn what_faust_would_refuse_is_hidden_from_it() {
    check(
        "refused",
        |b| {
            let x = b.input("x");
            let (zero, minus, half) = (b.real(0.0)?, b.real(-1.0)?, b.real(2.5)?);
            let quotient = b.apply(Fun::Div, &[x, zero])?;
            let root = b.apply(Fun::Sqrt, &[minus])?;
            let rounded = b.apply(Fun::Round, &[half])?;
            let inverse = call(b, "inverse", &[("sig", x), ("by", zero)], &[], |b, inner| {
                let quotient = b.apply(Fun::Div, inner)?;
                Ok(vec![b.apply(Fun::Atan, &[quotient])?])
            })?;
            for sig in [quotient, root, rounded, inverse[0]] {
                b.output("out", sig)?;
            }
            Ok(())
        },
        &expect![[r#"
            declare name "refused";
            import("stdfaust.lib");

            inverse(sig, by) = atan(sig / by);

            hidden_zero = min(ma.SR - 1, 0);
            process(x) = x / hidden_zero, sqrt(-1 + hidden_zero), 3, inverse(x, hidden_zero);
        "#]],
    );
}

#[test]
fn tables_delays_and_noise() {
    check(
        "stores",
        |b| {
            let (x, length) = (b.input("x"), slider(b, "length", 10.0, 0.0, 100.0)?);
            let table = b.table(TableInit::Reals((0..20).map(f64::from).collect()), 20)?;
            let looked_up = b.lookup(table, x)?;
            let ram = b.ram(TableInit::Reals([0.0; 4].into()), 4, x, looked_up)?;
            let recalled = b.recall(ram, x)?;
            let known = b.delay(x, length, None)?;
            let clamped = b.delay(x, recalled, Some(50))?;
            let (first, second) = (b.noise(), b.noise());
            let third = b.delay(known, length, None)?;
            for sig in [recalled, clamped, third, first, second] {
                b.output("out", sig)?;
            }
            Ok(())
        },
        &expect![[r#"
            declare name "stores";
            import("stdfaust.lib");

            noise(seed) = (+(seed - seed') : *(1103515245) : +(12345)) ~ _ : /(2147483647.0);

            length = hslider("length", 10, 0, 100, 0.001);

            process(x) = v1, x @ max(0, min(50, v1)), x @ length @ length, no.noise, noise(-1996333887)
            with {
                v1 = rwtable(4, 0.0, int(x), rdtable(table, int(x)), int(x));
            };

            table = waveform{
                0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0,
                17.0, 18.0, 19.0
            };
        "#]],
    );
}

#[test]
fn bodies_that_differ_are_different_functions() {
    let gain = |b: &mut ProgramBuilder, x: Sig, k: f64| {
        call(b, "gain", &[("sig", x)], &[], |b, inner| {
            let k = b.real(k)?;
            let scaled = b.apply(Fun::Mul, &[inner[0], k])?;
            Ok(vec![b.apply(Fun::Sin, &[scaled])?])
        })
    };
    check(
        "gains",
        |b| {
            let x = b.input("x");
            let (a, c, d) = (gain(b, x, 0.5)?[0], gain(b, x, 0.25)?[0], gain(b, x, 0.5)?[0]);
            let sum = b.apply(Fun::Add, &[a, c])?;
            let sum = b.apply(Fun::Add, &[sum, d])?;
            b.output("out", sum)
        },
        &expect![[r#"
            declare name "gains";

            gain(sig) = sin(sig * 0.5);
            gain_2(sig) = sin(sig * 0.25);

            process(x) = gain(x) + gain_2(x) + gain(x);
        "#]],
    );
}
