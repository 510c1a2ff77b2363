/** The client against a server of paper: what it sends, and what it makes of what comes. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { chatClient } from "./client.ts";
import type { ChatEvent } from "./events.ts";
import type { Clock, Socket } from "./line.ts";
import type { OutboxStorage, Waiting } from "./outbox.ts";

/** Time that goes when it is told to. */
class PaperClock implements Clock {
  #now = 1_000_000;
  readonly #due = new Map<number, { at: number; act: () => void }>();
  #last = 0;
  now = () => this.#now;
  after(ms: number, act: () => void) {
    const id = ++this.#last;
    this.#due.set(id, { at: this.#now + ms, act });
    return () => void this.#due.delete(id);
  }
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    while (true) {
      const [next] = [...this.#due].filter(([, { at }]) => at <= end)
        .sort(([, a], [, b]) => a.at - b.at);
      if (!next) break;
      const [id, { at, act }] = next;
      this.#due.delete(id);
      this.#now = Math.max(this.#now, at);
      act();
      await settled();
    }
    this.#now = end;
    await settled();
  }
}
const settled = async () => {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
};

interface Line {
  /** What the client sent, without pings. */
  readonly said: {
    type: string;
    action: string;
    data: Record<string, unknown>;
    request_id: string;
  }[];
  tell(frame: object): void;
  /** Answers the newest request of this kind. */
  answer(name: string, data: object, type?: string, action?: string): void;
  end(reason?: string): void;
}

const ROOM = "0190a000-0000-7000-8000-000000000001";

function paper(storage: OutboxStorage | null = null) {
  const clock = new PaperClock();
  const lines: Line[] = [];
  const events: ChatEvent[] = [];
  let ids = 0;
  const connect = (): Socket => {
    const socket: Socket = {
      binaryType: "blob",
      readyState: 1,
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      close: () => {},
      send(text) {
        const frame = JSON.parse(String(text));
        if (frame.type !== "ping") line.said.push(frame);
      },
    };
    const line: Line = {
      said: [],
      tell: (frame) =>
        socket.onmessage?.call(
          socket as WebSocket,
          new MessageEvent("message", { data: JSON.stringify(frame) }),
        ),
      answer(name, data, type = name.split(".")[0] ?? "", action = name.split(".")[1] ?? "") {
        const { request_id } = line.said.findLast((one) => `${one.type}.${one.action}` === name)!;
        line.tell({ type, action, data, request_id });
      },
      end: (reason = "") =>
        socket.onclose?.call(socket as WebSocket, new CloseEvent("close", { reason })),
    };
    lines.push(line);
    return socket;
  };
  const client = chatClient({
    address: () => "ws://paper/ws",
    connect,
    clock,
    storage,
    random: () => 1,
    newId: () => `c${++ids}`,
    on: (event) => events.push(event),
  });
  const line = () => lines.at(-1)!;
  const ready = async () => {
    await settled();
    const data = { session_id: "s", user_id: "u", server_time_us: 1_000_500_000, heartbeat_ms: 1 };
    line().tell({ type: "session", action: "ready", data });
  };
  return { client, clock, lines, line, events, ready };
}

const message = (seq: number, client_id = `o${seq}`) => ({
  type: "message",
  action: "received",
  seq,
  message_id: `m${seq}`,
  client_id,
  sender_id: "u",
  content: "x",
  created_at: "2026-11-21T10:00:00Z",
});
const joined = (seq: number, messages: object[] = [], more: object = {}) => ({
  room_id: ROOM,
  gen: 1,
  seq,
  recovered: true,
  messages,
  online: [],
  online_count: 0,
  ...more,
});
const live = (seq: number, client_id?: string) => {
  const { type, action, ...data } = message(seq, client_id);
  return { type, action, data: { room_id: ROOM, ...data } };
};
const taken = (events: readonly ChatEvent[]) =>
  events.flatMap((one) => one.kind === "entries" ? one.entries.map(({ seq }) => seq) : []);
const said = (line: Line) => line.said.map(({ type, action }) => `${type}.${action}`);

