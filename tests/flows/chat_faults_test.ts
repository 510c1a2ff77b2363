/** Rooms under faults: acks that are stolen, a node that is killed, readers that do not read. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { seededRandom } from "../../actors/runtime/testing.ts";
import { haveTheSameLog, type Member, memberOf } from "../support/chat_crowd.ts";
import { type Grant, register } from "../support/client.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { join, makeRoom, message, probeAs, ticket } from "../support/sockets.ts";

const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
/** Nothing more comes after this silence, in ms. */
const QUIET_MS = 3_000;

/** A proxy of sockets that swallows a share of acks, and cuts lines at random. */
function thief(target: () => string, { share, cutEveryMs }: { share: number; cutEveryMs: number }) {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  const open = new Set<WebSocket>();
  const counts = { acks: 0, stolen: 0, cuts: 0 };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { pathname, search } = new URL(request.url);
    const { socket, response } = Deno.upgradeWebSocket(request);
    const up = new WebSocket(target().replace(/^http/, "ws") + pathname + search);
    const early: string[] = [];
    const end = () => {
      for (const one of [socket, up]) {
        open.delete(one);
        if (one.readyState <= WebSocket.OPEN) one.close();
      }
    };
    open.add(socket);
    socket.onmessage = ({ data }) => {
      if (up.readyState === WebSocket.OPEN) up.send(data);
      else early.push(data);
    };
    up.onopen = () => early.splice(0).forEach((data) => up.send(data));
    up.onmessage = ({ data }) => {
      const lines = String(data).split("\n").filter((line) => {
        const { type, action, request_id } = JSON.parse(line);
        if (type !== "message" || action !== "received" || request_id === undefined) return true;
        counts.acks++;
        const isStolen = random() < share;
        if (isStolen) counts.stolen++;
        return !isStolen;
      });
      if (lines.length > 0 && socket.readyState === WebSocket.OPEN) socket.send(lines.join("\n"));
    };
    for (const one of [socket, up]) one.onclose = one.onerror = end;
    return response;
  });
  const timer = setInterval(() => {
    const all = [...open];
    const one = all[Math.floor(random() * all.length)];
    if (!one) return;
    counts.cuts++;
    open.delete(one);
    one.close(4000, "cut"); // what is under way is lost with it
  }, cutEveryMs);
  return {
    counts,
    url: `http://127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      for (const one of open) one.close();
      await server.shutdown();
    },
  };
}

Deno.test("[C4] 30 % of acks are stolen and lines cut: one row for each client_id", async () => {
  await using node = await startNode();
  await using proxy = thief(() => node.url, { share: 0.3, cutEveryMs: 100 });
  const accounts = [await register(node.url), await register(node.url)];
  const room = await makeRoom(node.url, accounts[0]!);
  const members = Array.from(
    { length: 6 },
    (_, index) =>
      memberOf(node, accounts[index % 2]!, room.id, { through: () => proxy.url, faster: 20 }),
  );
  for (let n = 0; n < 40; n++) {
    for (const [index, one] of members.entries()) one.send(`${index}: ${n}`);
    await sleep(20);
  }
  for (const one of members) await one.settled();
  const { acks, stolen, cuts } = proxy.counts;
  console.log(`${acks} acks, ${stolen} stolen, ${cuts} cuts`);
  ok(stolen > acks * 0.15 && stolen > 10 && cuts > 5, JSON.stringify(proxy.counts));
  await haveTheSameLog(node, room.id, members);
  for (const one of members) one[Symbol.dispose]();
});

Deno.test("[C4] [C6] kill -9 under 200 clients: nothing acked is lost, nothing doubled", async () => {
  await using node = await startNode();
  const accounts: Grant[] = [];
  for (let n = 0; n < 10; n++) accounts.push(await register(node.url));
  const room = await makeRoom(node.url, accounts[0]!);
  const members: Member[] = [];
  for (let n = 0; n < 200; n++) {
    members.push(memberOf(node, accounts[n % 10]!, room.id, { faster: 4 }));
  }
  const live = () => members.filter(({ chat }) => chat.isLive(room.id)).length;
  const until = Date.now() + 20_000;
  while (live() < members.length && Date.now() < until) await sleep(50);
  equal(live(), members.length);
  let isOver = false;
  const writing = members.map(async (one, index) => {
    await sleep(index * 5);
    for (let n = 0; !isOver; n++) {
      one.send(`${index}: ${n}`);
      await sleep(1_000);
    }
  });
  await sleep(2_500);
  const before = members.map(({ acked, sent }) => sent.filter((id) => acked.has(id)));
  await node.kill9();
  await node.restart();
  await sleep(2_000);
  isOver = true;
  await Promise.all(writing);
  for (const one of members) await one.settled();
  const acked = before.reduce((sum, ids) => sum + ids.length, 0);
  console.log(
    `${acked} were acked before the end, ${members.flatMap(({ sent }) => sent).length} sent`,
  );
  ok(acked > 100);
  await haveTheSameLog(node, room.id, members);
  for (const one of members) one[Symbol.dispose]();
});

/** A socket that joins a room and reads nothing until it is told to. */
async function idler(node: RunningNode, grant: Grant, roomId: string) {
  const { hostname, port, host } = new URL(node.url);
  const conn = await Deno.connect({ hostname, port: Number(port) });
  const token = await ticket(node.url, grant.accessToken);
  await conn.write(new TextEncoder().encode(
    `GET /ws?token=${token} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\n` +
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
      `${btoa("0123456789abcdef")}\r\n\r\n`,
  ));
  const text = new TextEncoder().encode(JSON.stringify(join(roomId)));
  // a masked text frame (RFC 6455); the mask of zeros leaves the text as it is
  const frame = new Uint8Array(8 + text.length);
  frame.set([0x81, 0x80 | 126, text.length >> 8, text.length & 255, 0, 0, 0, 0]);
  frame.set(text, 8);
  await conn.write(frame);
  return {
    /** Reads until it was told why it was cut, or nothing more comes; whether it was cut with 1013. */
    async wasCut(): Promise<boolean> {
      const buffer = new Uint8Array(256 * 1024);
      const read = async () => {
        let timer;
        const quiet = new Promise<void>((resolve) => timer = setTimeout(resolve, QUIET_MS));
        const got = await Promise.race([conn.read(buffer).catch(() => null), quiet]);
        clearTimeout(timer);
        return got;
      };
      let tail = "";
      for (let n = await read(); typeof n === "number"; n = await read()) {
        tail = (tail + new TextDecoder("latin1").decode(buffer.subarray(0, n))).slice(-64);
        if (tail.includes("\x03\xf5slow_reader")) return true;
      }
      return false;
    },
    [Symbol.dispose]: () => conn.close(),
  };
}

async function memoryOf(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
}

Deno.test("[C12] readers that stop reading at 1 MB/s are cut with 1013; memory and others are unharmed", async () => {
  const SECONDS = Number(Deno.env.get("CHAT_SLOW_SECONDS") ?? 12);
  // garbage is collected early, so that what is measured is what is kept
  const env = { DENO_V8_FLAGS: "--max-old-space-size=128,--max-semi-space-size=4" };
  await using node = await startNode({ env });
  const [anna, ben] = [await register(node.url), await register(node.url)];
  const room = await makeRoom(node.url, anna);
  using writer = await probeAs(node.url, anna);
  const readers = [await probeAs(node.url, ben), await probeAs(node.url, ben, { bytes: true })];
  for (const one of readers) await one.ask(join(room.id));
  const late: number[] = [];
  readers[1]!.socket.addEventListener("message", ({ data }) => {
    const lines = new TextDecoder().decode(data).split("\n");
    for (const line of lines) {
      const { action, data } = JSON.parse(line);
      if (action === "received") late.push(Date.now() - data.metadata.at);
    }
  });
  const content = "x".repeat(3_900);
  const pad = "y".repeat(3_900);
  let sent = 0;
  const flow = async (seconds: number, each: () => Promise<void> = () => Promise.resolve()) => {
    const until = performance.now() + seconds * 1_000;
    for (let due = performance.now(); due < until; due += 8) { // 8 KB in 8 ms: 1 MB/s
      const wait = due - performance.now();
      if (wait > 0) await sleep(wait);
      writer.send(message(room.id, content, { metadata: { at: Date.now(), pad } }));
      if (++sent % 50 === 0) await each();
    }
  };
  await flow(3); // what any load takes is there before it is measured
  late.length = 0;
  using stack = new DisposableStack();
  const idlers = await Promise.all(
    Array.from({ length: 50 }, async () => stack.use(await idler(node, ben, room.id))),
  );
  const before = await memoryOf(node.pid);
  let most = before;
  await flow(SECONDS, async () => void (most = Math.max(most, await memoryOf(node.pid))));
  for (const one of readers) await one.next(({ data }) => data?.seq === sent, 30_000);
  late.sort((a, b) => a - b);
  const p99 = late[Math.floor(late.length * 0.99)];
  console.log(
    `memory ${before.toFixed(0)} → ${
      most.toFixed(0)
    } MB; others: ${late.length} messages, p99 ${p99} ms`,
  );
  ok(most - before < 100, `it took ${most - before} MB more`);
  const seqs = readers[0]!.all.filter(({ action }) => action === "received").map(({ data }) =>
    data.seq
  );
  deepEqual(
    seqs,
    Array.from({ length: sent }, (_, index) => index + 1),
    "others have all, in order",
  );
  const cut = (await Promise.all(idlers.map((one) => one.wasCut()))).filter(Boolean).length;
  console.log(`${cut} of 50 cut`);
  ok(cut >= 25, "the others have all of it in the kernel's hands, which may take 30 MB for each");
  for (const one of readers) one[Symbol.dispose]();
});
