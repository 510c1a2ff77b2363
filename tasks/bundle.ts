/** Bundles what the browser gets: islands, styles and fonts, with hashed names, compressed beside. */
import { Buffer } from "node:buffer";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import subsetFont from "subset-font";
import type { Asset, WebManifest } from "../routes/pages/site.ts";

/** Where things are, as paths. With `dev`, nothing is minified and source maps are inline. */
export interface BundleOptions {
  /** The project's folder. */
  readonly root: string;
  /** What is made anew; served at `/assets/`. */
  readonly outDir: string;
  readonly dev?: boolean;
}

/** The packages that islands and styles name; what these need is found in `deno.lock`. */
const BROWSER_PACKAGES = [
  "preact",
  "@preact/signals",
  "hls.js",
  "swup",
  "tus-js-client",
  "lucide",
  "marked",
];

/** Scripts of threads of their own, each whole in one file: a page names them to the browser. */
const THREADS = [
  "islands/live/capture_worklet.ts",
  "islands/live/listen_worker.ts",
  "islands/live/playout_worklet.ts",
  "islands/live/publish_worker.ts",
];

const range = (from: number, to: number) =>
  String.fromCodePoint(...Array.from({ length: to - from + 1 }, (_, i) => from + i));
const ASCII = range(0x20, 0x7e);
/** Latin-1, and the letters and marks of French and good typography beyond it. */
const LATIN1 = ASCII + range(0xa0, 0xff) + "ŒœŸ–—‘’‚“”„•…‹›€−×→←↑↓\u202f";
/** The letters of Europe's other Latin alphabets: people's names are written in them. */
const EUROPE =
  "ĀāĂăĄąĆćČčĎďĐđĒēĖėĘęĚěĞğĢģĪīĮįİıĶķĹĺĻļĽľŁłŃńŅņŇňŌōŐőŔŕŘřŚśŞşŠšŢţŤťŪūŮůŰűŲųŹźŻżŽžȘșȚț";
const MONO = ASCII + "\u00a0\u202f·×–—…−±ÀÉàçéèêùû→←↑↓";

/** Each font: its file, the part of its axes that the design uses, and the characters kept. */
const BRICOLAGE = { axes: "opsz", keep: { opsz: 60, wght: { min: 600, max: 750 } } };
const INSTRUMENT = { axes: "wght", keep: { wght: { min: 400, max: 700 } } };
const FONTS = {
  "bricolage-grotesque": { ...BRICOLAGE, subset: "latin", text: LATIN1 },
  "bricolage-grotesque-ext": { ...BRICOLAGE, subset: "latin-ext", text: EUROPE },
  "instrument-sans": { ...INSTRUMENT, subset: "latin", text: LATIN1 },
  "instrument-sans-ext": { ...INSTRUMENT, subset: "latin-ext", text: EUROPE },
  "martian-mono": { axes: "wght", keep: { wght: 400 }, subset: "latin", text: MONO },
} as const;

interface LockedPackage {
  readonly dependencies?: readonly string[];
}

/** The folder of Deno's npm cache that holds `name` at `version`. */
const packageFolder = (cache: string, name: string, version: string) =>
  `${cache}/${name}/${version}`;

/** Downloads a package that no module of ours imports by code, and tells its version and cache. */
async function locate(specifier: string): Promise<{ cache: string; version: string }> {
  const find = () => {
    const url = import.meta.resolve(`${specifier}/package.json`);
    const at = url.startsWith("file:") ? decodeURIComponent(new URL(url).pathname) : "";
    const cut = at.lastIndexOf(`/${specifier}/`);
    if (cut < 0) return null;
    return {
      cache: at.slice(0, cut),
      version: at.slice(cut + specifier.length + 2).split("/")[0] ?? "",
    };
  };
  const found = find();
  if (found) return found;
  await import(`${specifier}/package.json`, { with: { type: "json" } });
  const fetched = find();
  if (!fetched) throw new Error(`The package "${specifier}" is not in Deno's npm cache`);
  return fetched;
}

/**
 * Lays symlinks to the packages of the browser into `folder`, so that esbuild resolves them by
 * its own rules: with `nodeModulesDir: "none"` there is no folder it could look into.
 */
async function linkPackages(root: string, folder: string): Promise<void> {
  const lock: { npm: Record<string, LockedPackage> } = JSON.parse(
    await Deno.readTextFile(`${root}/deno.lock`),
  );
  const { cache } = await locate("preact");
  const wanted: { name: string; version?: string }[] = BROWSER_PACKAGES.map((name) => ({ name }));
  const seen = new Set<string>();
  await Deno.remove(folder, { recursive: true }).catch(ignoreMissing);
  for (let next = wanted.shift(); next; next = wanted.shift()) {
    const { name } = next;
    if (seen.has(name)) continue;
    seen.add(name);
    const version = next.version ?? Object.keys(lock.npm)
      .find((key) => key.startsWith(`${name}@`))?.slice(name.length + 1).split("_")[0];
    if (!version) throw new Error(`"${name}" is not in deno.lock`);
    const link = `${folder}/${name}`;
    await Deno.mkdir(link.slice(0, link.lastIndexOf("/")), { recursive: true });
    await Deno.symlink(packageFolder(cache, name, version), link, { type: "dir" });
    const entry = Object.entries(lock.npm).find(([key]) =>
      key === `${name}@${version}` || key.startsWith(`${name}@${version}_`)
    );
    for (const dependency of entry?.[1].dependencies ?? []) {
      const at = dependency.indexOf("@", 1);
      wanted.push(
        at < 0
          ? { name: dependency }
          : { name: dependency.slice(0, at), version: dependency.slice(at + 1).split("_")[0] },
      );
    }
  }
}

