import { deepEqual, equal, match } from "node:assert/strict";
import { ACCOUNT_ROLES, fileLimitsOf, quotaExceeded, quotaOf, QUOTAS } from "./quotas.ts";

const GIB = 1024 ** 3;

Deno.test("[D3] the quota of an account is that of its highest role, or of one before it", () => {
  for (const role of ACCOUNT_ROLES) equal(quotaOf([role], {}), QUOTAS[role], role);
  equal(quotaOf(["user", "creator"], {}), 100 * GIB);
  equal(quotaOf(["creator"], { user: 500 * GIB }), 500 * GIB, "a role has all rights before it");
  equal(quotaOf(["user"], { creator: 500 * GIB }), 10 * GIB);
  equal(quotaOf(["user"], { user: 7 }), 7);
  equal(quotaOf(["user"], { user: null }), null);
  equal(quotaOf(["user"], "off"), null);
  equal(quotaOf(["admin"], { admin: 5 }), null, "a moderator has no limit");
  equal(quotaOf([], {}), 0);
  equal(quotaOf(["guest"], {}), 0);
});

Deno.test("[U2] size and length of a file differ by role, below the ceiling", () => {
  const ceiling = { maxBytes: 1_000, maxSeconds: 100 };
  const user = { maxBytes: 10, maxSeconds: 20 };
  deepEqual(fileLimitsOf(["user"], {}, ceiling), ceiling);
  deepEqual(fileLimitsOf(["user"], { user }, ceiling), user);
  deepEqual(fileLimitsOf(["premium_user"], { user }, ceiling), ceiling, "not named: the ceiling");
  const mixed = { user, premium_user: { maxBytes: 5, maxSeconds: 50 } };
  deepEqual(fileLimitsOf(["premium_user"], mixed, ceiling), { maxBytes: 10, maxSeconds: 50 });
  const over = { user: { maxBytes: 5_000, maxSeconds: 500 } };
  deepEqual(fileLimitsOf(["user"], over, ceiling), ceiling);
  deepEqual(fileLimitsOf(["guest"], {}, ceiling), { maxBytes: 0, maxSeconds: 0 });
});

Deno.test("[U2] a full quota says what is used, of what, and what would be needed", () => {
  const { code, message } = quotaExceeded({ used: 9e9, limit: 10e9, wanted: 1.5e9 });
  equal(code, "quota_exceeded");
  match(message, /9 GB of 10 GB.*1\.5 GB.*500 MB too many/);
  match(
    quotaExceeded({ used: 5, limit: 5, wanted: 0 }).message,
    /5 bytes of 5 bytes.*nothing more/,
  );
});
