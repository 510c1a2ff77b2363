/** Remembers in the browser which file an unfinished upload belongs to, so that it can go on (U3). */
import type { Wishes } from "./state.ts";

/** An upload that was begun here. */
export interface Begun extends Wishes {
  /** At the server: `/api/v1/uploads/{id}`. */
  readonly id: string;
  /** Which file, and whose: see {@linkcode markOf}. */
  readonly mark: string;
  /** When it was begun or gone on with, ms since the epoch. */
  readonly at: number;
}

const KEY = "veza.uploads";
/** The server keeps an unfinished upload for a day; a setting may make it longer, ms. */
const KEEP_MS = 7 * 86_400_000;

/**
 * The same for the same file of the same account. The date is in it because a mix that is rendered
 * again has the same name and, as WAV, the same size: going on with it would splice two recordings.
 */
export const markOf = ({ name, size, lastModified }: File, username: string): string =>
  JSON.stringify([username, name, size, lastModified]);

/** What storage holds, or nothing where the browser refuses to store. */
function read(): readonly Begun[] {
  try {
    const kept: Begun[] = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return kept.filter(({ at }) => at > Date.now() - KEEP_MS);
  } catch {
    return []; // storage is blocked, or another version wrote it: uploads then begin anew
  }
}

function write(all: readonly Begun[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(all));
  } catch {
    // blocked or full: this upload goes on as long as the page is there
  }
}

export const begunUploads = (): readonly Begun[] => read();

/** The upload that was begun with this file. */
export const begunWith = (mark: string): Begun | undefined =>
  read().find((one) => one.mark === mark);

/** Keeps `begun` in place of what was known of its id or its file. */
export const remember = (begun: Begun): void =>
  write([...read().filter(({ id, mark }) => id !== begun.id && mark !== begun.mark), begun]);

export const forget = (id: string): void => write(read().filter((one) => one.id !== id));
