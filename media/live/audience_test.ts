/** Tests of the count of listeners over nodes. */
import { deepEqual, equal } from "node:assert/strict";
import type { LiveNews } from "../../domain/live_news.ts";
import { audience } from "./audience.ts";
import type { Channel } from "./channel.ts";

const ID = "s";

/** Nodes on one channel. */
function nodes() {
  const hearers = new Set<(published: { bytes: Uint8Array; event: LiveNews }) => void>();
  const told: LiveNews[] = [];
  const news: Channel<LiveNews> = {
    publish(_key, event) {
      told.push(event);
      for (const hear of [...hearers]) hear({ bytes: new Uint8Array(), event });
    },
    subscribe(_key, hear) {
      hearers.add(hear);
      return { close: () => hearers.delete(hear) };
    },
  };
  let now = 0;
  return {
    ...{ news, told, hearers },
    node: (name: string) => audience({ news, node: name, now: () => now }),
    pass: (ms: number) => void (now += ms),
  };
}

Deno.test("[L8] listeners are added up over nodes", () => {
  const { news, node, hearers, told } = nodes();
  using here = node("here");
  const unfollow = here.follow(ID);
  const leave = [here.enter(ID), here.enter(ID)];
  news.publish(ID, { type: "count", node: "there", count: 40 });
  news.publish(ID, { type: "count", node: "far", count: 2 });
  equal(here.count(ID), 44);
  news.publish(ID, { type: "count", node: "there", count: 3 });
  equal(here.count(ID), 7);
  news.publish(ID, { type: "count", node: "far", count: 0 });
  equal(here.count(ID), 5);
  leave[0]!();
  leave[0]!();
  equal(here.count(ID), 4, "leaving twice is leaving once");
  leave[1]!();
  deepEqual(told.at(-1), { type: "count", node: "here", count: 0 }, "the last is told at once");
  unfollow();
  equal(hearers.size, 0, "nobody asks any more");
  equal(here.count(ID), 0);
});
