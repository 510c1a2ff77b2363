/** HLS over a hand-over: nothing of either host is left out, and no number changes its segment (L4). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { opusTone } from "../../tests/support/live_host.ts";
import { until } from "../../tests/support/processes.ts";
import { type Blobs, diskBlobs } from "../blobs.ts";
import { scratchFolder, theTool } from "../testing.ts";
import type { OnAir, Sink } from "./broadcast.ts";
import { hlsPackager } from "./hls.ts";
import { readWindow } from "./hls_window.ts";

const STREAM = "01980000-0000-7000-8000-00000000abcd";
const onAir = (epoch: number): OnAir => ({
  ...{ streamId: STREAM, epoch, hostId: "", via: "browser", title: "", record: false },
  ...{
    source: { codec: "opus", channels: 2, frameSamples: 960 },
    startedAt: 0,
    last: null,
    isHandOver: false,
  },
});

const decoder = new TextDecoder();

/** A node whose store takes the end of what it packages only when it is let. */
async function nodeWith(
  store: Blobs,
  workDir: string,
  { allowed = Promise.resolve(), told = [], endMs = 60_000 }: {
    allowed?: Promise<void>;
    told?: string[];
    endMs?: number;
  } = {},
) {
  const blobs: Blobs = {
    ...store,
    async adopt(file, key) {
      if (key.includes("1-1-seg-00002")) await allowed;
      return await store.adopt(file, key);
    },
  };
  return hlsPackager({
    ...{
      blobs,
      workDir,
      ffmpeg: await theTool(),
      form: "ts",
      // silence, which there is none of here, is not what is looked at
      warn: (text) => void (text.includes("stand still") || told.push(text)),
      endMs,
    },
    silence: () => Promise.reject(new Error("none")),
  });
}

function send(sink: Sink, packets: readonly Uint8Array[]): void {
  packets.forEach((packet, sequence) =>
    sink.frame({ codec: 1, samples: 960, sequence, capturedUs: 0n, packet })
  );
}

Deno.test("HLS over a hand-over", async (t) => {
  const packets = await opusTone(5);
  const SECOND = ["2-1-seg-00000.ts", "2-1-seg-00001.ts", "2-1-seg-00002.ts"];
  const FIRST = ["1-1-seg-00000.ts", "1-1-seg-00001.ts", "1-1-seg-00002.ts"];

  await t.step("[L4] the last of a host is listed before the first of the next", async () => {
    await using folder = await scratchFolder();
    const store = diskBlobs(folder.path("blobs"));
    const names = async () =>
      (await readWindow(store, STREAM, "ts")).window.segments.map(({ name }) => name);
    const late = Promise.withResolvers<void>();
    const make = await nodeWith(store, folder.path("work"), { allowed: late.promise });
    const [one, two] = [make(onAir(1)), make(onAir(2))];
    send(one, packets);
    const ended = one.end();
    await until("the first of it", async () => (await names()).length === 2, 30_000);
    send(two, packets);
    const over = two.end();
    setTimeout(late.resolve, 1_000);
    await Promise.all([ended, over]);
    deepEqual(await names(), [...FIRST, ...SECOND]);
    const { segments } = (await readWindow(store, STREAM, "ts")).window;
    deepEqual(segments.flatMap(({ isBreak }, at) => isBreak ? [at] : []), [3]);
  });

  await t.step("[L4] what comes later than that from another node moves no number", async () => {
    await using folder = await scratchFolder();
    const store = diskBlobs(folder.path("blobs"));
    const late = Promise.withResolvers<void>();
    const one = (await nodeWith(store, folder.path("one"), { allowed: late.promise }))(onAir(1));
    const two = (await nodeWith(store, folder.path("two")))(onAir(2));
    send(one, packets);
    const ended = one.end();
    await until("the first of it", async () => {
      return (await readWindow(store, STREAM, "ts")).window.segments.length === 2;
    }, 30_000);
    send(two, packets);
    await two.end();
    const before = await readWindow(store, STREAM, "ts");
    late.resolve();
    await ended;
    const after = await readWindow(store, STREAM, "ts");
    deepEqual(after, before);
    equal(after.window.sequence, 0);
    deepEqual(after.window.segments.map(({ name }) => name), [...FIRST.slice(0, 2), ...SECOND]);
    ok(!(await store.list("")).some((key) => key.includes(FIRST[2]!)), "it is not kept either");
  });

  await t.step("[A12] a node that stood still while it wrote takes nothing back", async () => {
    await using folder = await scratchFolder();
    const store = diskBlobs(folder.path("blobs"));
    const frozen = Promise.withResolvers<void>();
    const thaws = Promise.withResolvers<void>();
    const standing: Blobs = {
      ...store,
      async put(key, bytes, how) {
        if (key.includes("window") && decoder.decode(bytes as Uint8Array).includes(FIRST[1]!)) {
          frozen.resolve();
          await thaws.promise;
        }
        return await store.put(key, bytes, how);
      },
    };
    const told: string[] = [];
    const one = (await nodeWith(standing, folder.path("one"), { told }))(onAir(1));
    const two = (await nodeWith(store, folder.path("two")))(onAir(2));
    send(one, packets);
    await frozen.promise;
    send(two, packets);
    await two.end();
    const before = await readWindow(store, STREAM, "ts");
    deepEqual(before.window.segments.map(({ name }) => name), [FIRST[0], ...SECOND]);
    thaws.resolve();
    await until("it to see that", () => Promise.resolve(told.length > 0), 10_000);
    send(one, packets); // its host's line has not broken for it yet
    await one.end();
    deepEqual(await readWindow(store, STREAM, "ts"), before);
    const there = await store.list("");
    deepEqual(
      there.filter((key) => key.endsWith(".ts")).map((key) => key.split("/").at(-1)),
      [FIRST[0], ...SECOND],
      "what is listed is there, and nothing else",
    );
    equal(told.length, 1, "it has stopped");
  });

  await t.step("[A13] a store that hangs holds no node up", async () => {
    await using folder = await scratchFolder();
    const store = diskBlobs(folder.path("blobs"));
    const back = Promise.withResolvers<void>();
    const told: string[] = [];
    const how = { allowed: back.promise, told, endMs: 300 };
    const one = (await nodeWith(store, folder.path("work"), how))(onAir(1));
    send(one, packets);
    const listed = async () => (await readWindow(store, STREAM, "ts")).window.segments.length;
    await until("the first of it", async () => await listed() === 2, 30_000);
    const began = performance.now();
    await one.end();
    ok(performance.now() - began < 2_000);
    match(told.join(), /^the end of a connection is left out/);
    back.resolve();
    await until("its scratch to go", async () => {
      return (await Array.fromAsync(Deno.readDir(folder.path("work")))).length === 0;
    });
    equal(await listed(), 2);
    equal(told.length, 1);
  });
});
