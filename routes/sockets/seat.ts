/** One connection in one room, and what is sent to it there. */
import type { Head } from "../../domain/chat_batch.ts";
import type { Connection } from "./connection.ts";

export type LogHead = Extract<Head, { kind: "log" }>;

/** Lines that go out together. `log`: which entries they are; else they are in no log. */
export interface Chunk {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly log: LogHead | null;
  /** A person who is not told. */
  readonly except: string | null;
}

export interface Seat {
  readonly connection: Connection;
  /** The newest entry that it has. */
  last: number;
  /** What came while the log is read for it; null once it is up to date. */
  held: Chunk[] | null;
  heldBytes: number;
  /** More came than is held: the log is to be read once more. */
  overflowed: boolean;
  /** Whether its person may write, as far as is known. */
  mayWrite: boolean;
}
