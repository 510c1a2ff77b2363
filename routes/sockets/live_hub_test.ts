/** Tests of who hears a stream at a node: they are looked at again, also when news were lost. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import type { Topic } from "../../actors/runtime/topic.ts";
import type { Role, Viewer } from "../../domain/auth.ts";
import { type ErrorCode, Rejection } from "../../domain/errors.ts";
import type { LiveNews } from "../../domain/live_news.ts";
import { liveHub, type LiveHubOptions } from "./live_hub.ts";
import type { LiveLine } from "./live_line.ts";

const GUEST: Viewer = { kind: "guest" };
const user = (userId: string, ...roles: Role[]): Viewer => ({
  ...{ kind: "user", userId, username: userId, roles, sessionId: userId, via: "token" },
});

/** A stream that is on air for all, at a node that hears nothing but what a test tells it. */
function parts() {
  const row = { status: "live", title: "Night shift", hostId: "anna", coHostId: null };
  const state = { row: { ...row, visibility: "public" } as object | null, away: false };
  const roles = new Map<string, Role[]>();
  const errors: unknown[] = [];
  /** Whom the room refuses, and how; an Error: it fails in a way that nobody expects. */
  const refused = new Map<string, ErrorCode | Error>();
  const reactions: string[] = [];
  let told: (published: { bytes: Uint8Array; event: LiveNews }) => void = () => {};
  let again = () => {};
  const silent = { publish() {}, subscribe: () => ({ close() {} }) };
  const stream = { ...row, liveEpoch: 1, source: null, onAirId: null };
  /** What the actor was told of hands, and those that are up there. */
  const hands = { told: [] as string[], up: [] as string[] };
  const actor = {
    look: () => Promise.resolve({ stream }),
    hand({ who: { id }, isUp }: { who: { id: string }; isUp: boolean }) {
      hands.told.push(`${id} ${isUp ? "up" : "down"}`);
      return Promise.resolve();
    },
    uphold(ids: readonly string[]) {
      hands.told.push(`still ${ids.join()}`);
      return Promise.resolve(ids.filter((id) => hands.up.includes(id)));
    },
  };
  const hub = liveHub({
    audio: silent as unknown as Topic<Uint8Array>,
    news: {
      publish: (_: string, event: LiveNews) =>
        void (event.type === "reaction" && reactions.push(event.emoji)),
      subscribe: (_: string, handler: typeof told) => ((told = handler), { close() {} }),
    } as unknown as LiveHubOptions["news"],
    streams: { get: () => actor } as never,
    audience: { enter: () => () => {}, count: () => 0 } as never,
    accountOf: (id) =>
      Promise.resolve({ id, username: id, displayName: id, roles: roles.get(id) ?? ["user"] }),
    demandVoice(_, id) {
      const how = refused.get(id);
      if (how === undefined) return Promise.resolve();
      return Promise.reject(how instanceof Error ? how : new Rejection(how));
    },
    rowOf() {
      if (state.away) return Promise.reject(new Error("the database is away"));
      return Promise.resolve(state.row as never);
    },
    onReconnect: (handler) => ((again = handler), { close() {} }),
    onJoined() {},
    onError: (error) => errors.push(error),
  });
  const join = async (viewer: Viewer) => {
    let end: string | null = null;
    const places: number[] = [];
    const line = {
      isOpen: true,
      tell({ action, data }: { action: string; data: { place: number } }) {
        if (action === "hand") places.push(data.place);
      },
      end: (code: string) => void (end ??= code),
    } as unknown as LiveLine;
    await hub.join("s", viewer, line, { roomId: "r", isInvited: false, hears: true });
    return Object.assign(() => end, {
      places,
      raise: (isUp = true) => hub.hand("s", line, (viewer as { userId: string }).userId, isUp),
      react: (emoji: string) => hub.react("s", (viewer as { userId: string }).userId, emoji),
      leave: () => hub.leave("s", line),
    });
  };
  const rest = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));
  return {
    ...{ hub, state, roles, errors, hands, refused, reactions, join, rest },
    tell: async (event: LiveNews) => {
      told({ bytes: new Uint8Array(), event });
      await rest();
    },
    reconnect: async () => {
      again();
      await rest();
    },
  };
}

Deno.test("[L6] [L4] an end, and a change of who may hear it, that no news told of are found when the bus is back", async () => {
  const { hub, state, join, reconnect } = parts();
  using _ = hub;
  const [guest, host] = [await join(GUEST), await join(user("anna"))];
  state.row = { ...state.row, visibility: "private" };
  await reconnect();
  deepEqual([guest(), host()], ["not_found", null]);
  state.row = { ...state.row, status: "ended" };
  await reconnect();
  equal(host(), "stream_ended");
});

