/** A host on air for tests: makes streams, sends Opus over the socket, finds it in a recording. */
import { equal } from "node:assert/strict";
import { encodeFrame, opusSamples } from "../../domain/live_frames.ts";
import type { LiveView } from "../../domain/live.ts";
import { OggPackets, OggPages } from "../../media/live/ogg.ts";
import { ffmpegMakes } from "./audio.ts";
import { ask, type Grant, register, signIn } from "./client.ts";

/** A new account that may go on air. */
export async function hostOf(url: string): Promise<Grant> {
  const { accessToken, user } = await register(url);
  const { status } = await ask(url, "/api/v1/users/me/settings", {
    method: "PUT",
    token: accessToken,
    json: { creator: true },
  });
  equal(status, 200);
  return await signIn(url, user.username);
}

export async function makeStream(
  url: string,
  token: string,
  stream: {
    readonly title: string;
    readonly description?: string;
    readonly record?: boolean;
    readonly visibility?: string;
  },
): Promise<LiveView> {
  const { status, body } = await ask<LiveView>(url, "/api/v1/live", { token, json: stream });
  equal(status, 201, JSON.stringify(body));
  return body;
}

/** The Opus packets of an Ogg file, without its heads. */
export function packetsIn(ogg: Uint8Array): Uint8Array[] {
  const [packets, pages] = [new OggPackets(100_000), new OggPages()];
  return pages.push(ogg).flatMap((page) => packets.push(page)).slice(2).map(({ data }) => data);
}

/** `seconds` of a tone of so many Hz, in packets of 20 ms. */
export async function opusTone(seconds: number, hertz = 440): Promise<Uint8Array[]> {
  const sound = `aevalsrc='0.4*sin(2*PI*${hertz}*t)|0.4*sin(2*PI*${hertz}*t)':s=48000:d=${seconds}`;
  return packetsIn(
    await ffmpegMakes("opus", ["-f", "lavfi", "-i", sound, "-c:a", "libopus", "-b:a", "64k"]),
  );
}

export interface OnAir extends AsyncDisposable {
  readonly epoch: number;
  /** What came as text, in order. */
  // deno-lint-ignore no-explicit-any -- whatever the wire holds is looked at by the tests
  readonly said: any[];
  /** When each packet was sent, in ms since 1970. */
  readonly sentAt: readonly number[];
  /** Sends them as captured one after the other, the last one now. */
  send(packets: readonly Uint8Array[]): void;
  /** Sends them as they would be captured, in real time. */
  play(packets: readonly Uint8Array[]): Promise<void>;
  /** Closes the connection, as one that is lost. */
  drop(): Promise<void>;
}

/** Connects as the host, and has begun when it resolves. */
export async function goLive(url: string, token: string, streamId: string): Promise<OnAir> {
  const { body } = await ask<{ token: string }>(url, "/api/v1/chat/token", {
    method: "POST",
    token,
  });
  const address = `${url.replace(/^http/, "ws")}/ws/live/${streamId}/publish?token=${body.token}`;
  const socket = new WebSocket(address);
  const said: OnAir["said"] = [];
  const begun = Promise.withResolvers<{ epoch: number; server_time_us: number }>();
  const closed = new Promise<void>((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => {
      begun.reject(new Error(`Closed with ${code} ${reason}; said ${JSON.stringify(said)}`));
      resolve();
    });
  });
  socket.addEventListener("error", () => {});
  socket.addEventListener("message", ({ data }) => {
    for (const line of String(data).split("\n")) {
      const message = JSON.parse(line);
      said.push(message);
      if (message.action === "begun") begun.resolve(message.data);
      if (message.type === "error") begun.reject(new Error(line));
    }
  });
  socket.addEventListener("open", () => {
    const data = { codec: "opus", channels: 2, frame_samples: 960 };
    socket.send(JSON.stringify({ type: "live", action: "begin", data }));
  });
  const { epoch, server_time_us: serverUs } = await begun.promise;
  const offsetUs = serverUs - Date.now() * 1_000;
  const sentAt: number[] = [];
  let sequence = 0;
  const put = (packet: Uint8Array, atUs: number) => {
    const samples = opusSamples(packet)!;
    const capturedUs = BigInt(Math.round(atUs));
    socket.send(encodeFrame({ codec: 1, samples, sequence: sequence++, capturedUs, packet }));
    sentAt.push(Date.now());
  };
  const nowUs = () => Date.now() * 1_000 + offsetUs;
  return {
    epoch,
    said,
    sentAt,
    send(packets) {
      const firstUs = nowUs() - packets.length * 20_000;
      packets.forEach((packet, at) => put(packet, firstUs + at * 20_000));
    },
    async play(packets) {
      const firstUs = nowUs();
      for (const [at, packet] of packets.entries()) {
        if (socket.readyState !== WebSocket.OPEN) return; // its node is gone
        const waitMs = (firstUs + (at + 1) * 20_000 - nowUs()) / 1_000;
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        put(packet, firstUs + at * 20_000);
      }
    },
    async drop() {
      socket.close();
      await closed;
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed;
    },
  };
}
