//! Querying patterns: many events in one cycle, and a deep pattern over many cycles.

use criterion::{Criterion, criterion_group, criterion_main};
use krach_diag::Source;
use krach_pattern::{Manner, Pattern, Time, TimeSpan, notation};
use std::hint::black_box;

fn read(text: &str) -> Pattern {
    let (pattern, reports) = notation::tidal(&Source::new("bench", text), &Manner::default());
    assert_eq!(reports, []);
    pattern
}

/// Layers of a drum machine, a bass and a chord line, transformed four deep: about 200 events per cycle.
fn deep() -> Option<Pattern> {
    let drums = read("bd*8, [~ sn]*4, hh*32, [cp(3,8) rim(5,16,2)]*4");
    let bass = read("<[c e g c]*8 [f a c f]*8>").every(3, &read("[g b d g]*4").reverse().ok()?).ok()?;
    let chords = read("[c,e,g]*8").swing(Time::new(2, 3).ok()?, 8).ok()?.thin(0.1, 1).ok()?;
    let wild = read("{a b c d e}%32").sometimes(0.3, &read("a*32").reverse().ok()?, 2).ok()?;
    let all = drums.with(&bass).ok()?.with(&chords).ok()?.with(&wild).ok()?;
    let fills = all.fast(Time::whole(2)).ok()?;
    all.every(4, &fills).ok()?.shift(Time::new(1, 8).ok()?).ok()
}

fn query(criterion: &mut Criterion) {
    let cycle = TimeSpan::cycles(0, 1);
    let count = |pattern: &Pattern, span| pattern.query(span, 0).map_or(0, |events| events.len());

    let fast = read("bd*10000");
    assert_eq!(count(&fast, cycle), 10_000);
    criterion
        .bench_function("pattern: 10,000 events of `fast`", |b| b.iter(|| count(black_box(&fast), cycle)));

    let steps = read("c").repeat(10_000).expect("small enough");
    assert_eq!(count(&steps, cycle), 10_000);
    criterion.bench_function("pattern: 10,000 steps", |b| b.iter(|| count(black_box(&steps), cycle)));

    let deep = deep().expect("arguments in range");
    let hundred = TimeSpan::cycles(0, 100);
    let name = format!("pattern: 100 cycles of a deep pattern, {} events", count(&deep, hundred));
    criterion.bench_function(&name, |b| b.iter(|| count(black_box(&deep), hundred)));

    let window = TimeSpan::new(Time::whole(57), Time::new(2281, 40).expect("small"));
    criterion
        .bench_function("pattern: a window of 1/40 cycle", |b| b.iter(|| count(black_box(&deep), window)));
}

criterion_group!(benches, query);
criterion_main!(benches);