Deno.test("[L4] a look that failed is made again: a private stream is heard by nobody else for long", async () => {
  const { hub, state, errors, join, tell, rest } = parts();
  using _ = hub;
  const guest = await join(GUEST);
  state.away = true;
  state.row = { ...state.row, visibility: "private" };
  await tell({ type: "visibility" });
  deepEqual([guest(), errors.length], [null, 1]);
  state.away = false;
  await rest(2_500);
  equal(guest(), "not_found");
});

Deno.test("[S4] who hears a private stream by a role hears it no longer than they have it", async () => {
  const { hub, state, roles, join, tell } = parts();
  using _ = hub;
  roles.set("mo", ["moderator"]);
  state.row = { ...state.row, visibility: "private" };
  const moderator = await join(user("mo", "moderator"));
  await tell({ type: "visibility" });
  equal(moderator(), null);
  roles.set("mo", ["user"]);
  await tell({ type: "visibility" });
  equal(moderator(), "not_found");
});

Deno.test("[L8] a node says that its hands are still up, and learns of one that is not", async () => {
  const { hub, hands, join, tell, rest } = parts();
  using _ = hub;
  const one = await join(user("ben"));
  await join(user("carl"));
  await one.raise();
  hands.up = ["ben"];
  await tell({ type: "hands", raised: ["ben"] });
  await rest(2_100);
  deepEqual(hands.told, ["ben up", "still ben"]);
  hands.up = []; // the news of it were lost
  await rest(2_000);
  deepEqual(one.places, [1, 0]);
  await rest(2_000);
  deepEqual(hands.told, ["ben up", "still ben", "still ben"], "and it is not upheld any more");
});

Deno.test("[L8] a hand of which nothing was ever told is not upheld for ever", async () => {
  const { hub, hands, refused, join, rest } = parts();
  using _ = hub;
  const [ben, carl] = [await join(user("ben")), await join(user("carl"))];
  await ben.raise();
  await carl.raise();
  refused.set("carl", "muted");
  await rest(2_100);
  const told = ["ben up", "carl up", "carl down", "still ben"];
  deepEqual(hands.told, told);
  await rest(2_000);
  deepEqual(hands.told, told);
  ben.leave();
  deepEqual(hands.told, told, "and is not lowered again");
});

Deno.test("[L8] where a room fails for one of them, all hands are upheld", async () => {
  const { hub, hands, refused, errors, join, rest } = parts();
  using _ = hub;
  for (const id of ["ben", "carl", "dora"]) await (await join(user(id))).raise();
  refused.set("ben", new Error("a defect")).set("dora", "unavailable");
  await rest(2_100);
  equal(hands.told.at(-1), "still ben,carl,dora");
  equal(errors.length, 1, "and it is loud");
});

Deno.test("[L8] a hand that was lowered does not go down again with the line that had raised it", async () => {
  const { hub, hands, join, tell, rest } = parts();
  using _ = hub;
  const one = await join(user("ben"));
  const two = await join(user("ben"));
  const three = await join(user("ben"));
  await one.raise();
  await tell({ type: "hands", raised: ["ben"] });
  await tell({ type: "hands", raised: [] });
  await tell({ type: "hands", raised: ["ben"] }); // by a line at another node
  one.leave();
  await rest();
  deepEqual(hands.told, ["ben up"]);
  await two.raise();
  await three.raise();
  two.leave();
  await rest();
  deepEqual(hands.told, ["ben up", "ben up", "ben up"], "another line of theirs has it");
  three.leave();
  deepEqual(hands.told.at(-1), "ben down");
});

Deno.test("[C8] who may not write in the stream's room neither reacts nor has a hand up", async () => {
  const { hub, hands, refused, reactions, join, tell, rest } = parts();
  using _ = hub;
  const [ben, carl] = [await join(user("ben")), await join(user("carl"))];
  await ben.react("🎧");
  await ben.raise();
  hands.up = ["ben"];
  await tell({ type: "hands", raised: ["ben"] });
  refused.set("ben", "room_banned").set("carl", "muted");
  await rejects(ben.react("🔥"), { code: "room_banned" });
  await rejects(carl.react("🔥"), { code: "muted" });
  await rejects(carl.raise(), { code: "muted" });
  await rest(2_100);
  deepEqual(hands.told, ["ben up", "ben down"], "and what was up goes down");
  refused.set("ben", "unavailable");
  await ben.react("🎶");
  deepEqual(reactions, ["🎧", "🎶"], "a room that does not answer refuses nobody");
});
