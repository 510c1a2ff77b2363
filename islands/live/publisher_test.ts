import { deepEqual, equal, ok } from "node:assert/strict";
import { decodeFrame } from "../../domain/live_frames.ts";
import type { Socket, Surroundings } from "./line.ts";
import { listener, type Placed, type Told } from "./listener.ts";
import { publisher } from "./publisher.ts";

/** A world whose time is moved by hand, and whose sockets are the test's own. */
function world() {
  let nowMs = 1_000_000;
  let timers: { atMs: number; act: () => void }[] = [];
  const sockets: Fake[] = [];
  class Fake implements Socket {
    binaryType: BinaryType = "blob";
    bufferedAmount = 0;
    readyState: Socket["readyState"] = 0;
    onopen: Socket["onopen"] = null;
    onmessage: Socket["onmessage"] = null;
    onclose: Socket["onclose"] = null;
    onerror: Socket["onerror"] = null;
    readonly said: { type: string; action?: string; data?: Record<string, unknown> }[] = [];
    readonly frames: Uint8Array[] = [];
    send(data: unknown): void {
      if (typeof data === "string") this.said.push(JSON.parse(data));
      else this.frames.push(data as Uint8Array);
    }
    close(): void {
      this.readyState = 3;
    }
    opens(): void {
      this.readyState = 1;
      this.onopen?.call(this as never, new Event("open"));
    }
    says(data: object | ArrayBuffer): void {
      const text = data instanceof ArrayBuffer ? data : JSON.stringify(data);
      this.onmessage?.call(this as never, new MessageEvent("message", { data: text }));
    }
    breaks(reason = ""): void {
      this.readyState = 3;
      this.onclose?.call(this as never, new CloseEvent("close", { reason }));
    }
    begins(epoch: number): void {
      this.says({
        type: "live",
        action: "begun",
        data: { epoch, server_time_us: nowMs * 1_000 + 5_000_000 },
      });
    }
  }
  const surroundings: Surroundings = {
    connect() {
      const one = new Fake();
      sockets.push(one);
      return one;
    },
    nowUs: () => nowMs * 1_000,
    after(ms, act) {
      const timer = { atMs: nowMs + ms, act };
      timers.push(timer);
      return () => void (timers = timers.filter((one) => one !== timer));
    },
    random: () => 1,
  };
  return {
    surroundings,
    sockets,
    last: () => sockets.at(-1)!,
    nowUs: () => nowMs * 1_000,
    pass(ms: number): void {
      const until = nowMs + ms;
      for (;;) {
        const next = timers.sort((a, b) => a.atMs - b.atMs)[0];
        if (!next || next.atMs > until) break;
        timers = timers.filter((one) => one !== next);
        nowMs = Math.max(nowMs, next.atMs);
        next.act();
      }
      nowMs = until;
    },
  };
}

const declared = { codec: "opus", channels: 2, frameSamples: 960 } as const;

function publishing(resume?: number, codec: "opus" | "webm" = "opus") {
  const place = world();
  const states: string[] = [];
  const epochs: number[] = [];
  const one = publisher({
    address: "ws://veza.invalid/ws/live/x/publish",
    declared: { ...declared, codec },
    bitrate: 128_000,
    resume,
    onBegun: (epoch) => epochs.push(epoch),
    onState: (state) => states.push(state.kind === "ended" ? `ended ${state.code}` : state.kind),
  }, place.surroundings);
  const packet = () =>
    one.packet({ bytes: Uint8Array.of(7), samples: 960, capturedUs: place.nowUs() });
  return { ...place, one, states, epochs, packet };
}
const sequences = (frames: readonly Uint8Array[]) =>
  frames.map((one) => decodeFrame(one)?.sequence);

Deno.test("[L3] a host begins, then its packets go out in order, in the server's time", () => {
  const { one, last, packet, epochs, nowUs } = publishing();
  last().opens();
  const { program, ...data } = last().said[0]?.data ?? {};
  deepEqual([last().said[0]?.type, last().said[0]?.action], ["live", "begin"]);
  deepEqual(data, { codec: "opus", channels: 2, frame_samples: 960 });
  equal(typeof program, "string");
  packet();
  equal(last().frames.length, 0, "nothing before the server has said that it begins");
  last().begins(3);
  packet();
  deepEqual([sequences(last().frames), epochs], [[0, 1], [3]]);
  const { codec, samples, capturedUs } = decodeFrame(last().frames[1]!)!;
  deepEqual([codec, samples, Number(capturedUs)], [1, 960, nowUs() + 5_000_000]);
  equal(one.health.state, "begun");
  one.close();
});

