import { deepEqual } from "node:assert/strict";
import type { Streams } from "../actors/live_stream.ts";
import type { LiveRow, LiveStore } from "../db/live.ts";
import { Rejection } from "../domain/errors.ts";
import type { LivePatch } from "../domain/live.ts";
import { liveDesk, type RoomsOfLive } from "./live_desk.ts";

const ANNA = {
  kind: "user",
  userId: "anna",
  username: "anna",
  roles: ["creator"],
  sessionId: "s",
  via: "cookie",
} as const;

/** The desk over one stream of Anna's, to which Ben is invited. */
function desk(rooms: RoomsOfLive) {
  const first = {
    ...{ id: "s", roomId: "r", hostId: "anna", hostName: "Anna", coHostId: "ben", status: "idle" },
    ...{ visibility: "public", createdAt: 0, scheduledAt: null, startedAt: null, endedAt: null },
  } as unknown as LiveRow;
  let row: LiveRow | null = first;
  const actor = {
    change(patch: LivePatch) {
      if (patch.record === false) return Promise.reject(new Rejection("conflict"));
      return Promise.resolve(row = { ...row, ...patch } as LiveRow);
    },
    look: () => Promise.resolve({ stream: row }),
    remove: () => Promise.resolve(row = null),
  };
  const options = {
    streams: { get: () => actor } as unknown as Streams,
    store: { byId: () => Promise.resolve(row) } as unknown as LiveStore,
    keys: { of: () => Promise.resolve("key") },
    accountOf: () => Promise.resolve(null),
    addresses: () => Promise.resolve({}),
    ...{ rooms, newId: () => "n", publicUrl: "http://veza", encoderUrl: () => "http://veza:8001" },
  } as unknown as Parameters<typeof liveDesk>[0];
  return { desk: liveDesk(options), row: () => row };
}

Deno.test("[C8] of two changes at once the room of a stream has the last, however slow the first", async () => {
  const { promise: held, resolve: go } = Promise.withResolvers<void>();
  let room = { hidden: false, coHostId: "ben" as string | null };
  let calls = 0;
  const stand = desk({
    async open(_id, to) {
      if (!to.hidden && ++calls === 1) await held; // as the first has it
      room = to;
    },
    remove: () => Promise.resolve(),
  });
  const first = stand.desk.change(ANNA, "s", { coHostId: null });
  await stand.desk.change(ANNA, "s", { visibility: "private" });
  go();
  await first;
  deepEqual(room, { hidden: true, coHostId: null });
});

Deno.test("[C8] a change that is cut off half-way leaves no open room to a private stream", async () => {
  let isHidden = false;
  const stand = desk({
    open(_id, to) {
      if (isHidden) return Promise.reject(new Rejection("timeout"));
      isHidden = to.hidden;
      return Promise.resolve();
    },
    remove: () => Promise.resolve(),
  });
  const said = await stand.desk.change(ANNA, "s", { visibility: "private" }).catch(({ code }) =>
    code
  );
  deepEqual([said, stand.row()?.visibility, isHidden], [
    "timeout",
    "private",
    true,
  ]);
});

Deno.test("[C8] a change that is refused leaves the room as it was", async () => {
  let isHidden = false;
  const stand = desk({
    open: (_id, to) => Promise.resolve(void (isHidden = to.hidden)),
    remove: () => Promise.resolve(),
  });
  const said = await stand.desk.change(ANNA, "s", { visibility: "private", record: false })
    .catch(({ code }) => code);
  deepEqual([said, stand.row()?.visibility, isHidden], ["conflict", "public", false]);
});

Deno.test("[C8] a stream whose room did not go at once can be deleted again, with its room", async () => {
  let room = true;
  let tries = 0;
  const stand = desk({
    open: () => Promise.resolve(),
    remove() {
      if (++tries === 1) return Promise.reject(new Rejection("timeout"));
      if (!room) return Promise.reject(new Rejection("not_found"));
      room = false;
      return Promise.resolve();
    },
  });
  const remove = () => stand.desk.remove(ANNA, "s").then(() => "gone", ({ code }) => code);
  deepEqual([await remove(), room, stand.row() !== null], ["timeout", true, true]);
  deepEqual([await remove(), room, stand.row()], ["gone", false, null]);
});
