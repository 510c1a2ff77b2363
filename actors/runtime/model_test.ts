/** Any interleaving of calls, crashes, timeouts, passivations and rival systems, against a model. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { Rejection } from "../../domain/errors.ts";
import { batch, defineActor, type Ref } from "./actor.ts";
import { sleep } from "./clock.ts";
import { testNodes } from "./testing_nodes.ts";

/** What one message does: `crash-after` has committed by then; `ask` calls the other actor first. */
const DEEDS = ["commit", "slow", "refuse", "crash-before", "crash-after", "ask"] as const;
type Deed = (typeof DEEDS)[number];

/** Longer than anything may take here: whoever waits so long is never told `timeout`. */
const PATIENT_MS = 60_000;

type Step =
  | {
    readonly step: "add";
    readonly node: number;
    readonly key: string;
    readonly deed: Deed;
    readonly deadlineMs: number;
    readonly batched: boolean;
  }
  | { readonly step: "advance"; ms: number }
  | { readonly step: "restart" | "crash"; node: number; key: string };

const node = fc.integer({ min: 0, max: 1 });
const key = fc.constantFrom("a", "b");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      step: fc.constant("add" as const),
      node,
      key,
      deed: fc.constantFrom(...DEEDS),
      deadlineMs: fc.constantFrom(20, 60, PATIENT_MS),
      batched: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      step: fc.constant("advance" as const),
      ms: fc.constantFrom(0, 1, 30, 100, 395, 410, 500, 15_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      step: fc.constantFrom("restart" as const, "crash" as const),
      node,
      key,
    }),
  },
);

/** What the database of one actor holds: the truth, and the model of it. */
class Row {
  epoch = 0;
  readonly log: number[] = [];

  open(): number {
    return ++this.epoch;
  }

  /** One fenced statement. */
  append(epoch: number, id: number): void {
    if (epoch !== this.epoch) throw new Rejection("fenced");
    this.log.push(id);
  }
}

interface Order {
  readonly id: number;
  readonly deed: Deed;
}

/** One call, as its sender remembers it. */
interface Sent {
  readonly id: number;
  /** Who sent it; an actor that asks another is a sender of its own. */
  readonly sender: string;
  readonly key: string;
  readonly deed: Deed;
  readonly deadline: number;
  readonly isPatient: boolean;
  readonly isAlone: boolean;
  outcome?: string;
}

