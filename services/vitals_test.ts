/** What a node tells of itself is measured. */
import { equal, ok } from "node:assert/strict";
import { vitals } from "./vitals.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("[A18] a stalled event loop is seen as lag, and memory as what the process holds", async () => {
  using node = vitals("n1");
  await pause(250);
  const until = performance.now() + 300;
  while (performance.now() < until);
  await pause(20);
  const { name, lagMs, rssBytes, heapBytes } = node.read();
  equal(name, "n1");
  ok(lagMs >= 200, `${lagMs} ms: a stall of 300 ms is seen less at most one probe`);
  ok(rssBytes > heapBytes && heapBytes > 1_000_000, `${rssBytes} ${heapBytes}`);
});

Deno.test("[A18] a socket counts until it closes, once", () => {
  using node = vitals("n1");
  const first = node.socket();
  const second = node.socket();
  equal(node.read().sockets, 2);
  first();
  first();
  equal(node.read().sockets, 1);
  second();
  equal(node.read().sockets, 0);
});

Deno.test("[O10] what waits for readers is that of the open sockets", () => {
  using node = vitals("n1");
  const [slow, gone] = [{ bufferedAmount: 300 }, { bufferedAmount: 40 }];
  node.socket(slow);
  node.socket(gone)();
  slow.bufferedAmount = 500;
  equal(node.queuedBytes(), 500);
});
