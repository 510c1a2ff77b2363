/** Clients of the chat protocol for tests under faults, each with the log as it came to it. */
import { equal, ok } from "node:assert/strict";
import { type ChatClient, chatClient } from "../../islands/chat/client.ts";
import { inDatabase } from "./accounts.ts";
import type { Grant } from "./client.ts";
import type { RunningNode } from "./node.ts";
import { ticket } from "./sockets.ts";

/** One client in one room. */
export interface Member extends Disposable {
  readonly chat: ChatClient;
  /** `message_id` of each message of the log, by its `seq`. */
  readonly log: Map<number, string>;
  /** What it was told to have been written: `client_id`. */
  readonly acked: Set<string>;
  /** What it has sent: `client_id`. */
  readonly sent: string[];
  send(content: string): void;
  /** Resolves when all that it sent is in the log, as it came to it. */
  settled(patienceMs?: number): Promise<void>;
}

/**
 * Follows a room. `through`: the address of the socket, if another's than the node's.
 * Its time runs `faster` than the clock, so that it tries again sooner.
 */
export function memberOf(
  node: Pick<RunningNode, "url">,
  { accessToken }: Pick<Grant, "accessToken">,
  roomId: string,
  { through = () => node.url, faster = 1 }: { through?: () => string; faster?: number } = {},
): Member {
  const log = new Map<number, string>();
  const acked = new Set<string>();
  const sent: string[] = [];
  const chat = chatClient({
    address: async () =>
      `${through().replace(/^http/, "ws")}/ws?token=${await ticket(node.url, accessToken)}`,
    clock: {
      now: Date.now,
      after(ms, act) {
        const timer = setTimeout(act, ms / faster);
        return () => clearTimeout(timer);
      },
    },
    on(event) {
      if (event.kind !== "entries") return;
      if (event.replaced) log.clear();
      for (const { seq, message_id, client_id = "" } of event.entries) {
        equal(log.get(seq) ?? message_id, message_id, `seq ${seq} is two messages`);
        log.set(seq, message_id);
        acked.add(client_id);
      }
    },
  });
  chat.join(roomId);
  return {
    chat,
    log,
    acked,
    sent,
    send(content) {
      const clientId = chat.send(roomId, { content });
      if (clientId !== null) sent.push(clientId);
    },
    async settled(patienceMs = 60_000) {
      const until = Date.now() + patienceMs;
      const left = () => sent.filter((id) => !acked.has(id)).length;
      while (left() > 0) {
        const waiting = JSON.stringify(chat.waiting(roomId).slice(0, 3));
        ok(Date.now() < until, `${left()} messages have no answer: ${waiting}`);
        await new Promise((done) => setTimeout(done, 50));
      }
    },
    [Symbol.dispose]: () => chat.close(),
  };
}

/** Waits until all have the log up to its end, and compares it with what is stored. */
export async function haveTheSameLog(
  node: Pick<RunningNode, "dataDir">,
  roomId: string,
  members: readonly Member[],
  patienceMs = 20_000,
): Promise<void> {
  const stored: { seq: number; messageId: string; clientId: string }[] = [];
  await inDatabase(node, async (sql) => {
    const rows = await sql<{ seq: number; messageId: string; clientId: string }[]>`
      select seq, message_id as "messageId", client_id as "clientId" from room_entries
      where room_id = ${roomId} order by seq`;
    stored.push(...rows);
  });
  equal(stored.at(-1)?.seq, stored.length, "the log is gap-free");
  const sent = members.flatMap((one) => one.sent);
  equal(new Set(stored.map(({ clientId }) => clientId)).size, stored.length, "none is doubled");
  equal(stored.length, sent.length, "none is lost");
  const known = new Set(stored.map(({ clientId }) => clientId));
  ok(sent.every((id) => known.has(id)));
  const until = Date.now() + patienceMs;
  for (const [index, { log }] of members.entries()) {
    while (!log.has(stored.length)) {
      ok(Date.now() < until, `client ${index} has ${log.size} of ${stored.length} entries`);
      await new Promise((done) => setTimeout(done, 50));
    }
    const first = Math.min(...log.keys());
    for (const { seq, messageId } of stored.slice(first - 1)) {
      equal(log.get(seq), messageId, `client ${index} at ${seq}`);
    }
  }
}
