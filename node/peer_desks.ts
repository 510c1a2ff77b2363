/** The desks of all nodes of a cluster, asked over the bus: what lives there, and disturbing it. */
import type { Cluster } from "../actors/runtime/cluster.ts";
import type { ActorQuery } from "../domain/actor_list.ts";
import { isRejection } from "../domain/errors.ts";
import type { Disturbance, LocalDesk, Look } from "../routes/local_desk.ts";
import type { PeerDesks } from "../routes/runtime_desk.ts";
import type { Log } from "../services/log.ts";

/** A node that has not told by then is left out of the list, in ms: somebody waits for the page. */
const PATIENCE_MS = 500;
/** An actor begins anew or crashes at once; the answer may take longer on a busy node. In ms. */
const ACT_MS = 2_000;

type Asked =
  | { readonly query: ActorQuery }
  | { readonly act: Disturbance; readonly kind: string; readonly key: string };

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const encode = (value: unknown) => encoder.encode(JSON.stringify(value));
const decode = (data: Uint8Array) => JSON.parse(decoder.decode(data));
const subjectOf = (node: string) => `desk.${node}`;

/** For a node that is alone. */
export const noPeers: PeerDesks = {
  look: () => Promise.resolve([]),
  disturb: () => Promise.resolve(false),
};

export function peerDesks(
  { bus, members }: Pick<Cluster, "bus" | "members">,
  log: Pick<Log, "warn">,
): PeerDesks {
  /** The answers of all others that gave one. */
  const askAll = async <T>(asked: Asked, deadlineMs: number): Promise<T[]> => {
    const others = members.list().filter(({ id }) => id !== members.id);
    const answers = await Promise.all(others.map(async ({ id, name }) => {
      try {
        return [decode(await bus.request(subjectOf(id), encode(asked), { deadlineMs })) as T];
      } catch (error) {
        if (!isRejection(error)) throw error;
        log.warn("a node does not tell of itself", { member: name, code: error.code });
        return [];
      }
    }));
    return answers.flat();
  };
  return {
    look: (query) => askAll<Look>({ query }, PATIENCE_MS),
    async disturb(act, kind, key) {
      return (await askAll<boolean>({ act, kind, key }, ACT_MS)).includes(true);
    },
  };
}

/** Has `desk` answer the other nodes. */
export function serveDesk(
  { bus, members }: Pick<Cluster, "bus" | "members">,
  desk: LocalDesk,
): void {
  bus.serve(subjectOf(members.id), (data) => {
    const asked: Asked = decode(data);
    return encode(
      "query" in asked ? desk.look(asked.query) : desk.disturb(asked.act, asked.kind, asked.key),
    );
  });
}
