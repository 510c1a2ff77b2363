/** The lock that keeps two processes from starting the embedded PostgreSQL on one DATA_DIR (O2). */

/** What the holder wrote down: its process id, and where its server listens. */
export interface Holder {
  readonly pid: number;
  readonly socketDir?: string;
}

/** Someone else holds the folder; the message says who, and what to do. */
export class DataDirInUse extends Error {
  override readonly name = "DataDirInUse";
  constructor(readonly dataDir: string, readonly holder: Holder | undefined) {
    const who = holder ? `process ${holder.pid}` : "another process";
    super(
      `DATA_DIR ${JSON.stringify(dataDir)} is in use: ${who} runs its embedded PostgreSQL there. ` +
        "Stop that process, or set DATA_DIR to another folder; " +
        "several nodes on one database want DATABASE_URL.",
    );
  }
}

const nameOf = (dataDir: string) => `${dataDir}/embedded.lock`;

/** Who holds, or last held, `dataDir`; undefined when nobody ever did. */
export async function readHolder(dataDir: string): Promise<Holder | undefined> {
  try {
    const { pid, socketDir } = JSON.parse(await Deno.readTextFile(nameOf(dataDir)));
    return typeof pid === "number" ? { pid, socketDir } : undefined;
  } catch (error) {
    // a holder that is just starting has not written yet
    if (error instanceof SyntaxError || error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** A held lock: `previous` is who had it before, `note` writes down what others should know. */
export interface DataLock extends Disposable {
  readonly previous: Holder | undefined;
  note(socketDir: string): Promise<void>;
}

/**
 * Takes the lock, or refuses. The kernel frees it when this process ends, however it ends.
 *
 * @throws {DataDirInUse} when another process holds it.
 */
export async function lockDataDir(dataDir: string): Promise<DataLock> {
  const file = await Deno.open(nameOf(dataDir), { read: true, write: true, create: true });
  if (!await file.tryLock(true)) {
    file.close();
    throw new DataDirInUse(dataDir, await readHolder(dataDir));
  }
  const previous = await readHolder(dataDir);
  const write = async (holder: Holder) => {
    const bytes = new TextEncoder().encode(`${JSON.stringify(holder)}\n`);
    await file.truncate(0);
    await file.seek(0, Deno.SeekMode.Start);
    await file.write(bytes);
  };
  await write({ pid: Deno.pid });
  return {
    previous,
    note: (socketDir) => write({ pid: Deno.pid, socketDir }),
    [Symbol.dispose]: () => file.close(),
  };
}

/** Whether some process holds `dataDir` now. */
export async function isHeld(dataDir: string): Promise<boolean> {
  try {
    using file = await Deno.open(nameOf(dataDir), { read: true, write: true });
    return !await file.tryLock(true);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
