/** The people of a live stream: whom its host invites to take over, and who raises a hand (L6, L8). */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { LiveStats, LiveView } from "../../domain/live.ts";
import { ask, register } from "../support/client.ts";
import {
  action,
  creator,
  frameOf,
  getLive,
  goLive,
  liveProbe,
  makeLive,
  talk,
} from "../support/live.ts";
import { chirpInput } from "../support/chirp.ts";
import { ffmpegEncoder, mountOf, rawEncoder } from "../support/encoders.ts";
import { startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";

Deno.test("the people of a live stream", async (t) => {
  await using node = await startNode();
  const { url } = node;
  const anna = await creator(url);

  await t.step(
    "[L6] an invitation reaches its listener; taken back, it ends the hand-over",
    async () => {
      const { id } = await makeLive(url, anna);
      const ben = await creator(url);
      const invite = async (coHostId: string | null) => {
        const { status } = await ask(url, `/api/v1/live/${id}`, {
          ...{ method: "PATCH", token: anna.accessToken, json: { coHostId } },
        });
        equal(status, 200);
      };
      await using listener = await liveProbe(url, id, "listen", ben);
      await using other = await liveProbe(url, id, "listen", await register(url));
      await Promise.all([listener, other].map((one) => one.next(action("state"))));
      const invitations = async () => {
        const { body } = await ask<{ items: LiveView[] }>(url, "/api/v1/live?invited=true", {
          token: ben.accessToken,
        });
        return body.items.map((one) => [one.id, one.coHost?.id, one.onAir?.id ?? null]);
      };
      const one = await goLive(url, id, anna);
      await invite(ben.user.id);
      deepEqual((await listener.next(action("invited"))).data, { invited: true });
      deepEqual(await invitations(), [[id, ben.user.id, anna.user.id]]);
      const two = await goLive(url, id, ben);
      two.host.send(frameOf(0));
      equal((await one.host.next(action("error"))).data.code, "handed_over");
      equal((await getLive(url, id)).onAir?.id, ben.user.id, "everybody sees who is on air");
      await invite(null);
      deepEqual((await listener.next(action("invited"))).data, { invited: false });
      equal((await two.host.closed).reason, "forbidden");
      equal((await getLive(url, id)).status, "reconnecting");
      deepEqual(await invitations(), []);
      const three = await goLive(url, id, anna);
      equal((await getLive(url, id)).onAir?.id, anna.user.id);
      equal(
        other.all.some(({ said }) => !(said instanceof Uint8Array) && said.action === "invited"),
        false,
      );
      await three.host[Symbol.asyncDispose]();
    },
  );

  await t.step(
    "[L6] an encoder, which comes again by itself, is let in when the invitation was taken back",
    async () => {
      const stream = await makeLive(url, anna);
      const ben = await creator(url);
      const invite = async (coHostId: string | null) => {
        const { status } = await ask(url, `/api/v1/live/${stream.id}`, {
          ...{ method: "PATCH", token: anna.accessToken, json: { coHostId } },
        });
        equal(status, 200);
      };
      await invite(ben.user.id);
      await using encoder = ffmpegEncoder(stream, "opus", chirpInput(60));
      const onAir = async () => (await getLive(url, stream.id)).onAir?.id;
      await until("the encoder", async () => await onAir() === anna.user.id, 20_000);
      const { host, serverUs } = await goLive(url, stream.id, ben);
      const voice = talk(host, { startUs: serverUs });
      await encoder.ended; // it was cut off
      const again = async () => {
        const { port, mount, key } = mountOf(stream);
        const one = await rawEncoder(port);
        const head = `Authorization: Basic ${btoa(`source:${key}`)}\r\nContent-Type: audio/ogg`;
        await one.write(`SOURCE ${mount} HTTP/1.0\r\n${head}\r\n\r\n`);
        return one;
      };
      using refused = await again();
      match(await refused.all(), /^HTTP\/1\.0 409 [^]*take the invitation back/);
      deepEqual([host.isClosed(), await onAir()], [false, ben.user.id]);
      await invite(null);
      const { reason } = await host.closed;
      voice.stop();
      // what the host sends meanwhile may reset the line before the reason is read
      ok(["forbidden", ""].includes(reason), reason);
      using taken = await again();
      match(await taken.hear(), /^HTTP\/1\.0 200 /);
    },
  );

  await t.step(
    "[L6] [S4] who is invited and may not go live yet is told to the host, and sends once they may",
    async () => {
      const { id } = await makeLive(url, anna);
      const ben = await register(url);
      const maySend = async () => (await getLive(url, id, anna.accessToken)).coHost?.maySend;
      const { status } = await ask(url, `/api/v1/live/${id}`, {
        ...{ method: "PATCH", token: anna.accessToken, json: { coHostId: ben.user.id } },
      });
      equal(status, 200);
      equal(await maySend(), false);
      await rejects(goLive(url, id, ben), /publish was refused/);
      await ask(url, "/api/v1/users/me/settings", {
        ...{ method: "PUT", token: ben.accessToken, json: { creator: true } },
      });
      equal(await maySend(), true);
      const { host } = await goLive(url, id, ben);
      await host[Symbol.asyncDispose]();
    },
  );

  await t.step(
    "[L8] a listener raises a hand, the host sees whose in order, and lowers it",
    async () => {
      const { id } = await makeLive(url, anna);
      const { host } = await goLive(url, id, anna);
      const [ben, carl] = [await register(url), await register(url)];
      const hand = (raised: boolean) => ({
        ...{ type: "live", action: "hand", data: { raised }, request_id: "h" },
      });
      const raised = async () => {
        const { body } = await ask<LiveStats>(url, `/api/v1/live/${id}/stats`, {
          token: anna.accessToken,
        });
        return body.hands.map((one) => one.id);
      };
      await using guest = await liveProbe(url, id, "listen");
      guest.say(hand(true));
      equal((await guest.next(action("error"))).data.code, "unauthenticated");
      await using one = await liveProbe(url, id, "listen", ben);
      const two = await liveProbe(url, id, "listen", carl);
      await Promise.all([one, two].map((each) => each.next(action("started"))));
      one.say(hand(true));
      deepEqual((await one.next(action("hand"))).data, { raised: true, place: 1 });
      two.say(hand(true));
      deepEqual((await two.next(action("hand"))).data, { raised: true, place: 2 });
      two.say(hand(false));
      equal((await two.next(action("error"))).data.code, "rate_limited");
      deepEqual(await raised(), [ben.user.id, carl.user.id]);
      const lower = (token: string) =>
        ask(url, `/api/v1/live/${id}/hands/${ben.user.id}`, { method: "DELETE", token });
      equal((await lower(carl.accessToken)).status, 403);
      equal((await lower(anna.accessToken)).status, 204);
      deepEqual((await one.next(action("hand"))).data, { raised: false, place: 0 });
      deepEqual((await two.next(action("hand"))).data, { raised: true, place: 1 }, "and moves up");
      await two[Symbol.asyncDispose]();
      await until("the hand to go with its listener", async () => (await raised()).length === 0);
      await host[Symbol.asyncDispose]();
    },
  );

  await t.step(
    "[C8] [C11] signs are counted by person; who is banned from the chat gives none, and has no hand up",
    async () => {
      const stream = await makeLive(url, anna);
      const { host } = await goLive(url, stream.id, anna);
      const ben = await register(url);
      const open = () => liveProbe(url, stream.id, "listen", ben);
      await using one = await open();
      await using two = await open();
      const hand = { type: "live", action: "hand", data: { raised: true } };
      one.say(hand);
      equal((await two.next(action("hand"))).data.place, 1);
      two.say(hand);
      equal((await two.next(action("error"))).data.code, "rate_limited");
      const { status } = await ask(url, `/api/v1/rooms/${stream.roomId}/bans`, {
        token: anna.accessToken,
        json: { userId: ben.user.id },
      });
      equal(status, 204);
      await new Promise((done) => setTimeout(done, 900));
      await using three = await open();
      const sign = { type: "live", action: "react", data: { emoji: "🎧" } };
      three.say(sign);
      equal((await three.next(action("error"))).data.code, "room_banned");
      equal((await two.next(action("hand"))).data.raised, false);
      // more than the faults that end a line: who taps on, and is only refused, goes on to hear
      for (let n = 0; n < 40; n++) three.say({ ...sign, request_id: `${n}` });
      equal((await three.next((said) => said.request_id === "39")).type, "error");
      equal(three.isClosed(), false);
      await host[Symbol.asyncDispose]();
    },
  );

  await t.step(
    "[L8] [L4] who hears it by HLS is told all but the sound, raises a hand and reacts, and is counted there",
    async () => {
      const { id } = await makeLive(url, anna);
      const { host, serverUs } = await goLive(url, id, anna);
      const sound = talk(host, { startUs: serverUs });
      const ben = await register(url);
      await using ear = await liveProbe(url, id, "listen");
      await using side = await liveProbe(url, id, "listen", ben, { sound: "no" });
      equal((await side.next(action("started"))).data.host.id, anna.user.id);
      await ear.until(25);
      const hand = { type: "live", action: "hand", data: { raised: true } };
      side.say(hand);
      deepEqual((await side.next(action("hand"))).data, { raised: true, place: 1 });
      side.say(hand);
      equal((await side.next(action("error"))).data.code, "rate_limited");
      side.say({ type: "live", action: "react", data: { emoji: "🎶" } });
      for (const each of [ear, side]) {
        equal((await each.next(action("reaction"))).data.emoji, "🎶");
      }
      await until("listeners are counted", async () => (await getLive(url, id)).listeners > 0);
      equal((await getLive(url, id)).listeners, 1);
      sound.stop();
      const last = await goLive(url, id, anna, { resume: 1 });
      last.host.send(frameOf(9_999));
      equal((await side.next(action("started"))).data.epoch, 2, "each new host is told");
      equal(side.frames().length, 0);
      for (const each of [host, last.host]) await each[Symbol.asyncDispose]();
    },
  );
});
