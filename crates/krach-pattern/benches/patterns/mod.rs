//! The patterns that both benches query: many events in one cycle, and a deep pattern over many cycles.

use krach_diag::Source;
use krach_pattern::{Manner, Pattern, Refusal, Time, TimeSpan, notation};

/// A pattern and the time that is queried.
pub struct Work {
    pub name: &'static str,
    pub pattern: Pattern,
    pub span: TimeSpan,
}

impl Work {
    pub fn events(&self) -> usize {
        self.pattern.query(self.span, 0).map_or(0, |events| events.len())
    }
}

fn read(text: &str) -> Pattern {
    let (pattern, reports) = notation::tidal(&Source::new("bench", text), &Manner::default());
    assert_eq!(reports, []);
    pattern
}

/// Layers of a drum machine, a bass and a chord line, transformed four deep: about 200 events per cycle.
pub fn deep() -> Result<Pattern, Refusal> {
    let drums = read("bd*8, [~ sn]*4, hh*32, [cp(3,8) rim(5,16,2)]*4");
    let bass = read("<[c e g c]*8 [f a c f]*8>").every(3, &read("[g b d g]*4").reverse()?)?;
    let chords = read("[c,e,g]*8").swing(Time::new(2, 3)?, 8)?.thin(0.1, 1)?;
    let wild = read("{a b c d e}%32").sometimes(0.3, &read("a*32").reverse()?, 2)?;
    let all = drums.with(&bass)?.with(&chords)?.with(&wild)?;
    let fills = all.fast(Time::whole(2))?;
    all.every(4, &fills)?.shift(Time::new(1, 8)?)
}

/// Everything that is queried, in the order of `scripts/strudel.mjs`.
pub fn all() -> [Work; 3] {
    let cycle = TimeSpan::cycles(0, 1);
    let steps = read("c").repeat(10_000).expect("small enough");
    let deep = deep().expect("arguments in range");
    let works = [
        Work { name: "10,000 events of `fast`", pattern: read("bd*10000"), span: cycle },
        Work { name: "10,000 steps", pattern: steps, span: cycle },
        Work { name: "100 cycles of a deep pattern", pattern: deep, span: TimeSpan::cycles(0, 100) },
    ];
    assert_eq!(works[0].events(), 10_000);
    assert_eq!(works[1].events(), 10_000);
    works
}
