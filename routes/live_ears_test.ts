/** Tests of who hears endless files: they are cut off when they may not hear them any more. */
import { deepEqual } from "node:assert/strict";
import type { LiveRow } from "../db/live.ts";
import { GUEST, type Viewer } from "../domain/auth.ts";
import type { LiveNews } from "../domain/live_news.ts";
import { maySeeLive } from "../domain/live.ts";
import { type Ear, liveEars } from "./live_ears.ts";

const user = (userId: string): Viewer =>
  ({ kind: "user", userId, sessionId: userId, roles: ["user"] }) as unknown as Viewer;

function parts() {
  let row: LiveRow | null = {
    ...{ status: "live", visibility: "public", hostId: "anna", coHostId: "ben" },
  } as LiveRow;
  const sessions = new Set(["anna", "ben", "carl"]);
  const handlers = new Set<(published: { bytes: Uint8Array; event: LiveNews }) => void>();
  const errors: unknown[] = [];
  const ears = liveEars({
    access: {
      now: () => Promise.resolve(row),
      hears: (viewer, token, stream) =>
        Promise.resolve(maySeeLive(viewer, stream) || token === "good"),
    },
    news: {
      publish() {},
      subscribe(_, handler) {
        handlers.add(handler);
        return { close: () => void handlers.delete(handler) };
      },
    },
    living: (ids) => Promise.resolve(new Set(ids.filter((id) => sessions.has(id)))),
    outage: { opened() {}, gone() {} },
    onError: (error) => errors.push(error),
    lookMs: 20,
  });
  const enter = (viewer: Viewer, token?: string) => ears.enter("s", { viewer, token } as Ear);
  const cut = (all: readonly { signal: AbortSignal }[]) => all.map((one) => one.signal.aborted);
  return {
    ...{ ears, enter, cut, errors, sessions, handlers },
    become: (what: Partial<LiveRow> | null) => {
      row = what && { ...row, ...what } as LiveRow;
    },
    tell: async (event: LiveNews) => {
      for (const handler of handlers) handler({ bytes: new Uint8Array(), event });
      await new Promise((resolve) => setTimeout(resolve));
    },
    looked: () => new Promise((resolve) => setTimeout(resolve, 50)),
  };
}

Deno.test("[L4] who may not hear a stream that turns private is cut off at once, and nobody else", async () => {
  const { ears, enter, cut, become, tell, errors } = parts();
  using _ = ears;
  const all = [GUEST, user("carl"), user("anna"), user("ben")].map((viewer) => enter(viewer));
  all.push(enter(GUEST, "good"));
  await tell({ type: "visibility" });
  deepEqual(cut(all), [false, false, false, false, false]);
  become({ visibility: "private" });
  await tell({ type: "visibility" });
  deepEqual(cut(all), [true, true, false, false, false]);
  deepEqual(errors, []);
});

Deno.test("[S1] a private stream is heard no longer by a session that has ended", async () => {
  const { ears, enter, cut, become, sessions, looked } = parts();
  using _ = ears;
  const all = [enter(user("anna")), enter(user("ben")), enter(user("ben"), "good")];
  become({ visibility: "private" });
  sessions.delete("ben");
  await looked();
  deepEqual(cut(all), [false, true, false]);
});

Deno.test("[L4] a stream that ended is over for who came as it did, though no news reaches them", async () => {
  const { ears, enter, cut, become, looked, handlers } = parts();
  using _ = ears;
  const one = enter(GUEST);
  become({ status: "reconnecting" });
  await looked();
  deepEqual(cut([one]), [false]);
  become({ status: "ended" });
  await looked();
  deepEqual(cut([one]), [true]);
  one.leave();
  one.leave();
  deepEqual(handlers.size, 0);
});
