/** `deno task actors`: the actors of the running node and of its cluster, the most telling first (A18, O4). */
import { ConfigError, readConfig } from "../config.ts";
import type { ActorView } from "../domain/runtime.ts";
import { readWords, refuse } from "./args.ts";
import { askNode, NoNode } from "./ask_node.ts";

const HELP = `Usage: deno task actors [--kind=KIND] [--limit=N] [--watch] [--json]
       deno task actors restart KIND/KEY

  --kind    only these
  --limit   at most so many; default 50
  --watch   again each second, with messages a second, until Ctrl-C
  --json    for programs
`;

interface Answer {
  readonly items: readonly ActorView[];
  readonly total: Readonly<Record<string, number>>;
}

const nameOf = ({ kind, key }: ActorView) => `${kind}/${key}`;
const ms = (value: number | null) => value === null ? "" : value.toFixed(value < 10 ? 2 : 0);

/** A table with a line each. `before`: how many messages each had handled a second ago. */
export function tableOf(
  { items, total }: Answer,
  before?: ReadonlyMap<string, number>,
): string {
  const rows = items.map((actor) => [
    ...[nameOf(actor), actor.phase, actor.node, String(actor.mailbox), String(actor.handled)],
    ...before ? [String(actor.handled - (before.get(nameOf(actor)) ?? actor.handled))] : [],
    ...[ms(actor.p50Ms), ms(actor.p99Ms), String(actor.crashes), actor.lastError ?? ""],
  ]);
  const all = [
    [
      ...["actor", "phase", "node", "mailbox", "handled", ...before ? ["a second"] : []],
      ...["p50 ms", "p99 ms", "crashes", "last error"],
    ],
    ...rows,
  ];
  const widths = all[0]!.map((_, at) => Math.max(...all.map((row) => row[at]!.length)));
  const table = all.map((row) =>
    row.map((cell, at) => cell.padEnd(widths[at]!)).join("  ").trimEnd()
  ).join("\n");
  const counts = Object.entries(total).map(([kind, count]) => `${count} ${kind}`).join(", ");
  return `${table}\n${counts || "No actors live now"}`;
}

/** Throws what the node refuses, in its words. */
async function ask<T>(path: string, method = "GET"): Promise<T> {
  const { status, body } = await askNode(readConfig().dataDir, path, { method });
  if (status !== 200) throw new NoNode((body as { detail?: string }).detail ?? `It says ${status}`);
  return body as T;
}

async function main(): Promise<number> {
  const { values, positionals: [act, actor, ...more] } = readWords(HELP, {
    json: { type: "boolean" },
    watch: { type: "boolean" },
    kind: { type: "string" },
    limit: { type: "string", default: "50" },
  });
  if (more.length > 0 || (act !== undefined && act !== "restart")) {
    refuse(HELP, `Not understood: ${more[0] ?? act}`);
  }
  if (act === "restart") {
    const [, kind, key] = /^([^/]+)\/([^/]+)$/.exec(actor ?? "") ?? [];
    if (kind === undefined || key === undefined) {
      const given = actor === undefined ? "nothing" : `"${actor}"`;
      refuse(HELP, `restart wants an actor as the list names it, such as room/ID, not ${given}`);
    }
    await ask(
      `/admin/actors/${encodeURIComponent(kind)}/${encodeURIComponent(key)}/restart`,
      "POST",
    );
    console.log(`${actor} begins anew`);
    return 0;
  }
  if (!/^[1-9]\d*$/.test(values.limit)) {
    refuse(HELP, `--limit is "${values.limit}": wanted a whole number from 1`);
  }
  const query = new URLSearchParams({
    limit: values.limit,
    ...(values.kind && { kind: values.kind }),
  });
  let before: Map<string, number> | undefined;
  do {
    const answer = await ask<Answer>(`/admin/actors?${query}`);
    if (values.watch) console.clear();
    console.log(values.json ? JSON.stringify(answer) : tableOf(answer, before));
    if (!values.watch) break;
    before = new Map(answer.items.map((one) => [nameOf(one), one.handled]));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  } while (values.watch);
  return 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof NoNode)) throw error;
    console.error(error.message);
    Deno.exit(error instanceof ConfigError ? 2 : 1);
  }
}
