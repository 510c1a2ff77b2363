/** Tests of who is there: names in small rooms, numbers in crowds. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { fakeClock } from "../../actors/runtime/testing.ts";
import { NAMES_MOST } from "../../domain/chat.ts";
import type { Connection } from "./connection.ts";
import { type Others, presence as presenceOf } from "./presence.ts";
import { RoomFeed } from "./room_feed.ts";

const ROOM = "019a0000-0000-7000-8000-000000000001";
/** Longer than changes are gathered, in ms. */
const GATHERED_MS = 600;

function room(others: Others | null = null, clock = fakeClock()) {
  const presence = presenceOf({ clock, others });
  // deno-lint-ignore no-explicit-any -- what is on the wire
  const told: any[] = [];
  const feed: RoomFeed = new RoomFeed({
    roomId: ROOM,
    after: () => Promise.resolve([]),
    schedule: () => queueMicrotask(() => feed.flush()),
    rest: () => Promise.resolve(),
    onStanding: () => {},
    onPeople: (head, body) => presence.heard(ROOM, head, body),
    onRestored: () => {},
    onError: () => {},
  });
  const listener = sit("listener", null);
  feed.begin(1, 0);

  function sit(id: string, personId: string | null = id) {
    const connection: Connection = {
      id,
      person: personId === null ? null : { id: personId, name: personId, moderator: false },
      sessionId: null,
      isOpen: true,
      send({ text }) {
        if (id !== "listener") return;
        told.push(...text.split("\n").filter(Boolean).map((line) => JSON.parse(line)));
      },
      tell: () => {},
      end: () => {},
    };
    feed.seat({ connection, last: 0, held: null, heldBytes: 0, overflowed: false, mayWrite: true });
    presence.seats(ROOM, feed);
    return connection;
  }
  return {
    presence,
    feed,
    told,
    sit,
    listener,
    /** All leave but the first. */
    leaveAllBut(most: number) {
      const [, ...others] = feed.seats.values();
      for (const { connection } of others.slice(most)) this.leave(connection);
    },
    leave(connection: Connection) {
      feed.leave(connection);
      presence.gone(connection);
      presence.seats(ROOM, feed);
    },
    gathered: () => clock.advance(GATHERED_MS),
    [Symbol.dispose]: () => presence[Symbol.dispose](),
  };
}

Deno.test("[C10] who came, went, and is away is told by name, gathered; guests are nobody", async () => {
  using here = room();
  const { presence, told, sit } = here;
  const [anna, twice, ben] = [sit("a1", "anna"), sit("a2", "anna"), sit("b1", "ben")];
  await here.gathered();
  const named = (index: number) =>
    told[index].data.changes.map(({ user_id, status }: Record<string, string>) =>
      `${user_id} ${status}`
    );
  deepEqual([told.length, told[0].data.online, named(0)], [1, 2, ["anna online", "ben online"]]);
  presence.set(ben, "away");
  presence.set(anna, "away");
  await here.gathered();
  deepEqual([told.length, named(1)], [2, ["ben away"]], "anna is online by her other socket");
  here.leave(ben);
  here.leave(twice);
  await here.gathered();
  deepEqual(named(2), ["anna away", "ben offline"]);
  deepEqual(presence.online(ROOM), {
    count: 1,
    names: [{ user_id: "anna", user_name: "anna", status: "away" }],
  });
});

Deno.test("[C10] a room of 150 is told numbers, and names nobody, not who types either", async () => {
  using here = room();
  const { presence, told, sit, feed } = here;
  const all = Array.from({ length: 150 }, (_, n) => sit(`person ${n}`));
  await here.gathered();
  deepEqual(told, [{
    type: "presence",
    action: "changed",
    data: { room_id: ROOM, online: 150 },
  }]);
  deepEqual(presence.online(ROOM), { count: 150, names: [] });
  ok(presence.isCrowd(ROOM, feed));
  for (const { person } of all) if (person) presence.types(ROOM, person, true);
  await here.gathered();
  deepEqual(told.slice(1), [{
    type: "typing",
    action: "count",
    data: { room_id: ROOM, count: 150 },
  }]);
  for (const one of all.slice(NAMES_MOST - 1)) here.leave(one);
  await here.gathered();
  const { changes } = (told as unknown as { data: { changes: unknown[] } }[]).at(-1)!.data;
  equal(changes.length, NAMES_MOST - 1, "a smaller room names all again");
});

