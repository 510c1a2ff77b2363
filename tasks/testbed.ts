/**
 * `deno task testbed --embedded`: a private Veza for tests, benches and demonstrations (O5).
 *
 * Prints one line of JSON, stays until its standard input closes or SIGTERM, then removes it all.
 */
import { socketAddress } from "../db/embedded.ts";
import { connect } from "../db/open.ts";
import { readHolder } from "../db/data_lock.ts";
import { userStore } from "../db/users.ts";
import { type RunningNode, startNode } from "../tests/support/node.ts";

/** What the line says. */
export interface Testbed {
  readonly nodes: readonly { readonly name: string; readonly url: string; readonly pid: number }[];
  readonly workers: readonly { readonly name: string; readonly pid: number }[];
  readonly databaseUrl: string | null;
  readonly natsUrl: string | null;
  readonly redisUrl: string | null;
  readonly dataDir: string;
  readonly admin: { login: string; password: string; accessToken: string };
}

const HELP = `Usage: deno task testbed --embedded [--limits]

  --embedded  one node with everything built in
  --limits    keep the rate limits, which are off otherwise
`;
const ADMIN = { login: "admin@example.org", username: "testbed_admin" };
/** It is down within 5 s (O5); what has not stopped by then is killed. In ms. */
const DOWN_MS = 4_000;

async function post(url: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${url} says ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}

/** Registers an account, makes it an administrator, and signs it in with that role. */
async function makeAdmin(node: RunningNode): Promise<Testbed["admin"]> {
  const password = crypto.randomUUID();
  const { login, username } = ADMIN;
  const api = `${node.url}/api/v1/auth`;
  const { user } = await post(`${api}/register`, { email: login, username, password });
  const socketDir = (await readHolder(node.dataDir))?.socketDir;
  if (!socketDir) throw new Error(`${node.dataDir} tells no socket of its database`);
  const sql = connect(socketAddress(socketDir), { pool: 1 });
  try {
    await userStore(sql).setRoles((user as { id: string }).id, ["admin"]);
  } finally {
    await sql.end({ timeout: 1 });
  }
  const { accessToken } = await post(`${api}/login`, { login, password });
  return { login, password, accessToken: String(accessToken) };
}

/** Resolves when our standard input ends. */
async function inputEnds(): Promise<void> {
  for await (const _ of Deno.stdin.readable);
}

async function main(): Promise<number> {
  const known = new Set(["--embedded", "--limits", "--help"]);
  if (Deno.args.includes("--help")) {
    console.log(HELP);
    return 0;
  }
  const unknown = Deno.args.filter((word) => !known.has(word));
  if (!Deno.args.includes("--embedded") || unknown.length > 0) {
    const cluster = unknown.some((word) => /^--(nodes|workers)\b/.test(word));
    console.error(
      cluster
        ? "--nodes and --workers want a cluster, which this release has not; use --embedded"
        : `Not understood: ${unknown.join(" ") || "no --embedded"}\n\n${HELP}`,
    );
    return 2;
  }
  const { promise: signalled, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, resolve);
  const over = Promise.race([signalled, inputEnds()]);
  const limits = Deno.args.includes("--limits");
  const node = await startNode({
    env: { NODE_NAME: "node-1", ...(limits && { RATE_LIMITS: "" }) },
  });
  try {
    const testbed: Testbed = {
      nodes: [{ name: "node-1", url: node.url, pid: node.pid }],
      workers: [],
      databaseUrl: null,
      natsUrl: null,
      redisUrl: null,
      dataDir: node.dataDir,
      admin: await makeAdmin(node),
    };
    console.log(JSON.stringify(testbed));
    await over;
  } finally {
    const timer = setTimeout(() => void node.kill9(), DOWN_MS);
    await node.stop();
    clearTimeout(timer);
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main());
