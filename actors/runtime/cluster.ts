/** What a node needs of the others: a bus to them, the claims that all agree on, and who lives. */
import type { Bus } from "./bus.ts";
import type { Claims } from "./claims.ts";
import type { Members } from "./members.ts";

export interface Cluster {
  readonly bus: Bus;
  readonly claims: Claims;
  readonly members: Members;
}
