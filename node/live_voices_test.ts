/** Tests of whom a stream asks its room about: seldom, and with an outage taken for what it is. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { Rejection } from "../domain/errors.ts";
import { liveVoices } from "./live_voices.ts";

function parts() {
  let now = 0;
  const state = { answer: null as Error | null, asked: 0, lookedUp: 0 };
  const demand = liveVoices({
    now: () => now,
    rooms: {
      personById(id) {
        state.lookedUp++;
        return Promise.resolve({ id, name: id, moderator: false });
      },
      demandVoice() {
        state.asked++;
        return state.answer ? Promise.reject(state.answer) : Promise.resolve();
      },
    },
  });
  return { state, ask: () => demand("room", "ben"), pass: (ms: number) => void (now += ms) };
}

Deno.test("[C8] a room is asked twice a second of somebody, also of who is refused, and they are looked up seldom", async () => {
  const { state, ask, pass } = parts();
  await ask();
  await ask();
  deepEqual([state.asked, state.lookedUp], [1, 1]);
  state.answer = new Rejection("muted", undefined, { retryAfterMs: 9_000 });
  pass(500);
  for (let n = 0; n < 3; n++) await rejects(ask(), { code: "muted", retryAfterMs: 9_000 });
  deepEqual([state.asked, state.lookedUp], [2, 1]);
  state.answer = null;
  pass(500);
  await ask();
  pass(4_000);
  await ask();
  deepEqual([state.asked, state.lookedUp], [4, 2]);
});

Deno.test("[C8] [O8] a database that is away is an outage, which says nothing against anybody; a defect is loud", async () => {
  const { state, ask } = parts();
  state.answer = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
  await rejects(ask(), { code: "unavailable" });
  const other = parts();
  const defect = new TypeError("x is not a function");
  other.state.answer = defect;
  await rejects(other.ask(), (error) => error === defect);
  await rejects(other.ask());
  equal(other.state.asked, 2, "and is not kept");
});
