/** Tests of who is let go while the other nodes are not reached, and who is better off here (A15). */
import { deepEqual, equal } from "node:assert/strict";
import { fakeClock } from "../../actors/runtime/testing.ts";
import { liveOutage } from "./live_outage.ts";

function node() {
  const clock = fakeClock();
  const state = { connected: true };
  const told: Record<string, string[]> = {};
  const outage = liveOutage({
    bus: {
      get connected() {
        return state.connected;
      },
      flush: () => Promise.resolve(),
    },
    clock,
    onError: (error) => {
      throw error;
    },
  });
  return {
    ...{ clock, state, told, outage },
    come(name: string, streamId: string) {
      const said: string[] = told[name] = [];
      const line = {
        tell: (message: object) => void said.push((message as { action: string }).action),
        close(code: string) {
          said.push(code);
          outage.gone(line);
        },
      };
      outage.opened(line, streamId, 2_000);
    },
    [Symbol.dispose]: () => outage[Symbol.dispose](),
  };
}
const GONE = ["degraded", "reconnect", "degraded"];

Deno.test("[A15] [L9] who hears a host of another node is told within 5 s, and let go after 15 s", async () => {
  using one = node();
  const { clock, state, told, outage } = one;
  const host = new AbortController();
  outage.onAir("here", host.signal);
  one.come("ben", "here");
  one.come("carl", "elsewhere");
  await clock.advance(10_000);
  equal(outage.awaySince, null);
  state.connected = false;
  await clock.advance(5_000);
  deepEqual(told, { ben: ["degraded"], carl: ["degraded"] });
  await clock.advance(8_000);
  one.come("dora", "elsewhere");
  deepEqual(told.carl, ["degraded"]);
  await clock.advance(4_000);
  deepEqual(told, { ben: ["degraded"], carl: GONE, dora: ["degraded"] }, "each has 15 s");
  await clock.advance(14_000);
  deepEqual(told, { ben: ["degraded"], carl: GONE, dora: GONE });
  host.abort();
  await clock.advance(2_000);
  deepEqual(told.ben, GONE, "their host has left for another node");
});

Deno.test("[A15] a cut that is over lets nobody go", async () => {
  using one = node();
  const { clock, state, told } = one;
  one.come("ben", "elsewhere");
  state.connected = false;
  await clock.advance(12_000);
  state.connected = true;
  await clock.advance(60_000);
  deepEqual(told, { ben: ["degraded", "restored"] });
});
