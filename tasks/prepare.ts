/**
 * What is done before a node runs, because the node itself may not: programs are laid into
 * `.cache/bin`, and the browser's part is bundled into `.cache/web` (S10). Quick when nothing
 * changed.
 */
import { readArgs } from "./args.ts";
import { layFfmpeg, layPostgres } from "./binaries.ts";

const HELP = `Gets ready what a node needs: programs into .cache/bin, the browser's part into
.cache/web. Quick when nothing changed; the tasks that start nodes do it by themselves.

  deno task prepare [--dev]

  --dev   the browser's part with source maps, and not made small
`;

/** The browser's part depends on these; a change in size or time of any file bundles it anew. */
const SOURCES = ["islands", "static", "domain", "tasks/bundle.ts", "deno.lock"];
/** What the documentation page needs of `swagger-ui-dist`. */
const DOCS = ["swagger-ui.css", "swagger-ui-bundle.js"];

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** A line for each file below `path`, that changes when the file does. */
async function* stamps(root: string, path: string): AsyncGenerator<string> {
  const info = await Deno.stat(`${root}/${path}`).catch(ignoreMissing);
  if (!info) return;
  if (!info.isDirectory) {
    yield `${path} ${info.size} ${info.mtime?.getTime() ?? 0}`;
    return;
  }
  for await (const { name } of Deno.readDir(`${root}/${path}`)) {
    if (!/_test\.tsx?$/.test(name)) yield* stamps(root, `${path}/${name}`);
  }
}

/** One value for the state of all sources. */
async function fingerprint(root: string, dev: boolean): Promise<string> {
  const lines: string[] = [];
  for (const path of SOURCES) for await (const line of stamps(root, path)) lines.push(line);
  const text = new TextEncoder().encode([dev, ...lines.sort()].join("\n"));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", text)).toHex();
}

/** Bundles into `.cache/web` when a source changed; the old one stays until the new is whole. */
async function web(root: string, dev: boolean, say: (line: string) => void): Promise<void> {
  const folder = `${root}/.cache/web`;
  const wanted = await fingerprint(root, dev);
  if (await Deno.readTextFile(`${folder}/stamp`).catch(ignoreMissing) === wanted) return;
  const fresh = `${root}/.cache/web.new`;
  await Deno.remove(fresh, { recursive: true }).catch(ignoreMissing);
  // loaded only now: the bundler costs more than all the rest of this step
  const { bundle } = await import("./bundle.ts");
  const manifest = await bundle({ root, outDir: fresh, dev });
  await docs(`${fresh}/docs`);
  await keepOlder(folder, fresh);
  await Deno.writeTextFile(`${fresh}/stamp`, wanted);
  await Deno.remove(folder, { recursive: true }).catch(ignoreMissing);
  await Deno.rename(fresh, folder);
  say(`bundled ${Object.keys(manifest).length} entries for the browser`);
}

/** Assets of the bundle before stay this long: a node that runs still names them, in ms. */
const KEEP_MS = 7 * 86_400_000;

/** Takes over what the last bundles made, by names of their own, unless it is old. */
async function keepOlder(from: string, to: string): Promise<void> {
  try {
    for await (const { name, isFile } of Deno.readDir(from)) {
      const { mtime } = await Deno.stat(`${from}/${name}`);
      const isOld = Date.now() - (mtime?.getTime() ?? 0) > KEEP_MS;
      if (!isFile || isOld || name === "stamp" || name === "manifest.json") continue;
      if (await Deno.stat(`${to}/${name}`).catch(ignoreMissing)) continue;
      await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
      if (mtime) await Deno.utime(`${to}/${name}`, mtime, mtime);
    }
  } catch (error) {
    ignoreMissing(error);
  }
}

async function docs(folder: string): Promise<void> {
  const specifier = "swagger-ui-dist";
  await import(`${specifier}/package.json`, { with: { type: "json" } });
  const from = import.meta.resolve(`${specifier}/package.json`);
  await Deno.mkdir(folder, { recursive: true });
  for (const name of DOCS) await Deno.copyFile(new URL(name, from), `${folder}/${name}`);
}

/** What {@linkcode prepare} is to do, and where. */
export interface PrepareOptions {
  /** The project's folder. */
  readonly root: string;
  /** The browser's part with source maps and without minifying. */
  readonly dev?: boolean;
  /** The setting FFMPEG: the path of an ffmpeg. */
  readonly ffmpeg?: string | undefined;
  readonly say?: (line: string) => void;
}

/** Does it all; two at once wait for each other. Returns what the node will lack, in words. */
export async function prepare(options: PrepareOptions): Promise<string[]> {
  const { root, dev = false, say = (line) => console.error(`prepare: ${line}`) } = options;
  const bin = `${root}/.cache/bin`;
  await Deno.mkdir(bin, { recursive: true });
  using lock = await Deno.open(`${root}/.cache/prepare.lock`, { write: true, create: true });
  await lock.lock(true);
  const lacking: string[] = [];
  const timed = async <T>(work: (say: (line: string) => void) => Promise<T>): Promise<T> => {
    const began = performance.now();
    return await work((line) => say(`${line} (${Math.round(performance.now() - began)} ms)`));
  };
  if (!await timed((tell) => layPostgres(bin, tell))) {
    lacking.push(
      `no PostgreSQL for ${Deno.build.os} on ${Deno.build.arch}: install it, or set DATABASE_URL`,
    );
  }
  const found = await timed((tell) => layFfmpeg(bin, options.ffmpeg, tell));
  if ("missing" in found) {
    lacking.push(`no ${found.missing}: uploads cannot be processed until it is installed`);
  }
  await timed((tell) => web(root, dev, tell));
  return lacking;
}

if (import.meta.main) {
  const { dev = false } = readArgs(HELP, { dev: { type: "boolean" } });
  const root = decodeURIComponent(new URL("..", import.meta.url).pathname).replace(/\/$/, "");
  try {
    const lacking = await prepare({
      root,
      dev,
      ffmpeg: Deno.env.get("FFMPEG") || undefined,
    });
    for (const line of lacking) console.warn(`prepare: ${line}`);
  } catch (error) {
    console.error(`prepare: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
