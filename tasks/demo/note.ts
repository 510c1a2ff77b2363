/** What a demo writes down beside its data, so that the next run finds its people and its node. */

export interface Note {
  /** Where its node answers, or answered last. */
  readonly url: string;
  /** The process of that node. */
  readonly pid: number;
  /** Of everybody on the site. */
  readonly password: string;
}

const nameOf = (dataDir: string) => `${dataDir}/demo.json`;

/** Undefined where no demo has been. */
export async function readNote(dataDir: string): Promise<Note | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(nameOf(dataDir)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Whole or not at all; only its owner may read it. */
export async function writeNote(dataDir: string, note: Note): Promise<void> {
  const fresh = `${nameOf(dataDir)}.new`;
  await Deno.writeTextFile(fresh, `${JSON.stringify(note)}\n`, { mode: 0o600 });
  await Deno.rename(fresh, nameOf(dataDir));
}
