/** Tests of raised hands: their order, and how many there are. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { type Hand, HANDS_MOST, lowered, raised } from "./live_hands.ts";

const who = (id: string) => ({ id, username: id, displayName: id.toUpperCase() });
const ids = (hands: readonly Hand[]) => hands.map(({ id }) => id);

Deno.test("[L8] hands are in the order in which they were raised; raised twice is raised once", () => {
  let hands = ["anna", "ben", "carl"].reduce<readonly Hand[]>(
    (up, id) => raised(up, who(id), 5),
    [],
  );
  deepEqual(ids(hands), ["anna", "ben", "carl"]);
  deepEqual(hands[0], { ...who("anna"), raisedAt: "1970-01-01T00:00:00.005Z" });
  equal(raised(hands, who("anna"), 9), hands, "their place is kept, and nothing is told");
  hands = raised(lowered(hands, "anna"), who("anna"), 10);
  deepEqual(ids(hands), ["ben", "carl", "anna"], "who asks again is last");
  equal(lowered(hands, "dora"), hands);
});

Deno.test("[L8] more than a host can look at are refused, and welcome when one has gone", () => {
  let hands: readonly Hand[] = [];
  for (let n = 0; n < HANDS_MOST; n++) hands = raised(hands, who(`u${n}`), n);
  throws(() => raised(hands, who("late"), 100), { code: "rate_limited" });
  equal(ids(raised(lowered(hands, "u3"), who("late"), 100)).at(-1), "late");
});
