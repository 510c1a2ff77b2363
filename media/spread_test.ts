/** Tests of who does which part of a ladder: others, or who offered it (U10). */
import { deepEqual, equal, rejects } from "node:assert/strict";
import type { PartState } from "../domain/job_parts.ts";
import { spread, type SpreadOptions } from "./spread.ts";
import { turns } from "./turns.ts";

type State = PartState<string>;

/** Parts as rows, which the test moves; and the options that do those that are kept here. */
function table(...names: string[]) {
  const rows = new Map<string, State>(
    names.map((id) => [id, { id, taken: 0, worker: null, status: "waiting" }]),
  );
  const set = (id: string, change: Partial<State>) =>
    void rows.set(id, { ...rows.get(id), ...change } as State);
  const here: string[] = [];
  const lost: string[] = [];
  const heard: string[] = [];
  const end = new AbortController();
  const options: SpreadOptions<string> = {
    offer: {
      look: () => Promise.resolve([...rows.values()]),
      keep(ids) {
        const kept = ids.map((id) => rows.get(id)!)
          .filter(({ status }) => ["waiting", "failed", "silent", "kept"].includes(status));
        for (const { id, taken } of kept) set(id, { status: "kept", taken: taken + 1 });
        return Promise.resolve(kept.map(({ id, taken }) => ({ id, taken: taken + 1 })));
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    names: new Map(names.map((id) => [id, `${id}-name`])),
    doHere(id, folder) {
      here.push(folder);
      return Promise.resolve(`${id} here`);
    },
    turn: turns(1),
    onReached: (_id, folder, ms) => void heard.push(`${folder} ${ms}`),
    onLost: (worker, reason) => void lost.push(`${worker}: ${reason}`),
    signal: end.signal,
    graceMs: 10,
    lookMs: 5,
  };
  return { set, here, lost, heard, end, options };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const taken = { status: "running", taken: 1, worker: "w", reachedMs: null } as const;

Deno.test("[U10] what nobody takes is done here, all of it at once and in one turn", async () => {
  const { here, options } = table("a", "b");
  let at = 0;
  let most = 0;
  const done = await spread({
    ...options,
    async doHere(id, folder) {
      most = Math.max(most, ++at);
      await pause(5);
      at--;
      return await options.doHere(id, folder);
    },
  });
  deepEqual(done.map(({ folder, made }) => [folder, made]), [
    ["a-name", "a here"],
    ["b-name", "b here"],
  ]);
  deepEqual([here, most], [["a-name", "b-name"], 2]);
});

Deno.test("[U10] what another takes is theirs: waited for, followed, and not done twice", async () => {
  const t = table("a", "b");
  t.set("a", taken);
  const spreading = spread(t.options);
  await pause(30);
  t.set("a", { ...taken, reachedMs: 700 });
  await pause(20);
  t.set("a", { status: "done", taken: 1, outcome: "a there" } as State);
  const done = await spreading;
  deepEqual(done.map(({ made }) => made), ["a there", "b here"]);
  deepEqual(t.here, ["b-name"]);
  equal(t.heard[0], "a-name 700");
});

Deno.test("[U10] who takes while we wait for our turn keeps it, and no turn is waited for in vain", async () => {
  const t = table("a");
  using _held = await t.options.turn(t.end.signal); // by another ladder, for as long as it takes
  const spreading = spread(t.options);
  await pause(30);
  t.set("a", { status: "done", taken: 1, worker: "w", outcome: "a there" } as State);
  deepEqual((await spreading).map(({ made }) => made), ["a there"]);
  deepEqual(t.here, []);
});

Deno.test("[U10] what another fails at, or dies over, is done here, in a folder that the other has not", async () => {
  const t = table("a", "b", "c");
  t.set("a", taken);
  t.set("b", taken);
  t.set("c", taken);
  const spreading = spread(t.options);
  await pause(30);
  t.set("a", { status: "failed", outcome: { reason: "no disk" } } as State);
  t.set("b", { status: "silent" } as State);
  t.set("c", { status: "waiting" } as State); // given back by one who ends
  const done = await spreading;
  deepEqual(done.map(({ folder }) => folder), ["a-name-2", "b-name-2", "c-name-2"]);
  deepEqual(done.map(({ unused }) => unused), [["a-name"], ["b-name"], ["c-name"]]);
  deepEqual(t.lost.sort(), ["w: it fell silent", "w: no disk"]);
});

Deno.test("[U10] what was kept is done though the answer to the keeping was lost", async () => {
  const t = table("a");
  const { keep } = t.options.offer;
  let asked = 0;
  const offer = {
    ...t.options.offer,
    keep: async (ids: readonly string[]) => {
      const kept = await keep(ids);
      return asked++ === 0 ? [] : kept;
    },
  };
  const late = setTimeout(() => t.end.abort(new Error("it waits for nobody")), 2_000);
  const done = await spread({ ...t.options, offer });
  clearTimeout(late);
  deepEqual(done.map(({ folder, unused }) => [folder, unused]), [["a-name-2", ["a-name"]]]);
  deepEqual(t.here, ["a-name-2"], "once");
});

Deno.test("[U10] what fails here ends it; so does its signal", async () => {
  const t = table("a", "b");
  t.set("b", taken);
  const failing = spread({ ...t.options, doHere: () => Promise.reject(new Error("corrupt")) });
  await rejects(failing, /corrupt/);
  const other = table("a");
  other.set("a", taken);
  const spreading = spread(other.options);
  other.end.abort(new Error("cancelled"));
  await rejects(spreading, /cancelled/);
});
