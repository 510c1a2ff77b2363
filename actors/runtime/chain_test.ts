import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { Rejection } from "../../domain/errors.ts";
import { type Actor, batch, defineActor } from "./actor.ts";
import { inProcessBus } from "./bus.ts";
import { sleep } from "./clock.ts";
import type { Actors } from "./host.ts";
import { refusal, settled, testSystem } from "./testing.ts";

/** Actors that call each other along a path such as `["b", "c", "a"]`. */
interface Walk {
  walk: (state: object, path: readonly string[]) => Promise<string>;
  walkTogether: ReturnType<typeof batch<object, readonly string[], string>>;
}

function walkers() {
  const test = testSystem();
  const all: Actors<Walk>[] = [];
  const further = async ([next, ...rest]: readonly string[]): Promise<string> =>
    next === undefined ? "there" : await all[0]!.get(next).walk(rest);
  const actor: Actor<Walk> = defineActor("walker", {
    start: () => ({}),
    on: {
      walk: (_state: object, path: readonly string[]) => further(path),
      walkTogether: batch((_state: object, paths: (readonly string[])[]) =>
        Promise.all(paths.map(further))
      ),
    },
  });
  const hosted = test.system.host(actor);
  all.push(hosted);
  return { ...test, actors: hosted };
}

const isRing = (named: string) => (error: unknown) => {
  ok(error instanceof Rejection);
  equal(error.code, "ring");
  ok(error.message.startsWith(named), error.message);
  return true;
};

Deno.test("[A9] a ring of any length is refused at once, and named", async () => {
  const { actors, clock, system } = walkers();
  await rejects(actors.get("a").walk(["a"]), isRing("walker/a → walker/a:"));
  await rejects(
    actors.get("a").walk(["b", "c", "a"]),
    isRing("walker/a → walker/b → walker/c → walker/a:"),
  );
  // only the part that is a ring is named
  await rejects(actors.get("x").walk(["b", "c", "b"]), isRing("walker/b → walker/c → walker/b:"));
  equal(clock.now(), 0, "no deadline was waited for");
  equal(system.inspect().every(({ crashes }) => crashes === 0), true, "a ring is no crash");
  await system.stop();
});

Deno.test("[A9] a path that is no ring goes through, twice over the same actors", async () => {
  const { actors, system } = walkers();
  equal(await actors.get("a").walk(["b", "c", "d"]), "there");
  equal(await actors.get("c").walk(["b", "a"]), "there");
  await system.stop();
});

Deno.test("[A9] of a batch, each caller's chain counts", async () => {
  const { actors, system } = walkers();
  const told = await Promise.allSettled([
    actors.get("z").walkTogether(["y"]),
    actors.get("z").walkTogether(["z"]),
  ]);
  for (const one of told) {
    ok(one.status === "rejected");
    match(String(one.reason), /walker\/z → walker\/z/);
  }
  await system.stop();
});

