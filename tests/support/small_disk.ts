/** A small disk for a node, to be filled: a tmpfs that only the node sees, and that goes with it. */
import { mounting } from "./namespace.ts";

export interface SmallDisk extends AsyncDisposable {
  /** Where the node has it. Others see an empty folder there: they go through {@linkcode inside}. */
  readonly path: string;
  /** Words before the node's command: they mount the disk, as root or as anybody else. */
  readonly prefix: readonly string[];
  /** The disk as this process reaches it, through the node with this process id. */
  inside(pid: number): string;
  /** Takes all space but `leave` bytes. */
  fill(pid: number, leave: number): Promise<void>;
  /** Gives the space back. */
  empty(pid: number): Promise<void>;
}

/** Hidden, so that it is none of the node's files. */
const BALLAST = ".ballast";
const MIB = 1024 ** 2;

/** Makes the folder for a disk of `bytes`. */
export async function smallDisk(bytes: number): Promise<SmallDisk> {
  const path = await Deno.makeTempDir({ prefix: "veza-disk-" });
  const inside = (pid: number) => `/proc/${pid}/root${path}`;
  return {
    path,
    prefix: mounting(`mount -t tmpfs -o size=${bytes},mode=0700 veza "$0"`, path),
    inside,
    async fill(pid, leave) {
      using file = await Deno.open(`${inside(pid)}/${BALLAST}`, { write: true, create: true });
      const piece = new Uint8Array(MIB);
      try {
        for (let at = 0; at < bytes;) at += await file.write(piece);
      } catch (error) {
        if ((error as { code?: unknown }).code !== "ENOSPC") throw error;
      }
      await file.truncate((await file.stat()).size - leave);
    },
    empty: (pid) => Deno.remove(`${inside(pid)}/${BALLAST}`),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
