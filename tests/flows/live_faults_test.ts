/** A live stream when things go wrong: slow databases, slow readers, crowds that leave (L9, C12). */
import { equal, ok } from "node:assert/strict";
import { inDatabase } from "../support/accounts.ts";
import { ask } from "../support/client.ts";
import {
  action,
  creator,
  frameOf,
  getLive,
  goLive,
  liveProbe,
  makeLive,
  sequenceOf,
  talk,
} from "../support/live.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";
import type { Said } from "../support/sockets.ts";

let node: RunningNode;
Deno.test.beforeAll(async () => void (node = await startNode()));
Deno.test.afterAll(async () => void await node.stop());

const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A listener as bytes, that reads only when it is told to. */
async function rawListener(id: string): Promise<Deno.TcpConn> {
  const { hostname, port, host } = new URL(node.url);
  const conn = await Deno.connect({ hostname, port: Number(port) });
  await conn.write(new TextEncoder().encode([
    `GET /ws/live/${id}/listen HTTP/1.1`,
    ...[`Host: ${host}`, "Connection: Upgrade", "Upgrade: websocket"],
    ...["Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${btoa("0123456789abcdef")}`, "", ""],
  ].join("\r\n")));
  const buffer = new Uint8Array(1_000);
  const length = await conn.read(buffer) ?? 0;
  ok(new TextDecoder().decode(buffer.subarray(0, length)).startsWith("HTTP/1.1 101"));
  return conn;
}

Deno.test("[L9] a database that stands still and a mailbox that is full delay no frame", async () => {
  const anna = await creator(node.url);
  const { id } = await makeLive(node.url, anna);
  const { host, serverUs } = await goLive(node.url, id, anna);
  await using _host = host;
  await using listener = await liveProbe(node.url, id, "listen");
  await listener.next(action("started"));
  const speaking = talk(host, { startUs: serverUs });
  await listener.until(25);
  const began = performance.now();
  await inDatabase(node, (sql) =>
    sql.begin(async (tx) => {
      await tx`lock table live_streams in exclusive mode`; // what is saved waits, what is read does not
      await rest(3_000); // the actor is in the middle of it
      const asked = Array.from({ length: 60 }, () =>
        ask(node.url, `/api/v1/live/${id}/stats`, { token: anna.accessToken }));
      await rest(5_000);
      void Promise.allSettled(asked);
    }));
  const stood = listener.all.filter(({ at, said }) => at >= began && said instanceof Uint8Array);
  const late = Math.max(...stood.slice(1).map(({ at }, n) => at - stood[n]!.at));
  ok(stood.length > 300, `only ${stood.length} frames came in 8 s`);
  ok(late < 1_500, `a frame came ${late} ms after the one before`);
  const sequences = stood.map(({ said }) => sequenceOf(said as Uint8Array));
  ok(sequences.every((value, n) => n === 0 || value === sequences[n - 1]! + 1), "one is missing");
  await rest(2_500);
  equal((await getLive(node.url, id)).status, "live");
  ok(!listener.all.some(({ said }) => said.data?.status === "reconnecting"), "a false alarm");
  speaking.stop();
});

Deno.test("[C12] a listener that stops reading costs the others nothing, and is cut off", async () => {
  const anna = await creator(node.url);
  const { id } = await makeLive(node.url, anna);
  const { host, serverUs } = await goLive(node.url, id, anna);
  await using _host = host;
  using stuck = await rawListener(id);
  // more than the kernel takes for who does not read
  const [frames, bytes] = [1_200, 15_000];
  for (let n = 0; n < frames; n++) {
    host.send(frameOf(n, { bytes, fromUs: serverUs }));
    if (n % 5 === 0) await rest(10);
  }
  await until("the burst", async () => {
    const { body } = await ask(node.url, `/api/v1/live/${id}/stats`, { token: anna.accessToken });
    return body.framesReceived === frames;
  }, 20_000);
  await using listener = await liveProbe(node.url, id, "listen");
  await listener.next(action("started"));
  const speaking = talk(host, { from: frames, startUs: serverUs + frames * 20_000, bytes });
  const count = (wanted: number) => ({ action, data }: Said) =>
    action === "listeners" && data.listeners === wanted;
  await listener.next(count(2));
  await listener.next(count(1), 25_000); // it was cut off
  speaking.stop();
  const sequences = listener.frames().map(sequenceOf);
  ok(sequences.every((value, n) => n === 0 || value === sequences[n - 1]! + 1), "one is missing");
  // what waited for it was bounded, and its last word says why
  let read = 0;
  let tail = "";
  const buffer = new Uint8Array(1 << 20);
  while (!tail.includes("slow_reader")) {
    const length = await stuck.read(buffer) ?? 0;
    ok(length > 0, "it was closed without a word");
    read += length;
    tail = (tail + new TextDecoder("latin1").decode(buffer.subarray(0, length))).slice(-100);
  }
  ok(read < frames * bytes, `all ${read} bytes were kept for it`);
});

Deno.test("[L8] a thousand listeners that leave at once leave nothing behind", async () => {
  const anna = await creator(node.url);
  const { id } = await makeLive(node.url, anna);
  const { host, serverUs } = await goLive(node.url, id, anna);
  await using _host = host;
  const speaking = talk(host, { startUs: serverUs, everyMs: 200 });
  await using stays = await liveProbe(node.url, id, "listen");
  const crowd: Deno.TcpConn[] = [];
  for (let n = 0; n < 20; n++) {
    crowd.push(...await Promise.all(Array.from({ length: 50 }, () => rawListener(id))));
  }
  await stays.next(
    ({ action, data }: Said) => action === "listeners" && data.listeners === 1_001,
    30_000,
  );
  for (const one of crowd) one.close();
  const left = performance.now();
  await stays.next(
    ({ action, data }: Said) => action === "listeners" && data.listeners === 1,
    20_000,
  );
  ok(performance.now() - left < 10_000, "it took too long to be seen");
  const before = stays.frames().length;
  await stays.until(before + 5);
  speaking.stop();
  equal((await getLive(node.url, id)).status, "live");
});

Deno.test("[L3] a host that sends many times faster than it is heard is held to the clock", async () => {
  const anna = await creator(node.url);
  const { id } = await makeLive(node.url, anna);
  const { host, serverUs } = await goLive(node.url, id, anna);
  await using _host = host;
  for (let n = 0; n < 1_510; n++) host.send(frameOf(n, { fromUs: serverUs }));
  equal((await host.next(action("error"), 20_000)).data.code, "rate_limited");
});

Deno.test("[L3] frames of old epochs are dropped at the listeners' node", async () => {
  const anna = await creator(node.url);
  const { id } = await makeLive(node.url, anna);
  await using listener = await liveProbe(node.url, id, "listen");
  const one = await goLive(node.url, id, anna);
  one.host.send(frameOf(0, { tag: 1, fromUs: one.serverUs }));
  await listener.until(1);
  // the same program by a new connection: for a moment both send
  const two = await goLive(node.url, id, anna, { resume: 1 });
  two.host.send(frameOf(1, { tag: 2, fromUs: two.serverUs }));
  for (let n = 1; n < 10; n++) one.host.send(frameOf(n, { tag: 1, fromUs: one.serverUs }));
  two.host.send(frameOf(2, { tag: 2, fromUs: two.serverUs }));
  equal((await one.host.next(action("error"))).data.code, "handed_over");
  await one.host.closed;
  await until("the last", () => Promise.resolve(listener.frames().at(-1)?.at(-1) === 2));
  const tags = listener.frames().map((frame) => frame.at(-1)!);
  ok(tags.every((tag, n) => n === 0 || tag >= tags[n - 1]!), tags.join());
  await two.host[Symbol.asyncDispose]();
});
