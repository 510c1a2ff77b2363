/** A file that only one may change, of all processes on all machines that share its folder (U3). */
import { diskError, missing } from "./files.ts";

/** The lock is let go when it is disposed of, or when this process ends, however it ends. */
export interface LockedFile extends Disposable {
  /** Open for reading and writing. */
  readonly file: Deno.FsFile;
}

/**
 * Makes the file where there is none; null while another has it. It is the kernel's lock (flock,
 * which NFS 4 passes on to its server): a number in a row can refuse what a late writer tells, but
 * not what it writes.
 *
 * @throws {Rejection} `disk_full`
 */
export async function lockFile(path: string): Promise<LockedFile | null> {
  for (;;) {
    const file = await Deno.open(path, { read: true, write: true, create: true })
      .catch((error) => Promise.reject(diskError(error)));
    try {
      if (!await file.tryLock(true)) {
        file.close();
        return null;
      }
      const [locked, named] = [await file.stat(), await Deno.lstat(path)];
      if (locked.ino === named.ino) return { file, [Symbol.dispose]: () => file.close() };
    } catch (error) {
      if (!missing(error)) {
        file.close();
        throw error;
      }
    }
    file.close(); // it was removed before the lock was there, and may be another's blob by now
  }
}
