/** Actors of several nodes, on a clock that is moved by hand. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Rejection } from "../../domain/errors.ts";
import { defineActor } from "./actor.ts";
import { refusal, settled } from "./testing.ts";
import { type ClusterNode, testCluster } from "./testing_cluster.ts";
import { hosted } from "./testing_log.ts";

Deno.test("[A11] the same call from any node: replies, refusals and crashes arrive as they are", async () => {
  await using test = await testCluster(2);
  const { refs, rows } = hosted(test.nodes);
  const [near, far] = refs.map((ref) => ref.get("one"));
  equal(await near!.add("a"), 1);
  equal(await far!.where(), "a", "it lives where it was needed first (A14)");
  equal(await far!.add({ plain: ["data", null, 1.5] }), 2);
  equal(await far!.addAll("c"), 3);
  equal(await far!.nothing(), undefined);
  equal(rows.logOf("one"), ["a", { plain: ["data", null, 1.5] }, "c"]);
  const refused = await far!.refuse().catch((error) => error);
  ok(refused instanceof Rejection);
  equal(refused.toJSON(), { code: "rate_limited", detail: "Slow down", retryAfterMs: 7 });
  equal(await refusal(far!.unavailable()), "unavailable");
  equal(await refusal(far!.crash()), "crashed");
  await test.clock.advance(50);
  equal(await far!.where(), "a");
  equal(test.nodes[1]!.system.inspect(), []);
});

Deno.test("[A1] [A12] calls of one sender keep their order while it is found out where the actor lives", async () => {
  await using test = await testCluster(2);
  const { refs, rows } = hosted(test.nodes);
  const [near, far] = refs.map((ref) => ref.get("one"));
  await Promise.all(Array.from({ length: 20 }, (_, n) => near!.add(n)));
  equal(rows.logOf("one"), Array.from({ length: 20 }, (_, n) => n));
  await Promise.all(Array.from({ length: 20 }, (_, n) => far!.add(n + 20)));
  equal(rows.logOf("one"), Array.from({ length: 40 }, (_, n) => n));
});

Deno.test("[A12] of many nodes that need an actor at once, one has it", async () => {
  await using test = await testCluster(3);
  const { refs, rows } = hosted(test.nodes);
  const where = await Promise.all(refs.map((ref) => ref.get("one").where()));
  equal(new Set(where).size, 1);
  equal(rows.epochOf("one"), 1);
});

Deno.test("[A6] [A12] an actor that passivated begins anew on whichever node needs it", async () => {
  await using test = await testCluster(2);
  const { refs, rows } = hosted(test.nodes);
  const [near, far] = refs.map((ref) => ref.get("one"));
  equal(await near!.where(), "a");
  equal(await far!.where(), "a");
  await test.clock.advance(61_000);
  equal(test.nodes[0]!.system.inspect(), []);
  equal(await test.claims.read("log", "one"), undefined);
  const again = far!.where();
  await test.clock.advance(1_000);
  equal(await again, "b");
  equal(await near!.where(), "b");
  equal(rows.epochOf("one"), 2);
});

Deno.test("[A5] a deadline travels: what has not begun by then never will", async () => {
  await using test = await testCluster(2);
  const { refs, rows } = hosted(test.nodes);
  const near = refs[0]!.get("one");
  const hasty = refs[1]!.get("one", { deadlineMs: 100 });
  const slow = near.addSlowly({ entry: "slow", ms: 1_000 });
  await settled();
  const late = refusal(hasty.add("late"));
  await test.clock.advance(200);
  equal(await late, "timeout");
  await test.clock.advance(2_000);
  equal(await slow, 1);
  equal(rows.logOf("one"), ["slow"]);
});

Deno.test("[A5] a call to another node is given up by its signal, and then never begins", async () => {
  await using test = await testCluster(2);
  const { refs, rows } = hosted(test.nodes);
  const slow = refs[0]!.get("one").addSlowly({ entry: "slow", ms: 1_000 });
  await settled();
  const giveUp = new AbortController();
  const given = refs[1]!.get("one", { signal: giveUp.signal }).add("given up")
    .catch((error) => error.message);
  await settled();
  giveUp.abort(new Error("enough"));
  equal(await given, "enough");
  await test.clock.advance(2_000);
  await slow;
  equal(rows.logOf("one"), ["slow"]);
});

Deno.test("[A5] a signal withdraws its own call, and none of the same number to another actor", async () => {
  await using test = await testCluster(2);
  const { refs, rows } = hosted(test.nodes);
  const slow = ["one", "two"].map((key) =>
    refs[0]!.get(key).addSlowly({ entry: "slow", ms: 1_000 })
  );
  await settled();
  const [giveUp, keep] = [new AbortController(), new AbortController()];
  const given = refs[1]!.get("one", { signal: giveUp.signal }).add("given up")
    .catch((error) => error.message);
  const wanted = refs[1]!.get("two", { signal: keep.signal }).add("wanted")
    .catch((error) => error.code);
  await settled();
  giveUp.abort(new Error("enough"));
  await test.clock.advance(2_000);
  await Promise.all(slow);
  equal([await given, await wanted], ["enough", 2]);
  equal([rows.logOf("one"), rows.logOf("two")], [["slow"], ["slow", "wanted"]]);
});

Deno.test("[A9] a ring across nodes is refused at once, and names who waits for whom", async () => {
  await using test = await testCluster(2);
  const [a, b] = test.nodes;
  const kinds = (node: ClusterNode) => {
    const pongs = node.system.host(defineActor("pong", {
      start: () => ({}),
      on: { where: () => node.members.id, back: (): Promise<unknown> => pings.get("one").where() },
    }));
    const pings = node.system.host(defineActor("ping", {
      start: () => ({}),
      on: {
        where: () => node.members.id,
        there: async () => await pongs.get("one").back(),
        later: () => void pongs.get("one").back().catch(() => {}),
      },
    }));
    return { pings, pongs };
  };
  const [near, far] = [kinds(a!), kinds(b!)];
  equal([await near.pings.get("one").where(), await far.pongs.get("one").where()], ["a", "b"]);
  const began = test.clock.now();
  const ring = await near.pings.get("one").there().catch((error) => error);
  ok(ring instanceof Rejection);
  equal(ring.code, "ring");
  equal(
    ring.message,
    "ping/one → pong/one → ping/one: each waits for the next, and so for itself",
  );
  equal(test.clock.now(), began);
});

Deno.test("[A13] a node that is killed: its actors answer elsewhere as soon as that is sure", async () => {
  await using test = await testCluster(2);
  const { refs, rows } = hosted(test.nodes);
  const [near, far] = refs.map((ref) => ref.get("one"));
  await near!.add("before");
  equal(await far!.where(), "a");
  await test.nodes[0]!.kill();
  const began = test.clock.now();
  const added = far!.add("after");
  let took = 0;
  void added.then(() => took = test.clock.now() - began);
  await test.clock.advance(3_000);
  equal(await added, 2);
  ok(took < 3_000, `${took} ms`);
  equal(rows.logOf("one"), ["before", "after"]);
});

Deno.test("[A12] a frozen owner is replaced after 6 s, and refused when it thaws", async () => {
  await using test = await testCluster(2);
  const { refs, rows } = hosted(test.nodes);
  const near = refs[0]!.get("one");
  const far = refs[1]!.get("one", { deadlineMs: 500 });
  await near.add("before");
  equal(await far.where(), "a");
  const [a, b] = test.nodes;
  a!.bus.faults.frozen = true;
  const codes: unknown[] = [];
  const began = test.clock.now();
  let answered = 0;
  const insist = async () => {
    for (;;) {
      const reply = await far.add("after").catch((error) => error.code);
      codes.push(reply);
      if (typeof reply === "number") return void (answered = test.clock.now() - began);
    }
  };
  const insisting = insist();
  await test.clock.advance(12_000);
  await insisting;
  ok(answered < 12_000 && answered >= 5_000, `${answered} ms`);
  equal(new Set(codes.slice(0, -1)), new Set(["timeout"]), "whether it had begun is not known");
  a!.bus.faults.frozen = false;
  // it has not looked at its claims yet, and acts as if they were its own
  const stale = await near.add("stale").catch((error) => error.code);
  ok(stale === "fenced" || typeof stale === "number", String(stale));
  await test.clock.advance(600); // the next beat of the other
  equal(await near.where(), "b");
  equal(rows.logOf("one").filter((entry) => entry === "stale").length, stale === "fenced" ? 0 : 1);
  equal(b!.system.inspect().length, 1);
  equal(a!.system.inspect().length, 0);
});

Deno.test("[A12] once a frozen owner counts as gone, its callers wait for no further deadline", async () => {
  await using test = await testCluster(3);
  const { refs, rows } = hosted(test.nodes);
  const [near, far, stranger] = refs.map((ref) => ref.get("one"));
  await near!.add("before");
  equal(await far!.where(), "a");
  test.nodes[0]!.bus.faults.frozen = true;
  const lost = refusal(far!.add("lost"));
  await test.clock.advance(7_000);
  equal(await lost, "timeout");
  const began = test.clock.now();
  const both = Promise.all([far!.add("after"), stranger!.add("after")]);
  await test.clock.advance(100);
  equal((await both).sort(), [2, 3]);
  ok(test.clock.now() - began <= 100);
  equal(rows.logOf("one"), ["before", "after", "after"]);
});

Deno.test("[A12] what waits for a life that is fenced goes on to the new owner, in order", async () => {
  await using test = await testCluster(2);
  const { refs, rows } = hosted(test.nodes);
  const [near, far] = refs.map((ref) => ref.get("one"));
  await near!.add("first");
  const claim = await test.claims.read("log", "one");
  // as if everybody believed that a is gone
  await test.claims.claim("log", "one", "b", claim);
  equal(await refs[1]!.get("one").where(), "b");
  const calls = ["x", "y", "z"].map((entry) => near!.add(entry).catch((error) => error.code));
  await test.clock.advance(100);
  equal(await Promise.all(calls), ["fenced", 2, 3]);
  equal(rows.logOf("one"), ["first", "y", "z"]);
  equal(rows.epochOf("one"), 2, "nobody took it back");
  equal(await far!.where(), "b");
});

Deno.test("[A13] a node that drains hands over, and no call fails", async () => {
  await using test = await testCluster(2);
  const { refs, rows } = hosted(test.nodes);
  const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
  for (const key of keys) equal(await refs[0]!.get(key).where(), "a");
  const slow = keys.map((key) => refs[0]!.get(key).addSlowly({ entry: "slow", ms: 50 }));
  await settled();
  const waiting = keys.flatMap((
    key,
  ) => [refs[0]!.get(key).add("near"), refs[1]!.get(key).add("far")]);
  const drained = test.nodes[0]!.system.drain({ withinMs: 5_000 });
  await settled();
  const after = keys.map((key) => refs[0]!.get(key).add("after"));
  await test.clock.advance(1_000);
  await drained;
  await Promise.all([...slow, ...waiting, ...after]);
  for (const key of keys) {
    equal(rows.logOf(key)[0], "slow");
    equal([...rows.logOf(key)].sort(), ["after", "far", "near", "slow"]);
    equal(await refs[0]!.get(key).where(), "b");
    equal(await refs[0]!.get(`new-${key}`).where(), "b", "what is new begins elsewhere");
  }
  equal(test.nodes[0]!.system.inspect(), []);
  equal(test.nodes[0]!.count("moved"), 20);
});

Deno.test("[A13] a node that is alone has nowhere to move to, and drains at once", async () => {
  await using test = await testCluster(1);
  const { refs } = hosted(test.nodes);
  await refs[0]!.get("one").add("a");
  await test.nodes[0]!.system.drain();
  equal(await refs[0]!.get("one").where(), "a");
});

Deno.test("[A15] cut off, a node serves its own, refuses the rest at once, and comes back", async () => {
  await using test = await testCluster(2);
  const { refs } = hosted(test.nodes);
  const [near, far] = refs;
  await near!.get("mine").add("a");
  await far!.get("theirs").add("b");
  equal(await near!.get("theirs").where(), "b");
  test.nodes[0]!.bus.cut(true);
  equal(await near!.get("mine").add("c"), 2);
  equal(await refusal(near!.get("theirs").add("d")), "unavailable");
  test.nodes[0]!.bus.cut(false);
  equal(await near!.get("theirs").add("e"), 2);
});

Deno.test("[A15] claims that were lost are made anew by who serves, and epochs go on", async () => {
  await using test = await testCluster(2);
  const { refs, rows } = hosted(test.nodes);
  const [near, far] = refs.map((ref) => ref.get("one"));
  await near!.add("a");
  await far!.add("b");
  test.claims.lose();
  await settled();
  equal((await test.claims.read("log", "one"))?.node, "a");
  equal(await far!.add("c"), 3);
  equal(rows.epochOf("one"), 1, "nothing had to begin anew");
});

Deno.test("[A4] calls that wait to know where an actor lives are bounded", async () => {
  await using test = await testCluster(1);
  const { refs } = hosted(test.nodes);
  const one = refs[0]!.get("one");
  const calls = Array.from({ length: 1_001 }, () => one.where().catch((error) => error.code));
  const told = await Promise.all(calls);
  equal(told.filter((reply) => reply === "a").length, 1_000);
  equal(told.at(-1), "busy");
});

Deno.test("[A12] [A13] an actor that is too busy to move is left behind, and its epoch ends elsewhere", async () => {
  await using test = await testCluster(2);
  const { refs, rows } = hosted(test.nodes);
  const [near, far] = refs.map((ref) => ref.get("one", { deadlineMs: 60_000 }));
  const slow = refusal(near!.addSlowly({ entry: "slow", ms: 30_000 }));
  await settled();
  const waiting = near!.add("waiting");
  const drained = test.nodes[0]!.system.drain({ withinMs: 10_000, patienceMs: 1_000 });
  await test.clock.advance(3_000);
  await drained;
  equal([await slow, await waiting], ["timeout", 1]);
  equal(await far!.where(), "b");
  await test.clock.advance(30_000); // what was left behind tries to write
  equal(rows.logOf("one"), ["waiting"]);
});

Deno.test("[A13] a node that drained may take actors again", async () => {
  await using test = await testCluster(2);
  const { refs } = hosted(test.nodes);
  equal(await refs[0]!.get("one").where(), "a");
  await test.nodes[0]!.system.drain({ withinMs: 10_000 });
  equal(await refs[0]!.get("two").where(), "b");
  test.nodes[0]!.system.resume();
  equal(await refs[0]!.get("three").where(), "a");
});
