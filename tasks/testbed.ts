/**
 * `deno task testbed`: a private Veza for tests, benches and demonstrations, one node or a whole
 * cluster (O5). Prints one line of JSON, stays until its standard input closes or SIGTERM, then
 * removes it all.
 */
import { clusterBed, embeddedBed } from "./testbed/bed.ts";
import { janitor } from "./testbed/janitor.ts";
import { HELP, parseWanted } from "./testbed/options.ts";

/** Resolves when our standard input ends. */
async function inputEnds(): Promise<void> {
  for await (const _ of Deno.stdin.readable);
}

async function main(): Promise<number> {
  const wanted = parseWanted(Deno.args);
  if (wanted === "help") {
    console.log(HELP);
    return 0;
  }
  if ("wrong" in wanted) {
    console.error(`${wanted.wrong}\n\n${HELP}`);
    return 2;
  }
  const { promise: signalled, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, resolve);
  const over = Promise.race([signalled, inputEnds()]);
  await using owned = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "veza-testbed-" });
  owned.use(janitor(folder));
  owned.defer(() => Deno.remove(folder, { recursive: true }));
  await Deno.chmod(folder, 0o711); // PostgreSQL is not root, and its data are in there
  Deno.env.set("TMPDIR", folder); // whatever is made is made in there
  const dataDir = `${folder}/data`;
  const bed = owned.use(
    await (wanted.embedded ? embeddedBed(wanted) : clusterBed(wanted, dataDir)),
  );
  console.log(JSON.stringify(bed.tells));
  await over;
  return 0;
}

if (import.meta.main) Deno.exit(await main());
