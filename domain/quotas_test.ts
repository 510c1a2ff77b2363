import { deepEqual, equal, match } from "node:assert/strict";
import { ACCOUNT_ROLES, fileLimitsOf, quotaExceeded, quotaOf, QUOTAS } from "./quotas.ts";

const GIB = 1024 ** 3;

Deno.test("[D3] the highest role decides: what is set for it, or at least what those before it have", () => {
  for (const role of ACCOUNT_ROLES) equal(quotaOf([role], {}), QUOTAS[role], role);
  equal(quotaOf(["creator", "user"], {}), 100 * GIB);
  equal(quotaOf(["user"], { user: 7 }), 7);
  equal(quotaOf(["user"], { user: null }), null);
  equal(quotaOf(["user"], { creator: 500 * GIB }), 10 * GIB);
  equal(quotaOf(["user", "creator"], { creator: 5 }), 5, "what is set counts, however little");
  equal(quotaOf(["creator"], { user: 500 * GIB }), 500 * GIB);
  equal(quotaOf(["creator"], { user: 500 * GIB, premium_user: 9 }), 100 * GIB);
  equal(quotaOf(["admin"], { admin: 5 }), 5);
  equal(quotaOf(["admin"], "off"), null);
  for (const roles of [[], ["guest"]] as const) equal(quotaOf(roles, {}), 0);
});

Deno.test("[U2] size and length of a file are what is set for the highest role, or the ceiling", () => {
  const ceiling = { maxBytes: 1_000, maxSeconds: 100 };
  const user = { maxBytes: 10, maxSeconds: 20 };
  deepEqual(fileLimitsOf(["user"], {}, ceiling), ceiling);
  deepEqual(fileLimitsOf(["user"], { user }, ceiling), user);
  deepEqual(fileLimitsOf(["user", "creator"], { user }, ceiling), ceiling);
  deepEqual(fileLimitsOf(["creator"], { creator: user }, ceiling), user);
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
