/** The load of the chat benches as a process of its own, and the search for the rate that it bears. */
import type { OpenOrder, Order, TrialFigures, TrialOrder } from "./loads/chat_load.ts";
import { provideNodePeers } from "./peers.ts";
import { loadPath } from "./server_process.ts";

export type { TrialFigures } from "./loads/chat_load.ts";

/** Members of rooms, all in. */
export interface ChatLoad extends AsyncDisposable {
  readonly members: number;
  trial(order: Omit<TrialOrder, "order">): Promise<TrialFigures>;
  /** Resolves when nothing comes any more of what was written. */
  quiet(): Promise<void>;
}

/** Starts a load and lets its members in. @throws {Error} when one is not let in */
export async function openLoad(order: Omit<OpenOrder, "order">): Promise<ChatLoad> {
  const { node } = await provideNodePeers();
  const child = new Deno.Command(node, {
    args: ["--max-semi-space-size=64", loadPath("chat_load.ts")],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const orders = child.stdin.getWriter();
  const answers = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const encoder = new TextEncoder();
  const ask = async <T>(order: Order): Promise<T> => {
    await orders.write(encoder.encode(`${JSON.stringify(order)}\n`));
    let text = "";
    while (!text.endsWith("\n")) {
      const { value, done } = await answers.read();
      if (done) throw new Error(`The chat load ended at ${order.order}: ${text}`);
      text += value;
    }
    return JSON.parse(text);
  };
  const { members } = await ask<{ members: number }>({ order: "open", ...order });
  return {
    members,
    trial: (trial) => ask<TrialFigures>({ order: "trial", ...trial }),
    quiet: async () => void await ask({ order: "quiet" }),
    async [Symbol.asyncDispose]() {
      await orders.close();
      await answers.cancel();
      await child.status;
    },
  };
}

/** The worse of two figures; null, when nothing came, is worse than any. */
const worse = (a: number | null, b: number | null) =>
  a === null || b === null ? null : Math.max(a, b);

const merged = (a: TrialFigures, b: TrialFigures): TrialFigures => ({
  sent: a.sent + b.sent,
  deliveries: a.deliveries + b.deliveries,
  wanted: a.wanted + b.wanted,
  frames: a.frames + b.frames,
  seconds: Math.max(a.seconds, b.seconds),
  p50: worse(a.p50, b.p50),
  p99: worse(a.p99, b.p99),
  incomplete: a.incomplete + b.incomplete,
  cut: a.cut + b.cut,
  busy: Math.max(a.busy, b.busy),
});

/** Several loads as one, with the same number of members each; a p50 or p99 is that of the worst. */
export function together(loads: readonly ChatLoad[]): ChatLoad {
  const each = async <T>(ask: (load: ChatLoad) => Promise<T>) => await Promise.all(loads.map(ask));
  const quiet = async () => void await each((load) => load.quiet());
  return {
    members: loads.reduce((sum, { members }) => sum + members, 0),
    quiet,
    async trial({ rate, seconds }) {
      await quiet(); // so that all begin at once
      const figures = await each((load) => load.trial({ rate: rate / loads.length, seconds }));
      return figures.reduce(merged);
    },
    [Symbol.asyncDispose]: async () =>
      void await each(async (load) => await load[Symbol.asyncDispose]()),
  };
}
