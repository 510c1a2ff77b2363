/** How a node is: its memory, how late its event loop runs, and its open sockets (A18). */
import { LAG_EVERY_MS, type NodeView } from "../domain/runtime.ts";

/** The worst lateness is told of so many probes: ten seconds. */
const PROBES = 10_000 / LAG_EVERY_MS;

/** What went out to the sockets of a node; who sends counts it. */
export interface FanOut {
  /** Frames. */
  deliveries: number;
  /** Readers that were cut off, because too much waited for them (C12). */
  drops: number;
}

export interface Vitals extends Disposable {
  read(): Omit<NodeView, "actors">;
  /** To be called when a WebSocket opens; what it answers, when that has closed. */
  socket(socket?: Pick<WebSocket, "bufferedAmount">): () => void;
  readonly fanOut: FanOut;
  /** Bytes that wait for the readers of all open sockets. */
  queuedBytes(): number;
}

/** Probes the event loop of this process until it is disposed of. */
export function vitals(node: string): Vitals {
  const since = new Date().toISOString();
  const late = new Float64Array(PROBES);
  const sockets = new Set<Pick<WebSocket, "bufferedAmount">>();
  const fanOut: FanOut = { deliveries: 0, drops: 0 };
  let probe = 0;
  let before = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    late[probe++ % PROBES] = Math.max(0, now - before - LAG_EVERY_MS);
    before = now;
  }, LAG_EVERY_MS);
  return {
    read() {
      const { rss, heapUsed } = Deno.memoryUsage();
      return {
        name: node,
        since,
        runsOn: `Deno ${Deno.version.deno}`,
        rssBytes: rss,
        heapBytes: heapUsed,
        lagMs: Math.round(Math.max(...late) * 10) / 10,
        sockets: sockets.size,
      };
    },
    socket(socket = { bufferedAmount: 0 }) {
      sockets.add(socket);
      return () => void sockets.delete(socket); // a socket's close can be told twice
    },
    fanOut,
    queuedBytes() {
      let bytes = 0;
      for (const { bufferedAmount } of sockets) bytes += bufferedAmount;
      return bytes;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
