/** The rate of messages, from counters. */
import { equal } from "node:assert/strict";
import { actorRates } from "./actor_rates.ts";

const one = (handled: number) => ({ kind: "room", key: "a", handled });

Deno.test("[A18] a rate is what was handled between two looks, by the time between them", () => {
  const time = { now: 1_000 };
  const look = actorRates(() => time.now);
  equal(look([one(100)])(one(100)), null, "a first look has nothing to compare with");
  time.now += 500;
  equal(look([one(105)])(one(105)), null, "two looks so near are one");
  time.now += 3_500;
  equal(look([one(140)])(one(140)), 10);
  time.now += 1_000;
  equal(look([one(140)])(one(140)), 8, "the time since counts, also without messages");
});

Deno.test("[A18] who was not there has handled all of it since; who came again counts from nought", () => {
  const time = { now: 0 };
  const look = actorRates(() => time.now);
  look([one(50)]);
  time.now = 10_000;
  equal(look([one(20)])(one(20)), 2);
  equal(look([one(20)])({ kind: "room", key: "new", handled: 30 }), 3);
});

Deno.test("[A18] a look of long ago says nothing of now", () => {
  const time = { now: 0 };
  const look = actorRates(() => time.now);
  look([one(0)]);
  time.now = 60_000;
  equal(look([one(600)])(one(600)), null);
  time.now += 2_000;
  equal(look([one(604)])(one(604)), 2);
});
