/**
 * Load: calls of actors of another node, or bare requests to it, over the NATS at `url`. The other
 * node is a process of its own, this program again with another order.
 */
import { defineActor } from "../../actors/runtime/actor.ts";
import { createSystem } from "../../actors/runtime/system.ts";
import { joinCluster } from "../../node/cluster.ts";

/** What to do, how often, and how many at once. */
export interface RemoteOrder {
  readonly url: string;
  readonly work: "one actor" | "many actors" | "bare" | "owner";
  readonly times: number;
  readonly atOnce: number;
}

export interface RemoteFigures {
  readonly perSecond: number;
}

const MANY = 100;
const BARE = "bench.bare";

const { url, work, times, atOnce }: RemoteOrder = JSON.parse(Deno.args[0]!);
const log = { debug() {}, info() {}, warn: console.error, error: console.error };
await using cluster = await joinCluster({ url, name: work === "owner" ? "owner" : "caller", log });
await using system = createSystem({ cluster });
const counters = system.host(defineActor("counter", {
  start: () => ({ count: 0 }),
  on: { add: (state, by: number) => state.count += by },
}));
const keys = Array.from({ length: MANY }, (_, n) => `many-${n}`);

async function own(): Promise<void> {
  for (const key of keys) await counters.get(key).add(1); // so they live here
  cluster.bus.serve(BARE, (data) => data);
  await cluster.bus.flush();
  console.log("ready");
  for await (const _ of Deno.stdin.readable); // until the caller has ended
}

/** The other node; it ends with its input. */
async function startOwner(): Promise<AsyncDisposable> {
  const order: RemoteOrder = { url, work: "owner", times: 0, atOnce: 0 };
  const owner = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--frozen", "--no-check", "--allow-all"],
      ...[import.meta.url, JSON.stringify(order)],
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const said = owner.stdout.getReader();
  if ((await said.read()).done) throw new Error("The owner ended before it was ready");
  return {
    async [Symbol.asyncDispose]() {
      await owner.stdin.close();
      await said.cancel();
      await owner.status;
    },
  };
}

async function call(): Promise<void> {
  await using _owner = await startOwner();
  const refs = keys.map((key) => counters.get(key));
  const bare = new TextEncoder().encode(JSON.stringify({ h: "add", i: 1, d: 5_000 }));
  let nth = 0;
  const calls: Record<Exclude<RemoteOrder["work"], "owner">, () => Promise<unknown>> = {
    "one actor": () => refs[0]!.add(1),
    "many actors": () => refs[nth++ % MANY]!.add(1),
    bare: () => cluster.bus.request(BARE, bare),
  };
  const one = calls[work as keyof typeof calls];
  const run = async (count: number) => {
    let left = count;
    const caller = async () => {
      while (left-- > 0) await one();
    };
    await Promise.all(Array.from({ length: atOnce }, caller));
  };
  await run(Math.max(2 * MANY, times / 10)); // warm, and all are found
  const began = performance.now();
  await run(times);
  const perSecond = times / (performance.now() - began) * 1_000;
  console.log(JSON.stringify({ perSecond } satisfies RemoteFigures));
}

await (work === "owner" ? own() : call());