/** What one room is on several nodes, on one bus that may be cut. */
function nodes(many: number) {
  const clock = fakeClock();
  const made = Array.from({ length: many }, (_, at) => {
    const state = { isReached: true };
    const others = {
      id: `node-${at}`,
      isReached: () => state.isReached,
      publish(_: string, bytes: Uint8Array) {
        for (const one of made) {
          if (state.isReached && one.state.isReached) one.here.feed.arrived(bytes.slice());
        }
      },
    };
    return { state, here: room(others, clock) };
  });
  return {
    made,
    clock,
    [Symbol.dispose]: () => made.forEach(({ here }) => here[Symbol.dispose]()),
  };
}

Deno.test("[C10] what a node has is told on all; it counts no more 10 s after its death", async () => {
  using all = nodes(2);
  const [a, b] = all.made;
  a!.here.sit("anna");
  await a!.here.gathered();
  const names = ({ here }: NonNullable<typeof a>) =>
    here.presence.online(ROOM).names.map(({ user_id }) => user_id).sort();
  const ben = b!.here.sit("ben");
  b!.here.sit("anna", "anna");
  await b!.here.gathered();
  await b!.here.gathered();
  for (const one of all.made) deepEqual(names(one), ["anna", "ben"]);
  b!.here.leave(ben);
  await b!.here.gathered();
  await a!.here.gathered();
  deepEqual(names(a!), ["anna"]);
  b!.here.sit("carl");
  await b!.here.gathered();
  await a!.here.gathered();
  deepEqual(names(a!), ["anna", "carl"]);

  b!.state.isReached = false; // it ends without a word
  b!.here[Symbol.dispose]();
  a!.state.isReached = false; // nobody is heard, which proves nothing
  await all.clock.advance(60_000);
  a!.state.isReached = true;
  await all.clock.advance(6_000);
  deepEqual(names(a!), ["anna", "carl"], "a message of it may be lost");
  await all.clock.advance(3_000);
  deepEqual(names(a!), ["anna"]);
  const { changes } = a!.here.told.at(-1).data;
  deepEqual(changes.map(({ user_id, status }: Record<string, string>) => [user_id, status]), [
    ["carl", "offline"],
  ]);
});

Deno.test("[C10] a crowd is one though no node has it: counts are summed, also of who types", async () => {
  using all = nodes(3);
  const sent: number[] = [];
  for (const { here } of all.made) {
    const { feed } = here;
    const arrived = feed.arrived.bind(feed);
    feed.arrived = (bytes) => {
      sent.push(bytes.length);
      arrived(bytes);
    };
  }
  for (const [at, { here }] of all.made.entries()) {
    for (let n = 0; n < NAMES_MOST - 10; n++) here.sit(`person ${at} ${n}`);
  }
  await all.clock.advance(2 * GATHERED_MS);
  for (const { here } of all.made) {
    const { count, names } = here.presence.online(ROOM);
    deepEqual([count, names], [3 * (NAMES_MOST - 10), []]);
    ok(here.presence.isCrowd(ROOM, here.feed));
    for (let n = 0; n < 5; n++) {
      const id = `person 0 ${n}`;
      here.presence.types(ROOM, { id, name: id, moderator: false }, true);
    }
  }
  const [{ here }] = all.made as [typeof all.made[0]];
  await here.gathered();
  await here.gathered();
  deepEqual(here.told.at(-1), {
    type: "typing",
    action: "count",
    data: { room_id: ROOM, count: 15 },
  });
  for (let n = 0; n < 10_000; n++) here.sit(`another ${n}`);
  sent.length = 0;
  await here.gathered();
  await here.gathered();
  equal(here.told.at(-1).data.online, 10_000 + 3 * (NAMES_MOST - 10));
  ok(Math.max(...sent) < 200, "a crowd sends counts, and no names");
  for (const { here } of all.made) here.leaveAllBut(10);
  for (let n = 0; n < 3; n++) await here.gathered();
  for (const { here } of all.made) equal(here.presence.online(ROOM).names.length, 30);
});
