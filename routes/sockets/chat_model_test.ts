/**
 * Any interleaving of sends, resends, edits, crashes, rival nodes, lost, doubled and late messages of
 * the bus, and reconnects: every client ends with the log as it is stored (C4–C6).
 */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { chatRoom, type RoomStore } from "../../actors/chat_room.ts";
import { bytesTopic } from "../../actors/runtime/topic.ts";
import { settled } from "../../actors/runtime/testing.ts";
import { type TestNodes, testNodes } from "../../actors/runtime/testing_nodes.ts";
import type { Person } from "../../domain/chat.ts";
import { wireEntry } from "../../domain/chat_frames.ts";
import { ERRORS } from "../../domain/errors.ts";
import { roomRows } from "../../tests/support/room_rows.ts";
import { chatSession } from "./chat_session.ts";
import { type Connection, Packet } from "./connection.ts";
import { hub as hubOf } from "./hub.ts";
import { presence as presenceOf } from "./presence.ts";

const ROOM = "019a0000-0000-7000-8000-000000000001";
const NODES = 2;
const CLIENTS = 3;

/** What becomes of one message of the bus on its way to one gateway. */
const FATES = ["come", "come", "lost", "twice", "late"] as const;
type Fate = (typeof FATES)[number];
/** What becomes of the next statement that writes. */
const BLOWS = ["before", "after"] as const;

type Step =
  | { readonly step: "send"; client: number; content: string }
  | { readonly step: "resend"; client: number }
  | { readonly step: "change"; client: number; which: number; action: "edit" | "react" | "pin" }
  | { readonly step: "connect"; client: number; node: number }
  | { readonly step: "join" | "leave" | "cut"; client: number }
  | { readonly step: "restart" | "crash"; node: number }
  | { readonly step: "blow"; when: (typeof BLOWS)[number] }
  | { readonly step: "unreadable"; times: number }
  | { readonly step: "fates"; fates: readonly Fate[] }
  | { readonly step: "settle" }
  | { readonly step: "advance"; ms: number };

