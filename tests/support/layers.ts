/** The rules of who may import whom, as a function of the module graph; pure. */

/** One import: `to` is a path of the project, or a specifier such as `npm:zod@4`. */
export interface Edge {
  readonly to: string;
  /** `import type`: gone when it runs. */
  readonly typeOnly: boolean;
}

/** One file of the project. */
export interface SourceFile {
  readonly path: string;
  readonly imports: readonly Edge[];
  readonly text: string;
}

/** What each layer may import of the project, by prefix; `types` are for `import type` alone. */
interface Rule {
  readonly layer: string;
  readonly may: readonly string[];
  readonly types?: readonly string[];
  readonly instead: string;
}

const STORES = ["db/", "media/", "services/"];
/** The first that fits a path counts. */
const RULES: readonly Rule[] = [
  {
    layer: "domain/",
    may: ["domain/"],
    instead: "Rules are pure: take it as an argument, or move the rule here",
  },
  {
    layer: "actors/runtime/",
    may: ["actors/runtime/", "domain/errors.ts"],
    instead: "The kernel knows nothing of music: take it as an argument",
  },
  {
    layer: "actors/",
    may: ["actors/", "domain/"],
    types: STORES,
    instead: "Take it as an argument of the actor and use `import type`; main.ts passes it",
  },
  ...STORES.map((layer) => ({
    layer,
    may: [layer, "domain/"],
    instead: "Take it as an argument with the smallest interface you need; main.ts passes it",
  })),
  {
    layer: "islands/",
    may: ["islands/", "domain/"],
    instead: "Islands run in the browser: ask the node over HTTP or a socket",
  },
  {
    layer: "routes/pages/",
    may: ["routes/", "islands/", "domain/"],
    types: ["actors/", ...STORES],
    instead: "Take it as an argument of the page; main.ts passes it",
  },
  {
    layer: "routes/",
    may: ["routes/", "domain/"],
    types: ["actors/", ...STORES],
    instead: "Take it as an argument and use `import type`; main.ts passes it",
  },
  {
    layer: "config.ts",
    may: ["domain/", "node/settings.ts"],
    instead: "config.ts knows the domain and no other layer",
  },
  {
    layer: "node/settings",
    may: ["domain/"],
    types: ["config.ts"],
    instead: "Settings know the domain and no other layer",
  },
];
/** They construct, so they may import anything. */
const CONSTRUCT =
  /^(main\.ts|node\/(?!settings)|media\/worker\.ts|tasks\/|bench\/|tests\/)|_test\.tsx?$/;
const isTest = (path: string) => /^tests\/|_test\.tsx?$/.test(path);

