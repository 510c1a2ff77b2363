/** What two nodes say to each other about one call; arguments and replies are plain data (A11). */
import { Rejection, type SerialisedRejection } from "../../domain/errors.ts";
import { Moved } from "./call.ts";
import type { WireLink } from "./chain_wire.ts";
import { asHeard } from "./fences.ts";

/** A call, in short names: there are many of them. */
export interface WireCall {
  /** Of the handler. */
  readonly h: string;
  /** Its input. */
  readonly i?: unknown;
  /** How long it may wait and run, in ms: clocks of two machines need not agree. */
  readonly d: number;
  /** Who waits for it. */
  readonly c?: readonly WireLink[];
  /** A word by which it can be withdrawn. */
  readonly w?: string;
}

/** That nobody waits for a call any more. */
export interface WireWithdrawal {
  readonly x: string;
}

/** A reply, a refusal, or that the call has not begun and the actor is not there. */
type WireAnswer = { readonly r?: unknown } | { readonly e: SerialisedRejection } | "moved";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const encode = (message: WireCall | WireWithdrawal): Uint8Array =>
  encoder.encode(JSON.stringify(message));

export const decode = (data: Uint8Array): WireCall | WireWithdrawal =>
  JSON.parse(decoder.decode(data));

const MOVED = encoder.encode('"moved"');
const NOTHING = encoder.encode("{}");

export const encodeReply = (reply: unknown): Uint8Array =>
  reply === undefined ? NOTHING : encoder.encode(JSON.stringify({ r: reply } satisfies WireAnswer));

/** Throws what is no refusal. */
export function encodeRefusal(error: unknown): Uint8Array {
  if (error instanceof Moved) return MOVED;
  if (!(error instanceof Rejection)) throw error;
  return encoder.encode(JSON.stringify({ e: error.toJSON() } satisfies WireAnswer));
}

/** Returns the reply; throws the refusal, or {@linkcode Moved}. */
export function decodeAnswer(data: Uint8Array): unknown {
  const answer: WireAnswer = JSON.parse(decoder.decode(data));
  if (answer === "moved") throw new Moved();
  if ("e" in answer) throw asHeard(Rejection.from(answer.e));
  return answer.r;
}