const client = fc.integer({ min: 0, max: CLIENTS - 1 });
const node = fc.integer({ min: 0, max: NODES - 1 });
const only = <Name extends string>(...names: Name[]) => fc.constantFrom(...names);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ step: only("send"), client, content: fc.constantFrom("a", "é🎧\n") }),
  },
  { weight: 2, arbitrary: fc.record({ step: only("resend"), client }) },
  {
    weight: 3,
    arbitrary: fc.record({
      step: only("change"),
      client,
      which: fc.nat(20),
      action: only("edit", "react", "pin"),
    }),
  },
  { weight: 3, arbitrary: fc.record({ step: only("connect"), client, node }) },
  { weight: 2, arbitrary: fc.record({ step: only("join", "leave", "cut"), client }) },
  { weight: 2, arbitrary: fc.record({ step: only("restart", "crash"), node }) },
  { weight: 2, arbitrary: fc.record({ step: only("blow"), when: fc.constantFrom(...BLOWS) }) },
  {
    weight: 1,
    arbitrary: fc.record({ step: only("unreadable"), times: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      step: only("fates"),
      fates: fc.array(fc.constantFrom(...FATES), { maxLength: 4 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ step: only("settle") }) },
  {
    weight: 4,
    arbitrary: fc.record({
      step: only("advance"),
      ms: fc.constantFrom(1, 4, 50, 300, 1_000, 5_000),
    }),
  },
);

// deno-lint-ignore no-explicit-any -- what is on the wire
type Said = any;

/** What a rule forbids, as soon as it is seen. */
class Broken extends Error {}

/** A bus whose deliveries to each node meet their fates; they are used up, then all come. */
function fatefulNodes(): { nodes: TestNodes; fates: Fate[] } {
  const nodes = testNodes(NODES);
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
function failingRows() {
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
    before: rows.before,
    after: (id: string, seq: number, most: number) => {
      if (state.unreadable === 0) return rows.after(id, seq, most);
      state.unreadable -= 1;
      return Promise.reject(new Error("The test has the log unreadable"));
    },
  };
  return { rows, state, store, log };
}

interface Sent {
  readonly clientId: string;
  readonly content: string;
  acked: boolean;
}

/** A client as the protocol wants it, and a witness of what it is sent. */
class Client {
  readonly person: Person;
  /** The log as this client has it, from its first entry on. */
  entries: Said[] = [];
  readonly outbox: Sent[] = [];
  line: { connection: Connection; session: ReturnType<typeof chatSession> } | null = null;
  #wantsRoom = true;
  /** It has been told `joined` on this connection, and not left. */
  #inRoom = false;
  /** `request_id` → what it asked; gone when it is answered. */
  #asked = new Map<string, Sent | null>();
  #requests = 0;
  /** Of several joins and leaves under way, the last counts. */
  #lastOfRoom = "";

  constructor(readonly number: number) {
    this.person = { id: `person-${number}`, name: `Person ${number}`, moderator: number === 0 };
  }

  get last(): number {
    return this.entries.at(-1)?.seq ?? 0;
  }

  send(content: string): void {
    const sent = {
      clientId: `019a0000-0000-7000-8000-0000${this.number}${
        String(this.outbox.length).padStart(7, "0")
      }`,
      content,
      acked: false,
    };
    this.outbox.push(sent);
    this.post(sent);
  }

  post(sent: Sent): void {
    const { clientId: client_id, content } = sent;
    this.ask("message", "send", { client_id, content }, sent);
  }

  resend(): void {
    for (const sent of this.outbox) if (!sent.acked) this.post(sent);
  }

  ask(type: string, action: string, data: object, of: Sent | null = null): void {
    if (!this.line) return;
    const request_id = `${this.number}-${++this.#requests}`;
    this.#asked.set(request_id, of);
    if (type === "room") this.#lastOfRoom = request_id;
    const frame = { type, action, data: { room_id: ROOM, ...data }, request_id };
    this.line.session.line(JSON.stringify(frame));
  }

  connect(open: (client: Client) => NonNullable<Client["line"]>): void {
    this.cut();
    this.line = open(this);
    this.join();
    this.resend();
  }

  join(): void {
    this.#wantsRoom = true;
    this.ask("room", "join", this.entries.length ? { since: { gen: 1, seq: this.last } } : {});
  }

  leave(): void {
    this.#wantsRoom = false;
    this.ask("room", "leave", {});
  }

  cut(): void {
    this.line?.session.end();
    this.line = null;
    this.#inRoom = false;
    this.#asked.clear();
  }

  /** What it does when it is told nothing for a while: asks again for what was refused. */
  nudge(): void {
    if (!this.#inRoom || !this.#wantsRoom) this.join();
    this.resend();
  }

  get unanswered(): string[] {
    return [...this.#asked.keys()];
  }

  hear(text: string): void {
    for (const line of text.split("\n")) this.#hear(JSON.parse(line));
  }

  #hear(said: Said): void {
    const { type, action, data, request_id } = said;
    if (request_id !== undefined) {
      if (!this.#asked.has(request_id)) {
        throw new Broken(`Two answers to ${request_id}: ${JSON.stringify(said)}`);
      }
      const of = this.#asked.get(request_id);
      this.#asked.delete(request_id);
      if (type === "error") {
        // who is refused is not in the room, also if it was before
        if (request_id === this.#lastOfRoom) this.#inRoom = false;
        if (ERRORS[data.code as keyof typeof ERRORS].retry === "no" && of) {
          throw new Broken(`A message was refused for good: ${JSON.stringify(said)}`);
        }
        return;
      }
      if (of) {
        if (data.client_id !== of.clientId || data.content !== of.content) {
          throw new Broken(`${request_id} was answered with another message`);
        }
        of.acked = true;
      }
    }
    if (type === "room" && action === "joined") return this.#joined(data);
    if (type === "room" && action === "left") this.#inRoom = false;
    if (type !== "message" || data.duplicate || data.unchanged) return;
    if (!this.#inRoom) {
      // the answer to who is not in the room: it tells of one entry, and not of its place
      if (request_id === undefined) {
        throw new Broken(`Told outside of the room: ${JSON.stringify(said)}`);
      }
      return;
    }
    if (data.seq !== this.last + 1) {
      throw new Broken(
        `Client ${this.number} has ${this.last} and was told ${JSON.stringify(said)}`,
      );
    }
    const { room_id: _room, duplicate: _duplicate, ...flat } = data;
    this.entries.push({ type, action, ...flat });
  }

  #joined(data: Said): void {
    const { messages, recovered } = data;
    if (!recovered || this.entries.length === 0) this.entries = [...messages];
    else {
      if (messages[0] && messages[0].seq !== this.last + 1) throw new Broken("A hole in `joined`");
      this.entries.push(...messages);
    }
    if (this.entries.some(({ seq }, index, all) => index > 0 && seq !== all[index - 1].seq + 1)) {
      throw new Broken("A hole in `joined`");
    }
    this.#inRoom = true;
  }
}

async function play(steps: readonly Step[]): Promise<void> {
  const { nodes: cluster, fates } = fatefulNodes();
  await using _cluster = cluster;
  const { clock, nodes } = cluster;
  const { rows, state, store, log } = failingRows();
  rows.make({ id: ROOM, ownerId: "person-0" });
  const broken: unknown[] = [];
  const noted = (error: unknown) => void (error instanceof Broken && broken.push(error));
  let made = 0;
  using owned = new DisposableStack();
  const gateways = nodes.map(({ system, bus }) => {
    const topic = bytesTopic(bus, "room");
    const rooms = system.host(chatRoom({
      rooms: store,
      publish: (roomId, bytes) => topic.publish(roomId, bytes),
      newId: () => `message-${++made}`,
      now: clock.now,
      pace: null,
    }));
    const presence = owned.use(presenceOf({ now: clock.now }));
    const hub = hubOf({
      topic,
      log,
      enter: (roomId, person) => rooms.get(roomId).enter(person),
      onError: noted,
      onSeats: presence.seats,
      clock,
    });
    return { system, rooms, hub, presence };
  });
  const clients = Array.from({ length: CLIENTS }, (_, number) => new Client(number));
  const open = (number: number) => (client: Client) => {
    const { hub, presence, rooms } = gateways[number]!;
    let isOpen = true;
    const told = (text: string) => {
      if (!isOpen) return;
      try {
        client.hear(text);
      } catch (error) {
        broken.push(error);
      }
    };
    const connection: Connection = {
      id: `connection-${++made}`,
      person: client.person,
      sessionId: null,
      get isOpen() {
        return isOpen;
      },
      send: (packet: Packet) => told(packet.text.slice(0, -1)),
      tell: (message) => told(JSON.stringify(message)),
      end: (code) => broken.push(new Broken(`A connection was ended with ${code}`)),
    };
    const newId = () => `nonce-${++made}`;
    const options = { connection, hub, presence, rooms, newId, now: clock.now, onError: noted };
    const session = chatSession(options);
    return {
      connection,
      session: {
        ...session,
        end() {
          isOpen = false;
          session.end();
        },
      },
    };
  };
  const at = (number: number) => clients[number]!;
  for (const one of clients) one.connect(open(one.number % NODES));

  for (const step of steps) {
    switch (step.step) {
      case "send":
        at(step.client).send(step.content);
        break;
      case "resend":
        at(step.client).resend();
        break;
      case "change": {
        const messages = at(step.client).entries.filter(({ action }) => action === "received");
        const message = messages[step.which % messages.length];
        if (!message) break;
        const more = step.action === "edit"
          ? { content: `edited ${++made}` }
          : step.action === "react"
          ? { emoji: "🎧" }
          : {};
        at(step.client).ask("message", step.action, { message_id: message.message_id, ...more });
        break;
      }
      case "connect":
        at(step.client).connect(open(step.node));
        break;
      case "join":
      case "leave":
      case "cut":
        at(step.client)[step.step]();
        break;
      case "restart":
      case "crash":
        gateways[step.node]!.system[step.step]("room", ROOM);
        break;
      case "blow":
        state.blow = step.when;
        break;
      case "unreadable":
        state.unreadable = step.times;
        break;
      case "fates":
        fates.push(...step.fates);
        break;
      case "settle":
        await settled();
        break;
      case "advance":
        await clock.advance(step.ms);
        break;
      default:
        step satisfies never;
    }
    if (broken.length > 0) throw broken[0];
  }

  // the faults end, and everybody goes on as a client does
  fates.length = 0;
  state.blow = null;
  state.unreadable = 0;
  for (const one of clients) if (!one.line) one.connect(open(0));
  for (let round = 0; round < 40; round++) {
    await clock.advance(1_000);
    if (broken.length > 0) throw broken[0];
    if (round % 4 === 3) { for (const one of clients) one.nudge(); }
  }
  // one more entry shows whatever was lost when the last beacons had gone by
  at(0).send("the last");
  for (let round = 0; round < 10; round++) {
    await clock.advance(2_000);
    at(0).resend();
  }
  await clock.advance(6_000);
  if (broken.length > 0) throw broken[0];

  const stored = rows.log(ROOM);
  equal(stored.map(({ seq }) => seq), stored.map((_, index) => index + 1), "the log has a hole");
  const written = stored.flatMap((one) => one.action === "received" ? [one.clientId] : []);
  const sent = clients.flatMap(({ outbox }) => outbox.map(({ clientId }) => clientId));
  equal(written.toSorted(), sent.toSorted(), "each message is stored once");
  const wire = stored.map(wireEntry);
  for (const one of clients) {
    equal(one.outbox.filter(({ acked }) => !acked), [], `client ${one.number} waits for acks`);
    equal(one.unanswered, [], `client ${one.number} waits for answers`);
    ok(one.entries.length > 0);
    const from = one.entries[0].seq - 1;
    equal(one.entries, wire.slice(from), `client ${one.number} has another log`);
  }
}

Deno.test("[C4] [C5] [C6] whatever happens between, every client ends with the log as it is stored", async () => {
  const numRuns = Number(Deno.env.get("CHAT_MODEL_RUNS") ?? 2_000);
  const seed = Number(Deno.env.get("CHAT_MODEL_SEED") ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`seed ${seed}, ${numRuns} runs`);
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), play), {
    numRuns,
    seed,
    endOnFailure: false,
  });
});
