// The patterns of crates/krach-pattern/benches/patterns, queried by @strudel/core: reads the number of a pattern from
// each line, and answers with milliseconds and the number of events. Its packages: see scripts/bench.sh.
import { fastcat, pure, stack } from "@strudel/core";
import { mini } from "@strudel/mini";
import { createInterface } from "node:readline";

function deep() {
  const drums = mini("bd*8, [~ sn]*4, hh*32, [cp(3,8) rim(5,16,2)]*4");
  const bass = mini("<[c e g c]*8 [f a c f]*8>").firstOf(3, () => mini("[g b d g]*4").rev());
  const chords = mini("[c,e,g]*8").swingBy(1 / 3, 4).degradeBy(0.1);
  const wild = mini("{a b c d e}%32").someCyclesBy(0.3, () => mini("a*32").rev());
  const all = stack(drums, bass, chords, wild);
  return all.firstOf(4, (pattern) => pattern.fast(2)).late(1 / 8);
}

const works = [
  [mini("bd*10000"), 1],
  [fastcat(...Array.from({ length: 10000 }, () => pure("c"))), 1],
  [deep(), 100],
];

for await (const line of createInterface({ input: process.stdin })) {
  const [pattern, cycles] = works[Number(line)];
  const begun = performance.now();
  const events = pattern.queryArc(0, cycles).length;
  console.log(`answer ${performance.now() - begun} ${events}`);
}