const ignoreMissing = (error: unknown) => {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
};

/** `url("font:NAME")` in a style sheet is that font, cut to {@linkcode FONTS}. */
const fonts: esbuild.Plugin = {
  name: "fonts",
  setup(build) {
    build.onResolve({ filter: /^font:/ }, ({ path }) => ({
      path: `${path.slice(5)}.woff2`,
      namespace: "font",
    }));
    build.onLoad({ filter: /.*/, namespace: "font" }, async ({ path }) => {
      const name = path.replace(/\.woff2$/, "") as keyof typeof FONTS;
      const { axes, keep, subset, text } = FONTS[name];
      const family = name.replace(/-ext$/, "");
      const { cache, version } = await locate(`@fontsource-variable/${family}`);
      const folder = packageFolder(cache, `@fontsource-variable/${family}`, version);
      const whole = await Deno.readFile(`${folder}/files/${family}-${subset}-${axes}-normal.woff2`);
      const contents = await subsetFont(Buffer.from(whole), text, {
        targetFormat: "woff2",
        variationAxes: keep,
      });
      return { contents: new Uint8Array(contents), loader: "file" };
    });
  },
};

/** Writes `.gz` and `.br` beside a text file; fonts are compressed already. */
async function compress(path: string, dev: boolean): Promise<void> {
  const bytes = await Deno.readFile(path);
  await Deno.writeFile(`${path}.gz`, new Uint8Array(gzipSync(bytes, { level: dev ? 1 : 9 })));
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: dev ? 1 : 11 } };
  await Deno.writeFile(`${path}.br`, new Uint8Array(brotliCompressSync(bytes, quality)));
}

/** What a page loads for each entry, from what esbuild tells about its outputs. */
function toManifest(outputs: esbuild.Metafile["outputs"], outDir: string): WebManifest {
  const url = (path: string) =>
    `/assets/${path.slice(path.lastIndexOf(outDir) + outDir.length + 1)}`;
  const manifest: Record<string, Asset> = {};
  const staticImports = (path: string, into = new Set<string>()): Set<string> => {
    for (const { path: next, kind } of outputs[path]?.imports ?? []) {
      if (kind !== "import-statement" || into.has(next)) continue;
      into.add(next);
      staticImports(next, into);
    }
    return into;
  };
  for (const [path, output] of Object.entries(outputs)) {
    const name = output.entryPoint ?? (path.endsWith(".woff2") ? fontName(path) : undefined);
    if (!name) continue;
    manifest[name.replace(/^.*node_modules\//, "")] = {
      url: url(path),
      imports: [...staticImports(path)].map(url),
    };
  }
  return manifest;
}

const fontName = (path: string) =>
  `fonts/${path.slice(path.lastIndexOf("/") + 1).replace(/-[A-Z0-9]{8}\.woff2$/, "")}`;

/** Lays the files of `static/` beside the bundle, named by their content, and tells where. */
async function layStatic(root: string, outDir: string): Promise<Record<string, Asset>> {
  const laid: Record<string, Asset> = {};
  for (const { name } of Deno.readDirSync(`${root}/static`)) {
    const bytes = await Deno.readFile(`${root}/static/${name}`);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hashed = name.replace(".", `-${digest.toHex().slice(0, 8)}.`);
    await Deno.writeFile(`${outDir}/${hashed}`, bytes);
    laid[`static/${name}`] = { url: `/assets/${hashed}`, imports: [] };
  }
  return laid;
}

/** Bundles into `outDir` and writes its `manifest.json`; the manifest is also returned. */
export async function bundle({ root, outDir, dev = false }: BundleOptions): Promise<WebManifest> {
  const packages = `${root}/.cache/browser_packages`;
  await linkPackages(root, packages);
  await Deno.remove(outDir, { recursive: true }).catch(ignoreMissing);
  try {
    const options = {
      absWorkingDir: root,
      outdir: outDir,
      entryNames: "[name]-[hash]",
      chunkNames: "[name]-[hash]",
      assetNames: "[name]-[hash]",
      bundle: true,
      format: "esm",
      target: ["es2022", "chrome120", "firefox121", "safari17"],
      jsx: "automatic",
      jsxImportSource: "preact",
      minify: !dev,
      sourcemap: dev ? "inline" : false,
      legalComments: "none",
      nodePaths: [packages],
      preserveSymlinks: true,
      plugins: [fonts],
      metafile: true,
      logLevel: "silent",
    } as const satisfies esbuild.BuildOptions;
    const builds = await Promise.all([
      esbuild.build({
        ...options,
        entryPoints: ["islands/boot.ts", "islands/styles/main.css"],
        splitting: true,
      }),
      esbuild.build({ ...options, entryPoints: THREADS }),
    ]);
    const made = Object.assign({}, ...builds.map(({ metafile }) => metafile.outputs));
    const outputs = Object.keys(made).filter((path) => /\.(js|css)$/.test(path));
    await Promise.all(outputs.map((path) => compress(`${root}/${path}`, dev)));
    const relative = outDir.startsWith(`${root}/`) ? outDir.slice(root.length + 1) : outDir;
    const manifest = {
      ...toManifest(made, relative),
      ...await layStatic(root, outDir),
    };
    await Deno.writeTextFile(`${outDir}/manifest.json`, JSON.stringify(manifest, null, 2));
    return manifest;
  } finally {
    await esbuild.stop();
  }
}

if (import.meta.main) {
  const root = decodeURIComponent(new URL("..", import.meta.url).pathname).replace(/\/$/, "");
  const dev = Deno.args.includes("--dev");
  const manifest = await bundle({ root, outDir: `${root}/.cache/web`, dev });
  console.log(`Bundled ${Object.keys(manifest).length} entries into .cache/web`);
}