/** Two nodes that both believe to own every actor, on one database. */
async function play(steps: readonly Step[], outcomes: Set<string>): Promise<void> {
  await using test = testNodes();
  const { clock } = test;
  const rows = new Map<string, Row>();
  const begun = new Set<number>();
  const sent: Sent[] = [];
  /** What a handler saw that must not be; thrown there, it would be a crash like any other. */
  const broken: string[] = [];
  const must = (holds: boolean, otherwise: string) => void (holds || broken.push(otherwise));
  const inside = new Map<object, number>();

  interface State {
    readonly row: Row;
    readonly epoch: number;
    readonly key: string;
    readonly seen: number[];
    fenced: boolean;
  }

  type Ledger = { add: (state: State, order: Order) => Promise<number> };
  const ledger = (node: number) => {
    const handle = async (state: State, orders: readonly Order[]) => {
      const at = (inside.get(state) ?? 0) + 1;
      must(at === 1, "two messages at once");
      inside.set(state, at);
      try {
        for (const { id } of orders) {
          must(!begun.has(id), `${id} was begun twice`);
          begun.add(id);
          must(clock.now() < sent[id]!.deadline, `${id} was begun after its deadline`);
        }
        must(!state.fenced, "a life that was fenced goes on");
        const deeds = orders.map(({ deed }) => deed);
        await sleep(clock, deeds.includes("slow") ? 40 : 1, new AbortController().signal);
        if (deeds.includes("crash-before")) throw new Error("before");
        if (deeds.includes("refuse")) throw new Rejection("conflict");
        if (deeds.includes("ask")) {
          await send(node, `${node}/${state.key}`, state.key === "a" ? "b" : "a", "commit");
        }
        state.fenced = state.epoch !== state.row.epoch;
        for (const { id } of orders) {
          state.row.append(state.epoch, id);
          state.seen.push(id);
        }
        if (deeds.includes("crash-after")) throw new Error("after");
        must(String(state.seen) === String(state.row.log), "what is remembered was not saved");
        return orders.map(({ id }) => id);
      } finally {
        inside.set(state, at - 1);
      }
    };
    return defineActor("ledger", {
      start: async (key, self): Promise<State> => {
        await sleep(clock, 5, self.signal);
        const row = rows.getOrInsertComputed(key, () => new Row());
        return { row, key, epoch: row.open(), seen: [...row.log], fenced: false };
      },
      stop: () => sleep(clock, 20, new AbortController().signal),
      idleAfter: 400,
      mailbox: 5,
      on: {
        add: async (state: State, order: Order): Promise<number> => {
          const [id] = await handle(state, [order]);
          return id!;
        },
        addAll: batch((state: State, orders: Order[]) => handle(state, orders), { most: 3 }),
      },
    });
  };
  const hosts = test.nodes.map(({ system }, node) => system.host(ledger(node)));

  async function send(
    node: number,
    sender: string,
    key: string,
    deed: Deed,
    { deadlineMs = PATIENT_MS, batched = false } = {},
  ): Promise<void> {
    const one: Sent = {
      id: sent.length,
      sender,
      key,
      deed,
      deadline: clock.now() + deadlineMs,
      isPatient: deadlineMs === PATIENT_MS,
      isAlone: !batched && deed !== "ask",
    };
    sent.push(one);
    const ref: Ref<Ledger> & { addAll: Ref<Ledger>["add"] } = hosts[node]!.get(key, { deadlineMs });
    try {
      const reply = await (batched ? ref.addAll : ref.add).call(ref, { id: one.id, deed });
      equal(reply, one.id);
      one.outcome = "answered";
    } catch (error) {
      ok(error instanceof Rejection, String(error));
      one.outcome = error.code;
      throw error;
    }
  }

  for (const one of steps) {
    const living = test.nodes.flatMap(({ system }) => system.inspect());
    for (const { mailbox } of living) ok(mailbox <= 5, "a mailbox beyond its bound");
    switch (one.step) {
      case "add":
        send(one.node, `${one.node}`, one.key, one.deed, one).catch((error) => {
          if (!(error instanceof Rejection)) broken.push(String(error));
        });
        break;
      case "advance":
        await clock.advance(one.ms);
        break;
      default:
        test.nodes[one.node]!.system[one.step]("ledger", one.key);
    }
  }
  await clock.advance(120_000);

  equal(broken, []);
  for (const { system } of test.nodes) {
    equal(system.inspect(), [], "nobody asks: all have passivated");
  }
  const logged = [...rows.values()].flatMap((row) => row.log);
  equal(new Set(logged).size, logged.length, "nothing is saved twice");
  for (const { id, outcome, deed, isPatient, isAlone, key, sender } of sent) {
    const told = `${id} (${deed}) of ${sender} to ${key}: ${outcome}`;
    ok(outcome !== undefined, `${told}; every call is answered`);
    outcomes.add(outcome);
    if (outcome === "answered") ok(logged.includes(id), `${told}, and is lost`);
    ok(!(isPatient && outcome === "timeout"), `${told}, after a minute: it hangs, or is lost`);
    // one that asks another passes on what it is told, to all of its batch
    if (["busy", "ring"].includes(outcome) && isAlone) ok(!begun.has(id), told);
    if (["conflict", "fenced"].includes(outcome)) ok(!logged.includes(id), `${told}, and saved`);
  }
  // of one sender, in its order
  for (const [name, row] of rows) {
    for (const who of new Set(sent.map(({ sender }) => sender))) {
      const mine = row.log.filter((id) => sent[id]!.sender === who && sent[id]!.key === name);
      equal(mine, mine.toSorted((a, b) => a - b), "saved in the order of sending");
    }
  }
}

Deno.test("[A1] [A2] [A3] [A4] [A5] [A6] [A7] [A9] any interleaving keeps what was promised", async () => {
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 80, size: "max" }),
      (steps) => play(steps, outcomes),
    ),
    { numRuns: 400, seed: 20261121 },
  );
  // a model that never gets anywhere would agree as well
  equal([...outcomes].sort(), [
    ...["answered", "busy", "conflict", "crashed", "fenced", "ring", "timeout"],
  ]);
});
