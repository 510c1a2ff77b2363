/** Which actors the page shows, as its address says it; pure. */
import type { ActorQuery } from "../../domain/actor_list.ts";
import { ACTOR_ORDERS, ACTOR_STATES, type ActorOrder } from "../../domain/actor_state.ts";

/** So many actors to a page: what a node answers every two seconds stays small. */
export const PAGE_ROWS = 50;

export interface ShownQuery {
  readonly kind: string;
  readonly state: (typeof ACTOR_STATES)[number] | "";
  readonly q: string;
  readonly sort: ActorOrder;
  /** From 1. */
  readonly page: number;
}

/** What an address asks for; what is not as it should be is left out. */
export function readQuery(search: URLSearchParams): ShownQuery {
  const one = <T extends string>(all: readonly T[], text: string | null) =>
    all.find((name) => name === text);
  const page = Number(search.get("page"));
  return {
    kind: (search.get("kind") ?? "").slice(0, 32),
    state: one(ACTOR_STATES, search.get("state")) ?? "",
    q: (search.get("q") ?? "").trim().slice(0, 100),
    sort: one(ACTOR_ORDERS, search.get("sort")) ?? "telling",
    page: Number.isInteger(page) && page > 0 && page < 100_000 ? page : 1,
  };
}

/** The address of the page that shows this. */
export function addressOf({ kind, state, q, sort, page }: ShownQuery): string {
  const search = new URLSearchParams({
    ...(kind && { kind }),
    ...(state && { state }),
    ...(q && { q }),
    ...(sort !== "telling" && { sort }),
    ...(page > 1 && { page: String(page) }),
  }).toString();
  return search ? `/admin/runtime?${search}` : "/admin/runtime";
}

/** What the server is asked for; `only` for who holds the rows that are named. */
export const actorQuery = (
  { kind, state, q, sort, page }: ShownQuery,
  only?: readonly string[],
): ActorQuery => ({
  ...(kind && { kind }),
  ...(state && { state }),
  ...(q && { q }),
  ...(only && { only: only.join(",") }),
  sort,
  limit: PAGE_ROWS,
  offset: (page - 1) * PAGE_ROWS,
});

/** As the fields of an address. */
export const searchOf = (query: ActorQuery): URLSearchParams =>
  new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
