/** The bus is gone: gateways say so, read logs themselves, let go, and recover (A15). */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { ask, register } from "../support/client.ts";
import { until } from "../support/processes.ts";
import { message, type Probe, type Said } from "../support/sockets.ts";
import { startGateways } from "./gateways.ts";

const is = (type: string, action: string) => (said: Said) =>
  said.type === type && said.action === action;
const says = (content: string) => (said: Said) => said.data?.content === content;
/** How long `work` takes, in ms. */
const timed = async (work: Promise<unknown>) => {
  const began = performance.now();
  await work;
  return performance.now() - began;
};
const contents = ({ all }: Probe) =>
  all.filter(is("message", "received")).map(({ data }) => data.content);

Deno.test("gateways without the bus", async (t) => {
  await using cluster = await startGateways(2);
  const { nats, gateways, anna, ben, sit } = cluster;

  await t.step(
    "[A15] [A12] a node is cut off: for a moment, and until another has its rooms",
    async () => {
      const here = await cluster.room(0);
      using near = await sit(0, anna, here);
      using far = await sit(1, ben, here);
      const carl = await register(gateways[0]!.node.url);
      using banned = await sit(1, carl, here);
      gateways[1]!.way.down();
      await near.ask(message(here, "the last words"));
      await ask(gateways[0]!.node.url, `/api/v1/rooms/${here}/bans`, {
        token: anna.accessToken,
        json: { userId: carl.user.id },
      });
      gateways[1]!.way.up();
      const came = await timed(far.next(says("the last words")));
      ok(came < 2_500, `it came after ${came} ms, as if a beacon had told of it`);
      equal(far.all.some(is("session", "degraded")), false);
      equal((await banned.next(is("room", "removed"))).data.code, "room_banned");

      const { way } = gateways[0]!;
      way.down();
      await near.next(is("session", "degraded"));
      const taken = await until(
        "another node to have the room",
        async () => (await far.ask(message(here, "from elsewhere"))).action === "received",
        12_000,
      ).then(() => timed(near.next(says("from elsewhere"))));
      ok(taken < 4_000, `it came after ${taken} ms`);
      equal((await near.closed).reason, "degraded", "the room is not served here any more");
      way.up();
      using again = await sit(1, anna, here);
      await again.ask(message(here, "at last"));
      await far.next(says("at last"));
    },
  );

  await t.step(
    "[A15] NATS stands still: it is told within 5 s, and nothing is missing",
    async () => {
      const here = await cluster.room(0);
      using near = await sit(0, anna, here);
      using far = await sit(1, ben, here);
      nats.freeze();
      const told = await timed(
        Promise.all([near, far].map((one) => one.next(is("session", "degraded")))),
      );
      ok(told < 5_000, `told after ${told} ms`);
      const sent = near.ask(message(here, "meanwhile"));
      const came = await timed(Promise.all([sent, far.next(says("meanwhile"))]));
      ok(came < 4_000, `it came after ${came} ms`);
      nats.thaw();
      await Promise.all([near, far].map((one) => one.next(is("session", "restored"), 15_000)));
      await far.ask(message(here, "well again"));
      await near.next(says("well again"));
      for (const one of [near, far]) equal(contents(one), ["meanwhile", "well again"]);
    },
  );

  await t.step(
    "[A15] NATS is killed: own rooms go on, others are read from the database, all recovers",
    async () => {
      const [here, there] = [await cluster.room(0), await cluster.room(1)];
      using near = await sit(0, anna, here);
      using far = await sit(1, ben, here, there);
      await near.ask(message(here, "before"));
      await far.next(says("before"));

      await nats.kill9();
      const told = await timed(
        Promise.all([near, far].map((one) => one.next(is("session", "degraded")))),
      );
      ok(told < 5_000, `told after ${told} ms`);
      equal((await near.ask(message(here, "meanwhile"))).action, "received", "acked at its place");
      const came = await timed(far.next(says("meanwhile")));
      ok(came < 4_000, `it came after ${came} ms`);
      const asked = performance.now();
      const refused = await near.ask(message(there, "to another node"));
      equal([refused.type, refused.data.code], ["error", "unavailable"]);
      ok(performance.now() - asked < 2_000, "it is refused at once");
      using late = await sit(1, ben, there);
      await late.next(is("session", "degraded"));

      const { code, reason } = await far.closed;
      equal([code, reason], [1012, "degraded"]);
      const took = performance.now() - asked;
      ok(took < 18_000, `closed after ${took} ms`);
      equal(far.all.some(is("session", "reconnect")), true);
      equal((await near.ask(message(here, "still here"))).action, "received");
      equal([near.socket.readyState, late.socket.readyState], [WebSocket.OPEN, WebSocket.OPEN]);

      await nats.wipe(); // it comes back, and has forgotten all
      await near.next(is("session", "restored"), 15_000);
      using again = await sit(1, ben, here);
      await near.ask(message(here, "well again"));
      await again.next(says("well again"));
      equal((await near.ask(message(there, "to another node again"))).action, "received");
      await late.next(says("to another node again"));
      equal(contents(far), ["before", "meanwhile"]);
    },
  );
});
