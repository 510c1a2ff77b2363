/** What joins a node to the others over NATS: the bus, the claims, and who is there. */
import { natsBus } from "../actors/runtime/bus_nats.ts";
import { natsClaims } from "../actors/runtime/claims_nats.ts";
import { systemClock } from "../actors/runtime/clock.ts";
import type { Cluster } from "../actors/runtime/cluster.ts";
import { connectNats, inboxPrefixOf } from "../actors/runtime/connection_nats.ts";
import { joinMembers } from "../actors/runtime/members.ts";
import { type EventStream, natsEventStream } from "../services/event_stream_nats.ts";
import type { Log } from "../services/log.ts";
import { sweeping } from "./sweeping.ts";

/** Claims of nodes that ended without a word are removed by whoever is first, this often, in ms. */
const TIDY_MS = 600_000;

/**
 * Joins the cluster at `url`. Disposing leaves it; the actors have to have ended before.
 *
 * @param tidies whether it removes claims of nodes that have gone; workers may not list claims
 * @throws {NatsUnreachable} when nobody answers there
 */
export async function joinCluster(
  { url, name, log, tidies = true }: { url: string; name: string; log: Log; tidies?: boolean },
): Promise<Cluster & AsyncDisposable & { readonly eventStream: EventStream }> {
  // a node that starts again is another one: what its predecessor had claimed is not its own
  const id = `${name}-${crypto.randomUUID().slice(0, 8)}`;
  await using owned = new AsyncDisposableStack();
  const connection = await connectNats(url, id);
  const bus = owned.use(
    natsBus(connection, {
      inboxPrefix: inboxPrefixOf(url),
      onError: (error, subject) => log.error("a handler of the bus failed", { subject, error }),
    }),
  );
  const claims = owned.use(await natsClaims({ connection, bus }));
  const members = owned.use(joinMembers({ bus, clock: systemClock, id, name }));
  owned.use(bus.onReconnect(() => log.info("NATS answers again")));
  members.onChange((change, member) => log.info(`node ${change}`, { member: member.name }));
  const tidy = async () => {
    const there = new Set(members.list().map((member) => member.id));
    const gone = new Set<string>();
    await claims.forget((node) => {
      if (!there.has(node)) gone.add(node);
      return false;
    });
    for (const node of gone) if (!await members.isGone(node)) gone.delete(node);
    if (gone.size > 0) await claims.forget((node) => gone.has(node));
  };
  if (tidies) {
    const run = () =>
      tidy().catch((error) => log.warn("claims of gone nodes stay for now", { error }));
    owned.use(sweeping({ sweeps: [{ name: "claims", run }], everyMs: TIDY_MS, log }));
  }
  const eventStream = natsEventStream({ connection, bus });
  const kept = owned.move();
  return { bus, claims, members, eventStream, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
