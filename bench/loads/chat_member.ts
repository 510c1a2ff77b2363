/**
 * One WebSocket of the load generator, over a bare TCP socket: it counts what comes without making
 * anything of it, for what a load costs is not the contestant's. Runs on Node, whose sockets read
 * into one buffer of ours.
 */
import { Buffer } from "node:buffer";
import net from "node:net";

/** How members come in, and what says that they are in. */
export interface Entrance {
  readonly port: number;
  /** Offered as `Sec-WebSocket-Protocol`. */
  readonly protocol?: string;
  /** Sent once it is open. */
  readonly first: readonly string[];
  /** What has come when it may begin; absent: once it is open. */
  readonly ready?: string;
}

/** What a message carries in front of the time it was due, as {@linkcode STAMP_DIGITS} digits of µs. */
export const STAMP = "~t";
export const STAMP_DIGITS = 16;

const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 } as const;
const MASKED = 0x80;
const MARK = Buffer.from(STAMP);
/** engine.io's own heartbeat, as text; everybody else pings by frame. */
const ENGINE_PING = "2".charCodeAt(0);
/** All sockets read into it, one after the other: a read is looked at before the next. */
const READ = Buffer.allocUnsafe(1024 * 1024);

/** A frame of a client; the mask of zeros leaves the payload as it is. */
export function frameOf(payload: Buffer, opcode: number = OPCODE.text): Buffer {
  const size = payload.length;
  const long = size > 125;
  if (size > 0xffff) {
    throw new RangeError(`A frame of ${size} bytes is longer than this load writes`);
  }
  const head = Buffer.alloc(long ? 8 : 6);
  head[0] = 0x80 | opcode;
  head[1] = MASKED | (long ? 126 : size);
  if (long) head.writeUInt16BE(size, 2);
  return Buffer.concat([head, payload]);
}

export class Member {
  /** Frames with data that came, and the bytes in them, with one more for each. */
  frames = 0;
  payload = 0;
  /** Messages that were seen; counted of watchers only. */
  messages = 0;
  /** Messages that this one sent. */
  sent = 0;
  isOpen = true;
  /** Is called with the time each message was due; makes a watcher of it. */
  onStamp: ((dueUs: number) => void) | undefined;
  readonly #socket: net.Socket;
  readonly #entrance: Entrance;
  readonly #ready = Promise.withResolvers<void>();
  /** What came before it was ready, as text. */
  #lobby: string | undefined = "";
  #upgraded = false;
  /** Bytes of the present frame's payload that are still to come. */
  #left = 0;
  #opcode = 0;
  /** A frame's head, or what may be a part of a mark, that a read ended in. */
  #head: Buffer = Buffer.alloc(0);
  #tail: Buffer = Buffer.alloc(0);

  constructor(path: string, entrance: Entrance) {
    this.#entrance = entrance;
    this.#socket = net.connect({
      host: "127.0.0.1",
      port: entrance.port,
      noDelay: true,
      onread: {
        buffer: READ,
        callback: (size: number, buffer: Uint8Array) => {
          this.#read(buffer.subarray(0, size) as Buffer);
          return true;
        },
      },
    });
    this.#socket.on("connect", () => {
      const protocol = entrance.protocol ? `Sec-WebSocket-Protocol: ${entrance.protocol}\r\n` : "";
      this.#socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${entrance.port}\r\nUpgrade: websocket\r\n` +
          "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
          `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${protocol}\r\n`,
      );
    });
    const gone = (error?: Error) => {
      this.isOpen = false;
      this.#ready.reject(error ?? new Error(`${path} was closed: ${this.#lobby ?? ""}`));
    };
    this.#socket.on("error", gone).on("close", () => gone());
  }

  /** Resolves when it is in. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  write(frame: Buffer): void {
    this.#socket.write(frame);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    if (!this.#upgraded) {
      const end = bytes.indexOf("\r\n\r\n");
      const answer = bytes.toString("latin1", 0, end);
      if (end < 0 || !answer.includes(" 101 ")) {
        this.#lobby = answer;
        return void this.#socket.destroy();
      }
      this.#upgraded = true;
      for (const text of this.#entrance.first) this.write(frameOf(Buffer.from(text)));
      if (this.#entrance.ready === undefined) this.#enter();
      bytes = bytes.subarray(end + 4);
    }
    if (this.#lobby !== undefined) {
      this.#lobby = (this.#lobby + bytes.toString("latin1")).slice(-100_000);
      if (this.#lobby.includes(this.#entrance.ready!)) this.#enter();
    }
    if (this.onStamp) this.#watch(bytes);
    this.#count(bytes);
  }

  #enter(): void {
    this.#lobby = undefined;
    this.#ready.resolve();
  }

  #watch(bytes: Buffer): void {
    const seen = this.#tail.length > 0 ? Buffer.concat([this.#tail, bytes]) : bytes;
    const whole = MARK.length + STAMP_DIGITS;
    let from = 0;
    for (let at = seen.indexOf(MARK); at >= 0; at = seen.indexOf(MARK, from)) {
      from = at;
      if (at + whole > seen.length) break;
      let due = 0;
      for (let digit = at + MARK.length; digit < at + whole; digit++) {
        due = due * 10 + seen[digit]! - 48;
      }
      this.messages += 1;
      this.onStamp!(due);
      from = at + whole;
    }
    // copied: the buffer is read into again
    this.#tail = Buffer.from(seen.subarray(Math.max(from, seen.length - whole + 1)));
  }

  #count(bytes: Buffer): void {
    let at = 0;
    if (this.#head.length > 0) {
      bytes = Buffer.concat([this.#head, bytes]);
      this.#head = Buffer.alloc(0);
    }
    while (at < bytes.length) {
      if (this.#left === 0) {
        const short = bytes[at + 1]! & 0x7f;
        const size = short === 126 ? 4 : short === 127 ? 10 : 2;
        if (at + 2 > bytes.length || at + size > bytes.length) {
          this.#head = Buffer.from(bytes.subarray(at));
          return;
        }
        this.#opcode = bytes[at]! & 0x0f;
        this.#left = short === 126
          ? bytes.readUInt16BE(at + 2)
          : short === 127
          ? Number(bytes.readBigUInt64BE(at + 2))
          : short;
        at += size;
        this.#begin(this.#left, bytes[at]);
      }
      const taken = Math.min(this.#left, bytes.length - at);
      this.#left -= taken;
      at += taken;
    }
  }

  #begin(size: number, first: number | undefined): void {
    if (this.#opcode === OPCODE.ping) return this.write(frameOf(Buffer.alloc(0), OPCODE.pong));
    if (this.#opcode === OPCODE.close) return void this.#socket.destroy();
    if (size === 1 && first === ENGINE_PING) return this.write(frameOf(Buffer.from("3")));
    if (this.#opcode === OPCODE.pong) return;
    this.frames += 1;
    // lines of one frame have a newline between them: with it, it is all one how they were gathered
    this.payload += size + 1;
  }
}
