/** Follows what happens to actors and nodes, as one node tells it to administrators (A19). */
import type { RuntimeEvent } from "../../domain/runtime.ts";
import type { RunningNode } from "../support/node.ts";
import { until } from "../support/processes.ts";

export interface Followed {
  /** All that was told, in order. */
  readonly events: readonly RuntimeEvent[];
  /** Resolves when it was told of this. */
  saw(type: RuntimeEvent["eventType"], id: string): Promise<void>;
  /** The code with which it ended. */
  readonly closed: Promise<number>;
  close(): void;
}

/** @param token of an administrator */
export async function follow(node: Pick<RunningNode, "url">, token: string): Promise<Followed> {
  const events: RuntimeEvent[] = [];
  const closed = Promise.withResolvers<number>();
  // Deno's own takes headers; the browser's types, which the project is checked with, do not know
  const options = { headers: { Authorization: `Bearer ${token}` } } as unknown as string[];
  const socket = new WebSocket(`${node.url.replace("http", "ws")}/ws/runtime`, options);
  socket.onmessage = ({ data }) => void events.push(JSON.parse(data));
  socket.onclose = ({ code }) => closed.resolve(code);
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("the socket was refused"));
  });
  return {
    events,
    saw: (type, id) =>
      until(
        `${type} of ${id}`,
        () =>
          Promise.resolve(events.some((one) => one.eventType === type && one.aggregateId === id)),
      ),
    closed: closed.promise,
    close: () => socket.close(),
  };
}
