/** What becomes of those who had a right to a live stream when they lose it (S4, L2, L4, L6). */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { inDatabase } from "../support/accounts.ts";
import { ffmpegMakes } from "../support/audio.ts";
import { chirpInput } from "../support/chirp.ts";
import { ask, type Grant, register } from "../support/client.ts";
import { ffmpegEncoder, mountOf, rawEncoder } from "../support/encoders.ts";
import { creator, getLive, goLive, liveProbe, makeLive, talk } from "../support/live.ts";
import { startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";

Deno.test("who loses a right to a live stream", async (t) => {
  await using node = await startNode();
  const { url } = node;
  const [anna, ben, carl] = await Promise.all([creator(url), register(url), creator(url)]);
  const change = async (id: string, json: object) => {
    const options = { method: "PATCH", token: anna.accessToken, json };
    equal((await ask(url, `/api/v1/live/${id}`, options)).status, 200);
  };

  await t.step("[S4][C8] the room of a private stream is open to whom the stream is", async () => {
    const { id, roomId } = await makeLive(url, anna);
    const room = `/api/v1/rooms/${roomId}`;
    const joined = await ask(url, `${room}/members`, {
      ...{ method: "POST", token: ben.accessToken, json: { userId: ben.user.id } },
    });
    ok(joined.status < 300, `${joined.status}`);
    const seen = ({ accessToken: token }: Grant) =>
      Promise.all(
        [`/api/v1/live/${id}`, `${room}/messages`].map(async (path) =>
          (await ask(url, path, { token })).status
        ),
      );
    deepEqual(await seen(ben), [200, 200]);
    await change(id, { visibility: "private" });
    deepEqual(await seen(ben), [404, 404], "who was a member before is shut out");
    deepEqual(await seen(carl), [404, 404]);
    await change(id, { coHostId: carl.user.id });
    deepEqual(await seen(carl), [200, 200], "who is invited reads it");
    deepEqual(await seen(anna), [200, 200]);
    await change(id, { coHostId: null });
    deepEqual(await seen(carl), [404, 404]);
    await change(id, { visibility: "public" });
    deepEqual(await seen(ben), [200, 200]);
  });

  await t.step("[L4] a listener of an endless file is cut off when it turns private", async () => {
    const { id } = await makeLive(url, anna);
    const { host, serverUs } = await goLive(url, id, anna);
    await using _host = host;
    const voice = talk(host, { startUs: serverUs });
    const guests = await Promise.all(
      ["opus", "mp3"].map((form) => fetch(`${url}/live/${id}/stream.${form}`)),
    );
    deepEqual(guests.map(({ status }) => status), [200, 200]);
    const own = await fetch(`${url}/live/${id}/stream.opus`, {
      headers: { Authorization: `Bearer ${anna.accessToken}` },
    });
    let isOwnOver = false;
    const owns = own.body!.pipeTo(new WritableStream()).catch(() => {}).finally(() =>
      isOwnOver = true
    );
    const over = Promise.all(guests.map(({ body }) => body!.pipeTo(new WritableStream())));
    await change(id, { visibility: "private" });
    const began = performance.now();
    await over;
    const took = performance.now() - began;
    ok(took < 5_000, `they heard it for ${took} ms more`);
    equal(isOwnOver, false, "its host hears it still");
    voice.stop();
    equal(
      (await ask(url, `/api/v1/live/${id}/stop`, { method: "POST", token: anna.accessToken }))
        .status,
      200,
    );
    await owns;
  });

  await t.step(
    "[S4] who gives up the right to go live is off air, and may stop it still",
    async () => {
      const dora = await creator(url);
      const { id } = await makeLive(url, dora);
      const { host, serverUs } = await goLive(url, id, dora);
      const voice = talk(host, { startUs: serverUs });
      const { status } = await ask(url, "/api/v1/users/me/settings", {
        ...{ method: "PUT", token: dora.accessToken, json: { creator: false } },
      });
      equal(status, 200);
      const began = performance.now();
      const { reason } = await host.closed;
      ok(performance.now() - began < 6_000);
      voice.stop();
      // what the host sends meanwhile may reset the line before the reason is read
      ok(["forbidden", ""].includes(reason), reason);
      await rejects(goLive(url, id, dora), /refused/);
      equal((await getLive(url, id)).status, "reconnecting");
      const stopped = await ask(url, `/api/v1/live/${id}/stop`, {
        ...{ method: "POST", token: dora.accessToken },
      });
      equal(stopped.status, 200);
      const removed = await ask(url, `/api/v1/live/${id}`, {
        ...{ method: "DELETE", token: dora.accessToken },
      });
      equal(removed.status, 204);
      const others = await ask(url, `/api/v1/live/${(await makeLive(url, anna)).id}/stop`, {
        ...{ method: "POST", token: dora.accessToken },
      });
      equal(others.status, 403);
    },
  );

  await t.step(
    "[S4] who is banned is off air within seconds, and their encoder comes on air no more",
    async () => {
      const dora = await creator(url);
      const stream = await makeLive(url, dora);
      const status = async () => (await getLive(url, stream.id)).status;
      const sends = () => ffmpegEncoder(stream, "opus", chirpInput(60));
      await using first = sends();
      await until("the stream", async () => await status() === "live", 20_000);
      await inDatabase(
        node,
        (sql) => sql`update users set status = 'banned' where id = ${dora.user.id}`,
      );
      const began = performance.now();
      await first.ended;
      ok(performance.now() - began < 8_000, "it was heard on");
      equal(await status(), "reconnecting");
      await using again = sends();
      await again.ended;
      equal(await status(), "reconnecting", "nobody was let in");
    },
  );

  await t.step(
    "[L2] who knocked with a key that was changed since does not come on air",
    async () => {
      const stream = await makeLive(url, anna);
      const { port, mount, key } = mountOf(stream);
      using encoder = await rawEncoder(port);
      await encoder.write(
        `PUT ${mount} HTTP/1.1\r\nAuthorization: Basic ${btoa(`source:${key}`)}\r\n` +
          "Content-Type: audio/ogg\r\n\r\n",
      );
      match(await encoder.hear(), / 200 /);
      const keys = `/api/v1/live/${stream.id}/keys`;
      equal((await ask(url, keys, { method: "POST", token: anna.accessToken })).status, 200);
      const sound = ["-f", "lavfi", "-i", "sine=440:d=5", "-c:a", "libopus"];
      await encoder.write(await ffmpegMakes("ogg", sound)).catch(() => {});
      equal(await encoder.all().catch(() => ""), "", "the line is closed");
      equal((await getLive(url, stream.id, anna.accessToken)).status, "idle");
    },
  );

  await t.step(
    "[S1] a session that ends takes its live sockets with it, within five seconds",
    async () => {
      const { id } = await makeLive(url, anna);
      const eve = await creator(url);
      await change(id, { coHostId: eve.user.id });
      const { host } = await goLive(url, id, eve);
      const listener = await liveProbe(url, id, "listen", eve);
      await using guest = await liveProbe(url, id, "listen");
      const { status } = await ask(url, "/api/v1/auth/logout", {
        ...{ method: "POST", token: eve.accessToken },
      });
      ok(status < 300, `${status}`);
      const began = performance.now();
      const reasons = await Promise.all([host, listener].map(async ({ closed }) => {
        const { reason } = await closed;
        return reason;
      }));
      deepEqual(reasons, ["session_ended", "session_ended"]);
      ok(performance.now() - began < 5_500);
      equal(guest.isClosed(), false);
    },
  );

  await t.step("[L9] an encoder comes back as soon as its node does that was killed", async () => {
    let stream = await makeLive(url, anna);
    const mp3 = await ffmpegMakes("mp3", ["-f", "lavfi", "-i", "sine=440:d=10", "-b:a", "128k"]);
    const knock = async () => {
      const { port, mount, key } = mountOf(stream);
      const encoder = await rawEncoder(port);
      await encoder.write(
        `PUT ${mount} HTTP/1.1\r\nAuthorization: Basic ${btoa(`source:${key}`)}\r\n` +
          "Content-Type: audio/mpeg\r\n\r\n",
      );
      return { encoder, answer: await encoder.hear() };
    };
    const first = await knock();
    using _first = first.encoder;
    await first.encoder.write(mp3.subarray(0, 48_000));
    const isLive = async () => (await getLive(url, stream.id)).status === "live";
    await until("the stream", isLive);
    await node.kill9();
    await node.restart();
    stream = await getLive(url, stream.id, anna.accessToken);
    equal(stream.status, "live", "nobody knows yet");
    const again = await knock();
    using _again = again.encoder;
    match(again.answer, / 200 /);
    await using listener = await liveProbe(url, stream.id, "listen");
    await again.encoder.write(mp3.subarray(0, 48_000));
    await listener.until(50);
  });
});
