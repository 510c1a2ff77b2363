/** Takes the frames of a chunked body away (RFC 9112, 7.1); some encoders send one. */
import { Rejection } from "../../domain/errors.ts";

/** The longest line between chunks, in bytes. */
const LINE_MOST = 1_024;
/** The largest chunk that may be announced, in bytes: it is passed on as it comes, not held. */
const CHUNK_MOST = 2 ** 31;

export class Dechunker {
  #line = "";
  #left = 0;
  #state: "size" | "data" | "after" | "ended" = "size";

  /** The last chunk has come. */
  get ended(): boolean {
    return this.#state === "ended";
  }

  /** What of `bytes` is body. @throws {Rejection} `bad_request` for what is not chunked */
  push(bytes: Uint8Array): Uint8Array[] {
    const parts: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length && this.#state !== "ended") {
      if (this.#state === "data") {
        const part = bytes.subarray(at, at + this.#left);
        parts.push(part);
        at += part.length;
        this.#left -= part.length;
        if (this.#left === 0) this.#state = "after";
        continue;
      }
      const end = bytes.indexOf(10, at);
      const to = end < 0 ? bytes.length : end;
      this.#line += String.fromCharCode(...bytes.subarray(at, Math.min(to, at + LINE_MOST + 1)));
      if (this.#line.length > LINE_MOST) throw new Rejection("bad_request", "It is not chunked");
      at = to + 1;
      if (end >= 0) this.#take(this.#line.replace(/\r$/, ""));
    }
    return parts;
  }

  #take(line: string): void {
    this.#line = "";
    if (this.#state === "after") {
      if (line !== "") throw new Rejection("bad_request", "A chunk is longer than it said");
      this.#state = "size";
      return;
    }
    const size = /^([0-9a-f]{1,8})\s*(;.*)?$/i.exec(line)?.[1];
    const bytes = size === undefined ? NaN : parseInt(size, 16);
    if (!(bytes <= CHUNK_MOST)) throw new Rejection("bad_request", "It is not chunked");
    this.#left = bytes;
    this.#state = bytes === 0 ? "ended" : "data";
  }
}