/** Packages that only these files may import. */
const PACKAGES: readonly { name: RegExp; where: RegExp; instead: string }[] = [
  { name: /^npm:\/?postgres@/, where: /^db\//, instead: "Put the statement into a store of db/" },
  {
    name: /^npm:\/?@nats-io\//,
    where: /_nats\.ts$|^main\.ts$|^media\/worker\.ts$/,
    instead: "Use the interface (bus.ts, jobs.ts); the adapter is in a *_nats.ts",
  },
  {
    name: /^npm:\/?@redis\//,
    where: /^services\/redis\.ts$/,
    instead: "Ask by `run` of services/redis.ts, which waits for nobody",
  },
  {
    name: /^npm:\/?prom-client@/,
    where: /^services\/metrics\.ts$/,
    instead: "Count by services/metrics.ts, or tell a figure in node/figures.ts",
  },
  {
    name: /^node:child_process$/,
    where: /^$/,
    instead: "Use Deno.Command in media/ffmpeg.ts or db/embedded.ts",
  },
];
/** Words in the source of a node that only these files may have. */
const WORDS: readonly { word: RegExp; what: string; where: RegExp; instead: string }[] = [
  {
    word: /\bDeno\.Command\b/,
    what: "starts a process",
    where: /^(media\/ffmpeg|db\/embedded)\.ts$/,
    instead: "Only media/ffmpeg.ts and db/embedded.ts start processes",
  },
  {
    word: /\bDeno\.env\b|\bprocess\.env\b/,
    what: "reads the environment",
    where: /^config\.ts$/,
    instead: "Add a setting to config.ts and pass its value",
  },
  {
    word: /\bsql(<[^`;]*>)?`|\.unsafe\(/,
    what: "has SQL",
    where: /^db\//,
    instead: "Put the statement into a store of db/",
  },
  {
    word: /\bDeno\.upgradeWebSocket\b/,
    what: "opens a socket",
    where: /^routes\/sockets\//,
    instead: "Sockets are known in routes/sockets/ only",
  },
];

/** All that breaks the rules, a line each, with what to do instead. */
export function violations(files: readonly SourceFile[]): string[] {
  const found = files.flatMap((file) => [...brokenImports(file), ...brokenWords(file)]);
  return [
    ...found,
    ...cycles(files),
    ...files.filter(isBarrel).map(({ path }) =>
      `${path} only passes on what other files export. Import from those files, and remove it.`
    ),
  ];
}

function brokenImports({ path, imports }: SourceFile): string[] {
  const broken: string[] = [];
  for (const { to, typeOnly } of imports) {
    for (const { name, where, instead } of PACKAGES) {
      const free = isTest(path) || /^(tasks|bench)\//.test(path);
      if (name.test(to) && !where.test(path) && !free) {
        broken.push(`${path} imports ${to}. ${instead}.`);
      }
    }
    if (CONSTRUCT.test(path)) continue;
    const rule = RULES.find(({ layer }) => path.startsWith(layer));
    if (!rule) continue;
    if (/^(npm|node|jsr|https?):/.test(to)) {
      const pure = rule.layer === "domain/";
      if (pure && !/^npm:\/?zod@/.test(to)) {
        broken.push(`${path} imports ${to}. ${rule.instead}; of packages, zod only.`);
      }
      continue;
    }
    const allowed = [...rule.may, ...typeOnly ? rule.types ?? [] : []];
    if (isTest(to) || !allowed.some((prefix) => to.startsWith(prefix))) {
      broken.push(`${path} imports ${typeOnly ? "a type of " : ""}${to}. ${rule.instead}.`);
    }
  }
  return broken;
}

/** Comments and the insides of plain strings are no code. */
const codeOf = (text: string) =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/[^\n]*/g, "$1");

function brokenWords({ path, text }: SourceFile): string[] {
  if (isTest(path) || /^(tasks|bench|islands)\//.test(path)) return [];
  const code = codeOf(text);
  return WORDS.filter(({ word, where }) => word.test(code) && !where.test(path))
    .map(({ what, instead }) => `${path} ${what}. ${instead}.`);
}

/** A file of nothing but `export … from`, more than one. */
function isBarrel({ path, text }: SourceFile): boolean {
  if (isTest(path)) return false;
  const rest = codeOf(text).replace(
    /\bexport\s+(type\s+)?(\*(\s+as\s+\w+)?|\{[^}]*\})\s+from\s+"[^"]*";?/g,
    "",
  );
  return rest.trim() === "" && codeOf(text).trim() !== "";
}

/** Rings of imports, each named once, by its files in order. */
function cycles(files: readonly SourceFile[]): string[] {
  const graph = new Map(files.map(({ path, imports }) => [path, imports.map(({ to }) => to)]));
  const state = new Map<string, "open" | "done">();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    if (state.get(path) === "done" || !graph.has(path)) return;
    if (state.get(path) === "open") {
      const ring = [...trail.slice(trail.indexOf(path)), path].join(" → ");
      found.push(`${ring} is a ring. Move what both need into a file of its own.`);
      return;
    }
    state.set(path, "open");
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    state.set(path, "done");
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

/** What may lie at the top of the project. */
const TOP = new Set([
  ...["actors", "bench", "db", "deploy", "docs", "domain", "islands", "media", "node", "routes"],
  ...["services", "static", "tasks", "tests", ".ci"],
  ...["main.ts", "config.ts", "deno.json", "deno.lock", ".gitignore", ".env.example"],
  ...["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"],
]);

/** Names at the top that the layout does not know. A test beside its file is fine. */
export function strangers(names: readonly string[]): string[] {
  return names.filter((name) => !TOP.has(name) && !/^(main|config)_test\.ts$/.test(name))
    .map((name) => `${name} is not in the layout. Put it into the folder of its layer.`);
}
