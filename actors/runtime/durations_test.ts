import { ok, strictEqual as equal } from "node:assert/strict";
import { Durations } from "./durations.ts";

Deno.test("[A18] quantiles are at most a third above the truth, from a microsecond to a minute", () => {
  for (const ms of [0.001, 0.02, 0.5, 3, 70, 900, 30_000]) {
    const durations = new Durations();
    for (let n = 0; n < 100; n++) durations.add(ms);
    for (const part of [0.01, 0.5, 0.99, 1]) {
      const told = durations.quantile(part)!;
      ok(told >= ms * 0.999 && told <= ms * 1.34, `${ms} ms is told as ${told}`);
    }
  }
});

Deno.test("[A18] the slow few show in p99 and not in p50", () => {
  const durations = new Durations();
  for (let n = 0; n < 98; n++) durations.add(1);
  for (let n = 0; n < 2; n++) durations.add(500);
  ok(durations.quantile(0.5)! < 1.4);
  ok(durations.quantile(0.99)! >= 500);
});

Deno.test("[A18] before the first there is nothing; old ones are forgotten", () => {
  const durations = new Durations();
  equal(durations.quantile(0.5), undefined);
  for (let n = 0; n < 300; n++) durations.add(100);
  for (let n = 0; n < 2_000; n++) durations.add(1);
  ok(durations.quantile(0.99)! < 1.4, "the hundred ms of long ago are gone");
});
