/** Tests of who may hear a stream, send to it and end it. */
import { deepEqual } from "node:assert/strict";
import type { Role } from "./auth.ts";
import { mayInspectLive, mayPublish, maySeeLive, mayStopLive } from "./live.ts";

const user = (userId: string, ...roles: Role[]) => ({ kind: "user", userId, roles }) as const;
const WHO = {
  guest: { kind: "guest" },
  eve: user("eve", "user"),
  host: user("anna", "creator"),
  coHost: user("bob", "user"),
  moderator: user("mo", "moderator"),
} as const;
const may = (
  rule: typeof maySeeLive,
  visibility: "public" | "unlisted" | "private",
) => {
  const stream = { hostId: "anna", coHostId: "bob", visibility };
  return Object.entries(WHO).filter(([, who]) => rule(who, stream)).map(([name]) => name);
};

Deno.test("[S4] a private stream is heard by its hosts and moderators, any other by all", () => {
  for (const open of ["public", "unlisted"] as const) {
    deepEqual(may(maySeeLive, open), ["guest", "eve", "host", "coHost", "moderator"]);
  }
  deepEqual(may(maySeeLive, "private"), ["host", "coHost", "moderator"]);
});

Deno.test("[S4] its hosts alone send to a stream; moderators can look at it, and end it", () => {
  deepEqual(may(mayPublish, "public"), ["host", "coHost"]);
  deepEqual(may(mayInspectLive, "public"), ["host", "coHost", "moderator"]);
  deepEqual(may(mayStopLive, "public"), ["host", "moderator"]);
});
