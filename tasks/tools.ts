/** The programs that tests and benches need beside Deno: which are missing; installs on Debian. */
import { searchPath } from "./binaries.ts";

/** Each program and the Debian packages that it takes. */
const PACKAGES: Readonly<Record<string, string>> = {
  ffmpeg: "ffmpeg",
  ffprobe: "ffmpeg",
  icecast2: "icecast2",
  "nats-server": "nats-server",
  chromium: "chromium",
  bwrap: "bubblewrap",
  clamd: "clamav-daemon",
  nginx: "nginx",
  "redis-server": "redis-server",
  ices2: "ices2",
  liquidsoap: "liquidsoap",
  mpv: "mpv",
  cvlc: "vlc-bin vlc-plugin-base",
  curl: "curl",
  prlimit: "util-linux",
  promtool: "prometheus",
  setpriv: "util-linux",
  unshare: "util-linux",
  wrk: "wrk",
  zzuf: "zzuf",
};
const POLICY = "/usr/sbin/policy-rc.d";

async function isThere(name: string): Promise<boolean> {
  // Debian has daemons where only root's PATH leads
  for (const folder of [...searchPath(), "/usr/sbin", "/usr/local/sbin"]) {
    if (await Deno.stat(`${folder}/${name}`).then((info) => info.isFile, () => false)) return true;
  }
  return false;
}

/** Which programs are meant: all, all but the browser's (`fast`), or `only` these. */
interface Wanted {
  readonly fast?: boolean;
  readonly only?: readonly string[];
}

/** The programs that PATH has not. */
export async function missingTools({ fast = false, only }: Wanted = {}): Promise<string[]> {
  const wanted = only ? [...new Set(only)] : Object.keys(PACKAGES)
    .filter((name) => !(fast && name === "chromium"));
  const there = await Promise.all(wanted.map(isThere));
  return wanted.filter((_, at) => !there[at]);
}

const packagesOf = (
  tools: readonly string[],
) => [...new Set(tools.flatMap((tool) => (PACKAGES[tool] ?? tool).split(" ")))];

/** The line a person types to install `tools`. */
export const installLine = (tools: readonly string[]): string =>
  `apt-get install --no-install-recommends ${packagesOf(tools).join(" ")}`;

async function run(name: string, ...args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command(name, {
    args,
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
  }).spawn().status;
  return success;
}

/** Installs by apt, without starting any service that comes along. True when it went well. */
async function install(tools: readonly string[]): Promise<boolean> {
  let policy = false;
  try {
    // dpkg asks this program before it starts a service; 101 means no
    await Deno.writeTextFile(POLICY, "#!/bin/sh\nexit 101\n", { createNew: true, mode: 0o755 });
    policy = true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error; // theirs stays in force
  }
  try {
    const packages = packagesOf(tools);
    return await run("apt-get", "update", "-q") &&
      await run("apt-get", "install", "-y", "-q", "--no-install-recommends", ...packages);
  } finally {
    if (policy) await Deno.remove(POLICY);
  }
}

/**
 * Sees to it that the tools are there: as root on Debian it names what it will install and does so,
 * after asking unless `yes`. Returns what is still missing.
 */
export async function provideTools(
  { yes, ...wanted }: Wanted & { yes: boolean },
): Promise<string[]> {
  const missing = await missingTools(wanted);
  if (missing.length === 0) return missing;
  console.log(`Missing: ${missing.join(", ")}. To install: ${installLine(missing)}`);
  const debian = Deno.build.os === "linux" && Deno.uid() === 0 && await isThere("apt-get");
  if (!debian) return missing;
  const agreed = yes || (Deno.stdin.isTerminal() && confirm("Install them now?"));
  if (!agreed) {
    console.log("Run that line, or give --yes, to have them; what needs them counts as failed.");
    return missing;
  }
  console.log(`Installing ${packagesOf(missing).join(", ")}`);
  await install(missing);
  return await missingTools(wanted);
}
