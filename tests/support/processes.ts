/** Looking at processes on Linux, temporary folders, and waiting for what must come true. */

/** A process as `/proc` tells of it. */
export interface Process {
  readonly pid: number;
  readonly command: string;
  /** The process group: a terminal's Ctrl-C goes to all of one. */
  readonly group: number;
}

/** Whether a process with this id runs; one that has ended but was not waited for does not. */
export async function alive(pid: number): Promise<boolean> {
  const stat = await read(`/proc/${pid}/stat`);
  return stat !== undefined && !/^\d+ \(.*\) [ZX]/s.test(stat);
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    // a process that ends while it is read tells ESRCH
    if (error instanceof Deno.errors.NotFound || String(error).includes("os error 3")) return;
    throw error;
  }
}

/** The processes below `root`, children and theirs, that run now. */
export async function childrenOf(root: number): Promise<Process[]> {
  const parents = new Map<number, number>();
  const groups = new Map<number, number>();
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await read(`/proc/${name}/stat`) ?? "";
    const [, parent, group] = /^\d+ \(.*\) [A-Z] (\d+) (\d+)/s.exec(stat) ?? [];
    if (!parent) continue;
    parents.set(Number(name), Number(parent));
    groups.set(Number(name), Number(group));
  }
  const below = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === root || below(parent));
  };
  const pids = [...parents.keys()].filter(below);
  return await Promise.all(pids.map(async (pid) => ({
    pid,
    group: groups.get(pid) ?? 0,
    command: (await read(`/proc/${pid}/cmdline`) ?? "").replaceAll("\0", " "),
  })));
}

/** The most memory a process ever had, in bytes. */
export async function peakMemory(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** Waits until `test` says true; fails with `what` after `ms`. */
export async function until(
  what: string,
  test: () => Promise<boolean>,
  ms = 15_000,
): Promise<void> {
  const end = performance.now() + ms;
  while (!await test()) {
    if (performance.now() > end) throw new Error(`${what} did not come in ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A temporary folder that goes with its scope. */
export async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "veza-test-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
