/** What becomes of those who had a right to a live stream when they lose it (S4, L2, L4, L6). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { ask, type Grant, register } from "../support/client.ts";
import { creator, getLive, makeLive } from "../support/live.ts";
import { startNode } from "../support/node.ts";

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
});
