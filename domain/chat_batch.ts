/**
 * What travels from a room to its gateways: a head that says what it is, and lines that go to
 * sockets as they are. Encoded once in the whole cluster (C2).
 */
import type { Entry } from "./chat.ts";
import { entryLine } from "./chat_frames.ts";
import { messageKey } from "./chat_posts.ts";

/** The head of what a room publishes. */
export type Head =
  | {
    readonly kind: "log";
    readonly gen: number;
    /** The `seq` of the first line; the others follow without a gap. */
    readonly first: number;
    /** Bytes of each line, its end included. */
    readonly sizes: readonly number[];
    /** `sender/client_id` of each line that is a message, by which its sender's ack is found. */
    readonly keys: readonly (string | null)[];
  }
  /** Lines that are not in the log: typing, receipts. `except`: a person who is not told. */
  | { readonly kind: "passing"; readonly except: string | null }
  /** What is newest, in case that it was lost on the way (C6). */
  | { readonly kind: "beacon"; readonly gen: number; readonly seq: number }
  /** Somebody's standing has changed, or the room's: gateways ask anew. */
  | { readonly kind: "standing"; readonly userId: string | null; readonly removed: boolean }
  | PeopleHead;

/** Who is in the room on one node (C10). The body names them, where they are not too many. */
export interface PeopleHead {
  readonly kind: "people";
  readonly node: string;
  /** Another one for each change. */
  readonly version: number;
  readonly count: number;
  /** How many type, where nobody is named. */
  readonly typing: number;
  /** It wants to be told what the others have. */
  readonly asks: boolean;
}

export interface Published {
  readonly head: Head;
  /** Lines, each with its end. */
  readonly body: Uint8Array<ArrayBuffer>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const LINE_END = 10;

export function encodePublished(head: Head, body = ""): Uint8Array<ArrayBuffer> {
  return encoder.encode(`${JSON.stringify(head)}\n${body}`);
}

/**
 * Entries that follow each other, to be published. `nonce`: by which the ack of a change is found, as
 * that of a message is by its `client_id`.
 */
export function encodeEntries(
  roomId: string,
  gen: number,
  entries: readonly Entry[],
  nonce: string | null = null,
): Uint8Array<ArrayBuffer> {
  const lines = entries.map((entry) => encoder.encode(`${entryLine(roomId, entry)}\n`));
  const head: Head = {
    kind: "log",
    gen,
    first: entries[0]?.seq ?? 0,
    sizes: lines.map((line) => line.length),
    keys: entries.map((entry) => {
      const name = entry.action === "received" ? entry.clientId : nonce;
      return name === null ? null : messageKey(entry.senderId, name);
    }),
  };
  return joined([encoder.encode(`${JSON.stringify(head)}\n`), ...lines]);
}

export function decodePublished(bytes: Uint8Array<ArrayBuffer>): Published {
  const end = bytes.indexOf(LINE_END);
  return {
    head: JSON.parse(decoder.decode(bytes.subarray(0, end))) as Head,
    body: bytes.subarray(end + 1),
  };
}

const sizeOf = (parts: readonly Uint8Array[]): number => {
  let size = 0;
  for (const part of parts) size += part.length;
  return size;
};

/** `parts` in one piece. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return joinInto(new Uint8Array(sizeOf(parts)), parts);
}

/** Puts pieces together in the same memory again and again. */
export class Joiner {
  #memory = new Uint8Array(64 * 1024);

  /** `parts` in one piece, until the next are joined. */
  join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
    const size = sizeOf(parts);
    if (size > this.#memory.length) this.#memory = new Uint8Array(2 * size);
    return joinInto(this.#memory, parts).subarray(0, size);
  }
}

function joinInto(
  whole: Uint8Array<ArrayBuffer>,
  parts: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Of the end of a line, what comes after a `request_id` that is put into it. */
export const LINE_TAIL = 2; // `}` and its end

/** What is put into a line for its sender: with it, it is the ack that C4 asks for. */
export const ackMark = (requestId: string): Uint8Array<ArrayBuffer> =>
  encoder.encode(`,"request_id":${JSON.stringify(requestId)}`);

/** A line with its sender's `request_id` added. */
export function asAck(line: Uint8Array, requestId: string): Uint8Array<ArrayBuffer> {
  const cut = line.length - LINE_TAIL;
  return joined([line.subarray(0, cut), ackMark(requestId), line.subarray(cut)]);
}
