/** The contract of the bus on a real nats-server, and what befalls only a bus with a network. */
import { deepStrictEqual as equal, ok, rejects, throws } from "node:assert/strict";
import { natsBus } from "../../actors/runtime/bus_nats.ts";
import {
  connectNats,
  inboxPrefixOf,
  NatsUnreachable,
} from "../../actors/runtime/connection_nats.ts";
import { Rejection } from "../../domain/errors.ts";
import { cuttable } from "../support/cut.ts";
import { startNats } from "../support/nats.ts";
import { until } from "../support/processes.ts";
import { busContract } from "./bus_contract.ts";

/** A bus with a connection of its own. */
const busAt = async (url: string) =>
  natsBus(await connectNats(url, "contract"), { onError: () => {} });

busContract("over NATS", async () => {
  const server = await startNats();
  const [near, far] = [await busAt(server.url), await busAt(server.url)];
  return {
    near,
    far,
    async [Symbol.asyncDispose]() {
      for (const bus of [near, far]) await bus[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
});

const bytes = (size: number) => new Uint8Array(size);
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("[A15] bus over NATS: away, it refuses at once; back, all is as it was", async () => {
  await using server = await startNats();
  await using near = await busAt(server.url);
  await using far = await busAt(server.url);
  const got: number[] = [];
  let back = 0;
  using _told = near.onReconnect(() => void back++);
  using _subscribed = near.subscribe("room.one", (data) => got.push(data.length));
  using _served = far.serve("actor.one", (data) => data);
  const gate = Promise.withResolvers<Uint8Array>();
  using _stuck = far.serve("actor.stuck", () => gate.promise);
  await near.flush();
  await far.flush();
  const stuck = near.request("actor.stuck", bytes(1)).catch((error) => error.code);
  await near.flush();

  await server.kill9();
  equal(await stuck, "timeout", "what was on its way has an unknown outcome");
  await until("the loss to be seen", () => Promise.resolve(!near.connected && !far.connected));
  const asked = performance.now();
  await rejects(near.request("actor.one", bytes(1)), { code: "unavailable" });
  ok(performance.now() - asked < 100);
  far.publish("room.one", bytes(7)); // is lost, and not kept for later
  near.publish("room.one", bytes(9));
  equal(got, [], "no handler runs before it returns");
  await until("what is published here", () => Promise.resolve(got.length > 0));

  await server.restart();
  await until("the way back", () => Promise.resolve(near.connected && far.connected));
  equal(back, 1);
  await far.flush();
  equal((await near.request("actor.one", bytes(3))).length, 3);
  far.publish("room.one", bytes(5));
  await until("what is published", () => Promise.resolve(got.length > 1));
  equal(got, [9, 5]);
  gate.resolve(bytes(0));
});

Deno.test("[A5] bus over NATS: what was answered while cut off is told when it is back, up to a bound", async () => {
  await using server = await startNats();
  await using door = cuttable(server.port);
  await using near = await busAt(server.url);
  await using far = await busAt(`nats://127.0.0.1:${door.port}`);
  const gate = Promise.withResolvers<void>();
  let asked = 0;
  using _served = far.serve("actor.one", async (data) => {
    asked++;
    await gate.promise;
    if (data.length > 1) return bytes(600_000); // two of these are too many to keep
    await later(10);
    throw new Rejection("busy");
  });
  await far.flush();
  const outcome = (size: number) =>
    near.request("actor.one", bytes(size), { deadlineMs: 4_000 })
      .then(({ length }) => length, (error) => error.code);
  const answers = [outcome(2), outcome(2), outcome(1)];
  await until("the questions", () => Promise.resolve(asked === 3));
  door.down();
  await until("the loss to be seen", () => Promise.resolve(!far.connected));
  gate.resolve();
  await later(200);
  door.up();
  equal(await Promise.all(answers), ["timeout", 600_000, "busy"]);
});

Deno.test("[A15] bus over NATS: a server that is frozen is found out by pings", async () => {
  await using server = await startNats();
  await using bus = await busAt(server.url);
  server.freeze();
  const began = performance.now();
  await until("the loss to be seen", () => Promise.resolve(!bus.connected));
  ok(performance.now() - began < 8_000);
  server.thaw();
  await until("the way back", () => Promise.resolve(bus.connected));
});

Deno.test("[A11] bus over NATS: what is too large is refused in words, and cuts nobody off", async () => {
  await using server = await startNats();
  await using bus = await busAt(server.url);
  using _ = bus.serve("actor.one", () => bytes(2 << 20));
  await bus.flush();
  throws(() => bus.publish("room.one", bytes(2 << 20)), { code: "too_large" });
  await rejects(bus.request("actor.one", bytes(2 << 20)), { code: "too_large" });
  await rejects(bus.request("actor.one", bytes(1)), {
    code: "too_large",
    message: "2097152 bytes on actor.one; at most 1048576 go",
  });
  equal(bus.connected, true);
});

Deno.test("[O12] replies come to an inbox by the name of the user; one that is no word shares", () => {
  equal(inboxPrefixOf("nats://worker:secret@nats:4222"), "_INBOX.worker");
  for (const user of ["", "a.b@", "%3E@", "*:x@", "a%20b@"]) {
    equal(inboxPrefixOf(`nats://${user}nats:4222`), "_INBOX", user);
  }
});

Deno.test("[A11] NATS that is not there is told in words", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await rejects(connectNats(`nats://127.0.0.1:${port}`, "nobody"), (error) => {
    return error instanceof NatsUnreachable && error.message.includes(`127.0.0.1:${port}`);
  });
});
