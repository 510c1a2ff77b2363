import { equal } from "node:assert/strict";
import { lastUntil } from "./replay.ts";

Deno.test("[X5] the message that was just said, at any position", () => {
  const items = [0, 1_000, 1_000, 4_000].map((atMs) => ({ atMs }));
  equal(lastUntil([], 5), -1);
  equal(lastUntil(items, -1), -1);
  equal(lastUntil(items, 0), 0);
  equal(lastUntil(items, 999), 0);
  equal(lastUntil(items, 1_000), 2);
  equal(lastUntil(items, 90_000), 3);
});
