/** The type of a stored blob by its content, wherever the store is. */
import { join } from "node:path";
import type { Blobs } from "./blobs.ts";
import { sniff } from "./probe.ts";

/** What a head of a file must have for its type to be seen, tags with a cover included; bytes. */
const HEAD = 1024 ** 2;

/**
 * Refuses a blob that is no audio, as `sniff` does. Of a blob that lies elsewhere only the head is
 * fetched, into `workDir`; the transcoder sniffs the whole file again.
 */
export async function sniffBlob(
  blobs: Pick<Blobs, "localPath" | "stat" | "open">,
  key: string,
  workDir: string,
): Promise<void> {
  const path = blobs.localPath(key);
  if (path !== null) return void await sniff(path);
  await Deno.mkdir(workDir, { recursive: true });
  const head = join(workDir, `head-${crypto.randomUUID()}`);
  try {
    const size = (await blobs.stat(key))?.size ?? 0;
    const file = await Deno.create(head);
    if (size === 0) file.close();
    else {
      const { stream } = await blobs.open(key, { start: 0, end: Math.min(size, HEAD) - 1 });
      await stream.pipeTo(file.writable);
    }
    await sniff(head);
  } finally {
    await Deno.remove(head);
  }
}
