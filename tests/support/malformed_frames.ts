/** Frames of a chat socket that no schema takes. */
import { seededRandom } from "../../actors/runtime/testing.ts";

export type Frame = string | Uint8Array<ArrayBuffer>;

/** The beginning of a frame, for a message of a test. */
export const showFrame = (frame: Frame) =>
  typeof frame === "string" ? frame.slice(0, 100) : `bytes ${frame.subarray(0, 40).toHex()}`;

/** `many` of them, each one line; for the same seed the same, but for the ids in them. */
export function malformedFrames(seed: number, roomId: string, many: number): Frame[] {
  const random = seededRandom(seed);
  const pick = <T>(...of: T[]): T => of[Math.floor(random() * of.length)]!;
  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  const odd = () =>
    pick<unknown>(null, true, -1, 1e308, "", "x".repeat(5_000), [], {}, "\0", { toString: 1 }, [
      [],
    ]);
  const good = () => ({
    type: "message",
    action: "send",
    data: { room_id: roomId, client_id: crypto.randomUUID(), content: "never" },
  });
  const makers: (() => Frame)[] = [
    () => JSON.stringify(good()).slice(0, Math.floor(random() * 100) + 1),
    () => pick("{", "]", "nul", "'x'", "{a:1}", "undefined", "NaN", '{"type":"ping"}}', "\u0000"),
    () => Uint8Array.from({ length: 1 + Math.floor(random() * 400) }, () => 128 + random() * 128),
    () => JSON.stringify(odd() ?? {}),
    () => nested(1 + Math.floor(random() * 30_000)),
    () =>
      `{"type":"message","action":"send","data":{"room_id":"${roomId}","client_id":"${crypto.randomUUID()}","content":"x","metadata":{"a":${
        nested(25_000)
      }}}}`,
    () => JSON.stringify({ type: pick("__proto__", "constructor", "toString", "hasOwnProperty") }),
    () => JSON.stringify({ type: "__proto__", action: pick("constructor", "toString", "then") }),
    () => JSON.stringify({ type: { toString: 1 }, action: { valueOf: null } }),
    () => JSON.stringify({ type: [pick("ping", "room.join")], data: {} }),
    () => `{"__proto__":{"type":"ping"},"action":${JSON.stringify(odd())}}`,
    () => JSON.stringify({ type: "ping", request_id: pick<unknown>(5, {}, "x".repeat(65), []) }),
    () => JSON.stringify({ ...good(), data: odd() }),
    () => {
      const frame = good();
      const field = pick("room_id", "client_id", "content");
      const value = pick<unknown>(null, 1, {}, [], "", "x".repeat(10_000), "\0", "\ud800");
      return JSON.stringify({ ...frame, data: { ...frame.data, [field]: value } });
    },
    () => {
      const frame = good();
      const more = pick<object>(
        { message_type: "system" },
        { reply_to: 1 },
        { thread_id: "no" },
        { metadata: [] },
        { metadata: { ["x".repeat(65)]: 1 } },
        { metadata: { a: "x".repeat(5_000) } },
      );
      return JSON.stringify({ ...frame, data: { ...frame.data, ...more } });
    },
    () =>
      JSON.stringify({
        type: "room",
        action: "join",
        data: {
          room_id: roomId,
          since: pick<unknown>(1, {}, { gen: 1 }, { gen: -1, seq: 0 }, { gen: 1, seq: 1.5 }, {
            gen: 1,
            seq: 2 ** 60,
          }, { gen: "1", seq: "1" }),
        },
      }),
    () =>
      JSON.stringify({
        type: "receipt",
        action: "read",
        data: { room_id: roomId, seq: pick<unknown>(-1, 1.5, "1", null, 2 ** 70) },
      }),
    () =>
      JSON.stringify({
        type: "message",
        action: "react",
        data: { room_id: roomId, message_id: roomId, emoji: pick("", "a", "🎧🎧", "<img>", "\0") },
      }),
  ];
  return Array.from({ length: many }, (_, n) => {
    const frame = makers[n % makers.length]!();
    return typeof frame === "string" && frame.trim() === "" ? "{" : frame;
  });
}