Deno.test("[C6] a room is followed over lines that break, without a hole and without doubles", async () => {
  const { client, clock, lines, line, events, ready } = paper();
  client.join(ROOM);
  await ready();
  deepEqual(line().said[0]?.data, { room_id: ROOM });
  line().answer("room.join", joined(2, [message(1), message(2)]), "room", "joined");
  line().tell(live(3));
  line().tell(live(5));
  deepEqual(line().said.at(-1)?.data, { room_id: ROOM, since: { gen: 1, seq: 3 } });
  line().answer("room.join", joined(5, [message(4), message(5)]), "room", "joined");
  line().end();
  equal(client.state.kind, "waiting");
  await clock.pass(500);
  equal(lines.length, 2);
  await ready();
  deepEqual(line().said[0]?.data, { room_id: ROOM, since: { gen: 1, seq: 5 } });
  line().answer("room.join", joined(6, [message(6)], { more: true }), "room", "joined");
  deepEqual(line().said.at(-1)?.data, { room_id: ROOM, since: { gen: 1, seq: 6 } });
  line().answer("room.join", joined(7, [message(7)]), "room", "joined");
  deepEqual(taken(events), [1, 2, 3, 4, 5, 6, 7]);
  client.close();
});

Deno.test("[C4] a message is sent under the same name until it is answered for, and in order", async () => {
  const { client, clock, line, events, ready } = paper();
  client.join(ROOM);
  client.send(ROOM, { content: "one" });
  client.send(ROOM, { content: "two" });
  await ready();
  line().answer("room.join", joined(0), "room", "joined");
  const sent = () => line().said.filter(({ type }) => type === "message");
  deepEqual(sent().map(({ data }) => data.client_id), ["c1"], "one at a time");
  await clock.pass(10_000);
  deepEqual(sent().map(({ data }) => data.client_id), ["c1", "c1"], "no answer: once more");
  line().end();
  await clock.pass(500);
  await ready();
  deepEqual(sent().map(({ data }) => data.client_id), ["c1"]);
  const { type: _type, action: _action, ...first } = message(1, "c1");
  line().answer(
    "message.send",
    { room_id: ROOM, ...first, duplicate: true },
    "message",
    "received",
  );
  equal(client.waiting(ROOM)[0]?.standing.kind, "sent", "shown until the log has it");
  deepEqual(said(line()), ["room.join", "message.send", "message.send"]);
  line().answer("room.join", joined(1, [message(1, "c1")]), "room", "joined");
  deepEqual(client.waiting(ROOM).map(({ clientId }) => clientId), ["c2"]);
  const ack = { ...live(2, "c2").data };
  line().answer("message.send", ack, "message", "received");
  deepEqual(client.waiting(ROOM), []);
  deepEqual(taken(events), [1, 2]);
  client.close();
});

Deno.test("[C4] an ack that was lost: the log itself tells that the message is there", async () => {
  const { client, line, ready } = paper();
  client.join(ROOM);
  await ready();
  line().answer("room.join", joined(0), "room", "joined");
  client.send(ROOM, { content: "one" });
  line().tell(live(2)); // 1 was lost on the way
  line().answer("room.join", joined(2, [message(1, "c1"), message(2)]), "room", "joined");
  deepEqual(client.waiting(ROOM), []);
  client.close();
});

Deno.test("[C11] what passes is waited for; what does not is told, and kept until it is tried again", async () => {
  const { client, clock, line, ready } = paper();
  client.join(ROOM);
  await ready();
  line().answer("room.join", joined(0), "room", "joined");
  client.send(ROOM, { content: "one" });
  const refuse = (code: string, more: object = {}) =>
    line().answer("message.send", { code, message: code, ...more }, "error", "message.send");
  const sends = () => line().said.filter(({ type }) => type === "message").length;
  refuse("rate_limited", { retry_after_ms: 300 });
  equal(client.waiting(ROOM)[0]?.standing.kind, "sending");
  await clock.pass(300);
  equal(sends(), 2);
  refuse("blocked_word");
  deepEqual(client.waiting(ROOM)[0]?.standing, {
    kind: "failed",
    code: "blocked_word",
    message: "blocked_word",
  });
  client.send(ROOM, { content: "two" });
  equal(line().said.at(-1)?.data.client_id, "c2", "a failed one stops nobody");
  client.retry("c1");
  refuse("muted");
  equal(line().said.at(-1)?.data.client_id, "c1", "the same name");
  client.discard("c2");
  refuse("slow_mode", { retry_after_ms: 60_000 });
  equal(
    client.waiting(ROOM)[0]?.standing.kind,
    "failed",
    "a minute is too long to wait in silence",
  );
  client.close();
});

