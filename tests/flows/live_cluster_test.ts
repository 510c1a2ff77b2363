/** A live stream on three nodes: the same bytes on each, and the death of one after the other (L9). */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { ActorView } from "../../domain/runtime.ts";
import { clusterBed } from "../../tasks/testbed/bed.ts";
import { ask, type Grant } from "../support/client.ts";
import {
  action,
  BEGIN,
  capturedOf,
  creator,
  frameOf,
  getLive,
  goLive,
  type LiveProbe,
  liveProbe,
  makeLive,
  sequenceOf,
  tagOf,
  talk,
} from "../support/live.ts";
import { temporary } from "../support/processes.ts";
import type { Said } from "../support/sockets.ts";

const heardBy = ({ all }: LiveProbe, after = -Infinity) =>
  all.filter(({ at, said }) => said instanceof Uint8Array && at >= after);
/** The longest time without a frame, in ms. */
const gapOf = (heard: readonly { readonly at: number }[]) =>
  Math.max(...heard.slice(1).map(({ at }, n) => at - heard[n]!.at));
const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Connects as a program does that has lost its node: again and again, for at most 10 s. */
async function comeBack(urls: readonly string[], id: string, grant: Grant) {
  const until = performance.now() + 10_000;
  for (let turn = 0; performance.now() < until; turn++) {
    const host = await liveProbe(urls[turn % urls.length]!, id, "publish", grant)
      .catch(() => null);
    if (host) {
      host.say(BEGIN);
      const said = await host.next(({ action, type }: Said) =>
        action === "begun" || type === "error"
      )
        .catch(() => null);
      if (said?.action === "begun") return { host, ...said.data };
      await host[Symbol.asyncDispose]();
    }
    await rest(150);
  }
  throw new Error("The host did not come back in 10 s");
}

Deno.test("a live stream on three nodes", async (t) => {
  await using folder = await temporary();
  await Deno.chmod(folder.path, 0o711); // PostgreSQL is not root
  const wanted = { embedded: false, nodes: 3, workers: 0, limits: false };
  await using bed = await clusterBed(wanted, `${folder.path}/data`);
  const { nodes, admin } = bed.tells;
  const [a = "", b = "", c = ""] = nodes.map(({ url }) => url);
  const nodeOf = (url: string) => nodes.find((one) => one.url === url)!;
  const anna = await creator(a);
  const { id } = await makeLive(a, anna);
  // whoever asks first has the actor: it lives beside neither the host nor the listener
  equal(
    (await ask(c, `/api/v1/live/${id}/start`, { method: "POST", token: anna.accessToken })).status,
    200,
  );
  equal((await getLive(b, id)).status, "live");
  const actors = await ask<{ items: ActorView[] }>(b, "/api/v1/admin/actors?kind=live", {
    token: admin.accessToken,
  });
  deepEqual(actors.body.items.map(({ node }) => node), [nodeOf(c).name]);
  const { host, serverUs, epoch } = await goLive(a, id, anna);
  await using listener = await liveProbe(b, id, "listen");

  await t.step("[L3] the same bytes on each node", async () => {
    await using here = await liveProbe(a, id, "listen");
    await Promise.all([here, listener].map((one) => one.next(action("started"))));
    const frames = Array.from({ length: 50 }, (_, n) => frameOf(n, { fromUs: serverUs }));
    for (const frame of frames) host.send(frame);
    await Promise.all([here.until(50), listener.until(50)]);
    deepEqual(here.frames(), frames);
    deepEqual(listener.frames(), frames);
  });

  await t.step("[L8] listeners are counted over all nodes", async () => {
    await using here = await liveProbe(a, id, "listen");
    for (const one of [here, listener, host]) {
      await one.next(({ action, data }: Said) =>
        (action === "listeners" || action === "stats") && data.listeners === 2
      );
    }
  });

  const speaking = talk(host, { from: 50, startUs: serverUs + 1_000_000, tag: 1 });

  await t.step("[L9] the death of another node, that of the actor, costs no frame", async () => {
    await rest(500);
    const killedAt = performance.now();
    Deno.kill(nodeOf(c).pid, "SIGKILL");
    await rest(9_000); // longer than it takes to be believed dead (6 s)
    const heard = heardBy(listener, killedAt);
    ok(gapOf(heard) < 1_500, `a gap of ${gapOf(heard)} ms`);
    const sequences = heard.map(({ said }) => sequenceOf(said as Uint8Array));
    ok(sequences.every((value, n) => n === 0 || value === sequences[n - 1]! + 1), "one is missing");
    const view = await getLive(b, id);
    deepEqual([view.status, view.listeners], ["live", 1], "its actor lives elsewhere");
    equal(host.isClosed(), false);
  });

  await t.step(
    "[L9] the death of the host's node costs less than five seconds, with the next epoch",
    async () => {
      const killedAt = performance.now();
      Deno.kill(nodeOf(a).pid, "SIGKILL");
      await host.closed;
      speaking.stop();
      const back = await comeBack([b], id, anna);
      equal(back.epoch, epoch + 1);
      const again = talk(back.host, { from: 9_000, startUs: back.server_time_us, tag: 2 });
      const before = listener.frames().length;
      await listener.until(before + 50);
      again.stop();
      const heard = heardBy(listener, killedAt - 1_000);
      ok(gapOf(heard) < 5_000, `a gap of ${gapOf(heard)} ms`);
      const frames = heard.map(({ said }) => said as Uint8Array);
      const firstNew = frames.findIndex((frame) => tagOf(frame) === 2);
      ok(capturedOf(frames[firstNew]!) > capturedOf(frames[firstNew - 1]!), "time goes on");
      const starts = listener.all.filter(({ said }) => said.action === "started");
      deepEqual(starts.map(({ said }) => said.data.epoch), [epoch, epoch + 1]);
      equal((await getLive(b, id)).status, "live");
      await back.host[Symbol.asyncDispose]();
    },
  );
});
