import assert from "node:assert/strict";
import { together } from "./together.ts";

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

Deno.test("[P10] steps of a start go on at once, and answer in their order", async () => {
  const begun: string[] = [];
  const step = async (name: string, ms: number) => {
    begun.push(name);
    await after(ms);
    assert.deepEqual(begun, ["slow", "quick"], "one step waited for the other");
    return name;
  };
  assert.deepEqual(await together(step("slow", 5), step("quick", 1)), ["slow", "quick"]);
});

Deno.test("[P10] a step that fails is told when the others have opened what they own", async () => {
  const opened: string[] = [];
  const fails = Promise.reject(new Error("no ffmpeg"));
  const opens = after(5).then(() => opened.push("database"));
  await assert.rejects(together(fails, opens), /no ffmpeg/);
  assert.deepEqual(opened, ["database"]);
});
