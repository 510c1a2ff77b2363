/** How a node is: its memory, how late its event loop runs, and its open sockets (A18). */
import { LAG_EVERY_MS, type NodeView } from "../domain/runtime.ts";

/** The worst lateness is told of so many probes: ten seconds. */
const PROBES = 10_000 / LAG_EVERY_MS;

export interface Vitals extends Disposable {
  read(): Omit<NodeView, "actors">;
  /** To be called when a WebSocket opens; what it answers, once when that has closed. */
  socket(): () => void;
}

/** Probes the event loop of this process until it is disposed of. */
export function vitals(node: string): Vitals {
  const since = new Date().toISOString();
  const late = new Float64Array(PROBES);
  let [sockets, probe] = [0, 0];
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
        sockets,
      };
    },
    socket() {
      sockets++;
      let open = true;
      return () => {
        if (open) sockets--; // a socket's close can be told twice
        open = false;
      };
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
