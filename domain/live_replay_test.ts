import { equal } from "node:assert/strict";
import { positionIn } from "./live_replay.ts";

Deno.test("[X5] a message is where it was sent, and never outside of the recording", () => {
  const recording = { startedAt: 1_000_000, durationMs: 60_000 };
  equal(positionIn(recording, 1_000_000), 0);
  equal(positionIn(recording, 1_012_345), 12_345);
  equal(positionIn(recording, 999_000), 0);
  equal(positionIn(recording, 1_090_000), 60_000);
});
