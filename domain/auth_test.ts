import { deepEqual, equal, throws } from "node:assert/strict";
import {
  demand,
  GUEST,
  may,
  type Permission,
  PERMISSIONS,
  permissionsOf,
  Registration,
  ROLES,
  type Viewer,
} from "./auth.ts";
import { isRejection } from "./errors.ts";

const viewer = (role: typeof ROLES[number]): Viewer => ({
  kind: "user",
  userId: "u",
  username: "u",
  roles: [role],
  sessionId: "s",
  via: "token",
});

Deno.test("[S4] each role has all rights of those below it, and none above", () => {
  for (const [index, role] of ROLES.entries()) {
    for (const permission of Object.keys(PERMISSIONS) as Permission[]) {
      const least = ROLES.indexOf(PERMISSIONS[permission]);
      equal(may([role], permission), index >= least, `${role} ${permission}`);
    }
  }
});

Deno.test("[S4] the table, at its corners", () => {
  equal(may(["guest"], "tracks:read"), true);
  equal(may(["guest"], "tracks:create"), false);
  equal(may(["user"], "tracks:create"), true);
  equal(may(["user"], "market:sell"), false);
  equal(may(["creator"], "live:host"), true);
  equal(may(["creator"], "tracks:delete-any"), false);
  equal(may(["moderator"], "users:ban"), true);
  equal(may(["moderator"], "site:configure"), false);
  equal(may(["admin"], "site:configure"), true);
  equal(may(["user", "creator"], "live:host"), true);
  equal(may([], "tracks:create"), false);
  deepEqual(permissionsOf(["guest"]), [
    "tracks:read",
    "users:read",
    "search:read",
    "rooms:read",
    "live:listen",
  ]);
});

Deno.test("[S4] nothing is allowed by default: a guest is asked to sign in, an account is refused", () => {
  throws(() => demand(GUEST, "tracks:create"), (e) => isRejection(e, "unauthenticated"));
  throws(() => demand(viewer("user"), "site:configure"), (e) => isRejection(e, "forbidden"));
  demand(viewer("admin"), "site:configure");
});

Deno.test("[S2] a password has at least ten characters; an e-mail address and a username have a form", () => {
  const good = { email: "A@Example.org ", username: "anna", password: "0123456789" };
  const parsed = Registration.parse(good);
  equal(parsed.email, "a@example.org");
  equal(parsed.delivery, "token");
  for (
    const bad of [
      { password: "012345678" },
      { email: "a@b" },
      { username: "an" },
      { username: "1anna" },
      { username: "anna smith" },
      { username: "<b>anna</b>" },
      { roles: ["admin"] },
    ]
  ) equal(Registration.safeParse({ ...good, ...bad }).success, false, JSON.stringify(bad));
});