Deno.test("[L6] after a break it comes back by itself and says which epoch it had; what is too old is left out", () => {
  const { one, last, packet, pass, sockets } = publishing();
  const said = () => last().said.find(({ action }) => action === "begin")?.data;
  last().opens();
  const program = said()?.program;
  last().begins(3);
  packet();
  last().breaks();
  for (let n = 0; n < 150; n++) {
    packet();
    pass(20);
  }
  ok(sockets.length > 1, "it has tried again");
  last().opens();
  deepEqual([said()?.resume, said()?.program], [3, program], "the same program");
  last().begins(4);
  const numbers = sequences(last().frames);
  ok(numbers.length >= 99 && numbers.length <= 101, `${numbers.length} packets were kept`);
  equal(numbers[0], 151 - numbers.length, "the numbers of those that were left out are missing");
  equal(numbers.at(-1), 150);
  deepEqual([one.health.breaks, one.health.droppedPackets], [1, 150 - numbers.length]);
  one.close();
});

Deno.test("[L1] chunks of a recording that a break has ended are not sent with the next", () => {
  const { one, last, packet, pass } = publishing(undefined, "webm");
  last().opens();
  last().begins(1);
  last().breaks();
  packet();
  pass(500);
  last().opens();
  last().begins(2);
  packet();
  equal(last().frames.length, 1);
  equal(decodeFrame(last().frames[0]!)?.codec, 2);
  one.close();
});

Deno.test("[L6] a page that was loaded again says which epoch it had", () => {
  const { one, last } = publishing(8);
  last().opens();
  deepEqual(last().said[0]?.data?.resume, 8);
  one.close();
});

Deno.test("[L9] a line that has gone silent is given up within five seconds, and another is tried", () => {
  const { one, last, pass, sockets, states } = publishing();
  last().opens();
  last().begins(1);
  pass(5_000);
  ok(sockets.length >= 2, states.join(" "));
  one.close();
});

Deno.test("[L4] what the line does not take in time is dropped, not queued", () => {
  const { one, last, packet } = publishing();
  last().opens();
  last().begins(1);
  last().bufferedAmount = 128_000 / 8 * 2 + 1;
  packet();
  last().bufferedAmount = 0;
  packet();
  deepEqual([sequences(last().frames), one.health.droppedPackets], [[1], 1]);
  one.close();
});

Deno.test("[L6] a second host is told so, and does not try again; a refusal for a moment is tried again", () => {
  const refused = publishing();
  refused.last().opens();
  refused.last().breaks("conflict");
  refused.pass(20_000);
  deepEqual([refused.states.at(-1), refused.sockets.length], ["ended conflict", 1]);

  const { one, last, pass } = publishing();
  last().opens();
  last().says({ type: "error", action: "live.begin", data: { code: "unavailable" } });
  pass(1_000);
  equal(last().said.filter(({ action }) => action === "begin").length, 2);
  one.close();
});

Deno.test("[L3] a listener hears what is told, and takes each frame once, at its place", () => {
  const place = world();
  const told: Told[] = [];
  const placed: Placed[] = [];
  const epochs: number[] = [];
  const one = listener({
    address: "ws://veza.invalid/ws/live/x/listen",
    onBegun: ({ epoch }) => epochs.push(epoch),
    onFrame: (frame) => placed.push(frame),
    onTold: (news) => told.push(news),
    onState: () => {},
  }, place.surroundings);
  const host = publishing();
  host.last().opens();
  host.last().begins(1);
  for (let n = 0; n < 3; n++) host.packet();
  const frames = host.last().frames.map((bytes) => bytes.slice().buffer);
  const socket = place.last();
  socket.opens();
  socket.says(frames[0]!); // before it was said what it is
  const anna = { id: "a", username: "anna", display_name: "Anna" };
  const data = { epoch: 5, channels: 2, frame_samples: 960, title: "Pier", host: anna };
  socket.says({ type: "live", action: "started", data });
  socket.says({ type: "live", action: "listeners", data: { listeners: 4 } });
  socket.says({ type: "live", action: "state", data: { status: "reconnecting" } });
  for (const frame of [0, 1, 1, 0, 2]) socket.says(frames[frame]!);
  socket.says(Uint8Array.of(1, 2, 3).buffer);
  deepEqual(placed.map(({ start }) => start), [0, 960, 1_920]);
  deepEqual(told, [{ kind: "listeners", count: 4 }, { kind: "status", status: "reconnecting" }]);
  deepEqual(epochs, [5]);
  one.close();
  host.one.close();
});
