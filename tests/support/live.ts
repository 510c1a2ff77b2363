/** A host and listeners of a live stream for tests: programs that speak L3 to a node. */
import { equal } from "node:assert/strict";
import { type AudioFrame, encodeFrame, OPUS } from "../../domain/live_frames.ts";
import type { LiveView } from "../../domain/live.ts";
import { ask, type Grant, register } from "./client.ts";
import { type Said, ticket } from "./sockets.ts";

/** An account that may go live. */
export async function creator(url: string): Promise<Grant> {
  const grant = await register(url);
  const { status } = await ask(url, "/api/v1/users/me/settings", {
    method: "PUT",
    token: grant.accessToken,
    json: { creator: true },
  });
  equal(status, 200);
  return grant;
}

/** Makes a stream; answers it as its host sees it. */
export async function makeLive(
  url: string,
  { accessToken: token }: Pick<Grant, "accessToken">,
  stream: object = {},
): Promise<LiveView> {
  const { status, body } = await ask<LiveView>(url, "/api/v1/live", {
    token,
    json: { title: "Night shift", ...stream },
  });
  equal(status, 201, JSON.stringify(body));
  return body;
}

export const getLive = async (url: string, id: string, token?: string): Promise<LiveView> =>
  (await ask<LiveView>(url, `/api/v1/live/${id}`, { ...(token && { token }) })).body;

/** Disposing closes it; with `await`, it has closed then. */
export interface LiveProbe extends Disposable, AsyncDisposable {
  readonly socket: WebSocket;
  /** All that came, in order: messages as objects, frames as bytes, each with when it came. */
  readonly all: { readonly at: number; readonly said: Said | Uint8Array<ArrayBuffer> }[];
  readonly frames: () => Uint8Array<ArrayBuffer>[];
  say(message: object): void;
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** The first message, also of those that came, that `wanted` holds of and nobody took before. */
  next(wanted: (said: Said) => boolean, patienceMs?: number): Promise<Said>;
  /** Resolves when so many frames have come. */
  until(frames: number, patienceMs?: number): Promise<void>;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly isClosed: () => boolean;
}

/** Opens a socket of a stream, as this account or as a guest. */
export async function liveProbe(
  url: string,
  id: string,
  end: "publish" | "listen",
  grant?: Pick<Grant, "accessToken">,
  query: Readonly<Record<string, string>> = {},
): Promise<LiveProbe> {
  const address = new URL(`${url.replace(/^http/, "ws")}/ws/live/${id}/${end}`);
  const asked = { ...query, ...(grant && { token: await ticket(url, grant.accessToken) }) };
  address.search = String(new URLSearchParams(asked));
  const socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  const all: LiveProbe["all"] = [];
  const taken = new Set<object>();
  let wake = () => {};
  let isClosed = false;
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => {
      isClosed = true;
      resolve({ code, reason });
      wake();
    });
  });
  socket.addEventListener("message", ({ data }) => {
    const at = performance.now();
    if (typeof data !== "string") all.push({ at, said: new Uint8Array(data) });
    else for (const line of data.split("\n")) all.push({ at, said: JSON.parse(line) });
    wake();
  });
  const frames = () =>
    all.map(({ said }) => said).filter((said): said is Uint8Array<ArrayBuffer> =>
      said instanceof Uint8Array
    );
  const when = async (done: () => boolean, patienceMs: number, what: string) => {
    const until = performance.now() + patienceMs;
    while (!done()) {
      const left = until - performance.now();
      if (left <= 0 || isClosed) {
        const said = all.map(({ said }) => said).filter((one) => !(one instanceof Uint8Array));
        const last = JSON.stringify(said.slice(-5)).slice(0, 2_000);
        throw new Error(`${what} ${isClosed ? "before the end" : `in ${patienceMs} ms`}: ${last}`);
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, left);
      await promise;
      clearTimeout(timer);
    }
  };
  const opened = Promise.withResolvers<void>();
  socket.addEventListener("open", () => opened.resolve());
  socket.addEventListener("error", () => opened.reject(new Error(`${end} was refused`)));
  await opened.promise;
  return {
    ...{ socket, all, frames, closed, isClosed: () => isClosed },
    say: (message) => socket.send(JSON.stringify(message)),
    send: (frame) => socket.send(frame),
    async next(wanted, patienceMs = 10_000) {
      let found: Said;
      await when(
        () => {
          found = all.map(({ said }) => said).find((said) =>
            !(said instanceof Uint8Array) && !taken.has(said) && wanted(said)
          );
          return found !== undefined;
        },
        patienceMs,
        "Nothing of this came",
      );
      taken.add(found);
      return found;
    },
    until: (count, patienceMs = 10_000) =>
      when(() => frames().length >= count, patienceMs, `Not ${count} frames came`),
    [Symbol.dispose]: () => socket.close(),
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed;
    },
  };
}

