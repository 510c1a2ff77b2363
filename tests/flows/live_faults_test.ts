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
  type LiveProbe,
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

/** What a mailbox holds, unless its actor says otherwise. */
const MAILBOX = 1_000;
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

/** How long frames were on their way that were sent between two times, in ms, the shortest first. */
const delays = (
  { all }: LiveProbe,
  sentAt: readonly number[],
  [from, to]: readonly [number, number],
): number[] =>
  all.flatMap(({ at, said }) => {
    const sent = said instanceof Uint8Array ? sentAt[sequenceOf(said)] : undefined;
    return sent !== undefined && sent >= from && sent < to ? [at - sent] : [];
  }).sort((one, other) => one - other);
/**
 * How long pongs took that were asked for between two times, in ms, the shortest first: a socket
 * answers them by itself, so that they tell how busy its node is with all else.
 */
const turns = (
  { all }: LiveProbe,
  askedAt: readonly number[],
  [from, to]: readonly [number, number],
): number[] =>
  all.flatMap(({ at, said }) => {
    const isPong = !(said instanceof Uint8Array) && said.type === "pong";
    const asked = isPong ? askedAt[Number(said.request_id)] : undefined;
    return asked !== undefined && asked >= from && asked < to ? [at - asked] : [];
  }).sort((one, other) => one - other);
const median = (sorted: readonly number[]) => sorted[Math.floor(sorted.length / 2)] ?? NaN;

Deno.test("[L9] a database that stands still and a mailbox that is full delay no frame", async () => {
  const anna = await creator(node.url);
  const { id } = await makeLive(node.url, anna);
  const { host, serverUs } = await goLive(node.url, id, anna);
  await using _host = host;
  await using listener = await liveProbe(node.url, id, "listen");
  await listener.next(action("started"));
  const speaking = talk(host, { startUs: serverUs });
  await listener.until(100);
  const askedAt: number[] = [];
  const asking = setInterval(() => {
    listener.say({ type: "ping", request_id: String(askedAt.length) });
    askedAt.push(performance.now());
  }, 20);
  const stats = async () =>
    (await ask(node.url, `/api/v1/live/${id}/stats`, { token: anna.accessToken })).status;
  let answers: Promise<number[]> | undefined;
  let stoodFrom = 0;
  let stoodTo = 0;
  await inDatabase(node, (sql) =>
    sql.begin(async (tx) => {
      await tx`lock table live_streams in exclusive mode`; // what is saved waits, what is read does not
      await rest(2_500); // the actor is in the middle of it: it is told every 2 s that its host lives
      const asked: Promise<number>[] = [];
      for (let n = 0; n < MAILBOX + 100; n++) {
        asked.push(stats());
        if (n % 50 === 49) await rest(50);
      }
      answers = Promise.all(asked);
      await rest(500);
      stoodFrom = performance.now();
      await rest(3_000);
      stoodTo = performance.now();
    }));
  await rest(1_000);
  clearInterval(asking);
  const span = [stoodFrom, stoodTo] as const;
  const [heard, pongs] = [delays(listener, speaking.sentAt, span), turns(listener, askedAt, span)];
  const what =
    `${heard.length} frames, a median of ${median(heard)} ms and ${heard.at(-1)} ms at ` +
    `most on their way; pongs ${median(pongs)} and ${pongs.at(-1)}`;
  ok(heard.length > 100 && pongs.length > 30, what);
  ok(median(heard) < median(pongs) + 20, what);
  ok(heard.at(-1)! < pongs.at(-1)! + 250, what);
  const sequences = listener.frames().map(sequenceOf);
  ok(sequences.every((value, n) => n === 0 || value === sequences[n - 1]! + 1), "one is missing");
  ok((await answers)?.includes(503), "its mailbox was not full");
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
  // more than the kernel takes for who does not read, and no more than a host may be ahead
  const [frames, bytes, after] = [200, 15_000, 2_000];
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
  const speaking = talk(host, { from: frames, startUs: serverUs + frames * 20_000, bytes: after });
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
  const sent = frames * bytes + speaking.sent() * after;
  ok(read < sent - 5 * 50 * after, `${read} of ${sent} bytes were kept for it`);
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
  for (let n = 0; n < 3_000; n++) host.send(frameOf(n, { fromUs: serverUs }));
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
