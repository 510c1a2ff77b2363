/** What every store of claims must do, as tests that run against any form of it. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import type { Claims } from "../../actors/runtime/claims.ts";

/** Two nodes' ways to one store. */
export interface ClaimsPair extends AsyncDisposable {
  readonly near: Claims;
  readonly far: Claims;
  /** Loses all that the store has. */
  lose(): Promise<void>;
}

/** Registers the contract as tests, each with a pair of its own. */
export function claimsContract(name: string, makePair: () => Promise<ClaimsPair>): void {
  function rule(what: string, test: (pair: ClaimsPair) => Promise<void>) {
    Deno.test({
      name: `[A12] claims (${name}): ${what}`,
      sanitizeOps: true,
      sanitizeResources: true,
      async fn() {
        await using pair = await makePair();
        await test(pair);
      },
    });
  }

  rule("what nobody has claimed is nobody's", async ({ near }) => {
    equal(await near.read("room", "one"), undefined);
  });

  rule("a claim holds on every node", async ({ near, far }) => {
    const claim = await near.claim("room", "one", "a");
    equal(claim.node, "a");
    equal(await far.read("room", "one"), claim);
    equal(await far.read("room", "two"), undefined);
    equal(await far.read("stream", "one"), undefined);
  });

  rule("of many who claim at once, one has it, and all are told who", async ({ near, far }) => {
    const told = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 ? near : far).claim("room", "one", `n${n}`)),
    );
    equal(new Set(told.map(({ node }) => node)).size, 1);
    equal(await near.read("room", "one"), told[0]);
  });

  rule("a claim is replaced only by who knows it", async ({ near, far }) => {
    const first = await near.claim("room", "one", "a");
    equal(await far.claim("room", "one", "b"), first);
    const second = await far.claim("room", "one", "b", first);
    equal(second.node, "b");
    ok(second.revision > first.revision);
    equal(await near.claim("room", "one", "c", first), second, "first is known to nobody now");
  });

  rule(
    "what was let go of can be claimed anew, by who thinks of the old claim too",
    async (pair) => {
      const { near, far } = pair;
      const first = await near.claim("room", "one", "a");
      await near.release("room", "one", first);
      equal(await far.read("room", "one"), undefined);
      const second = await far.claim("room", "one", "b", first);
      equal(second.node, "b");
      ok(second.revision > first.revision);
    },
  );

  rule("only the claim that is meant is let go of", async ({ near, far }) => {
    const first = await near.claim("room", "one", "a");
    const second = await far.claim("room", "one", "b", first);
    await near.release("room", "one", first);
    await near.release("room", "two", first);
    equal(await near.read("room", "one"), second);
    await far.release("room", "one", second);
    await far.release("room", "one", second);
    equal(await near.read("room", "one"), undefined);
  });

  rule("the claims of nodes that are gone are removed together", async ({ near, far }) => {
    await near.claim("room", "one", "dead");
    await near.claim("room", "two", "dead");
    const kept = await near.claim("room", "three", "a");
    equal(await far.forget((node) => node === "dead"), 2);
    equal(await far.read("room", "one"), undefined);
    equal(await far.read("room", "three"), kept);
    equal(await far.forget((node) => node === "dead"), 0);
  });

  rule("a store that lost all says so, and goes on", async ({ near, far, lose }) => {
    const doubts = { near: Promise.withResolvers<void>(), far: Promise.withResolvers<void>() };
    near.onDoubt(() => doubts.near.resolve());
    far.onDoubt(() => doubts.far.resolve());
    const first = await near.claim("room", "one", "a");
    await lose();
    await Promise.all([doubts.near.promise, doubts.far.promise]);
    equal(await near.read("room", "one"), undefined);
    equal((await far.claim("room", "one", "b", first)).node, "b");
    equal((await near.claim("room", "two", "a")).node, "a");
  });
}
