/** How much memory a process holds while something happens to it, read from /proc. */

/** Between two looks, in ms. */
const EVERY_MS = 50;
const MIB = 1024;

/** Resident memory of the process `pid`, in MiB. */
export async function residentMiB(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const kib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  return kib / MIB;
}

/**
 * Does `work`, and answers with how far the resident memory of `pid` rose above what it was before,
 * in MiB, together with what `work` gave.
 */
export async function growthDuring<T>(
  pid: number,
  work: () => Promise<T>,
): Promise<{ growth: number; result: T }> {
  const before = await residentMiB(pid);
  let most = before;
  let over = false;
  const watching = (async () => {
    while (!over) {
      most = Math.max(most, await residentMiB(pid));
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  })();
  try {
    const result = await work();
    most = Math.max(most, await residentMiB(pid));
    return { result, growth: most - before };
  } finally {
    over = true;
    await watching;
  }
}
