/** Children, timers and reminders among crashes, restarts, passivations and a stop, against a model. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { Rejection } from "../../domain/errors.ts";
import { defineActor } from "./actor.ts";
import { sleep } from "./clock.ts";
import { testNodes } from "./testing_nodes.ts";

/** What a child does after 30 ms. */
const ENDS = ["ends", "fails", "fails once", "goes on"] as const;
type Ending = (typeof ENDS)[number];

type Step =
  | { readonly step: "own"; readonly node: number; readonly key: string; readonly ending: Ending }
  | { readonly step: "after" | "remind"; readonly node: number; readonly key: string; ms: number }
  | { readonly step: "work" | "restart" | "crash"; readonly node: number; readonly key: string }
  | { readonly step: "advance"; readonly ms: number };

const node = fc.integer({ min: 0, max: 1 });
const key = fc.constantFrom("a", "b");
const constant = <const Names extends readonly string[]>(...names: Names) =>
  fc.constantFrom<Names[number]>(...names);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ step: constant("own"), node, key, ending: constant(...ENDS) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      step: constant("after", "remind"),
      node,
      key,
      ms: fc.constantFrom(0, 20, 300, 3_000, 40_000),
    }),
  },
  { weight: 6, arbitrary: fc.record({ step: constant("work", "restart", "crash"), node, key }) },
  {
    weight: 5,
    arbitrary: fc.record({
      step: constant("advance"),
      ms: fc.constantFrom(0, 10, 30, 100, 200, 395, 600, 12_000),
    }),
  },
);

/** How long after its time a timer may run here: behind what its actor has to do first. */
const TIMER_LATE_MS = 500;

/** One life of an actor, as the model sees it. */
interface Life {
  over: boolean;
  /** Messages, turns, timers and reminders that run. */
  inside: number;
  children: number;
  /** The numbers of the children that were told to end, as they did. */
  readonly ended: number[];
  readonly running: Set<number>;
  readonly timers: { readonly at: number; fired: number; kept: boolean }[];
}

async function play(steps: readonly Step[], seen: Set<string>): Promise<void> {
  await using test = testNodes();
  const { clock } = test;
  const broken: string[] = [];
  const must = (holds: boolean, otherwise: string) => void (holds || broken.push(otherwise));
  /** When the last reminder of each actor was set to be due, and when it rang. */
  const due = new Map<string, number>();
  const rung = new Map<string, number>();
  let rings = 0;

  const alone = async <T>(life: Life, work: () => Promise<T>): Promise<T> => {
    must(++life.inside === 1, "two at once");
    must(!life.over, "something runs after its life");
    try {
      return await work();
    } finally {
      life.inside--;
    }
  };
  const briefly = () => sleep(clock, 5, new AbortController().signal);

  const owner = defineActor("owner", {
    start: (): Life => ({
      ...{ over: false, inside: 0, children: 0, ended: [], running: new Set(), timers: [] },
    }),
    stop: async (life) => {
      must(life.running.size === 0, `children outlive their owner: ${[...life.running]}`);
      const reversed = life.ended.toSorted((one, other) => other - one);
      must(String(life.ended) === String(reversed), `children ended as ${life.ended}`);
      for (const { at, fired, kept } of life.timers) {
        must(!kept || fired === 1 || at > clock.now() - TIMER_LATE_MS, `a timer of ${at} is lost`);
      }
      await briefly();
      life.over = true;
    },
    idleAfter: 400,
    on: {
      work: (life) => alone(life, briefly),
      own: (life, ending: Ending, self) =>
        alone(life, async () => {
          const nth = life.children++;
          let runs = 0;
          self.own({
            name: `${nth}`,
            async run(signal) {
              must(!life.over, "a child begins after its owner's end");
              must(++runs <= 4, "a child is restarted more than thrice");
              life.running.add(nth);
              await sleep(clock, 30, signal);
              while (ending === "goes on" && !signal.aborted) await sleep(clock, 500, signal);
              life.running.delete(nth);
              if (signal.aborted) return void life.ended.push(nth);
              await self.turn(() => alone(life, briefly)).catch(onlyRefused);
              if (ending === "fails" || (ending === "fails once" && runs === 1)) {
                throw new Error("on purpose");
              }
            },
          });
          await briefly();
        }),
      after: (life, ms: number, self) =>
        alone(life, async () => {
          const timer = { at: clock.now() + ms, fired: 0, kept: true };
          life.timers.push(timer);
          const set = self.after(ms, () =>
            alone(life, async () => {
              must(++timer.fired === 1 && timer.kept, "a timer runs twice, or though cancelled");
              must(clock.now() >= timer.at, "a timer is early");
              await briefly();
            }));
          if (ms === 300) {
            timer.kept = false;
            set.cancel();
          }
          await briefly();
        }),
      remind: (life, ms: number, self) =>
        alone(life, async () => {
          await self.remind("ring", ms);
          due.set(self.key, clock.now() + ms);
        }),
    },
    reminders: {
      ring: (life, self) =>
        alone(life, async () => {
          must(due.has(self.key), "a reminder that nobody has set");
          await briefly();
          if (++rings % 3 === 0) throw new Error("on purpose");
          rung.set(self.key, clock.now());
        }),
    },
  });
  const hosts = test.nodes.map(({ system }) => system.host(owner));
  const onlyRefused = (error: unknown) =>
    void (error instanceof Rejection || broken.push(`${error}`));

  for (const one of steps) {
    if (one.step === "advance") {
      await clock.advance(one.ms);
      continue;
    }
    const ref = hosts[one.node]!.get(one.key);
    switch (one.step) {
      case "own":
        ref.own(one.ending).catch(onlyRefused);
        break;
      case "after":
      case "remind":
        ref[one.step](one.ms).catch(onlyRefused);
        break;
      case "work":
        ref.work().catch(onlyRefused);
        break;
      default:
        test.nodes[one.node]!.system[one.step]("owner", one.key);
    }
  }
  // what a life has left behind comes to light with the next message
  for (const host of hosts) for (const one of ["a", "b"]) host.get(one).work().catch(onlyRefused);
  await clock.advance(300);
  for (const host of hosts) for (const one of ["a", "b"]) host.get(one).work().catch(onlyRefused);
  // one node goes, the other has to ring for both
  const stopped = test.nodes[0]!.system.stop(2_000);
  await clock.advance(300_000);
  await stopped;
  equal(broken, []);
  for (const [name, at] of due) {
    ok((rung.get(name) ?? 0) >= at, `the reminder of ${name} for ${at} rang ${rung.get(name)}`);
  }
  for (const { happened } of test.nodes) for (const { event } of happened) seen.add(event);
}

Deno.test("[A8] [A10] whatever happens, children end with their owner, and reminders come", async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 50, size: "max" }),
      (steps) => play(steps, seen),
    ),
    { numRuns: 200, seed: 20261121 },
  );
  for (const event of ["child-crashed", "crashed", "restarted", "passivated", "shut-down"]) {
    ok(seen.has(event), `${event} never came up`);
  }
});
