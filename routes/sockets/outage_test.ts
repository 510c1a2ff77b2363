/** Tests of a gateway that does not reach the others: what it tells, reads and lets go (A15). */
import { deepEqual, equal } from "node:assert/strict";
import { fakeClock } from "../../actors/runtime/testing.ts";
import { Rejection } from "../../domain/errors.ts";
import type { Connection } from "./connection.ts";
import { outage as outageOf } from "./outage.ts";

/** A gateway in which anna sits in a room of this node, and ben in one of another too. */
function gateway() {
  const clock = fakeClock();
  const state = { connected: true, readable: true, looks: 0, reviews: 0 };
  /** The epochs of rooms, as the database has them, and as the actors that live here do. */
  const epochs = new Map([["here", 3], ["there", 5]]);
  const living = new Map([["here", 3]]);
  const back = new Set<() => void>();
  const errors: unknown[] = [];
  const told = new Map<string, string[]>();
  const seats = new Map<Connection, string[]>();
  const outage = outageOf({
    bus: {
      get connected() {
        return state.connected;
      },
      flush: () => Promise.resolve(),
      onReconnect(handler) {
        back.add(handler);
        const close = () => void back.delete(handler);
        return { close, [Symbol.dispose]: close };
      },
    },
    hub: {
      look() {
        state.looks += 1;
        if (!state.readable) return Promise.reject(new Error("the database is away"));
        return Promise.resolve([...epochs].map(([roomId, epoch]) => (
          { roomId, epoch, gen: 1, lastSeq: 0 }
        )));
      },
      followed: () => seats,
      reviewAll: () => Promise.resolve(void state.reviews++),
    },
    epochHere(roomId) {
      const epoch = living.get(roomId);
      return epoch === undefined
        ? Promise.reject(new Rejection("unavailable"))
        : Promise.resolve(epoch);
    },
    clock,
    onError: (error) => errors.push(error),
  });
  const sit = (id: string, ...rooms: string[]) => {
    const said: string[] = [];
    told.set(id, said);
    const connection: Connection = {
      ...{ id, person: null, sessionId: null, isOpen: true },
      send: () => {},
      tell: (message) => said.push((message as { action: string }).action),
      end(code) {
        said.push(code);
        seats.delete(connection);
        outage.gone(connection);
      },
    };
    if (rooms.length > 0) seats.set(connection, rooms);
    outage.opened(connection);
  };
  sit("anna", "here");
  sit("ben", "here", "there");
  return {
    ...{ clock, state, living, epochs, errors, sit },
    told: () => Object.fromEntries(told),
    comeBack() {
      state.connected = true;
      for (const handler of back) handler();
    },
    [Symbol.dispose]: () => outage[Symbol.dispose](),
  };
}

Deno.test("[A15] all are told; who is in rooms of others is let go after 15 s, who is in our own stays", async () => {
  using one = gateway();
  const { clock, state } = one;
  await clock.advance(10_000);
  state.connected = false;
  await clock.advance(5_000);
  deepEqual(one.told(), { anna: ["degraded"], ben: ["degraded"] });
  const { looks } = state;
  await clock.advance(8_000);
  equal(state.looks - looks, 4, "logs are read every 2 s");
  one.sit("carl", "there");
  one.sit("dora");
  await clock.advance(4_000);
  deepEqual(one.told(), {
    anna: ["degraded"],
    ben: ["degraded", "reconnect", "degraded"],
    carl: ["degraded"],
    dora: ["degraded"],
  });
  await clock.advance(14_000);
  const gone = ["degraded", "reconnect", "degraded"];
  deepEqual(one.told(), { anna: ["degraded"], ben: gone, carl: gone, dora: gone });
  one.comeBack();
  await clock.advance(1_000);
  deepEqual(one.told().anna, ["degraded", "restored"]);
  const after = state.looks;
  await clock.advance(60_000);
  equal(state.looks, after, "no log is read any more");
});

Deno.test("[A15] [A12] a room that another node has taken over is not our own", async () => {
  using one = gateway();
  const { clock, state, epochs } = one;
  state.connected = false;
  await clock.advance(20_000);
  deepEqual(one.told().anna, ["degraded"]);
  epochs.set("here", 4);
  await clock.advance(2_000);
  deepEqual(one.told().anna, ["degraded", "reconnect", "degraded"]);
});

Deno.test("[A15] after each break logs and standings are read anew, when the database answers", async () => {
  using one = gateway();
  const { clock, state, errors } = one;
  state.connected = false;
  await clock.advance(1_000);
  state.readable = false;
  one.comeBack();
  await clock.advance(3_500);
  equal([state.reviews, errors.length > 1].join(), "0,true");
  state.readable = true;
  await clock.advance(1_500);
  equal(state.reviews, 1);
  deepEqual(one.told(), { anna: [], ben: [] }, "a blink is not spoken of");
  const { looks } = state;
  await clock.advance(10_000);
  equal(state.looks, looks);
});
