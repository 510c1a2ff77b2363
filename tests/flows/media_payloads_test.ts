/** Playlists and scripts that are called songs, through a whole node: refused, and nobody asked. */
import { deepEqual, match, ok } from "node:assert/strict";
import type { Track } from "../../domain/tracks.ts";
import { type Answer, ask, register, upload, waitForTrack } from "../support/client.ts";
import { filesBelow } from "../support/files.ts";
import { without } from "../support/namespace.ts";
import { startNode } from "../support/node.ts";
import { canary, payloads } from "../support/payloads.ts";

/** Sends all payloads to a node that is started with `prefix` before its command. */
async function attack(prefix: readonly string[], jail: string) {
  await using bird = await canary();
  await using node = await startNode({ prefix });
  ok(node.logs().some((line) => line.includes(`"jail":"${jail}"`)), `no node with jail ${jail}`);
  const { accessToken: token } = await register(node.url);
  const accepted = new Map<string, string>();
  for (const { filename, bytes, disguised } of payloads(bird)) {
    const { status, body } = await upload(node.url, token, bytes, { name: filename });
    if (status === 202) {
      ok(disguised, `${filename} was taken`);
      accepted.set(body.track.id, filename);
      continue;
    }
    const { code, detail } = body as unknown as { code: string; detail: string };
    deepEqual([status, code], [415, "not_audio"], `${filename}: ${detail}`);
    ok(detail.length > 10, filename);
  }
  for (const [id, filename] of accepted) {
    const { failure } = await waitForTrack(node.url, id, ["failed", "ready"], { token });
    match(failure?.code ?? "ready", /^(not_audio|corrupt)$/, filename);
    const stream: Answer<unknown> = await ask(node.url, `/api/v1/tracks/${id}/stream/master.m3u8`, {
      token,
    });
    ok(stream.status === 404, `${filename} answers ${stream.status}`);
  }
  deepEqual(bird.asked, []);
  const made = (await filesBelow(`${node.dataDir}/media`)).filter((one) =>
    !/\/(originals|sites)\//.test(one)
  );
  deepEqual(made, []);
  deepEqual(await filesBelow(`${node.dataDir}/work`), []);
  const { body } = await ask<{ items: Track[] }>(node.url, "/api/v1/tracks");
  deepEqual(body.items.filter(({ status }) => status !== "failed"), []);
}

Deno.test("[U11][S11] no playlist, script or disguise of one gets past a node, and the canary is never asked", () =>
  attack([], "bubblewrap"));

Deno.test("[U11][S11] … nor past one without a jail, by the whitelists alone", () =>
  attack(without("/usr/bin/bwrap"), "none"));
