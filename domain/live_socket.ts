/** What a host and a listener may say on the sockets of a stream, beside audio (L3). Pure. */
import { z } from "zod";
import { Emoji } from "./chat_frames.ts";
import { Rejection } from "./errors.ts";

const asked = {
  request_id: z.string().max(64).optional(),
  timestamp: z.string().max(40).optional(),
};
const frame = <A extends string, S extends z.ZodRawShape>(action: A, shape: S) =>
  z.object({ type: z.literal("live"), action: z.literal(action), data: z.object(shape), ...asked });

/** By name, or by the number that frames have (L3). */
const codec = z.union([z.enum(["opus", "webm"]), z.literal([1, 2])])
  .transform((given) => given === 1 ? "opus" : given === 2 ? "webm" : given);

/** Every message that may come, by `type.action`. */
export const LIVE_FRAMES = {
  /** A host: frames follow the answer. */
  "live.begin": frame("begin", {
    codec,
    channels: z.literal([1, 2]),
    /** Of most frames, per channel at 48 kHz; 0 for chunks. */
    frame_samples: z.number().int().min(0).max(5_760),
    /** The live epoch that this program had on the connection that it lost. */
    resume: z.number().int().min(1).optional(),
    /** A name that this program makes up once: it may come again though it was told nothing. */
    program: z.string().min(1).max(64).optional(),
  }),
  /** A host: ends the stream for good. */
  "live.stop": frame("stop", {}).partial({ data: true }),
  /** A listener: a sign that floats by. */
  "live.react": frame("react", { emoji: Emoji }),
  /** A listener: asks for the host's attention, or no more. */
  "live.hand": frame("hand", { raised: z.boolean() }),
  ping: z.object({ type: z.literal("ping"), ...asked }),
} as const;
export type LiveFrameName = keyof typeof LIVE_FRAMES;
export type LiveFrame<Name extends LiveFrameName = LiveFrameName> = {
  [One in Name]: { readonly name: One } & z.infer<(typeof LIVE_FRAMES)[One]>;
}[Name];

/** What was said, or why it is none of that. `name` as far as it could be read. */
export type Said =
  | { readonly frame: LiveFrame }
  | {
    readonly frame: null;
    readonly name: string;
    readonly requestId: string | undefined;
    readonly error: Rejection | z.ZodError;
  };

/** Reads one text frame; `names` are those that this socket takes. */
export function readSaid(text: string, names: readonly LiveFrameName[]): Said {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    const error = new Rejection("bad_request", "This is not JSON");
    return { frame: null, name: "", requestId: undefined, error };
  }
  const { type, action, request_id } = (given ?? {}) as Record<string, unknown>;
  const said = [type, action].filter((one) => typeof one === "string").join(".");
  const requestId = typeof request_id === "string" ? request_id.slice(0, 64) : undefined;
  const name = names.find((one) => one === said);
  if (!name) {
    const shown = said.slice(0, 64);
    const error = new Rejection("bad_request", `There is no "${shown}" here`);
    return { frame: null, name: shown, requestId, error };
  }
  const parsed = LIVE_FRAMES[name].safeParse(given);
  if (!parsed.success) return { frame: null, name, requestId, error: parsed.error };
  return { frame: { name, ...parsed.data } as LiveFrame };
}
