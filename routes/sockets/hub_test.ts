/** Tests of what a hub does where a room does not answer. */
import { deepStrictEqual as equal } from "node:assert/strict";
import { inProcessBus } from "../../actors/runtime/bus.ts";
import { fakeClock } from "../../actors/runtime/testing.ts";
import { bytesTopic } from "../../actors/runtime/topic.ts";
import type { RoomNow } from "../../actors/chat_room.ts";
import { Rejection } from "../../domain/errors.ts";
import type { Connection } from "./connection.ts";
import { hub as hubOf } from "./hub.ts";
import { presence as presenceOf } from "./presence.ts";

const ROOM = "room-1";
const NOW = {
  room: { id: ROOM, gen: 1, lastSeq: 0, memberCount: 1 },
  role: "member",
  mayWrite: true,
} as RoomNow;
const connection = { id: "connection-1", person: null, isOpen: true } as Connection;

/** Joins a room that answers so, one answer after the other. */
async function joined(...answers: readonly (RoomNow | Rejection)[]) {
  const clock = fakeClock();
  await using bus = inProcessBus({ clock });
  using presence = presenceOf({ clock, others: null });
  let asked = 0;
  const hub = hubOf({
    topic: bytesTopic(bus, "room"),
    log: {
      before: () => Promise.resolve([]),
      after: () => Promise.resolve([]),
      heads: () => Promise.resolve([]),
    },
    enter: () => {
      const answer = answers[asked++]!;
      return answer instanceof Rejection ? Promise.reject(answer) : Promise.resolve(answer);
    },
    onError: (error) => {
      throw error;
    },
    presence,
    clock,
  });
  const code = await hub.join(ROOM, connection, undefined).then(({ now }) => {
    equal(now, NOW);
    hub.leave(ROOM, connection);
  }, (error) => error.code);
  return { asked, code };
}

Deno.test("[C6] [A13] a join whose answer was lost with its node is asked once more", async () => {
  const lost = new Rejection("timeout");
  equal(await joined(NOW), { asked: 1, code: undefined });
  equal(await joined(lost, NOW), { asked: 2, code: undefined });
  equal(await joined(lost, lost), { asked: 2, code: "timeout" });
  equal(await joined(new Rejection("not_found")), { asked: 1, code: "not_found" });
});
