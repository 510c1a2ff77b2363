/**
 * Any interleaving of sends, resends, edits, crashes, rival nodes, lost, doubled and late messages of
 * the bus, and reconnects: every client ends with the log as it is stored (C4–C6).
 */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { chatRoom } from "../../actors/chat_room.ts";
import { bytesTopic } from "../../actors/runtime/topic.ts";
import { settled } from "../../actors/runtime/testing.ts";
import { wireEntry } from "../../domain/chat_frames.ts";
import {
  BLOWS,
  failingRows,
  type Fate,
  fatefulNodes,
  FATES,
} from "../../tests/support/chat_faults.ts";
import { Broken, Witness } from "../../tests/support/chat_witness.ts";
import { chatSession } from "./chat_session.ts";
import { type Connection, Packet } from "./connection.ts";
import { hub as hubOf } from "./hub.ts";
import { presence as presenceOf } from "./presence.ts";

const ROOM = "019a0000-0000-7000-8000-000000000001";
const NODES = 2;
const CLIENTS = 3;

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

async function play(steps: readonly Step[]): Promise<void> {
  const { nodes: cluster, fates } = fatefulNodes(NODES);
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
    const presence = owned.use(presenceOf({ clock, others: null }));
    const hub = hubOf({
      topic,
      log,
      enter: (roomId, person) => rooms.get(roomId).enter(person),
      onError: noted,
      presence,
      clock,
    });
    return { system, rooms, hub, presence };
  });
  const clients = Array.from({ length: CLIENTS }, (_, number) => new Witness(number, ROOM));
  const open = (number: number) => (client: Witness) => {
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
