/** Streams at a node that is cut off from the others, and at one that dies (A15, L8, L9). */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { LiveStats } from "../../domain/live.ts";
import { ask } from "../support/client.ts";
import {
  action,
  creator,
  getLive,
  goLive,
  type LiveProbe,
  liveProbe,
  makeLive,
  talk,
} from "../support/live.ts";
import { until } from "../support/processes.ts";
import type { Said } from "../support/sockets.ts";
import { startGateways } from "./gateways.ts";

const is = (type: string, action: string) => (said: Said) =>
  said.type === type && said.action === action;

Deno.test("streams without the bus", async (t) => {
  await using bed = await startGateways(2);
  const [{ node: { url: well } }, cut] = bed.gateways as [
    (typeof bed.gateways)[number],
    (typeof bed.gateways)[number],
  ];
  const { url } = cut.node;
  const anna = await creator(well);
  const { accessToken: token } = anna;
  /** A stream whose actor lives where it was started, and whose host sends to `at`. */
  const onAir = async (actorAt: string, at: string) => {
    const { id } = await makeLive(well, anna);
    const { status } = await ask(actorAt, `/api/v1/live/${id}/start`, { method: "POST", token });
    equal(status, 200);
    const { host, epoch, serverUs } = await goLive(at, id, anna);
    return { id, host, epoch, voice: talk(host, { startUs: serverUs }) };
  };
  const far = await onAir(well, well);
  const stranded = await onAir(well, url);
  const own = await onAir(url, url);
  const all = [far, stranded, own];

  try {
    await t.step(
      "[A15] [L9] a node that is cut off lets hosts and listeners go to another, in time for the grace",
      async () => {
        await using listener = await liveProbe(url, far.id, "listen");
        await using there = await liveProbe(well, stranded.id, "listen");
        await using here = await liveProbe(url, own.id, "listen");
        const lines: readonly LiveProbe[] = [listener, stranded.host, here];
        await Promise.all([listener, there, here].map((one) => one.until(10)));
        const player = await fetch(`${url}/live/${far.id}/stream.opus`);
        equal(player.status, 200);
        let hasEnded = false;
        const played = player.body!.pipeTo(new WritableStream()).finally(() => hasEnded = true);

        cut.way.stall();
        const began = performance.now();
        await Promise.all(lines.map((one) => one.next(is("session", "degraded"))));
        ok(performance.now() - began < 5_000, "told within 5 s");
        for (const { closed } of [listener, stranded.host]) {
          deepEqual(await closed, { code: 1012, reason: "degraded" });
        }
        const took = performance.now() - began;
        ok(took > 10_000 && took < 22_000, `let go after ${took} ms`);
        await listener.next(is("session", "reconnect"));
        await until("the player to be let go", () => Promise.resolve(hasEnded), 3_000);
        await played;
        const heard = here.frames().length;
        await here.until(heard + 20);
        equal(own.host.isClosed(), false, "nothing is missing here: its actor is there too");

        // she was waited for
        const again = await goLive(well, stranded.id, anna, { resume: stranded.epoch });
        const voice = talk(again.host, { startUs: again.serverUs });
        const before = there.frames().length;
        await there.until(before + 20);
        voice.stop();
        equal((await getLive(well, stranded.id)).status, "live");
        await again.host[Symbol.asyncDispose]();
        cut.way.flow();
        await here.next(is("session", "restored"), 15_000);
      },
    );

    await t.step("[L8] a hand is down soon after its listener's node has died", async () => {
      await using listener = await liveProbe(url, far.id, "listen", bed.ben);
      listener.say({ type: "live", action: "hand", data: { raised: true } });
      await listener.next(action("hand"));
      const hands = async () =>
        (await ask<LiveStats>(well, `/api/v1/live/${far.id}/stats`, { token })).body.hands;
      const raised = await hands();
      deepEqual(raised.map(({ id }) => id), [bed.ben.user.id]);
      await new Promise((done) => setTimeout(done, 7_000));
      deepEqual(await hands(), raised, "it is up as long as they are there");
      await cut.node.kill9();
      await until("it to be down", async () => (await hands()).length === 0, 10_000);
    });
  } finally {
    for (const { voice } of all) voice.stop();
    cut.way.flow();
  }
});
