/** A site that strangers can reach takes their files only where ffmpeg is jailed (U12). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { askNode } from "../../tasks/ask_node.ts";
import { setRoles } from "../support/accounts.ts";
import { ffmpegMakes, song } from "../support/audio.ts";
import { ask, register, signIn, upload, waitForTrack } from "../support/client.ts";
import { filesBelow } from "../support/files.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { temporary, until } from "../support/processes.ts";

/** A good ffmpeg that does not run inside a jail, where it would be `/tool`. */
async function withoutJail() {
  const folder = await temporary();
  for (const name of ["ffmpeg", "ffprobe"]) {
    const script = `#!/bin/sh\n[ -e /tool ] && exit 1\nexec ${name} "$@"\n`;
    await Deno.writeTextFile(`${folder.path}/${name}`, script, { mode: 0o755 });
  }
  return folder;
}

const site = { PUBLIC_URL: "https://example.org", REGISTRATION: "open" };
const told = (node: RunningNode, message: string) =>
  node.logs().filter((line) => line.startsWith("{") && line.includes(message));

Deno.test("[U12] on a public site without a jail only administrators upload, and start says so", async () => {
  await using tools = await withoutJail();
  await using node = await startNode({ env: { ...site, FFMPEG: `${tools.path}/ffmpeg` } });
  const found = JSON.parse(told(node, "found ffmpeg")[0] ?? "{}");
  deepEqual([found.origin, found.jail, found.path], ["FFMPEG", "none", `${tools.path}/ffmpeg`]);
  match(found.version, /^\d/);
  match(told(node, "only administrators may upload")[0] ?? "", /WARN.*bubblewrap/);

  const anna = await register(node.url);
  const bytes = await song("wav", 1);
  const red = ["-f", "lavfi", "-i", "color=red:s=16x16", "-frames:v", "1"];
  const picture = await ffmpegMakes("png", red);
  const refused = await upload(node.url, anna.accessToken, bytes) as unknown as {
    status: number;
    body: { code: string; detail: string };
  };
  deepEqual([refused.status, refused.body.code], [503, "unsafe_media"]);
  match(refused.body.detail, /jailed.*bubblewrap.*ALLOW_UNSAFE_MEDIA=1/);
  const resumable = await ask<{ code: string }>(node.url, "/api/v1/uploads", {
    method: "POST",
    token: anna.accessToken,
    headers: { "Tus-Resumable": "1.0.0", "Upload-Length": "400000" },
  });
  deepEqual([resumable.status, resumable.body.code], [503, "unsafe_media"]);
  deepEqual(await filesBelow(`${node.dataDir}/media/originals`), []);
  // the page says so before anything is chosen
  const page = await ask<string>(node.url, "/upload", { token: anna.accessToken });
  match(page.body, /Uploads are off on this site for now\..*make bubblewrap work/s);
  ok(!page.body.includes("<form"), "there is nothing to send with");

  await setRoles(node, anna.user.id, ["admin"]);
  const { accessToken: token } = await signIn(node.url, anna.user.username);
  const taken = await upload(node.url, token, bytes);
  equal(taken.status, 202);
  const track = await waitForTrack(node.url, taken.body.track.id, ["ready", "failed"], { token });
  equal(track.failure, null);

  // ffmpeg reads pictures too
  const cover = (token: string) =>
    ask<{ code?: string }>(node.url, `/api/v1/tracks/${track.id}/cover`, {
      method: "PUT",
      token,
      body: picture,
      headers: { "Content-Type": "image/png" },
    });
  equal((await cover(token)).status, 200);
  await setRoles(node, anna.user.id, ["user"]);
  const asUser = await cover((await signIn(node.url, anna.user.username)).accessToken);
  deepEqual([asUser.status, asUser.body.code], [503, "unsafe_media"]);

  // so it would be when a download is made, whoever asks; as it lies there, the file may be had
  const download = async (format: string) => {
    const url = `${node.url}/api/v1/tracks/${track.id}/download?format=${format}`;
    const answer = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
    await answer.body?.cancel();
    return answer.status;
  };
  deepEqual([await download("opus"), await download("original")], [503, 200]);
  await setRoles(node, anna.user.id, ["admin"]);
  equal(await download("mp3"), 200);
  await setRoles(node, anna.user.id, ["user"]);
  equal(await download("mp3"), 200, "what an administrator's file was made into is there");
});

Deno.test("[U12] what was taken in safely is not processed where it no longer would be", async () => {
  await using tools = await withoutJail();
  await using folder = await temporary();
  const dataDir = `${folder.path}/data`;
  const bytes = await song("wav", 600);
  let trackId: string;
  let token: string;
  {
    await using node = await startNode({ env: site, dataDir });
    const anna = await register(node.url);
    token = anna.accessToken;
    trackId = (await upload(node.url, token, bytes)).body.track.id;
    await node.kill9();
  }
  {
    await using node = await startNode({
      env: { ...site, FFMPEG: `${tools.path}/ffmpeg` },
      dataDir,
    });
    await until("the job to wait", async () => {
      const { body } = await askNode(dataDir, "/admin/jobs?status=waiting");
      return JSON.stringify(body).includes("unsafe_media");
    });
    const track = await ask<{ status: string }>(node.url, `/api/v1/tracks/${trackId}`, { token });
    equal(track.body.status, "processing");
  }
  // mended, it is made without anybody asking
  await using node = await startNode({ env: site, dataDir });
  const track = await waitForTrack(node.url, trackId, ["playable", "ready", "failed"], { token });
  equal(track.failure, null);
});

Deno.test("[U12] whoever runs the site may decide otherwise", async () => {
  await using tools = await withoutJail();
  const env = { ...site, FFMPEG: `${tools.path}/ffmpeg`, ALLOW_UNSAFE_MEDIA: "1" };
  await using node = await startNode({ env });
  const anna = await register(node.url);
  equal((await upload(node.url, anna.accessToken, await song("wav", 1))).status, 202);
  deepEqual(told(node, "only administrators"), []);
});

Deno.test("[U12] a public site with a jail, and one of one's own without, take everybody's files", async () => {
  await using tools = await withoutJail();
  for (const env of [site, { FFMPEG: `${tools.path}/ffmpeg` }]) {
    await using node = await startNode({ env });
    const anna = await register(node.url);
    const { status, body } = await upload(node.url, anna.accessToken, await song("wav", 1));
    equal(status, 202, JSON.stringify(body));
    ok(told(node, "found ffmpeg").length === 1);
  }
});
