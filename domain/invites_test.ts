import { equal } from "node:assert/strict";
import { inviteState } from "./invites.ts";

const at = (ms: number) => new Date(ms);
const fresh = { uses: 0, mostUses: 2, endsAt: at(1_000), revokedAt: null };

Deno.test("[S4] an invitation is open until it is used up, ended or taken back", () => {
  equal(inviteState(fresh, 999), "open");
  equal(inviteState(fresh, 1_000), "ended");
  equal(inviteState({ ...fresh, uses: 1 }, 0), "open");
  equal(inviteState({ ...fresh, uses: 2 }, 2_000), "used");
  equal(inviteState({ ...fresh, revokedAt: at(5) }, 0), "revoked");
});
