/** Tests of the rules of rooms: who reads, writes, changes and leads. */
import { deepEqual, doesNotThrow, equal, throws } from "node:assert/strict";
import {
  type Act,
  blockedWord,
  type Change,
  demandAct,
  demandChange,
  demandRead,
  demandWrite,
  mentionsIn,
  type Person,
  roleOf,
  type RoomKind,
  type RoomRole,
  type Standing,
  STRANGER,
} from "./chat.ts";
import { type ErrorCode, isRejection } from "./errors.ts";

const NOW = 1_000_000;
const anna: Person = { id: "anna", name: "Anna", moderator: false };
const site: Person = { id: "site", name: "Site", moderator: true };
const room = (kind: RoomKind = "public", hidden = false) => ({
  id: "r",
  kind,
  hidden,
  ownerId: "owner",
  coHostId: "co",
  blockedWords: [] as string[],
});
const as = (role: RoomRole | null, more: Partial<Standing> = {}): Standing => ({
  ...STRANGER,
  role,
  ...more,
});
const refused = (code: ErrorCode, work: () => void) =>
  throws(work, (error) => isRejection(error, code), `${code} was due`);

Deno.test("[C8] who may read: a room that one may not see is not there", () => {
  const read = (kind: RoomKind, person: Person | null, standing: Standing) => () =>
    demandRead(room(kind), person, standing, NOW);
  doesNotThrow(read("public", null, STRANGER));
  for (const person of [null, anna]) {
    refused("not_found", read("private", person, STRANGER));
    refused("not_found", read("direct", person, STRANGER));
  }
  doesNotThrow(read("private", anna, as("member")));
  doesNotThrow(read("direct", anna, as("member")));
  doesNotThrow(read("private", site, STRANGER));
  refused("not_found", read("direct", site, STRANGER));
  refused("room_banned", read("public", anna, as(null, { bannedUntil: NOW + 1 })));
  doesNotThrow(read("public", anna, as(null, { bannedUntil: NOW })));
  refused("not_found", read("private", anna, as(null, { bannedUntil: NOW + 1 })));
  doesNotThrow(read("public", site, as(null, { bannedUntil: Infinity })));
});

Deno.test("[C8][S4] the room of a private stream is for who may see that, whoever was there before", () => {
  const read = (person: Person | null, standing: Standing, hidden = true) => () =>
    demandRead(room("live", hidden), person, standing, NOW);
  doesNotThrow(read(null, STRANGER, false));
  refused("not_found", read(null, STRANGER));
  for (const role of [null, "member", "moderator"] as const) {
    refused("not_found", read(anna, as(role)));
  }
  for (const id of ["owner", "co"]) doesNotThrow(read({ ...anna, id }, STRANGER));
  doesNotThrow(read(site, STRANGER));
  refused(
    "not_found",
    () => demandRead({ ...room("live", true), coHostId: null }, anna, as("member"), NOW),
  );
});

Deno.test("[C8] who is mute reads and does not write, until it ends", () => {
  const muted = as("member", { mutedUntil: NOW + 1_500 });
  doesNotThrow(() => demandRead(room(), anna, muted, NOW));
  throws(
    () => demandWrite(room(), anna, muted, NOW),
    (error) => isRejection(error, "muted") && error.retryAfterMs === 1_500,
  );
  doesNotThrow(() => demandWrite(room(), anna, muted, NOW + 1_500));
});

Deno.test("[C8] a moderator of the site is one in every room, and no more than that", () => {
  equal(roleOf(site, STRANGER), "moderator");
  equal(roleOf(site, as("member")), "moderator");
  equal(roleOf(site, as("owner")), "owner");
  equal(roleOf(null, STRANGER), null);
});

Deno.test("[C9] one edits one's own, deletes one's own or as a moderator, and pins as one", () => {
  const edit: Change = { action: "edit", messageId: "m", content: "x" };
  const of = (action: "delete" | "pin" | "unpin"): Change => ({ action, messageId: "m" });
  const react: Change = { action: "react", messageId: "m", emoji: "🎧" };
  const demand = (change: Change, own: boolean, role: RoomRole | null, kind?: RoomKind) => () =>
    demandChange(change, {
      room: room(kind),
      message: { senderId: own ? "anna" : "ben", deleted: false },
      person: anna,
      standing: as(role),
      now: NOW,
    });
  doesNotThrow(demand(edit, true, "member"));
  refused("forbidden", demand(edit, false, "owner"));
  doesNotThrow(demand(of("delete"), true, "member"));
  refused("forbidden", demand(of("delete"), false, "member"));
  doesNotThrow(demand(of("delete"), false, "moderator"));
  refused("forbidden", demand(of("delete"), false, "member", "direct"));
  for (const action of ["pin", "unpin"] as const) {
    refused("forbidden", demand(of(action), true, "member"));
    doesNotThrow(demand(of(action), false, "moderator"));
    doesNotThrow(demand(of(action), false, "member", "direct"));
  }
  doesNotThrow(demand(react, false, null));
  refused("not_found", demand(react, false, null, "private"));
});

