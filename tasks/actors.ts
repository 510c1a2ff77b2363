/** `deno task actors`: the actors of the running node and of its cluster, the most telling first (A18, O4). */
import { parseArgs } from "node:util";
import { ConfigError, readConfig } from "../config.ts";
import type { ActorView } from "../domain/runtime.ts";
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
  const { values, positionals: [act, actor, ...more] } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h" },
      json: { type: "boolean" },
      watch: { type: "boolean" },
      kind: { type: "string" },
      limit: { type: "string", default: "50" },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (act === "restart" && actor !== undefined && more.length === 0) {
    const [kind = "", key = ""] = actor.split("/").map(encodeURIComponent);
    await ask(`/admin/actors/${kind}/${key}/restart`, "POST");
    console.log(`${actor} begins anew`);
    return 0;
  }
  if (act !== undefined) {
    console.error(`Not understood: ${[act, actor, ...more].join(" ").trim()}\n\n${HELP}`);
    return 2;
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
    const isUsage = error instanceof ConfigError || (error instanceof TypeError && "code" in error);
    if (!isUsage && !(error instanceof NoNode)) throw error;
    console.error(error.message);
    Deno.exit(isUsage ? 2 : 1);
  }
}
