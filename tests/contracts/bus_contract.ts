/** What every bus must do, as tests that run against any form of it. */

import { deepStrictEqual as equal, rejects, throws } from "node:assert/strict";
import type { Bus } from "../../actors/runtime/bus.ts";
import { Rejection } from "../../domain/errors.ts";

/** Two ends of one bus: two connections where there is a network, the same object where not. */
export interface BusPair extends AsyncDisposable {
  readonly near: Bus;
  readonly far: Bus;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

/**
 * Registers the contract as tests, each with a pair of its own from `makeBus`. Errors that handlers
 * throw on purpose are reported wherever that bus reports them.
 */
export function busContract(name: string, makeBus: () => Promise<BusPair>): void {
  function rule(what: string, test: (pair: BusPair) => Promise<void>) {
    Deno.test({
      name: `bus (${name}): ${what}`,
      sanitizeOps: true,
      sanitizeResources: true,
      async fn() {
        await using pair = await makeBus();
        await test(pair);
      },
    });
  }

  /** Resolves when all that either side sent before has been handled. */
  async function delivered({ near, far }: BusPair): Promise<void> {
    const arrived = Promise.withResolvers<void>();
    using _ = far.subscribe("contract.marker", () => arrived.resolve());
    await far.flush();
    near.publish("contract.marker", bytes(""));
    await arrived.promise;
  }

  rule("all who subscribe get what is published, in order", async (pair) => {
    const got: string[] = [];
    using _first = pair.far.subscribe("room.one", (data) => got.push(`first ${text(data)}`));
    using _second = pair.far.subscribe("room.one", (data) => got.push(`second ${text(data)}`));
    using _near = pair.near.subscribe("room.one", (data) => got.push(`near ${text(data)}`));
    await pair.far.flush();
    await pair.near.flush();
    for (const message of ["a", "b", "c"]) pair.near.publish("room.one", bytes(message));
    await delivered(pair);
    for (const who of ["first", "second", "near"]) {
      equal(got.filter((one) => one.startsWith(who)), [`${who} a`, `${who} b`, `${who} c`]);
    }
  });

  rule("no handler runs before publish returns", async (pair) => {
    let ran = false;
    using _ = pair.near.subscribe("room.one", () => ran = true);
    await pair.near.flush();
    pair.near.publish("room.one", bytes("a"));
    equal(ran, false);
    await delivered(pair);
  });

  rule("subjects are exact", async (pair) => {
    const got: string[] = [];
    using _ = pair.far.subscribe("room.one", (data) => got.push(text(data)));
    await pair.far.flush();
    for (const subject of ["room.two", "room", "room.one.more", "room.One"]) {
      pair.near.publish(subject, bytes(subject));
    }
    await delivered(pair);
    equal(got, []);
  });

  rule("what is not a subject is refused", (pair) => {
    const bad = [
      "",
      "a b",
      "room.*",
      "room.>",
      ">",
      ".a",
      "a.",
      "a..b",
      "a\r\nPUB",
      "x".repeat(300),
    ];
    for (const subject of bad) {
      throws(() => pair.near.publish(subject, bytes("")), TypeError, subject);
      throws(() => pair.near.subscribe(subject, () => {}), TypeError, subject);
      throws(() => pair.near.serve(subject, (data) => data), TypeError, subject);
    }
    return Promise.resolve();
  });

  rule("bytes arrive as they were sent", async (pair) => {
    const all = Uint8Array.from({ length: 256 }, (_, n) => n);
    const got: Uint8Array[] = [];
    using _ = pair.far.subscribe("audio.one", (data) => got.push(data));
    await pair.far.flush();
    pair.near.publish("audio.one", all);
    pair.near.publish("audio.one", new Uint8Array());
    await delivered(pair);
    equal(got.map((data) => [...data]), [[...all], []]);
  });

  rule("nothing is delivered after a subscription is closed", async (pair) => {
    const got: string[] = [];
    const closed = pair.far.subscribe("room.one", (data) => got.push(`closed ${text(data)}`));
    using _ = pair.far.subscribe("room.one", (data) => {
      closed.close(); // also when it is next in line
      closed.close();
      got.push(text(data));
    });
    await pair.far.flush();
    pair.near.publish("room.one", bytes("a"));
    await delivered(pair);
    closed.close();
    pair.near.publish("room.one", bytes("b"));
    await delivered(pair);
    equal(got.filter((one) => !one.startsWith("closed")), ["a", "b"]);
    equal(got.includes("closed b"), false);
  });

  rule("a subscriber that throws disturbs no other", async (pair) => {
    const got: string[] = [];
    using _bad = pair.far.subscribe("room.one", () => {
      throw new Error("on purpose");
    });
    using _good = pair.far.subscribe("room.one", (data) => got.push(text(data)));
    await pair.far.flush();
    pair.near.publish("room.one", bytes("a"));
    pair.near.publish("room.one", bytes("b"));
    await delivered(pair);
    equal(got, ["a", "b"]);
  });

  rule("a request is answered by who serves its subject", async (pair) => {
    using _ = pair.far.serve("actor.one", async (data) => {
      await null;
      return bytes(`${text(data)}!`);
    });
    await pair.far.flush();
    const replies = await Promise.all(
      ["a", "b", "c"].map((what) => pair.near.request("actor.one", bytes(what))),
    );
    equal(replies.map(text), ["a!", "b!", "c!"]);
  });

  rule("a server's Rejection arrives as one, with all that it carries", async (pair) => {
    using _ = pair.far.serve("actor.one", () => {
      throw new Rejection("rate_limited", "Slow down", { retryAfterMs: 1_500 });
    });
    await pair.far.flush();
    await rejects(pair.near.request("actor.one", bytes("")), (error) => {
      if (!(error instanceof Rejection)) return false;
      equal(error.toJSON(), { code: "rate_limited", detail: "Slow down", retryAfterMs: 1_500 });
      return true;
    });
  });

  rule("a server that fails otherwise is `crashed`, without its details", async (pair) => {
    using _ = pair.far.serve("actor.one", () => Promise.reject(new Error("on purpose: 1234")));
    await pair.far.flush();
    await rejects(pair.near.request("actor.one", bytes("")), (error) => {
      return error instanceof Rejection && error.code === "crashed" &&
        !error.message.includes("1234");
    });
  });

  rule("nobody serves: unavailable, at once", async (pair) => {
    await rejects(pair.near.request("actor.none", bytes("")), { code: "unavailable" });
    const closed = pair.far.serve("actor.one", (data) => data);
    await pair.far.flush();
    closed.close();
    await pair.far.flush();
    await rejects(pair.near.request("actor.one", bytes("")), { code: "unavailable" });
  });

  rule("who stops serving leaves nobody without an answer", async (pair) => {
    for (let round = 0; round < 20; round++) {
      const served = pair.far.serve("actor.one", (data) => data);
      await pair.far.flush();
      const asked = Array.from({ length: 50 }, async (_, n) => {
        if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
        return await pair.near.request("actor.one", bytes("a")).then(text, ({ code }) => code);
      });
      await asked[0];
      served.close();
      const told = await Promise.all(asked);
      equal(told.filter((one) => one !== "a" && one !== "unavailable"), []);
    }
  });

  rule("no answer in time: timeout", async (pair) => {
    const gate = Promise.withResolvers<Uint8Array>();
    using _ = pair.far.serve("actor.one", () => gate.promise);
    await pair.far.flush();
    const request = pair.near.request("actor.one", bytes(""), { deadlineMs: 30 });
    await rejects(request, { code: "timeout" });
    gate.resolve(bytes("late"));
    await delivered(pair);
  });

  rule("a request can be given up by its signal", async (pair) => {
    const gate = Promise.withResolvers<Uint8Array>();
    using _ = pair.far.serve("actor.one", () => gate.promise);
    await pair.far.flush();
    const giveUp = new AbortController();
    const request = pair.near.request("actor.one", bytes(""), { signal: giveUp.signal });
    giveUp.abort(new Error("given up"));
    await rejects(request, { message: "given up" });
    const again = pair.near.request("actor.one", bytes(""), { signal: giveUp.signal });
    await rejects(again, { message: "given up" });
    gate.resolve(bytes("late"));
    await delivered(pair);
  });
}
