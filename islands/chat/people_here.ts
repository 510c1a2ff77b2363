/** Who is in the rooms that are followed, as the server told it last; for pages that ask later. */
import type { ChatEvent } from "./events.ts";
import type { WirePerson } from "./wire.ts";

interface Here {
  readonly count: number;
  /** Nobody by name where there are many. */
  readonly people: ReadonlyMap<string, WirePerson>;
}

export function peopleHere(on: (event: ChatEvent) => void) {
  const rooms = new Map<string, Here>();
  /** Tells all that is known of a room; nothing before it was joined. */
  const again = (roomId: string): void => {
    const here = rooms.get(roomId);
    if (here) on({ kind: "presence", roomId, count: here.count, all: [...here.people.values()] });
  };
  return {
    again,
    joined(roomId: string, count: number, all: readonly WirePerson[]): void {
      rooms.set(roomId, { count, people: new Map(all.map((one) => [one.user_id, one])) });
      again(roomId);
    },
    changed(roomId: string, count: number, changes: readonly WirePerson[] | undefined): void {
      const people = new Map(changes ? rooms.get(roomId)?.people : []);
      for (const one of changes ?? []) people.set(one.user_id, one);
      rooms.set(roomId, { count, people });
      on({ kind: "presence", roomId, count, ...(changes && { changes }) });
    },
    left: (roomId: string) => void rooms.delete(roomId),
  };
}
