/** The faults of a model of chat: what a bus does to messages, and a database to statements. */
import type { RoomStore } from "../../actors/room_store.ts";
import { type TestNodes, testNodes } from "../../actors/runtime/testing_nodes.ts";
import { roomRows } from "./room_rows.ts";

/** What becomes of one message of the bus on its way to one gateway. */
export const FATES = ["come", "come", "lost", "twice", "late"] as const;
export type Fate = (typeof FATES)[number];
/** What becomes of the next statement that writes. */
export const BLOWS = ["before", "after"] as const;

/** A bus whose deliveries to each node meet their fates; they are used up, then all come. */
export function fatefulNodes(many: number): { nodes: TestNodes; fates: Fate[] } {
  const nodes = testNodes(many);
  const fates: Fate[] = [];
  for (const { bus } of nodes.nodes) {
    const subscribe = bus.subscribe.bind(bus);
    bus.subscribe = (subject, handler) => {
      let open = true;
      const later = (ms: number, data: Uint8Array) =>
        nodes.clock.timer(ms, () => open && handler(data));
      const inner = subscribe(subject, (data) => {
        const fate = fates.shift() ?? "come";
        if (fate === "come" || fate === "twice") handler(data);
        if (fate === "twice") later(3, data);
        if (fate === "late") later(40, data);
      });
      const close = () => {
        open = false;
        inner.close();
      };
      return { close, [Symbol.dispose]: close };
    };
  }
  return { nodes, fates };
}

/** The rooms' store, which fails where it is told to: before it has written, or after. */
export function failingRows() {
  const rows = roomRows();
  const state = { blow: null as (typeof BLOWS)[number] | null, unreadable: 0 };
  const struck = async <T>(work: () => Promise<T>): Promise<T> => {
    const { blow } = state;
    state.blow = null;
    if (blow === "before") throw new Error("The test has the database fail");
    const done = await work();
    if (blow === "after") throw new Error("The test has the answer of the database lost");
    return done;
  };
  const store: RoomStore = {
    ...rows,
    append: (id, epoch, messages) => struck(() => rows.append(id, epoch, messages)),
    change: (id, epoch, entry) => struck(() => rows.change(id, epoch, entry)),
  };
  const log = {
    heads: rows.heads,
    before: rows.before,
    after: (id: string, seq: number, most: number) => {
      if (state.unreadable === 0) return rows.after(id, seq, most);
      state.unreadable -= 1;
      return Promise.reject(new Error("The test has the log unreadable"));
    },
  };
  return { rows, state, store, log };
}
