/** What a bench ran on: the machine, and the versions of the programs that took part. */

/** Told with every table, for a figure means nothing without it. */
export interface Machine {
  /** Such as `AMD EPYC, 2 cores, 23.5 GiB, Linux 6.1.0`. */
  readonly hardware: string;
  /** Such as `deno 2.9.6`, one for each program that is there. */
  readonly versions: readonly string[];
}

/** How each program tells its version; on whichever output. */
const PROGRAMS: Readonly<Record<string, readonly [string, RegExp]>> = {
  ffmpeg: ["-version", /ffmpeg version (\S+)/],
  nginx: ["-v", /nginx\/(\S+)/],
  node: ["--version", /v(\S+)/],
  wrk: ["-v", /wrk (\S+)/],
};

/** What `name` prints, both outputs; undefined when it is not there. */
async function printed(name: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await new Deno.Command(name, { args, stdin: "null" }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function processor(): Promise<string> {
  const text = await Deno.readTextFile("/proc/cpuinfo").catch((error) => {
    if (error instanceof Deno.errors.NotFound) return ""; // not Linux
    throw error;
  });
  return /^model name\s*:\s*(.+)$/m.exec(text)?.[1] ?? Deno.build.arch;
}

export async function describeMachine(): Promise<Machine> {
  const gibibytes = (Deno.systemMemoryInfo().total / 1024 ** 3).toFixed(1);
  const cores = navigator.hardwareConcurrency;
  const versions = [`deno ${Deno.version.deno}`];
  for (const [name, [argument, pattern]] of Object.entries(PROGRAMS)) {
    const version = pattern.exec(await printed(name, argument) ?? "")?.[1];
    if (version) versions.push(`${name} ${version}`);
  }
  return {
    hardware: `${await processor()}, ${cores} cores, ${gibibytes} GiB, Linux ${Deno.osRelease()}`,
    versions,
  };
}

/** The commit that is checked out, and whether the files differ from it. */
export async function describeCommit(): Promise<string> {
  const commit = (await printed("git", "rev-parse", "--short", "HEAD"))?.trim();
  if (!commit || !/^[0-9a-f]+$/.test(commit)) return "unknown";
  // the tables themselves change with every run
  const changes = await printed(
    "git",
    "status",
    "--porcelain",
    "--",
    ".",
    ":!bench/RES*",
    ":!bench/res*",
  );
  return changes ? `${commit} and changes` : commit;
}
