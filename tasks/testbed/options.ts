/** The words of `deno task testbed`. */
import { parseArgs } from "node:util";

export const HELP =
  `Starts a private Veza for tests, benches and demonstrations; says where in a line of JSON, and
stays until its standard input closes or SIGTERM. Then it removes all that it made.

  deno task testbed --nodes 3 --workers 2 [--limits]
  deno task testbed --embedded [--limits]

  --nodes N    nodes of a cluster with its own PostgreSQL, NATS and Redis (2)
  --workers N  workers beside them (1); with 0 the nodes make the music
  --embedded   one node with everything built in, and nothing else
  --limits     keep the rate limits, which are off otherwise
`;

/** What to start; `embedded` is one node without servers. */
export interface Wanted {
  readonly embedded: boolean;
  readonly nodes: number;
  readonly workers: number;
  readonly limits: boolean;
}

const MOST = 20;

/** What is wanted, "help", or in words what was not understood; pure. */
export function parseWanted(words: readonly string[]): Wanted | "help" | { wrong: string } {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...words],
      options: {
        nodes: { type: "string" },
        workers: { type: "string" },
        embedded: { type: "boolean", default: false },
        limits: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }));
  } catch (error) {
    return { wrong: (error as Error).message };
  }
  const { help, embedded, limits } = values;
  if (help) return "help";
  if (embedded && (values.nodes ?? values.workers) !== undefined) {
    return { wrong: "--embedded is one node without workers: leave out --nodes and --workers" };
  }
  const count = (name: "nodes" | "workers", fallback: number, least: number) => {
    const text = values[name] ?? String(fallback);
    const number = /^\d{1,3}$/.test(text) ? Number(text) : NaN;
    return number >= least && number <= MOST
      ? number
      : { wrong: `--${name} is ${JSON.stringify(text)}: wanted a number from ${least} to ${MOST}` };
  };
  const nodes = count("nodes", 2, 1);
  const workers = count("workers", 1, 0);
  if (typeof nodes === "object") return nodes;
  if (typeof workers === "object") return workers;
  return { embedded, limits, nodes: embedded ? 1 : nodes, workers: embedded ? 0 : workers };
}
