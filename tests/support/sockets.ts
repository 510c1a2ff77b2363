/** A raw chat socket for tests: sends frames, keeps what comes, waits for what is asked. */
import { equal } from "node:assert/strict";
import { ask, type Grant } from "./client.ts";

// deno-lint-ignore no-explicit-any -- whatever the wire holds is looked at by the tests
export type Said = any;

export interface Probe extends Disposable {
  readonly socket: WebSocket;
  /** Every message that came, in order. */
  readonly all: Said[];
  send(...frames: object[]): void;
  raw(data: string | Uint8Array<ArrayBuffer>): void;
  /** The first message, also of those that came, that `wanted` holds of and nobody took before. */
  next(wanted: (said: Said) => boolean, patienceMs?: number): Promise<Said>;
  /** Sends with a `request_id` and waits for its answer. */
  ask(frame: object, patienceMs?: number): Promise<Said>;
  readonly closed: Promise<{ code: number; reason: string }>;
}

export interface ProbeOptions {
  readonly token?: string | undefined;
  /** Offer binary frames. */
  readonly bytes?: boolean;
  readonly headers?: Record<string, string>;
}

let asked = 0;

/** Opens `/ws` of the node at `url` and waits for `session.ready`. */
export async function probe(url: string, options: ProbeOptions = {}): Promise<Probe> {
  const { token, bytes = false, headers = {} } = options;
  const address = `${url.replace(/^http/, "ws")}/ws${token ? `?token=${token}` : ""}`;
  // Deno's own second argument; the types in force here are the browser's
  const how = { protocols: bytes ? ["veza.bytes"] : [], headers } as unknown as string[];
  const socket = new WebSocket(address, how);
  socket.binaryType = "arraybuffer";
  const all: Said[] = [];
  const open: Said[] = [];
  const waiting = new Set<{ wanted: (said: Said) => boolean; resolve: (said: Said) => void }>();
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
  });
  socket.addEventListener("error", () => {});
  socket.addEventListener("message", ({ data }) => {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    for (const line of text.split("\n")) {
      const said = JSON.parse(line);
      all.push(said);
      const found = [...waiting].find(({ wanted }) => wanted(said));
      if (found) {
        waiting.delete(found);
        found.resolve(said);
      } else open.push(said);
    }
  });
  const self: Probe = {
    socket,
    all,
    closed,
    raw: (data) => socket.send(data),
    send: (...frames) => socket.send(frames.map((frame) => JSON.stringify(frame)).join("\n")),
    async next(wanted, patienceMs = 10_000) {
      const at = open.findIndex(wanted);
      if (at >= 0) return open.splice(at, 1)[0];
      const { promise, resolve, reject } = Promise.withResolvers<Said>();
      const waiter = { wanted, resolve };
      waiting.add(waiter);
      const timer = setTimeout(() => {
        waiting.delete(waiter);
        const last = JSON.stringify(all.slice(-5)).slice(0, 2_000);
        reject(new Error(`Nothing of this came in ${patienceMs} ms; last: ${last}`));
      }, patienceMs);
      const gone = ({ code, reason }: CloseEvent) =>
        reject(new Error(`The socket was closed: ${code} ${reason}`));
      socket.addEventListener("close", gone);
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        waiting.delete(waiter);
        socket.removeEventListener("close", gone);
      }
    },
    async ask(frame, patienceMs) {
      const request_id = `ask-${++asked}`;
      self.send({ ...frame, request_id });
      return await self.next((said) => said.request_id === request_id, patienceMs);
    },
    [Symbol.dispose]() {
      socket.close();
    },
  };
  await self.next(({ type, action }) => type === "session" && action === "ready");
  return self;
}

/** A pass for the socket, as a program takes it. */
export async function ticket(url: string, accessToken: string): Promise<string> {
  const answer = await ask<{ token: string }>(url, "/api/v1/chat/token", {
    method: "POST",
    token: accessToken,
  });
  equal(answer.status, 200);
  return answer.body.token;
}

/** Opens a socket as this account. */
export const probeAs = async (
  url: string,
  { accessToken }: Pick<Grant, "accessToken">,
  options: Omit<ProbeOptions, "token"> = {},
): Promise<Probe> => await probe(url, { ...options, token: await ticket(url, accessToken) });

/** Makes a room; answers it. */
export async function makeRoom(
  url: string,
  { accessToken }: Pick<Grant, "accessToken">,
  room: object = { kind: "public", name: "Workshop" },
): Promise<Said> {
  const answer = await ask(url, "/api/v1/rooms", { token: accessToken, json: room });
  equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
}

/** A message to be sent. */
export const message = (roomId: string, content: string, more: object = {}) => ({
  type: "message",
  action: "send",
  data: { room_id: roomId, client_id: crypto.randomUUID(), content, ...more },
});
export const join = (roomId: string, since?: { gen: number; seq: number }) => ({
  type: "room",
  action: "join",
  data: { room_id: roomId, ...(since && { since }) },
});