Deno.test("[C4] what was written outlives the page", async () => {
  const kept = new Map<string, Waiting>();
  const storage: OutboxStorage = {
    load: () => [...kept.values()],
    put: (one) => void kept.set(one.clientId, one),
    remove: (id) => void kept.delete(id),
  };
  const first = paper(storage);
  first.client.send(ROOM, { content: "one" });
  await first.ready();
  first.client.close();
  const second = paper(storage);
  deepEqual(
    second.client.waiting(ROOM).map(({ clientId, standing }) => [clientId, standing.kind]),
    [
      ["c1", "waiting"],
    ],
  );
  await second.ready();
  equal(second.line().said[0]?.data.client_id, "c1");
  const { type: _type, action: _action, ...data } = message(1, "c1");
  second.line().answer("message.send", { room_id: ROOM, ...data }, "message", "received");
  equal(kept.size, 0);
  second.client.close();
});

Deno.test("[C3] close codes say whether to come again, and the server when", async () => {
  const one = paper();
  await one.ready();
  one.line().tell({ type: "session", action: "reconnect", data: { after_ms: 1_500 } });
  one.line().end("shutting_down");
  await one.clock.pass(1_499);
  equal(one.lines.length, 1);
  await one.clock.pass(1);
  equal(one.lines.length, 2);
  for (const wait of [500, 1_000, 2_000]) {
    one.line().end();
    await one.clock.pass(wait - 1);
    const { length } = one.lines;
    await one.clock.pass(1);
    equal(one.lines.length, length + 1, `after ${wait} ms`);
  }
  await one.ready();
  one.line().end("session_ended");
  deepEqual(one.client.state, { kind: "ended", code: "session_ended" });
  await one.clock.pass(100_000);
  equal(one.lines.length, 5);
});

Deno.test("[C12] a line that is silent is tried out, and given up", async () => {
  const { client, clock, lines, ready } = paper();
  await ready();
  await clock.pass(25_000 + 9_999);
  equal(client.state.kind, "open");
  await clock.pass(1);
  equal(client.state.kind, "waiting");
  await clock.pass(500);
  equal(lines.length, 2);
  client.close();
});

Deno.test("[C8] a room that one may not be in is told of, and not asked for again", async () => {
  const { client, line, events, ready } = paper();
  client.join(ROOM);
  await ready();
  line().answer("room.join", { code: "room_banned", message: "" }, "error", "room.join");
  ok(events.some((one) => one.kind === "refused" && one.code === "room_banned"));
  line().end();
  equal(client.at(ROOM), null);
  client.close();
});

Deno.test("[C10] who joins a room that is followed already hears who is there", async () => {
  const { client, line, events, ready } = paper();
  client.join(ROOM);
  await ready();
  line().answer("room.join", joined(0, []), "room", "joined");
  const ada = { user_id: "ada", user_name: "Ada", status: "online" };
  const changes = [ada];
  line().tell({ type: "presence", action: "changed", data: { room_id: ROOM, online: 1, changes } });
  client.join(ROOM);
  deepEqual(events.at(-1), { kind: "presence", roomId: ROOM, count: 1, all: [ada] });
  client.close();
});

Deno.test("[C10] how far one has read is said when it can be heard, seldom, and at last", async () => {
  const { client, clock, line, ready } = paper();
  client.join(ROOM);
  client.read(ROOM, 1);
  await ready();
  line().answer("room.join", joined(5), "room", "joined");
  for (const seq of [2, 4, 3]) client.read(ROOM, seq);
  const reads = () =>
    line().said.filter(({ type }) => type === "receipt").map(({ data }) => data.seq);
  deepEqual(reads(), [1]);
  await clock.pass(1_100);
  deepEqual(reads(), [1, 4]);
  await clock.pass(5_000);
  deepEqual(reads(), [1, 4]);
  client.close();
});

Deno.test("[A15] a server that is cut off is told of; when it lets go, another is looked for", async () => {
  const { client, clock, line, lines, events, ready } = paper();
  await ready();
  const told = (action: string, data = {}) => line().tell({ type: "session", action, data });
  told("degraded");
  told("restored");
  deepEqual(events.slice(-2), [
    { kind: "degraded", isDegraded: true },
    { kind: "degraded", isDegraded: false },
  ]);
  told("reconnect", { after_ms: 1_500 });
  line().end("degraded");
  await clock.pass(1_499);
  equal(lines.length, 1);
  await clock.pass(1);
  equal(lines.length, 2);
  client.close();
});

Deno.test("[L11] the clock of the server is known from the fastest answer", async () => {
  const { client, ready } = paper();
  await ready();
  equal(client.clockOffsetMs, 500);
  client.close();
});
