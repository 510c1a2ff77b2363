/** The reference client of the chat protocol, with a tap on its line that writes a journal. */
import { type ChatClient, chatClient } from "../../islands/chat/client.ts";
import type { Socket } from "../../islands/chat/line.ts";
import { framesOf } from "../../islands/chat/wire.ts";
import { emptyJournal, type Journal } from "./journal.ts";

/** Disposing of it ends its line. */
export interface ChaosClient extends AsyncDisposable {
  readonly journal: Journal;
  readonly rooms: readonly string[];
  readonly chat: ChatClient;
  /** Whether it follows all its rooms. */
  readonly isLive: boolean;
  /** Writes its next message into one of its rooms. */
  write(roomId: string): void;
  /** Whether all that it wrote is in the log, as it came to it. */
  readonly isSettled: boolean;
  /** The newest entry that it has of a room. */
  last(roomId: string): number;
  /** Breaks its line off, and with it what is under way. */
  cut(): void;
}

export interface ChaosClientOptions {
  readonly name: string;
  readonly rooms: readonly string[];
  /** Where the nodes are; the first is tried first, and after each failure the next. */
  readonly urls: readonly string[];
  /** A fresh pass of the node at `url` (C1). */
  readonly pass: (url: string) => Promise<string>;
  readonly random: () => number;
}

/** Opens it; it comes back by itself until it is disposed of. */
export function chaosClient(options: ChaosClientOptions): ChaosClient {
  const { name, rooms, urls, pass, random } = options;
  const journal = emptyJournal(name);
  const known = new Set<string>();
  const newest = new Map<string, number>();
  let turn = 0;
  let url = "";
  let socket: WebSocket | undefined;
  /** Lines that are not closed yet. */
  const open = new Set<Promise<void>>();
  let offlineSince: number | undefined;
  let words = 0;
  let isOver = false;

  const isLive = () => rooms.every((roomId) => chat.isLive(roomId));
  const tap = (to: string, protocols: string[]): Socket => {
    const one = new WebSocket(to, protocols);
    const at = url;
    const seen = new Map<string, number>();
    let wasTold = false;
    socket = one;
    one.addEventListener("message", ({ data }) => {
      if (!one.onmessage) return; // the client does not hear it either
      for (const { type, action, data: said, request_id } of framesOf(data)) {
        const told = said as Record<string, unknown>;
        const roomId = String(told?.room_id);
        if (type === "error") journal.refused.push(`${action} ${told.code}`);
        if (type === "session" && action === "reconnect") wasTold = true;
        if (type === "room" && action === "joined") seen.set(roomId, Number(told.seq));
        if (type !== "message" || action !== "received") continue;
        const seq = Number(told.seq);
        if (request_id !== undefined) {
          journal.acked.push({ roomId, word: String(told.content), seq, at: performance.now() });
        }
        if (told.duplicate) continue; // outside the order (C4)
        const last = seen.get(roomId) ?? 0;
        if (seq <= last) journal.disorder.push(`${roomId}: ${seq} came after ${last}`);
        seen.set(roomId, seq);
      }
    });
    const closed = new Promise<void>((resolve) => {
      one.addEventListener("close", ({ code }) => {
        if (!isOver) journal.ended.push({ at: performance.now(), url: at, code, wasTold });
        open.delete(closed);
        resolve();
      }, { once: true });
    });
    open.add(closed);
    return one;
  };

  const chat = chatClient({
    address: async () => {
      url = urls[turn++ % urls.length] ?? "";
      const token = await pass(url);
      return `${url.replace(/^http/, "ws")}/ws?token=${token}`;
    },
    connect: tap,
    random,
    on(event) {
      if (event.kind === "line" && event.state.kind !== "open") offlineSince ??= performance.now();
      if (event.kind === "room" && offlineSince !== undefined && isLive()) {
        journal.offline.push({ from: offlineSince, until: performance.now() });
        offlineSince = undefined;
      }
      if (event.kind !== "entries") return;
      const { roomId } = event;
      if (event.replaced && newest.has(roomId)) {
        journal.disorder.push(`${roomId} was begun anew after ${newest.get(roomId)}`);
      }
      for (const { seq, message_id: messageId, content } of event.entries) {
        const word = String(content);
        journal.taken.push({ roomId, seq, messageId, word });
        newest.set(roomId, seq);
        known.add(word);
      }
    },
  });
  for (const roomId of rooms) chat.join(roomId);
  return {
    journal,
    rooms,
    chat,
    get isLive() {
      return isLive();
    },
    get isSettled() {
      return journal.sent.every(({ word }) => known.has(word));
    },
    write(roomId) {
      const word = `${name}.${++words}`;
      const at = performance.now();
      if (chat.send(roomId, { content: word }) === null) return; // too many wait already
      journal.sent.push({ roomId, word, at });
    },
    last: (roomId) => newest.get(roomId) ?? 0,
    cut() {
      if (!socket) return;
      socket.onmessage = null; // until it is closed, answers would still come
      socket.close(4000, "cut");
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      chat.close();
      await Promise.all(open);
    },
  };
}
