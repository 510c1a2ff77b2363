/** Tests of who is there: names in small rooms, numbers in crowds. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { NAMES_MOST } from "../../domain/chat.ts";
import type { Connection } from "./connection.ts";
import { presence as presenceOf } from "./presence.ts";
import { RoomFeed } from "./room_feed.ts";

const ROOM = "019a0000-0000-7000-8000-000000000001";
/** Longer than changes are gathered, in ms. */
const GATHERED_MS = 600;

function room() {
  const presence = presenceOf({ now: () => 0, others: null });
  // deno-lint-ignore no-explicit-any -- what is on the wire
  const told: any[] = [];
  const feed: RoomFeed = new RoomFeed({
    roomId: ROOM,
    after: () => Promise.resolve([]),
    schedule: () => queueMicrotask(() => feed.flush()),
    rest: () => Promise.resolve(),
    onStanding: () => {},
    onPeople: () => {},
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
    leave(connection: Connection) {
      feed.leave(connection);
      presence.gone(connection);
      presence.seats(ROOM, feed);
    },
    gathered: () => new Promise((done) => setTimeout(done, GATHERED_MS)),
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
