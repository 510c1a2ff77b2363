/** Many clients in many rooms of a cluster, who write at a steady pace whatever happens to it. */
import type { Sql } from "../../db/open.ts";
import { ask, type Grant, register, signIn } from "../support/client.ts";
import { until } from "../support/processes.ts";
import { makeRoom } from "../support/sockets.ts";
import { type ChaosClient, chaosClient } from "./chaos_client.ts";
import type { Stored } from "./oracle.ts";

/** How many there are of what. */
export interface CrowdSize {
  readonly clients: number;
  readonly rooms: number;
  /** Messages a second, of all clients together. */
  readonly perSecond: number;
  /** Share of messages behind which the line is cut, so that nobody hears the answer; default: 0. */
  readonly cut?: number;
}

/** Disposing of it ends all their lines. */
export interface Crowd extends AsyncDisposable {
  readonly clients: readonly ChaosClient[];
  readonly rooms: readonly string[];
  /** Has them write; resolves once the signal has aborted. */
  write(signal: AbortSignal): Promise<void>;
  /** Resolves when all that was written is stored and has come to all; rejects when it does not. */
  settled(sql: Sql, patienceMs?: number): Promise<Stored[]>;
}

/** Rooms that one client follows. */
const ROOMS_EACH = 3;
/** Clients that share an account. */
const CLIENTS_EACH = 10;

/** Somebody with an account, who takes passes for sockets at any node. */
function person(grant: Grant): (url: string) => Promise<string> {
  let { accessToken: token } = grant;
  const askFor = (url: string) =>
    ask<{ token: string }>(url, "/api/v1/chat/token", { method: "POST", token });
  return async (url) => {
    let answer = await askFor(url);
    if (answer.status === 401) { // its time was over
      token = (await signIn(url, grant.user.username)).accessToken;
      answer = await askFor(url);
    }
    if (answer.status !== 200) throw new Error(`${url} gives no pass: ${answer.status}`);
    return answer.body.token;
  };
}

/** Lets them all in; resolves when each follows all its rooms. */
export async function gather(
  urls: readonly string[],
  { clients: many, rooms: places, perSecond, cut = 0 }: CrowdSize,
  random: () => number,
): Promise<Crowd> {
  const people = Math.ceil(many / CLIENTS_EACH);
  const grants: Grant[] = [];
  for (let n = 0; n < people; n++) grants.push(await register(urls[n % urls.length] ?? ""));
  const passes = grants.map(person);
  const rooms: string[] = [];
  for (let n = 0; n < places; n++) {
    rooms.push((await makeRoom(urls[n % urls.length] ?? "", grants[n % people]!)).id);
  }
  const clients: ChaosClient[] = [];
  await using owned = new AsyncDisposableStack();
  owned.defer(async () => {
    await Promise.all(clients.map((one) => one[Symbol.asyncDispose]()));
  });
  for (let n = 0; n < many; n++) {
    clients.push(chaosClient({
      name: `client-${n}`,
      // each room has as many, and no two clients have the same ones
      rooms: Array.from(
        { length: Math.min(ROOMS_EACH, places) },
        (_, at) => rooms[(n + at * (1 + n % 7)) % places]!,
      ).filter((id, at, all) => all.indexOf(id) === at),
      urls: urls.map((_, at) => urls[(n + at) % urls.length]!),
      pass: passes[n % people]!,
      random,
    }));
  }
  await until("all to be in", () => Promise.resolve(clients.every((one) => one.isLive)), 60_000);
  for (const { journal } of clients) journal.offline.length = 0; // it was no gap: they had not come
  const kept = owned.move();
  return {
    clients,
    rooms,
    async write(signal) {
      const began = performance.now();
      for (let n = 0; !signal.aborted; n++) {
        const due = began + n * 1_000 / perSecond;
        const early = due - performance.now();
        if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
        const one = clients[Math.floor(random() * clients.length)]!;
        one.write(one.rooms[Math.floor(random() * one.rooms.length)]!);
        if (random() < cut) one.cut();
      }
    },
    async settled(sql, patienceMs = 60_000) {
      await until(
        "an answer to each message",
        () => Promise.resolve(clients.every((one) => one.isSettled)),
        patienceMs,
      );
      const stored = await sql<Stored[]>`
        select room_id as "roomId", seq, message_id as "messageId", content as word
        from room_entries where room_id = any(${rooms}) order by room_id, seq`;
      const ends = new Map(stored.map(({ roomId, seq }) => [roomId, seq]));
      await until(
        "the end of each log to come to all",
        () =>
          Promise.resolve(
            clients.every((one) =>
              one.rooms.every((roomId) => one.last(roomId) >= (ends.get(roomId) ?? 0))
            ),
          ),
        patienceMs,
      );
      return [...stored];
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
