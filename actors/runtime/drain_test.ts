/** Actors that move between nodes, and claims that are in the way, on a clock that is moved by hand. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Rejection } from "../../domain/errors.ts";
import { settled } from "./testing.ts";
import { testCluster } from "./testing_cluster.ts";
import { hosted } from "./testing_log.ts";

/** Of those that could take an actor, the last is asked first. */
const last = () => 0.99;

Deno.test("[A13] a drain goes past members that do not host the kind, as workers do not", async () => {
  await using test = await testCluster(3, last);
  const { refs, rows } = hosted(test.nodes.slice(0, 2));
  const ref = refs[0]!.get("one");
  await ref.add("before");
  const slow = ref.addSlowly({ entry: "slow", ms: 100 });
  await settled();
  const drained = test.nodes[0]!.system.drain({ withinMs: 5_000 });
  await test.clock.advance(50);
  const during = ref.add("during");
  await test.clock.advance(3_000);
  await drained;
  equal(await Promise.all([slow, during]), [2, 3]);
  equal(await refs[1]!.get("one").where(), "b");
  equal(rows.logOf("one"), ["before", "slow", "during"]);
});

Deno.test("[A13] a drain goes past a node that has just died", async () => {
  await using test = await testCluster(3, last);
  const { refs } = hosted(test.nodes);
  const ref = refs[0]!.get("one");
  await ref.add("before");
  const slow = ref.addSlowly({ entry: "slow", ms: 100 });
  await settled();
  await test.nodes[2]!.kill();
  const drained = test.nodes[0]!.system.drain({ withinMs: 5_000 });
  await test.clock.advance(4_000);
  await Promise.all([slow, drained]);
  equal(await refs[1]!.get("one").where(), "b");
});

Deno.test("[A13] an actor that ends by itself before its turn does not hold a drain up", async () => {
  await using test = await testCluster(2);
  const { refs } = hosted(test.nodes);
  const ref = refs[0]!;
  await ref.get("idle").add(0); // the first that came is the last to be moved
  await test.clock.advance(59_900); // and passivates in 100 ms
  const busy = Array.from({ length: 8 }, (_, n) => ref.get(`busy-${n}`));
  const slow = busy.map((one) => one.addSlowly({ entry: "slow", ms: 300 }));
  await settled();
  const began = test.clock.now();
  let took = Infinity;
  const drained = test.nodes[0]!.system.drain({ withinMs: 20_000 }).then(() => {
    took = test.clock.now() - began;
  });
  for (let n = 0; n < 50; n++) await test.clock.advance(50);
  ok(took < 2_000, `${took} ms`);
  await Promise.all([drained, ...slow]);
});

Deno.test("[A1] [A13] calls of one sender keep their order when the actor moves to the sender's node", async () => {
  await using test = await testCluster(2);
  const { refs, rows } = hosted(test.nodes);
  const [near, far] = refs.map((ref) => ref.get("one"));
  await near!.add("first");
  const answers = [far!.addSlowly({ entry: 0, ms: 300 })];
  for (let n = 1; n <= 5; n++) answers.push(far!.add(n));
  await settled();
  const drained = test.nodes[0]!.system.drain({ withinMs: 5_000 });
  for (let n = 6; n < 206; n++) {
    await test.clock.advance(5);
    answers.push(far!.add(n));
  }
  await test.clock.advance(2_000);
  await Promise.all([drained, ...answers]);
  equal(rows.logOf("one").slice(1), Array.from({ length: 206 }, (_, n) => n));
});

Deno.test("[A12] a claim that could not be let go of keeps nobody from the actor", async () => {
  await using test = await testCluster(2);
  const { refs, rows } = hosted(test.nodes);
  await refs[0]!.get("one").add("before");
  const { release } = test.claims;
  test.claims.release = () => Promise.reject(new Rejection("unavailable", "on purpose"));
  await test.clock.advance(61_000); // it has passivated
  test.claims.release = release;
  equal(test.nodes[0]!.system.inspect(), []);
  equal((await test.claims.read("log", "one"))?.node, "a");
  const added = refs[1]!.get("one").add("after");
  await test.clock.advance(500);
  equal(await added, 2);
  equal(rows.logOf("one"), ["before", "after"]);
});

Deno.test("[A15] claims that cannot be let go of again are tried once a time, and nothing hangs", async () => {
  await using test = await testCluster(2);
  const { refs } = hosted(test.nodes);
  await refs[0]!.get("one").add("before");
  let tries = 0;
  const { release } = test.claims;
  test.claims.release = () => {
    tries += 1;
    if (tries > 1_000) return Promise.resolve(); // else a loop here would never end
    return Promise.reject(new Rejection("unavailable", "on purpose"));
  };
  await test.clock.advance(61_000);
  equal(tries, 1);
  test.claims.lose();
  await test.clock.advance(0);
  equal(tries, 2);
  test.claims.release = release;
});
