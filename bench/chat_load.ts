/** The load of the chat benches as a process of its own, and the search for the rate that it bears. */
import type { OpenOrder, Order, TrialFigures, TrialOrder } from "./loads/chat_load.ts";
import { provideNodePeers } from "./peers.ts";
import { loadPath } from "./server_process.ts";

export type { TrialFigures } from "./loads/chat_load.ts";

/** Members of rooms, all in. */
export interface ChatLoad extends AsyncDisposable {
  readonly members: number;
  trial(order: Omit<TrialOrder, "order">): Promise<TrialFigures>;
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
    async [Symbol.asyncDispose]() {
      await orders.close();
      await answers.cancel();
      await child.status;
    },
  };
}
