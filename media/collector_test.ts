/** The collector removes what is old and unnamed, and nothing else; on a real disk. */
import assert from "node:assert/strict";
import { temporary } from "../tests/support/processes.ts";
import { type Blobs, diskBlobs } from "./blobs.ts";
import { collect, COLLECT_AFTER_MS } from "./collector.ts";

const STRICT = { sanitizeOps: true, sanitizeResources: true };
const HOUR = 3_600_000;
const NOW = Date.now();
const rows = (...keys: string[]) => (asked: string[]) =>
  Promise.resolve(new Set(keys.filter((key) => asked.includes(key))));

async function store() {
  const folder = await temporary();
  const dir = `${folder.path}/media`;
  const blobs = diskBlobs(dir);
  return {
    blobs,
    dir,
    /** Puts a blob that is `hours` old. */
    async put(key: string, hours: number): Promise<void> {
      await blobs.put(key, new Uint8Array(1));
      const then = new Date(NOW - hours * HOUR);
      await Deno.utime(`${dir}/${key}`, then, then);
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

const common = { now: NOW, olderThanMs: COLLECT_AFTER_MS };

Deno.test(
  "[U13] what no row names goes after 24 h; the named and the young stay",
  STRICT,
  async () => {
    await using media = await store();
    await media.put("t/1/original.flac", 48);
    await media.put("t/1/old.m4s", 25);
    await media.put("t/1/young.m4s", 23);
    await media.put("t/2/old.m4s", 2_000);
    const named = rows("t/1/original.flac");
    const { count, keys } = await collect({ ...common, blobs: media.blobs, named });
    assert.deepEqual([count, keys.toSorted()], [2, ["t/1/old.m4s", "t/2/old.m4s"]]);
    assert.deepEqual(await media.blobs.list(""), ["t/1/original.flac", "t/1/young.m4s"]);
    assert.equal((await collect({ ...common, blobs: media.blobs, named })).count, 0);
  },
);

Deno.test("[U13] rows are asked in pages, and every key is met", STRICT, async () => {
  await using media = await store();
  for (let at = 0; at < 25; at++) await media.put(`k/${at}`, 48);
  const asked: number[] = [];
  const kept = ["k/0", "k/9", "k/24"];
  const { count } = await collect({
    ...common,
    blobs: media.blobs,
    pageSize: 10,
    named: (keys) => {
      asked.push(keys.length);
      return rows(...kept)(keys);
    },
  });
  assert.ok(Math.max(...asked) <= 10);
  assert.equal(count, 22);
  assert.deepEqual(await media.blobs.list("k"), kept.toSorted());
});

Deno.test("[U13] a write that runs is left alone, however old", STRICT, async () => {
  await using media = await store();
  await using out = await media.blobs.writer("w/x");
  await out.write(new Uint8Array(9));
  for await (const { name } of Deno.readDir(`${media.dir}/.tmp`)) {
    await Deno.utime(`${media.dir}/.tmp/${name}`, new Date(0), new Date(0));
  }
  assert.equal((await collect({ ...common, blobs: media.blobs, named: rows() })).count, 0);
  await out.commit();
  assert.equal((await media.blobs.stat("w/x"))?.size, 9);
});

Deno.test("[U13] a blob that gets its row while it is judged stays", STRICT, async () => {
  await using media = await store();
  await media.put("again", 48);
  let found = false;
  const blobs: Blobs = {
    ...media.blobs,
    stat: (key) => {
      found = true;
      return media.blobs.stat(key);
    },
  };
  const named = (keys: string[]) => rows(...found ? ["again"] : [])(keys);
  assert.equal((await collect({ ...common, blobs, named })).count, 0);
  assert.deepEqual(await media.blobs.list(""), ["again"]);
});

Deno.test("[U13] without the rows nothing is removed", STRICT, async () => {
  await using media = await store();
  await media.put("x", 48);
  const named = () => Promise.reject(new Error("the database is away"));
  await assert.rejects(collect({ ...common, blobs: media.blobs, named }), /is away/);
  const signal = AbortSignal.abort();
  const stopped = await collect({ ...common, blobs: media.blobs, named: rows(), signal });
  assert.equal(stopped.count, 0);
  assert.deepEqual(await media.blobs.list(""), ["x"]);
});

Deno.test(
  "[U13] where most of what is old has no row, rows were lost, and nothing is removed",
  STRICT,
  async () => {
    await using media = await store();
    for (let at = 0; at < 101; at++) await media.put(`lost/${at}`, 48);
    const named = Array.from({ length: 100 }, (_, at) => `named/${at}`);
    for (const key of named) await media.put(key, 48);
    const run = (...keys: string[]) =>
      collect({ ...common, blobs: media.blobs, pageSize: 30, told: 0, named: rows(...keys) });
    assert.deepEqual(await run(...named), {
      count: 0,
      keys: [],
      refused: { named: 100, unnamed: 101 },
    });
    assert.equal((await media.blobs.list("")).length, 201);
    // half is not most; nor are few, of whatever share
    assert.deepEqual(await run(...named, "lost/0"), { count: 100, keys: [] });
    assert.deepEqual(await run(), { count: 0, keys: [], refused: { named: 0, unnamed: 101 } });
    assert.deepEqual(await run("lost/0"), { count: 100, keys: [] });
  },
);

Deno.test("[U13] a blob that gets its row while others are removed stays", STRICT, async () => {
  await using media = await store();
  await media.put("a", 48);
  await media.put("b", 48);
  const removed: string[] = [];
  const blobs: Blobs = {
    ...media.blobs,
    delete: (key) => {
      removed.push(key);
      return media.blobs.delete(key);
    },
  };
  // with the first removal the other is named
  const named = (keys: string[]) => rows(...removed.length > 0 ? ["a", "b"] : [])(keys);
  assert.equal((await collect({ ...common, blobs, named })).count, 1);
  assert.equal((await media.blobs.list("")).length, 1);
});
