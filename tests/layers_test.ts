/** Who may import whom (ARCHITECTURE.md), checked on the real graph, and on made-up ones. */
import assert from "node:assert/strict";
import { type Edge, type SourceFile, strangers, violations } from "./support/layers.ts";

const ROOT = new URL("..", import.meta.url);

interface Dependency {
  readonly code?: { readonly specifier?: string };
  readonly type?: { readonly specifier?: string };
}
interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly Dependency[];
  }[];
}

/** The files git knows or would add. */
async function projectFiles(): Promise<string[]> {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    cwd: ROOT,
  }).output();
  const names = new TextDecoder().decode(stdout).split("\0").filter(Boolean);
  const there = await Promise.all(
    names.map((name) => Deno.stat(new URL(name, ROOT)).then(() => true, () => false)),
  );
  return names.filter((_, at) => there[at]); // one that is removed but not yet committed is gone
}

/** Every source file with its imports, as `deno info --json` tells them. */
async function sources(files: readonly string[]): Promise<SourceFile[]> {
  const modules = files.filter((name) => /\.tsx?$/.test(name));
  // one root that imports them all: the graph is built once
  const folder = await Deno.makeTempDir({ prefix: "veza-layers-" });
  const root = `${folder}/all.ts`;
  await Deno.writeTextFile(
    root,
    modules.map((name) => `import ${JSON.stringify(new URL(name, ROOT).href)};\n`).join(""),
  );
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--config", "deno.json", "--lock=tests/deno.lock", "--frozen", root],
    cwd: ROOT,
  }).output();
  await Deno.remove(folder, { recursive: true });
  assert.ok(success, new TextDecoder().decode(stderr));
  const graph: Graph = JSON.parse(new TextDecoder().decode(stdout));
  const inProject = (specifier: string) =>
    specifier.startsWith(ROOT.href) ? specifier.slice(ROOT.href.length) : specifier;
  const edges = new Map<string, Edge[]>();
  for (const { specifier, dependencies = [] } of graph.modules) {
    edges.set(
      inProject(specifier),
      dependencies.flatMap(({ code, type }) => {
        const to = code?.specifier ?? type?.specifier;
        return to ? [{ to: inProject(to), typeOnly: !code?.specifier }] : [];
      }),
    );
  }
  return await Promise.all(modules.map(async (path) => ({
    path,
    imports: edges.get(path) ?? [],
    text: await Deno.readTextFile(new URL(path, ROOT)),
  })));
}

Deno.test("every file keeps to the layers, without rings and barrels", async () => {
  const files = await sources(await projectFiles());
  assert.ok(files.length > 50, `only ${files.length} files were found`);
  assert.ok(files.some(({ imports }) => imports.some(({ typeOnly }) => typeOnly)));
  assert.deepEqual(violations(files), []);
});

Deno.test("nothing lies at the top that the layout does not know", async () => {
  const tops = new Set((await projectFiles()).map((name) => name.split("/")[0] ?? ""));
  assert.deepEqual(strangers([...tops]), []);
});

/** A made-up file; imports that start with `type ` are type-only. */
const file = (path: string, imports: string[] = [], text = "export const x = 1;"): SourceFile => ({
  path,
  text,
  imports: imports.map((to) => ({
    to: to.replace(/^type /, ""),
    typeOnly: to.startsWith("type "),
  })),
});

Deno.test("what the layers allow passes", () => {
  const files = [
    file("domain/chat.ts", ["domain/errors.ts", "npm:zod@4.6.7"]),
    file("domain/errors.ts"),
    file("actors/chat_room.ts", ["domain/chat.ts", "type db/chat.ts", "actors/runtime/actor.ts"]),
    file("actors/runtime/actor.ts", ["domain/errors.ts"]),
    file("db/chat.ts", ["domain/chat.ts", "npm:postgres@3.4.9"], "sql`select 1`"),
    file("db/embedded.ts", [], "new Deno.Command('x')"),
    file(
      "routes/chat.ts",
      ["domain/chat.ts", "type db/chat.ts", "npm:hono@4"],
      "// Deno.env is not",
    ),
    file("routes/pages/chat.tsx", ["islands/chat/room.tsx"]),
    file("islands/chat/room.tsx", ["domain/chat.ts", "npm:preact@11"]),
    file("main.ts", ["db/chat.ts", "actors/chat_room.ts", "routes/chat.ts"]),
    file("routes/chat_test.ts", ["db/chat.ts"], "Deno.env.get('X')"),
  ];
  assert.deepEqual(violations(files), []);
});

Deno.test("what the layers forbid is told, each with what to do instead", () => {
  const cases: [SourceFile, RegExp][] = [
    [file("domain/chat.ts", ["db/chat.ts"]), /domain\/chat.ts imports db\/chat.ts. Rules are pure/],
    [file("domain/chat.ts", ["type db/chat.ts"]), /imports a type of db\/chat.ts/],
    [file("domain/chat.ts", ["npm:uuid@14"]), /of packages, zod only/],
    [file("actors/chat_room.ts", ["db/chat.ts"]), /use `import type`; main.ts passes it/],
    [file("actors/runtime/actor.ts", ["domain/chat.ts"]), /The kernel knows nothing of music/],
    [file("db/chat.ts", ["services/tokens.ts"]), /the smallest interface/],
    [file("media/live.ts", ["type db/live.ts"]), /the smallest interface/],
    [file("routes/chat.ts", ["services/tokens.ts"]), /use `import type`/],
    [file("routes/chat.ts", ["islands/chat/room.tsx"]), /main.ts passes it/],
    [file("islands/chat/room.tsx", ["services/tokens.ts"]), /run in the browser/],
    [file("services/mail.ts", ["npm:postgres@3.4.9"]), /into a store of db/],
    [file("services/mail.ts", [], "await sql<Row[]>`select 1`"), /has SQL/],
    [file("media/probe.ts", [], "new Deno.Command('ffprobe')"), /starts a process/],
    [file("media/probe.ts", ["node:child_process"]), /Use Deno.Command in/],
    [file("services/mail.ts", [], "Deno.env.get('SMTP_URL')"), /Add a setting to config.ts/],
    [file("routes/chat.ts", [], "Deno.upgradeWebSocket(request)"), /routes\/sockets\/ only/],
    [file("services/jobs.ts", ["npm:@nats-io/jetstream@3"]), /Use the interface/],
    [file("services/sessions.ts", ["npm:@redis/client@6"]), /Ask by `run`/],
    [
      file("db/mod.ts", [], 'export { a } from "./a.ts";\nexport * from "./b.ts";'),
      /only passes on/,
    ],
    [file("domain/chat.ts", ["domain/chat_test.ts"]), /imports domain\/chat_test.ts/],
  ];
  for (const [broken, message] of cases) {
    const told = violations([broken]);
    assert.equal(told.length, 1, `${broken.path} ${JSON.stringify(broken.imports)}: ${told}`);
    assert.match(told[0] ?? "", message);
  }
});

Deno.test("a ring of imports is named once, also through types", () => {
  const ring = [
    file("domain/a.ts", ["domain/b.ts"]),
    file("domain/b.ts", ["type domain/c.ts"]),
    file("domain/c.ts", ["domain/a.ts"]),
  ];
  assert.deepEqual(violations(ring), [
    "domain/a.ts → domain/b.ts → domain/c.ts → domain/a.ts is a ring. " +
    "Move what both need into a file of its own.",
  ]);
});

Deno.test("a stranger at the top is told", () => {
  assert.deepEqual(strangers(["main.ts", "utils"]), [
    "utils is not in the layout. Put it into the folder of its layer.",
  ]);
});
