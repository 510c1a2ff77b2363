/** Writes lines in batches, beside whoever says them: a log must not hold up what it tells of. */

/** Where lines go, such as `Deno.stderr`. */
export interface LineSink {
  write(bytes: Uint8Array): Promise<number>;
  writeSync(bytes: Uint8Array): number;
}

export interface LineWriter {
  /** Takes a line, without its end. Past the bound it is dropped and counted. */
  line(text: string): void;
  /** Resolves when all that was taken has been written. */
  flush(): Promise<void>;
  /** Writes what waits, now: the process is about to end. */
  flushSync(): void;
}

/** Lines wait for others this long, in ms. */
const GATHER_MS = 20;
/** Characters that may wait while a reader is slow; then lines are dropped. */
const MOST_WAITING = 8 * 1024 ** 2;

const encoder = new TextEncoder();

/**
 * Writes lines to `sink`. Only a kill -9 loses what waits, if the entry point calls `flush` at its
 * end and `flushSync` where it has no time.
 *
 * @param options.dropped makes the line that tells how many were dropped
 */
export function lineWriter(
  { sink, dropped, most = MOST_WAITING, gatherMs = GATHER_MS }: {
    readonly sink: LineSink;
    readonly dropped: (lines: number) => string;
    readonly most?: number;
    readonly gatherMs?: number;
  },
): LineWriter {
  let waiting = "";
  let lost = 0;
  let writing: Promise<void> | undefined;

  const take = (): Uint8Array => {
    const text = lost > 0 ? `${waiting}${dropped(lost)}\n` : waiting;
    waiting = "";
    lost = 0;
    return encoder.encode(text);
  };

  const writeAll = async () => {
    while (waiting) {
      let bytes = take();
      while (bytes.length > 0) bytes = bytes.subarray(await sink.write(bytes));
    }
  };

  /** A sink that is gone takes no more; there is nowhere left to tell it. */
  const begin = (gather: Promise<void>) => {
    writing = gather.then(writeAll).then(undefined, () => void (waiting = "")).finally(() => {
      writing = undefined;
      if (waiting) begin(Promise.resolve()); // said after the last look, while this was not over
    });
  };

  return {
    line(text) {
      if (waiting.length + text.length > most) {
        lost++;
        return;
      }
      waiting += `${text}\n`;
      if (!writing) begin(new Promise((resolve) => setTimeout(resolve, gatherMs)));
    },
    async flush() {
      while (waiting || writing) {
        if (!writing) begin(Promise.resolve());
        await writing;
      }
    },
    flushSync() {
      let bytes = take();
      while (bytes.length > 0) bytes = bytes.subarray(sink.writeSync(bytes));
    },
  };
}
