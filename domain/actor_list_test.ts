/** Which actors are listed, and in which order (A18). */
import { deepEqual, equal } from "node:assert/strict";
import { ActorQuery, joinLists, listActors } from "./actor_list.ts";
import { inTrouble, TROUBLE_MS } from "./actor_state.ts";
import type { ActorView } from "./runtime.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");

const actor = (key: string, of: Partial<ActorView> = {}): ActorView => ({
  kind: "room",
  key,
  node: "n1",
  phase: "serving",
  epoch: 1,
  since: "2026-11-21T11:00:00.000Z",
  mailbox: 0,
  mailboxBound: 1_000,
  handled: 0,
  perSecond: null,
  crashes: 0,
  crashedAt: null,
  lastError: null,
  p50Ms: null,
  p99Ms: null,
  ...of,
});

const keys = (all: readonly ActorView[], asked: Record<string, unknown>) =>
  listActors(all, ActorQuery.parse(asked), NOW).items.map(({ key }) => key);

Deno.test("[A18] actors are found by kind, state and a part of their name", () => {
  const all = [
    actor("b"),
    actor("a", { phase: "resting" }),
    actor("c", { kind: "stream", phase: "backing-off" }),
    actor("d", { crashes: 1, crashedAt: new Date(NOW - 1_000).toISOString() }),
  ];
  deepEqual(keys(all, { kind: "room", sort: "name" }), ["a", "b", "d"]);
  deepEqual(keys(all, { state: "resting" }), ["a"]);
  deepEqual(keys(all, { state: "trouble", sort: "name" }), ["a", "d", "c"]);
  deepEqual(keys(all, { q: " STREAM/c " }), ["c"]);
  deepEqual(listActors(all, ActorQuery.parse({ limit: 1 }), NOW).total, { room: 3, stream: 1 });
});

Deno.test("[A18] each order puts the most telling first, and equals by name", () => {
  const all = [
    actor("quiet"),
    actor("full", { mailbox: 5, mailboxBound: 10 }),
    actor("waiting", { mailbox: 50 }),
    actor("fast", { perSecond: 9, handled: 1 }),
    actor("slow", { p99Ms: 800 }),
    actor("young", { since: "2026-11-21T11:59:00.000Z" }),
    actor("broken", { crashes: 2 }),
  ];
  deepEqual(keys(all, { limit: 3 }), ["waiting", "full", "broken"]);
  equal(keys(all, { sort: "mailbox" })[0], "full", "nearest to its bound");
  equal(keys(all, { sort: "rate" })[0], "fast");
  equal(keys(all, { sort: "slowest" })[0], "slow");
  equal(keys(all, { sort: "newest" })[0], "young");
  deepEqual(keys(all, { sort: "crashes" }).slice(0, 3), ["broken", "fast", "full"]);
});

Deno.test("[A18] who holds a list gets the same actors in the same order, without those that went", () => {
  const all = [actor("a"), actor("b", { mailbox: 9 }), actor("c")];
  deepEqual(keys(all, { only: "room/c,room/gone,room/b" }), ["c", "b"]);
});

Deno.test("[A18] of ten thousand actors a page is cut, and told how many there are", () => {
  const all = Array.from({ length: 10_000 }, (_, n) => actor(String(n).padStart(5, "0")));
  const { items, found } = listActors(
    all,
    ActorQuery.parse({ sort: "name", offset: 9_950, limit: 100 }),
    NOW,
  );
  deepEqual([items.length, items[0]?.key, found], [50, "09950", 10_000]);
});

Deno.test("[A18] who crashed is in trouble for a minute, and who is half full at once", () => {
  const crashedAt = new Date(NOW - TROUBLE_MS).toISOString();
  equal(inTrouble(actor("a", { crashedAt }), NOW), false);
  equal(inTrouble(actor("a", { crashedAt }), NOW - 1), true);
  equal(inTrouble(actor("a", { mailbox: 500 }), NOW), true);
  equal(inTrouble(actor("a", { mailbox: 499 }), NOW), false);
});

Deno.test("[A18] the lists of several nodes are joined as if one had all of them", () => {
  const all = Array.from({ length: 30 }, (_, n) => actor(`k${n}`, { mailbox: (n * 7) % 30 }));
  const nodes = [0, 1, 2].map((node) => all.filter((_, n) => n % 3 === node));
  const only = "room/k7,room/k2,room/gone";
  for (const asked of [{ limit: 10 }, { limit: 10, offset: 15 }, { sort: "name" }, { only }]) {
    const query = ActorQuery.parse(asked);
    const whole = { ...query, offset: 0, limit: query.offset + query.limit };
    const joined = joinLists(nodes.map((some) => listActors(some, whole, NOW)), query);
    deepEqual(joined, listActors(all, query, NOW));
  }
});
