/** Reads a file for a parser of tags, with bounds on size, amount and time (U9, U11). */
import { AbstractTokenizer, type IGetToken, type IReadChunkOptions } from "strtok3/core";
import { EndOfStreamError } from "strtok3/core";

/** What a parser may use. */
export interface Budget {
  /** Largest piece that is read at once, in bytes: what a header declares, lies included. */
  readonly pieceBytes: number;
  /** All that is read, in bytes. */
  readonly totalBytes: number;
  /** Wall clock, in milliseconds. */
  readonly ms: number;
}

/** The parser asked for more than it was given; the file is odd, or hostile. */
export class OverBudget extends Error {
  override readonly name = "OverBudget";
}

/** Bytes looked ahead: parsers read headers of a few bytes one after the other. */
const BLOCK = 64 * 1024;

/** A tokenizer of strtok3 over an open file; the caller closes that. */
export class BoundedTokenizer extends AbstractTokenizer {
  override readonly fileInfo: { readonly size: number; mimeType?: string };
  readonly #file: Deno.FsFile;
  readonly #budget: Budget;
  readonly #end: number;
  #read = 0;
  #block = { at: 0, bytes: new Uint8Array() };

  /** `size` in bytes, of the file. */
  constructor(file: Deno.FsFile, size: number, budget: Budget) {
    super();
    this.#file = file;
    this.#budget = budget;
    this.#end = performance.now() + budget.ms;
    this.fileInfo = { size };
  }

  // Both allocate what a header declares before they read it.
  override readToken<T>(token: IGetToken<T>, position?: number): Promise<T> {
    this.#check(token.len);
    return super.readToken(token, position);
  }

  override peekToken<T>(token: IGetToken<T>, position?: number): Promise<T> {
    this.#check(token.len);
    return super.peekToken(token, position);
  }

  override async readBuffer(target: Uint8Array, options?: IReadChunkOptions): Promise<number> {
    const { position } = this.normalizeOptions(target, options ?? {});
    const got = await this.peekBuffer(target, options);
    this.position = position + got;
    return got;
  }

  override async peekBuffer(target: Uint8Array, options?: IReadChunkOptions): Promise<number> {
    const { length, position, mayBeLess } = this.normalizeOptions(target, options ?? {});
    this.#check(length);
    const got = await this.#copy(target.subarray(0, length), position);
    if (got < length && !mayBeLess) throw new EndOfStreamError();
    return got;
  }

  override ignore(length: number): Promise<number> {
    this.#check(0);
    return super.ignore(length);
  }

  setPosition(position: number): void {
    this.position = position;
  }

  override supportsRandomAccess(): boolean {
    return true;
  }

  #check(length: number): void {
    const { pieceBytes, totalBytes, ms } = this.#budget;
    if (length > pieceBytes) {
      throw new OverBudget(`The tags want ${length} bytes at once; at most ${pieceBytes} are read`);
    }
    if (this.#read > totalBytes) {
      throw new OverBudget(`The tags want more than ${totalBytes} bytes`);
    }
    if (performance.now() > this.#end) throw new OverBudget(`The tags took longer than ${ms} ms`);
  }

  /** Fills `target` from `position` on; how much there was. */
  async #copy(target: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < target.length) {
      const { at, bytes } = this.#block;
      const from = position + done - at;
      if (from < 0 || from >= bytes.length) {
        if (!await this.#fetch(position + done)) break;
        continue;
      }
      const part = bytes.subarray(from, from + target.length - done);
      target.set(part, done);
      done += part.length;
    }
    return done;
  }

  async #fetch(at: number): Promise<boolean> {
    // Also what makes way for the event loop and for the clock.
    this.#check(0);
    if (at < 0 || at >= this.fileInfo.size) return false;
    await this.#file.seek(at, Deno.SeekMode.Start);
    const bytes = new Uint8Array(BLOCK);
    const got = await this.#file.read(bytes) ?? 0;
    this.#read += got;
    this.#block = { at, bytes: bytes.subarray(0, got) };
    return got > 0;
  }
}
