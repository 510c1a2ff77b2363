import { equal } from "node:assert/strict";
import { limitRules } from "../domain/limits.ts";
import { memoryLimiter } from "./limits.ts";

Deno.test("[S5] at most limit + burst in any window, aligned or not", () => {
  let now = 1_700_000_000_000;
  const limiter = memoryLimiter(limitRules({}), () => now);
  const admitted: number[] = [];
  // 7 in 15 min: knock every 20 s for two hours
  for (let i = 0; i < 360; i++, now += 20_000) {
    if (limiter.take("login", "a")?.allowed) admitted.push(now);
  }
  for (const from of admitted) {
    const inWindow = admitted.filter((at) => at >= from && at < from + 15 * 60_000).length;
    equal(inWindow <= 7, true, `${inWindow} in the window from ${from}`);
  }
  equal(admitted.length >= 7 * 7, true, `only ${admitted.length} were let in`);
});

Deno.test("[S5] one key's requests do not count for another's", () => {
  const limiter = memoryLimiter(limitRules({}), () => 0);
  for (let i = 0; i < 4; i++) equal(limiter.take("register", "a")?.allowed, true);
  equal(limiter.take("register", "a")?.allowed, false);
  equal(limiter.take("register", "b")?.allowed, true);
  equal(limiter.take("login", "a")?.allowed, true);
});

Deno.test("[S5] a refusal says when there is room again, and then there is", () => {
  let now = 5_000_000;
  const limiter = memoryLimiter(limitRules({}), () => now);
  for (let i = 0; i < 4; i++) limiter.take("register", "a");
  const refused = limiter.take("register", "a");
  equal(refused?.allowed, false);
  now += refused!.resetMs;
  equal(limiter.take("register", "a")?.allowed, true);
});

Deno.test("[S5] settings lift all limits or change one", () => {
  equal(memoryLimiter(limitRules("off")).take("login", "a"), null);
  const one = memoryLimiter(
    limitRules({ login: { limit: 1, windowMs: 1_000, burst: 0 } }),
    () => 0,
  );
  equal(one.take("login", "a")?.allowed, true);
  equal(one.take("login", "a")?.allowed, false);
  equal(one.take("register", "a")?.rule.limit, 3);
});
