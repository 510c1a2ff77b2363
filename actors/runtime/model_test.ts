/** Any interleaving of calls, crashes, timeouts, passivations and rival systems, against a model. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { Rejection } from "../../domain/errors.ts";
import { defineActor } from "./actor.ts";
import { sleep } from "./clock.ts";
import { createSystem } from "./system.ts";
import { fakeClock } from "./testing.ts";

/** What one message does: `crash-after` has committed by then. */
const DEEDS = ["commit", "slow", "refuse", "crash-before", "crash-after"] as const;
type Deed = (typeof DEEDS)[number];

type Step =
  | { readonly step: "add"; node: number; key: string; deed: Deed; deadlineMs: number }
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
      deadlineMs: fc.constantFrom(20, 60, 60_000),
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

/** Two nodes that both believe to own every actor, on one database. */
async function play(steps: readonly Step[]): Promise<void> {
  const clock = fakeClock();
  const rows = new Map<string, Row>();
  const rowOf = (name: string) => rows.getOrInsertComputed(name, () => new Row());
  const begun = new Set<number>();
  /** What a handler saw that must not be; thrown there, it would be a crash like any other. */
  const broken: string[] = [];
  const must = (holds: boolean, otherwise: string) => void (holds || broken.push(otherwise));
  const inside = new Map<object, number>();
  const actor = defineActor("ledger", {
    start: async (key, self) => {
      await sleep(clock, 5, self.signal);
      const row = rowOf(key);
      const epoch = row.open();
      return { row, epoch, seen: [...row.log], fenced: false };
    },
    stop: () => sleep(clock, 20, new AbortController().signal),
    idleAfter: 400,
    mailbox: 5,
    on: {
      add: async (state, { id, deed }: { id: number; deed: Deed }) => {
        const at = (inside.get(state) ?? 0) + 1;
        must(at === 1, "two messages at once");
        inside.set(state, at);
        try {
          must(!begun.has(id), `${id} was begun twice`);
          begun.add(id);
          must(clock.now() < sent[id]!.deadline, `${id} was begun after its deadline`);
          must(!state.fenced, "a life that was fenced goes on");
          await sleep(clock, deed === "slow" ? 40 : 1, new AbortController().signal);
          if (deed === "crash-before") throw new Error("before");
          if (deed === "refuse") throw new Rejection("conflict");
          state.fenced = state.epoch !== state.row.epoch;
          state.row.append(state.epoch, id);
          state.seen.push(id);
          if (deed === "crash-after") throw new Error("after");
          must(String(state.seen) === String(state.row.log), "what is remembered was not saved");
          return id;
        } finally {
          inside.set(state, at - 1);
        }
      },
    },
  });
  const log = () => {};
  const systems = [createSystem({ clock, log }), createSystem({ clock, log })] as const;
  const hosts = systems.map((system) => system.host(actor));
  const acked: number[] = [];
  const outcomes = new Map<number, string>();
  const sent: { id: number; node: number; key: string; deadline: number; patient: boolean }[] = [];

  for (const one of steps) {
    for (const { mailbox } of systems.flatMap((system) => system.inspect())) ok(mailbox <= 5);
    switch (one.step) {
      case "add": {
        const id = sent.length;
        sent.push({
          id,
          node: one.node,
          key: one.key,
          deadline: clock.now() + one.deadlineMs,
          patient: one.deadlineMs === 60_000,
        });
        hosts[one.node]!.get(one.key, { deadlineMs: one.deadlineMs }).add({ id, deed: one.deed })
          .then((reply) => {
            equal(reply, id);
            acked.push(id);
            outcomes.set(id, "acked");
          }, (error) => {
            ok(error instanceof Rejection, String(error));
            outcomes.set(id, error.code);
          });
        break;
      }
      case "advance":
        await clock.advance(one.ms);
        break;
      default:
        systems[one.node]![one.step]("ledger", one.key);
    }
  }
  await clock.advance(120_000);

  equal(broken, []);
  equal(outcomes.size, sent.length, "every call is answered");
  for (const system of systems) equal(system.inspect(), [], "nobody asks: all have passivated");
  const logged = [...rows.values()].flatMap((row) => row.log);
  equal(new Set(logged).size, logged.length, "nothing is saved twice");
  for (const id of acked) ok(logged.includes(id), `${id} was answered, and is lost`);
  for (const [id, outcome] of outcomes) {
    const patient = sent[id]!.patient && !begun.has(id);
    ok(!(patient && outcome === "timeout"), `${id} waited a minute, and was lost`);
    if (outcome === "busy") ok(!begun.has(id), `${id} was refused, and begun`);
    if (outcome === "conflict" || outcome === "fenced") {
      ok(!logged.includes(id), `${id} was refused with ${outcome}, and saved`);
    }
  }
  // of one sender, in its order
  for (const [name, row] of rows) {
    for (const at of [0, 1]) {
      const mine = row.log.filter((id) => sent[id]!.node === at && sent[id]!.key === name);
      equal(mine, mine.toSorted((a, b) => a - b), "saved in the order of sending");
    }
  }
  await Promise.all(systems.map((system) => system.stop(0)));
}

Deno.test("[A1] [A2] [A3] [A4] [A5] [A6] any interleaving keeps what was promised", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80, size: "max" }), play),
    { numRuns: 400, seed: 20261121 },
  );
});