export const action = (name: string) => (said: Said) =>
  said.action === name || (name === "error" && said.type === "error");

export const BEGIN = {
  type: "live",
  action: "begin",
  data: { codec: "opus", channels: 2, frame_samples: 960 },
  request_id: "b1",
};

/** Connects as the host and begins; answers the probe and what it was told. */
export async function goLive(
  url: string,
  id: string,
  grant: Pick<Grant, "accessToken">,
  more: object = {},
): Promise<{ host: LiveProbe; epoch: number; serverUs: number }> {
  const host = await liveProbe(url, id, "publish", grant);
  host.say({ ...BEGIN, data: { ...BEGIN.data, ...more } });
  const { data } = await host.next(action("begun"));
  return { host, epoch: data.epoch, serverUs: data.server_time_us };
}

/** The frame `sequence` of 20 ms of a stream; its packet is told apart by what is in it. */
export const frameOf = (
  sequence: number,
  { fromUs = 1_700_000_000_000_000, bytes = 160, tag = 0 }: {
    fromUs?: number;
    bytes?: number;
    tag?: number;
  } = {},
): Uint8Array<ArrayBuffer> => {
  const packet = new Uint8Array(bytes).fill(tag);
  packet[0] = 0xfc; // a packet of 20 ms, stereo, one frame
  new DataView(packet.buffer).setUint32(1, sequence);
  const frame: AudioFrame = {
    codec: OPUS,
    samples: 960,
    sequence,
    capturedUs: BigInt(fromUs) + BigInt(sequence) * 20_000n,
    packet,
  };
  return encodeFrame(frame);
};

export const sequenceOf = (frame: Uint8Array): number =>
  new DataView(frame.buffer, frame.byteOffset).getUint32(4);
export const capturedOf = (frame: Uint8Array): number =>
  Number(new DataView(frame.buffer, frame.byteOffset).getBigUint64(8));
/** What {@linkcode frameOf} put into it. */
export const tagOf = (frame: Uint8Array): number => frame.at(-1) ?? -1;

/**
 * Sends frames each 20 ms, with the server's time, until it is stopped. `sentAt` has when each went,
 * by `performance.now()`.
 */
export function talk(
  host: Pick<LiveProbe, "send" | "isClosed">,
  { from = 0, tag = 0, bytes = 160, everyMs = 20, startUs }: {
    from?: number;
    tag?: number;
    bytes?: number;
    everyMs?: number;
    startUs: number;
  },
): { sent: () => number; sentAt: readonly number[]; stop: () => void } {
  const began = performance.now();
  const sentAt: number[] = [];
  let sent = 0;
  const timer = setInterval(() => {
    while (!host.isClosed() && sent * everyMs <= performance.now() - began) {
      host.send(frameOf(from + sent, { tag, bytes, fromUs: startUs - from * 20_000 }));
      sentAt.push(performance.now());
      sent++;
    }
  }, 10);
  return { sent: () => sent, sentAt, stop: () => clearInterval(timer) };
}
