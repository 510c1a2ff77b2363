/**
 * What a gateway does while the other nodes are not reached (A15): it says so, reads the logs of its
 * rooms from the database, and lets go of sockets that another node may serve better.
 */
import type { Bus } from "../../actors/runtime/bus.ts";
import type { Clock } from "../../actors/runtime/clock.ts";
import type { RoomHead } from "../../domain/chat.ts";
import { isRejection } from "../../domain/errors.ts";
import type { Connection } from "./connection.ts";
import type { Hub } from "./hub.ts";
import { KEPT_MS, watchReach } from "./reach.ts";

/** The logs are looked at this often, in ms. Source: A15. */
const LOOK_MS = 2_000;
/** Those that are let go of come again spread over this, in ms. */
const SPREAD_MS = 2_000;
/** What could not be looked at when all was well again is looked at once more after this, in ms. */
const AGAIN_MS = 1_000;

export interface OutageOptions {
  readonly bus: Pick<Bus, "connected" | "flush" | "onReconnect">;
  readonly hub: Pick<Hub, "look" | "followed" | "reviewAll">;
  /** Under which epoch a room's actor writes here; refused where it lives elsewhere. */
  readonly epochHere: (roomId: string) => Promise<number>;
  readonly clock: Pick<Clock, "now" | "random" | "timer">;
  readonly onError: (error: unknown) => void;
}

export function outage({ bus, hub, epochHere, clock, onError }: OutageOptions) {
  /** When each was opened, in ms. */
  const connections = new Map<Connection, number>();
  let awaySince: number | null = null;
  let cancel = () => {};
  let isClosed = false;
  /** Of the last time that all was looked at. */
  let catchingUp = 0;

  const tell = (action: "degraded" | "restored") => {
    for (const one of connections.keys()) one.tell({ type: "session", action, data: {} });
  };

  /**
   * Those whose actors live here, and are still the ones that write: a node that is cut off does not
   * hear that another has taken a room over, but the database has the epoch.
   */
  const servedHere = async (heads: readonly RoomHead[]): Promise<ReadonlySet<string>> => {
    const found = await Promise.all(heads.map(async ({ roomId, epoch }) => {
      try {
        return await epochHere(roomId) === epoch ? [roomId] : [];
      } catch (error) {
        if (isRejection(error)) return [];
        throw error;
      }
    }));
    return new Set(found.flat());
  };

  /**
   * Closes what has been kept long enough. Who is only in rooms that this node serves itself stays:
   * nothing is missing there, and nobody could serve them better. So all come to rest where their
   * rooms are, however long it lasts.
   */
  const letGo = async (heads: readonly RoomHead[], since: number): Promise<void> => {
    const until = clock.now() - KEPT_MS;
    const due = [...connections].filter(([, openedAt]) => Math.max(openedAt, since) <= until);
    if (due.length === 0) return;
    const here = await servedHere(heads);
    const rooms = hub.followed();
    for (const [connection] of due) {
      const mine = rooms.get(connection) ?? [];
      if (mine.length > 0 && mine.every((id) => here.has(id))) continue;
      const after_ms = Math.floor(clock.random() * SPREAD_MS);
      connection.tell({ type: "session", action: "reconnect", data: { after_ms } });
      connection.end("degraded");
    }
  };

  const round = async (since: number): Promise<void> => {
    try {
      const heads = await hub.look();
      if (awaySince === since) await letGo(heads, since);
    } catch (error) {
      onError(error); // the database is away too: the next round may do better
    }
    if (awaySince === since && !isClosed) {
      cancel = clock.timer(LOOK_MS, () => void round(since));
    }
  };

  /** What was told while this node was away is read, and asked for: entries, and who may be there. */
  const catchUp = async (): Promise<void> => {
    const mine = ++catchingUp;
    const isDue = () => mine === catchingUp && bus.connected && !isClosed;
    while (isDue()) {
      try {
        await bus.flush(); // subscriptions count again: nothing falls between them and the log
        await hub.look();
        return await hub.reviewAll();
      } catch (error) {
        onError(error);
        await new Promise<void>((done) => clock.timer(AGAIN_MS, done));
      }
    }
  };

  const reconnected = bus.onReconnect(() => void catchUp());
  const watch = watchReach({
    bus,
    clock,
    onError,
    onAway(since) {
      awaySince = since;
      tell("degraded");
      void round(since);
    },
    onBack() {
      awaySince = null;
      cancel();
      tell("restored");
      void catchUp(); // a server that stood still may have lost what it held
    },
  });

  return {
    /** A socket was opened, and told that it is ready. */
    opened(connection: Connection): void {
      connections.set(connection, clock.now());
      if (awaySince === null) return;
      connection.tell({ type: "session", action: "degraded", data: {} });
    },
    gone: (connection: Connection): void => void connections.delete(connection),
    [Symbol.dispose](): void {
      isClosed = true;
      awaySince = null;
      cancel();
      reconnected.close();
      watch[Symbol.dispose]();
    },
  };
}
export type Outage = ReturnType<typeof outage>;
