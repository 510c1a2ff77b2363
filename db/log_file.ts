/** A bounded file of lines: what the embedded PostgreSQL says, for people to read later. */

/** The file is renamed to `<path>.1` at this size, in bytes; so both together stay below twice it. */
const MOST_BYTES = 4 * 1024 ** 2;
/** Longer lines are cut, in characters. */
const LONGEST_LINE = 8_192;

export interface LogFile extends AsyncDisposable {
  /** Writes each line of `stream` until it ends; `each` sees them first. Never rejects. */
  follow(stream: ReadableStream<Uint8Array>, each: (line: string) => void): Promise<void>;
}

/** Opens (and makes) the file at `path`, readable for its owner only. */
export async function logFile(path: string): Promise<LogFile> {
  const open = () => Deno.open(path, { append: true, create: true, mode: 0o600 });
  let file = await open();
  let size = (await file.stat()).size;
  const encoder = new TextEncoder();

  async function write(line: string): Promise<void> {
    const bytes = encoder.encode(`${line.slice(0, LONGEST_LINE)}\n`);
    if (size + bytes.length > MOST_BYTES) {
      file.close();
      await Deno.rename(path, `${path}.1`);
      file = await open();
      size = 0;
    }
    size += bytes.length;
    await file.write(bytes);
  }

  return {
    async follow(stream, each) {
      let rest = "";
      let broken = false;
      const decoder = new TextDecoder();
      for await (const bytes of stream) {
        const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
        rest = (lines.pop() ?? "").slice(0, LONGEST_LINE);
        for (const line of lines) {
          each(line);
          // a full disk must not stop the reading: a server that cannot log would hang
          if (!broken) await write(line).catch(() => broken = true);
        }
      }
      if (rest) each(rest);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(file.close()),
  };
}
