/** Files kept safely: durable renames, and the errors of a disk told in our words (U13). */
import { join } from "node:path";
import { Rejection } from "../domain/errors.ts";

/** A full disk as the rejection it is; everything else unchanged. */
export function diskError(error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === "ENOSPC" || code === "EDQUOT") return new Rejection("disk_full");
  return error;
}

/** Whether `error` says that there is no such file. */
export const missing = (error: unknown) =>
  error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ||
  error instanceof Deno.errors.IsADirectory;

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path, { read: true });
  await folder.sync();
}

const parent = (path: string) => path.slice(0, path.lastIndexOf("/"));

/** Creates `folder` below `root` and makes each new level durable in the one above it. */
async function makeFolder(root: string, folder: string): Promise<void> {
  const missing: string[] = [];
  for (let at = folder; at.length > root.length; at = parent(at)) {
    if (await Deno.stat(at).then(() => true, () => false)) break;
    missing.push(at);
  }
  await Deno.mkdir(folder, { recursive: true });
  for (const made of missing) await syncFolder(parent(made));
}

/** Tries to put a file into a folder that is pruned each time; more would be a defect. */
const TRIES = 100;

/** Puts the finished, fsynced file `from` in the place of `to`, below `root`, durably. */
export async function rename(root: string, from: string, to: string): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      await makeFolder(root, parent(to));
      await Deno.rename(from, to);
      break;
    } catch (error) {
      // The folder may have been pruned, empty as it was, between these two lines; or just when it
      // was made: it is said to exist then, and is looked for in vain.
      const isPruned = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.AlreadyExists;
      if (!isPruned || tries === TRIES || !await there(from)) throw error;
    }
  }
  await syncFolder(parent(to)).catch((error) => {
    if (!missing(error)) throw error; // removed again already, and its folder with it
  });
}

const there = (path: string) => Deno.lstat(path).then(() => true, () => false);

/** Removes the folders above `path`, below `root`, that are empty. */
export async function prune(root: string, path: string): Promise<void> {
  for (let folder = parent(path); folder.length > root.length; folder = parent(folder)) {
    try {
      await Deno.remove(folder); // not with what is in it: a writer may be faster
    } catch (error) {
      if ((error as { code?: unknown }).code === "ENOTEMPTY") return;
      if (!missing(error)) throw error; // somebody else has pruned it
    }
  }
}

/** Removes a file, or a folder with all in it; what is not there is no error. */
export async function removeIfThere(path: string, recursive: boolean): Promise<void> {
  await Deno.remove(path, { recursive }).catch((error) => {
    if (!missing(error)) throw error;
  });
}

/** What is in `folder`, which may not be there. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (missing(error)) return []; // nothing was ever written
    throw error;
  }
}

/** Removes the files right in `folder` that were last changed before `before`. How many. */
export async function removeOlder(folder: string, before: Date): Promise<number> {
  let removed = 0;
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const info = await Deno.lstat(path).catch((error) => {
      if (!missing(error)) throw error; // its write has just ended
    });
    if (!info?.isFile || (info.mtime ?? before) >= before) continue;
    await removeIfThere(path, false);
    removed += 1;
  }
  return removed;
}

/** When anything in `path`, a file or a folder, was last written; in ms since 1970, 0 when it is gone. */
async function touchedAt(path: string): Promise<number> {
  try {
    const info = await Deno.lstat(path);
    let latest = info.mtime?.getTime() ?? 0;
    if (!info.isDirectory) return latest;
    for await (const { name } of Deno.readDir(path)) {
      latest = Math.max(latest, await touchedAt(join(path, name)));
    }
    return latest;
  } catch (error) {
    if (missing(error)) return 0;
    throw error;
  }
}

/** Removes the files and folders right in `folder` in which nothing was written since `before`. How many. */
export async function removeUntouched(folder: string, before: Date): Promise<number> {
  let removed = 0;
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    if (await touchedAt(path) >= before.getTime()) continue;
    await removeIfThere(path, true);
    removed += 1;
  }
  return removed;
}

/** The files below `folder`, as keys that begin with `prefix`; hidden ones are left out. */
export async function* walk(folder: string, prefix: string): AsyncGenerator<string> {
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.name.startsWith(".")) continue;
      const key = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isDirectory) yield* walk(join(folder, entry.name), key);
      else if (entry.isFile) yield key;
    }
  } catch (error) {
    if (!missing(error)) throw error;
  }
}

/** Passes the first `count` bytes on and then ends, which closes the file behind it. */
export function firstBytes(count: number): TransformStream<Uint8Array<ArrayBuffer>> {
  let left = count;
  return new TransformStream({
    transform(chunk, out) {
      out.enqueue(chunk.byteLength > left ? chunk.subarray(0, left) : chunk);
      left -= Math.min(left, chunk.byteLength);
      if (left === 0) out.terminate();
    },
  });
}
