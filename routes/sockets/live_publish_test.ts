/** Tests of what a host sends by a socket: how much of it is in time. */
import { deepEqual, ok } from "node:assert/strict";
import { encodeFrame, OPUS, OPUS_PACKET_MOST } from "../../domain/live_frames.ts";
import type { Broadcast } from "../../media/live/broadcast.ts";
import type { LiveLine } from "./live_line.ts";
import { publishSession } from "./live_publish.ts";

/** A host on air, whose clock is moved by hand. */
async function onAir() {
  const clock = { now: 0 };
  let heard = 0;
  const refused: string[] = [];
  const broadcast: Broadcast = {
    epoch: 1,
    ended: new AbortController().signal,
    frame: ({ packet }) => void (heard += packet.length),
    original() {},
    source() {},
    title() {},
    refused() {},
    stats: () => {
      throw new Error("nobody asks");
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const begun = Promise.withResolvers<void>();
  const line = {
    isOpen: true,
    tell: (message: { action?: string }) => message.action === "begun" && begun.resolve(),
    refuse: (_name: string, _id: unknown, error: Error & { code?: string }) =>
      void refused.push(error.code ?? "unknown"),
  };
  const fails = (): never => {
    throw new Error("this is not due");
  };
  const session = publishSession(line as unknown as LiveLine, {
    ...{ streamId: "s", stop: fails, chunks: fails, onError: fails },
    cause: { correlationId: null, causationId: null, userAgent: null },
    viewer: {
      kind: "user",
      userId: "anna",
      username: "anna",
      roles: [],
      sessionId: "",
      via: "token",
    },
    open: () => Promise.resolve(broadcast),
    now: () => clock.now,
  });
  session.said(
    {
      name: "live.begin",
      data: { codec: "opus", channels: 2, frame_samples: 120 },
    } as Parameters<typeof session.said>[0],
  );
  await begun.promise;
  return { session, clock, refused, heard: () => heard };
}

Deno.test("[L3] frames that are short and huge are held to a bitrate, as long ones to the clock", async () => {
  const { session, clock, refused, heard } = await onAir();
  const give = (bytes: number, seconds: number) => {
    for (let n = 0; n < seconds * 400; n++, clock.now += 2.5) {
      const packet = new Uint8Array(bytes).fill(1);
      packet[0] = 0xe4; // 2.5 ms, stereo
      session.bytes(
        encodeFrame({ codec: OPUS, samples: 120, sequence: n, capturedUs: 0n, packet }),
      );
    }
  };
  give(160, 60); // 512 kbit/s, which is more than Opus has
  deepEqual(refused, []);
  const before = heard();
  give(OPUS_PACKET_MOST, 10);
  ok(refused.length > 0 && refused.every((code) => code === "rate_limited"));
  const kbits = (heard() - before) * 8 / 10_000;
  ok(kbits < 4_200, `${kbits} kbit/s over ten seconds, thirty seconds of 1,024 among them`);
  await session.end();
});

Deno.test("[L3] a packet that plays longer than its head says counts by what it plays", async () => {
  const { session, refused } = await onAir();
  // six frames of 20 ms, said to be 2.5 ms, while the clock stands still
  const packet = Uint8Array.of(
    0xff,
    6,
    ...Array.from({ length: 12 }, (_, n) => n % 2 ? 0xfe : 0xff),
  );
  const give = (frames: number) => {
    for (let n = 0; n < frames; n++) {
      session.bytes(
        encodeFrame({ codec: OPUS, samples: 120, sequence: n, capturedUs: 0n, packet }),
      );
    }
  };
  give(250); // thirty seconds
  deepEqual(refused, []);
  give(1);
  deepEqual(refused, ["rate_limited"]);
  await session.end();
});
