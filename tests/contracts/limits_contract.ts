/** What every limiter promises: at most limit + burst in any window (S5). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { limitRules } from "../../domain/limits.ts";
import type { Limiter } from "../../services/limits.ts";

/** Two nodes' limiters that count together, on the same clock. */
export interface Limiters extends AsyncDisposable {
  readonly near: Limiter;
  readonly far: Limiter;
}

export type OpenLimiters = (
  rules: ReturnType<typeof limitRules>,
  now: () => number,
) => Promise<Limiters>;

/** Keys of no other test: a server may be shared. */
const someKey = () => `key ${crypto.randomUUID()}`;

export function limitsContract(name: string, open: OpenLimiters): void {
  Deno.test(`[S5] limiter ${name}: at most limit + burst in any window, over two nodes`, async () => {
    let now = 1_700_000_000_000;
    await using both = await open(limitRules({}), () => now);
    const key = someKey();
    const admitted: number[] = [];
    // 7 in 15 min: knock every 20 s for two hours, now here, now there
    for (let knock = 0; knock < 360; knock++, now += 20_000) {
      const at = knock % 3 === 0 ? both.far : both.near;
      if ((await at.take("login", key))?.allowed) admitted.push(now);
    }
    for (const from of admitted) {
      const inWindow = admitted.filter((at) => at >= from && at < from + 15 * 60_000).length;
      ok(inWindow <= 7, `${inWindow} in the window from ${from}`);
    }
    ok(admitted.length >= 7 * 7, `only ${admitted.length} were let in`);
  });

  Deno.test(`[S5] limiter ${name}: all at once over two nodes, no one too many`, async () => {
    await using both = await open(limitRules({}), () => 1_700_000_000_000);
    const key = someKey();
    const all = await Promise.all(
      Array.from({ length: 40 }, (_, at) => (at % 2 ? both.near : both.far).take("login", key)),
    );
    equal(all.filter((verdict) => verdict?.allowed).length, 7);
  });

  Deno.test(`[S5] limiter ${name}: a refusal says when there is room, and then there is, on both`, async () => {
    let now = 1_700_000_000_000;
    await using both = await open(limitRules({}), () => now);
    const key = someKey();
    const left: (number | undefined)[] = [];
    for (let knock = 0; knock < 4; knock++) {
      left.push((await both.near.take("register", key))?.remaining);
    }
    deepEqual(left, [3, 2, 1, 0]);
    // refused again and again, far too: no refusal counts
    for (let knock = 0; knock < 20; knock++) {
      equal((await both.far.take("register", key))?.allowed, false);
    }
    const refused = await both.far.take("register", key);
    now += refused!.resetMs;
    equal((await both.far.take("register", key))?.allowed, true);
  });

  Deno.test(`[S5] limiter ${name}: keys and rules do not count for each other; off is off`, async () => {
    await using both = await open(limitRules({}), () => 1_700_000_000_000);
    const [key, other] = [someKey(), someKey()];
    for (let knock = 0; knock < 5; knock++) await both.near.take("register", key);
    equal((await both.near.take("register", other))?.allowed, true);
    equal((await both.near.take("login", key))?.allowed, true);
    await using none = await open(limitRules("off"), () => 0);
    equal(await none.near.take("login", key), null);
  });
}
