/** `deno task dev`: prepares and starts a node, and does so again at each change of the source. */
import { readArgs } from "./args.ts";
import { prepare } from "./prepare.ts";

const HELP = `Prepares and starts a node, and does so again at each change of the source.

  deno task dev

It runs until it gets SIGTERM or Ctrl-C. Settings are those of "deno task start".
`;

const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname).replace(/\/$/, "");
const WATCHED = [
  ...["actors", "db", "domain", "islands", "media", "routes", "services", "static"],
  ...["config.ts", "main.ts", "tasks/bundle.ts"],
];
/** An editor writes several files at once: wait until it is done. In ms. */
const SETTLE_MS = 150;

const start = () =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--env-file", "-q", "-P=node", "main.ts"],
    cwd: ROOT,
    stdin: "null",
  }).spawn();

async function stop(child: Deno.ChildProcess): Promise<void> {
  try {
    child.kill("SIGTERM");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it had ended already
  }
  await child.status;
}

/** Prepares; a source that does not bundle is told, and the node runs on with the last good one. */
async function ready(): Promise<void> {
  try {
    const lacking = await prepare({ root: ROOT, dev: true, ffmpeg: Deno.env.get("FFMPEG") });
    for (const line of lacking) console.warn(`prepare: ${line}`);
  } catch (error) {
    console.error(`prepare: ${error instanceof Error ? error.message : error}`);
  }
}

async function main(): Promise<void> {
  await ready();
  let child = start();
  using watcher = Deno.watchFs(WATCHED.map((path) => `${ROOT}/${path}`));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => watcher.close());
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  let turn = Promise.resolve();
  for await (const { kind, paths } of watcher) {
    if (kind === "access" || paths.every((path) => !/\.(tsx?|css|sql|json|svg)$/.test(path))) {
      continue;
    }
    clearTimeout(timer);
    timer = setTimeout(() => {
      turn = turn.then(async () => {
        console.error("dev: the source changed");
        await stop(child);
        await ready();
        child = start();
      });
    }, SETTLE_MS);
  }
  clearTimeout(timer);
  await turn;
  await stop(child);
}

if (import.meta.main) {
  readArgs(HELP, {});
  await main();
}
