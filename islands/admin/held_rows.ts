/** Rows that stay where they are while somebody reads them; pure. */
import { actorName } from "../../domain/actor_state.ts";
import type { ActorView } from "../../domain/runtime.ts";

/** A row of the table. `gone`: it does not live any more, and is shown as it was last. */
export interface Row {
  readonly actor: ActorView;
  readonly gone: boolean;
}

/** The rows of a fresh answer, in its order. */
export const freshRows = (actors: readonly ActorView[]): Row[] =>
  actors.map((actor) => ({ actor, gone: false }));

/** The same rows in the same order, with what `actors` has of them now. */
export function heldRows(rows: readonly Row[], actors: readonly ActorView[]): Row[] {
  const now = new Map(actors.map((actor) => [actorName(actor), actor]));
  return rows.map(({ actor }) => {
    const fresh = now.get(actorName(actor));
    return fresh ? { actor: fresh, gone: false } : { actor, gone: true };
  });
}