Deno.test("[A9] two that wait for each other by calls of two callers are a ring, too", async () => {
  const { system } = testSystem();
  const go = Promise.withResolvers<void>();
  const made: { readonly get: (key: string) => { readonly cross: (to: string) => unknown } }[] = [];
  const actor = defineActor("crossing", {
    start: () => ({}),
    on: {
      cross: async (_state, to: string): Promise<string> => {
        if (to === "") return "answered";
        await go.promise;
        return await (made[0]!.get(to).cross("") as Promise<string>);
      },
    },
  });
  const crossing = system.host(actor);
  made.push(crossing);
  const both = Promise.allSettled([
    crossing.get("a").cross("b"),
    crossing.get("b").cross("a"),
  ]);
  await settled();
  go.resolve();
  const told = await both;
  // one is refused, and so the other is answered
  equal(told.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const [refused] = told.filter((one) => one.status === "rejected");
  match(String(refused?.reason), /crossing\/. → crossing\/. → crossing\/./);
  await system.stop();
});

Deno.test("[A9] a ring through start is found as well", async () => {
  const { system } = testSystem();
  const made: { readonly get: (key: string) => { readonly hello: () => Promise<string> } }[] = [];
  const actor = defineActor("greeter", {
    start: async (key) => {
      if (key === "first") await made[0]!.get("second").hello();
      if (key === "second") await made[0]!.get("first").hello();
      return {};
    },
    on: { hello: () => "hello" },
  });
  made.push(system.host(actor));
  await rejects(made[0]!.get("first").hello(), isRing("greeter/first → greeter/second"));
  await system.stop();
});

Deno.test("[A9] who has been answered waits for nobody: calling back later is no ring", async () => {
  const { system } = testSystem();
  const told: string[] = [];
  const made: { readonly get: (key: string) => Record<"ask" | "back", () => Promise<void>> }[] = [];
  const actor = defineActor("caller", {
    start: (key, self) => ({ key, self }),
    on: {
      // not awaited: it goes on when `ask` has been answered
      ask: ({ key, self }) => {
        self.after(0, () => void made[0]!.get(key === "a" ? "b" : "a").back());
      },
      back: async ({ key }) => {
        told.push(key);
        if (told.length < 4) await made[0]!.get(key === "a" ? "b" : "a").ask();
      },
    },
  });
  made.push(system.host(actor));
  await made[0]!.get("a").ask();
  await settled();
  equal(told.length > 0 || system.inspect().length > 0, true);
  await system.stop();
});

Deno.test("[A9] a child is not part of the handler that started it", async () => {
  const { system } = testSystem();
  const made: { readonly get: (key: string) => { readonly count: () => Promise<number> } }[] = [];
  const asked = Promise.withResolvers<number>();
  const actor = defineActor("parent", {
    start: (key) => ({ key, count: 0 }),
    on: {
      begin: async (state, _none: undefined, self) => {
        self.own({
          name: "asks its owner",
          run: async () => asked.resolve(await made[0]!.get(state.key).count()),
        });
        await settled(); // the child calls while this handler still runs
      },
      count: (state) => ++state.count,
    },
  });
  const parents = system.host(actor);
  made.push(parents);
  await parents.get("p").begin(undefined);
  equal(await asked.promise, 1);
  await system.stop();
});

Deno.test("[A9] a handler that awaits a turn of its own actor is a ring", async () => {
  const { system, clock, count } = testSystem();
  const one = system.host(defineActor("selfish", {
    start: (_key, self) => ({ self }),
    on: {
      direct: async ({ self }) => await self.turn(() => 1),
      nested: async ({ self }) => await self.turn(() => self.turn(() => 1)),
      timed: ({ self }) => void self.after(1, () => self.turn(() => 1)),
    },
  })).get("one");
  await rejects(one.direct(), { code: "ring", message: /^selfish\/one → selfish\/one:/ });
  await rejects(one.nested(), { code: "ring" });
  await one.timed();
  await clock.advance(1);
  equal(count("timer-refused"), 1);
  await system.stop();
});

Deno.test("[A9] who hears of an event is no part of what told it", async () => {
  const { system } = testSystem();
  await using bus = inProcessBus();
  const heard: Promise<unknown>[] = [];
  const one = system.host(defineActor("speaker", {
    start: (_key, self) => {
      bus.subscribe("said.one", () => heard.push(self.turn(() => "heard")));
      return {};
    },
    on: {
      say: async () => {
        bus.publish("said.one", new Uint8Array());
        await settled(); // it is heard while this handler runs
      },
    },
  })).get("one");
  await one.say();
  equal(await Promise.all(heard), ["heard"]);
  await system.stop();
});

Deno.test("[A9] who was told of a timeout waits no more: to be called back is no ring", async () => {
  const { system, clock } = testSystem();
  const slow = Promise.withResolvers<void>();
  const made: { get: (key: string) => { greet: () => Promise<string> } }[] = [];
  const backs = system.host(defineActor("back", {
    start: () => ({}),
    on: {
      call: async () => {
        await slow.promise;
        return await made[0]!.get("one").greet();
      },
    },
  }));
  let outcome: Promise<string> | undefined;
  const fronts = system.host(defineActor("front", {
    start: () => ({}),
    on: {
      ask: async () => {
        const { signal } = abort;
        const timeout = refusal(backs.get("late", { deadlineMs: 100 }).call());
        const withdrawn = backs.get("gone", { signal }).call().catch(() => "withdrawn");
        equal([await timeout, await withdrawn], ["timeout", "withdrawn"]);
        outcome = backs.get("last").call(); // and not awaited, for one who still waits
        outcome.catch(() => {});
        slow.resolve();
        await sleep(clock, 100, new AbortController().signal);
      },
      greet: () => (greeted++, "hello"),
    },
  }));
  let greeted = 0;
  const abort = new AbortController();
  made.push(fronts);
  const asked = fronts.get("one").ask();
  await clock.advance(50);
  abort.abort();
  await clock.advance(1_000);
  await asked;
  equal(greeted, 2, "of the late and of the withdrawn");
  equal(await refusal(outcome!), "ring");
  await system.stop();
});