Deno.test("[C9] a message that is not there, or deleted, is not changed; nor by who is mute", () => {
  const change: Change = { action: "react", messageId: "m", emoji: "🎧" };
  const demand = (message: { senderId: string; deleted: boolean } | null, standing = STRANGER) =>
    demandChange(change, { room: room(), message, person: anna, standing, now: NOW });
  refused("not_found", () => demand(null));
  refused("not_found", () => demand({ senderId: "anna", deleted: true }));
  const muted = as("member", { mutedUntil: NOW + 1 });
  refused("muted", () => demand({ senderId: "anna", deleted: false }, muted));
});

Deno.test("[C8] the word filter holds for edits too, and not for who leads", () => {
  const demand = (role: RoomRole, content: string) => () =>
    demandChange({ action: "edit", messageId: "m", content }, {
      room: { ...room(), blockedWords: ["rude"] },
      message: { senderId: "anna", deleted: false },
      person: anna,
      standing: as(role),
      now: NOW,
    });
  refused("blocked_word", demand("member", "How RUDE!"));
  doesNotThrow(demand("member", "prudence"));
  doesNotThrow(demand("moderator", "rude"));
});

Deno.test("[C8] blocked words are found whole, in any case, phrases too", () => {
  const words = ["Rude", "two words", "straße"];
  equal(blockedWord("so rude, really", words), "Rude");
  equal(blockedWord("rude", words), "Rude");
  equal(blockedWord("crude rudeness", words), undefined);
  equal(blockedWord("crude, and then rude", words), "Rude");
  equal(blockedWord("just TWO WORDS.", words), "two words");
  equal(blockedWord("in der STRAßE!", words), "straße");
  equal(blockedWord("aaaa", ["aa"]), undefined);
  equal(blockedWord("anything", []), undefined);
});

Deno.test("[C8] who may do what to whose place", () => {
  const act = (
    change: Act,
    mine: RoomRole | null,
    theirs: RoomRole | null,
    { kind = "public", userId = "ben", by = anna, target = {} }: {
      kind?: RoomKind;
      userId?: string;
      by?: Person;
      target?: Partial<Standing>;
    } = {},
  ) =>
  () =>
    demandAct(change, {
      room: room(kind),
      by,
      userId,
      standings: { by: as(mine), target: as(theirs, target) },
      now: NOW,
    });
  const self = { userId: "anna" };
  doesNotThrow(act({ act: "join" }, null, null, self));
  refused("forbidden", act({ act: "join" }, null, null));
  refused("not_found", act({ act: "join" }, null, null, { ...self, kind: "private" }));
  doesNotThrow(act({ act: "leave" }, "member", "member", self));
  refused("forbidden", act({ act: "leave" }, "owner", "owner", self));
  refused("forbidden", act({ act: "leave" }, "moderator", "member"));
  doesNotThrow(act({ act: "add" }, "member", null, { kind: "private" }));
  refused("forbidden", act({ act: "add" }, "member", null));
  refused("not_found", act({ act: "add" }, null, null, { kind: "private" }));
  const banned = { kind: "private" as const, target: { bannedUntil: NOW + 1 } };
  refused("room_banned", act({ act: "add" }, "member", null, banned));
  const below: Act[] = [
    { act: "kick" },
    { act: "mute", untilMs: NOW + 1 },
    { act: "unmute" },
    { act: "ban", untilMs: null, reason: "" },
    { act: "unban" },
  ];
  for (const one of below) {
    doesNotThrow(act(one, "moderator", "member"), one.act);
    doesNotThrow(act(one, "owner", "moderator"), one.act);
    refused("forbidden", act(one, "moderator", "moderator"));
    refused("forbidden", act(one, "moderator", "owner"));
    refused("forbidden", act(one, "member", "member"));
    refused("forbidden", act(one, "owner", "member", { kind: "direct" }));
    doesNotThrow(act(one, null, "member", { by: site }), one.act);
  }
  refused("not_found", act({ act: "kick" }, "owner", null));
  refused("not_found", act({ act: "mute", untilMs: NOW }, "owner", null));
  doesNotThrow(act({ act: "ban", untilMs: null, reason: "" }, "owner", null), "who has not come");
  doesNotThrow(act({ act: "role", role: "moderator" }, "owner", "member"));
  refused("forbidden", act({ act: "role", role: "moderator" }, "moderator", "member"));
  refused("not_found", act({ act: "role", role: "moderator" }, "owner", null));
  refused("forbidden", act({ act: "role", role: "member" }, "owner", "owner", self));
});

Deno.test("[C9] mentions: names after an @, each once, not inside of words and addresses", () => {
  deepEqual(mentionsIn("@Anna and @ben_2, @anna again"), ["anna", "ben_2"]);
  deepEqual(mentionsIn("mail me@example.org or https://x.org/@ben"), []);
  deepEqual(mentionsIn("@ab @2fast é@anna (@carl)"), ["carl"]);
});
