/** The contract of claims on a real nats-server, and what befalls only claims with a network. */
import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { natsBus } from "../../actors/runtime/bus_nats.ts";
import { natsClaims } from "../../actors/runtime/claims_nats.ts";
import { connectNats } from "../../actors/runtime/connection_nats.ts";
import { startNats } from "../support/nats.ts";
import { until } from "../support/processes.ts";
import { claimsContract } from "./claims_contract.ts";

/** A node's way to the store at `url`. */
async function claimsAt(url: string) {
  const connection = await connectNats(url, "contract");
  const bus = natsBus(connection);
  const claims = await natsClaims({ connection, bus });
  return {
    bus,
    claims,
    async [Symbol.asyncDispose]() {
      await claims[Symbol.asyncDispose]();
      await bus[Symbol.asyncDispose]();
    },
  };
}

claimsContract("in JetStream", async () => {
  const server = await startNats();
  const [near, far] = [await claimsAt(server.url), await claimsAt(server.url)];
  return {
    near: near.claims,
    far: far.claims,
    async lose() {
      await server.wipe();
      await until("the way back", () => Promise.resolve(near.bus.connected && far.bus.connected));
    },
    async [Symbol.asyncDispose]() {
      for (const one of [near, far, server]) await one[Symbol.asyncDispose]();
    },
  };
});

Deno.test("[A15] claims in JetStream: unavailable while it is away, and still there when it is back", async () => {
  await using server = await startNats();
  await using node = await claimsAt(server.url);
  const { claims, bus } = node;
  let doubts = 0;
  claims.onDoubt(() => doubts++);
  const claim = await claims.claim("room", "one", "a");
  await server.kill9();
  await until("the loss to be seen", () => Promise.resolve(!bus.connected));
  await rejects(claims.read("room", "one"), { code: "unavailable" });
  await rejects(claims.claim("room", "two", "a"), { code: "unavailable" });
  await server.restart();
  await until("the doubt after it", () => Promise.resolve(doubts > 0));
  equal(await claims.read("room", "one"), claim);
});
