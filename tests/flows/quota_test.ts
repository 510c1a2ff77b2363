/** How much an account may store, and how large and long its files may be, by its role (U2, D3). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { song } from "../support/audio.ts";
import { setRoles } from "../support/accounts.ts";
import { ask, type Grant, register, signIn, upload, waitForTrack } from "../support/client.ts";
import { filesBelow } from "../support/files.ts";
import { type RunningNode, startNode } from "../support/node.ts";

let node: RunningNode;
let wav: Uint8Array<ArrayBuffer>;
/** Bytes that a user may store. */
const LIMIT = 1_000_000;

Deno.test.beforeAll(async () => {
  wav = await song("wav", 2); // 352,878 bytes: two of them fit, three do not
  node = await startNode({
    env: {
      QUOTA_BYTES: `user=${LIMIT}B,creator=5MB`,
      UPLOAD_LIMITS: "user=600kB/3s",
      UPLOAD_MAX_BYTES: "3000000",
      UPLOAD_MAX_SECONDS: "60",
    },
  });
});
Deno.test.afterAll(async () => void await node.stop());

/** The same sound with another last sample: other bytes, of the same length. */
function variant(which: number): Uint8Array<ArrayBuffer> {
  const bytes = wav.slice();
  new DataView(bytes.buffer).setInt32(bytes.length - 4, which);
  return bytes;
}
const send = async ({ accessToken }: Grant, bytes: Uint8Array<ArrayBuffer>) => {
  const { status, body } = await upload(node.url, accessToken, bytes);
  return { status, body: body as typeof body & { code?: string; detail?: string } };
};
const quota = async ({ accessToken: token }: Grant) =>
  (await ask<{ usedBytes: number; limitBytes: number | null }>(
    node.url,
    "/api/v1/users/me/quota",
    { token },
  )).body;
const originals = () => filesBelow(`${node.dataDir}/media/originals`);

Deno.test("[U2] what does not fit any more is refused with what is used, of what, and needed", async () => {
  const anna = await register(node.url);
  deepEqual(await quota(anna), { usedBytes: 0, limitBytes: LIMIT });
  const first = await send(anna, variant(1));
  equal((await send(anna, variant(2))).status, 202);
  deepEqual(await quota(anna), { usedBytes: 2 * wav.length, limitBytes: LIMIT });

  const before = await originals();
  const { status, body } = await send(anna, variant(3));
  deepEqual([status, body.code], [413, "quota_exceeded"]);
  match(body.detail ?? "", /706 kB of 1 MB.*353 kB.*58\.6 kB too many/);
  deepEqual(await originals(), before, "nothing of it stays");
  equal((await send(anna, variant(1))).status, 202, "what is stored already needs no room");
  equal((await quota(anna)).usedBytes, 2 * wav.length);

  const { id } = first.body.track;
  const token = anna.accessToken;
  equal((await ask(node.url, `/api/v1/tracks/${id}`, { method: "DELETE", token })).status, 204);
  equal((await quota(anna)).usedBytes, 2 * wav.length, "its duplicate still needs the bytes");
});

Deno.test("[U2] a quota that is too small refuses before the bytes, on both ways in", async () => {
  const anna = await register(node.url);
  for (const which of [1, 2]) equal((await send(anna, variant(which))).status, 202);
  const resumable = await ask<{ code: string }>(node.url, "/api/v1/uploads", {
    method: "POST",
    token: anna.accessToken,
    headers: { "Tus-Resumable": "1.0.0", "Upload-Length": "400000" },
  });
  deepEqual([resumable.status, resumable.body.code], [413, "quota_exceeded"]);

  // announced, but not one byte of it sent
  const { hostname, port } = new URL(node.url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const head = [
    "POST /api/v1/tracks HTTP/1.1",
    `Host: ${hostname}:${port}`,
    `Authorization: Bearer ${anna.accessToken}`,
    "Content-Type: multipart/form-data; boundary=xyz",
    "Content-Length: 1500000",
    "",
    "",
  ].join("\r\n");
  await connection.write(new TextEncoder().encode(head));
  const answer = new Uint8Array(4_096);
  const count = await connection.read(answer);
  const text = new TextDecoder().decode(answer.subarray(0, count ?? 0));
  match(text, /^HTTP\/1\.1 413/);
});

Deno.test("[U2] many uploads at once cannot overshoot the quota", async () => {
  const anna = await register(node.url);
  const before = (await originals()).length;
  const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((which) => send(anna, variant(which))));
  deepEqual(answers.map(({ status }) => status).sort(), [202, 202, 413, 413, 413, 413]);
  for (const { status, body } of answers) {
    if (status !== 202) equal(body.code, "quota_exceeded");
  }
  equal((await quota(anna)).usedBytes, 2 * wav.length);
  equal((await originals()).length, before + 2);
});

Deno.test("[D3] a role's quota is in force as soon as the account has it; others are not touched", async () => {
  const [anna, eva] = [await register(node.url), await register(node.url)];
  for (const which of [1, 2]) equal((await send(anna, variant(which))).status, 202);
  equal((await send(anna, variant(3))).status, 413);
  await setRoles(node, anna.user.id, ["creator"]);
  const again = await signIn(node.url, anna.user.username);
  equal((await send(again, variant(3))).status, 202);
  deepEqual(await quota(again), { usedBytes: 3 * wav.length, limitBytes: 5_000_000 });
  equal((await send(eva, variant(3))).status, 202);
  await setRoles(node, eva.user.id, ["moderator"]);
  equal((await quota(await signIn(node.url, eva.user.username))).limitBytes, null);
});

Deno.test("[U2] size and length of one file are limited by role too, each with its own reason", async () => {
  const anna = await register(node.url);
  const large = await song("wav", 4);
  const { status, body } = await send(anna, large);
  deepEqual([status, body.code], [413, "too_large"]);
  match(body.detail ?? "", /600000|600 kB/);
  const long = await song("opus", 5);
  const failed = await send(anna, long);
  equal(failed.status, 202);
  const token = anna.accessToken;
  const { failure } = await waitForTrack(node.url, failed.body.track.id, ["failed", "ready"], {
    token,
  });
  equal(failure?.code, "too_long");

  await setRoles(node, anna.user.id, ["premium_user"]);
  const again = await signIn(node.url, anna.user.username);
  equal((await send(again, large)).status, 202);
  const taken = await send(again, long);
  const track = await waitForTrack(node.url, taken.body.track.id, ["failed", "ready"], { token });
  ok(track.failure === null, JSON.stringify(track.failure));
});
