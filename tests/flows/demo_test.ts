/** `deno task demo`: a site that sounds, is not made twice, and goes when it is told to (O4). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { findFfmpeg } from "../../media/find_ffmpeg.ts";
import { run as ffmpeg } from "../../media/ffmpeg.ts";
import type { Track } from "../../domain/tracks.ts";
import { ask, type Grant } from "../support/client.ts";
import { alive, childrenOf, temporary, until } from "../support/processes.ts";
import { noise, run } from "../support/run.ts";

const SMALL = ["--people", "2", "--tracks", "2", "--seconds", "5"];

/** Runs the task until it says who can sign in, and where. */
async function demo(dataDir: string, words: readonly string[]) {
  const running = run(["task", "demo", ...words], {
    // what a developer has in his environment must not lead the demo to a real database
    env: { DATA_DIR: dataDir, DATABASE_URL: "postgres://nobody@127.0.0.1:9/real" },
  });
  const said = (pattern: RegExp) =>
    running.lines.map((line) => pattern.exec(line)?.[1]).find((found) => found !== undefined);
  let over = false;
  running.ended.then(() => over = true);
  await until("the demo's last line", () => {
    if (over) throw new Error(running.lines.join("\n"));
    return Promise.resolve(said(/^(Ctrl-C ends it)/) !== undefined);
  }, 120_000);
  const url = said(/^The demo answers at (\S+)\/$/) ?? "";
  return { running, url, password: said(/^Password of each: (\S+)$/) ?? "" };
}

/** All there is, as its owners see it. */
async function tracksOf(url: string, password: string): Promise<Track[]> {
  const found: Track[] = [];
  for (const login of ["wilga", "maren"]) {
    const { body: { accessToken: token } } = await ask<Grant>(url, "/api/v1/auth/login", {
      json: { login, password },
    });
    const path = `/api/v1/users/${login}/tracks`;
    const { status, body } = await ask<{ items: Track[] }>(url, path, { token });
    equal(status, 200);
    found.push(...body.items);
  }
  return found;
}

/** What ffmpeg's meters say of a file. */
async function meters(path: string) {
  const tool = await findFfmpeg();
  const said = async (filter: string) => {
    const { log } = await ffmpeg(tool, {
      input: path,
      args: ["-map", "0:a:0", "-af", filter, "-f", "null", "-"],
    });
    return log.join("\n");
  };
  const number = (text: string, pattern: RegExp) => Number(pattern.exec(text)?.[1]);
  const side = await said("pan=mono|c0=0.5*c0-0.5*c1,volumedetect");
  return {
    dc: number(await said("astats=measure_perchannel=none"), /DC offset: (\S+)/),
    sideDb: number(side, /mean_volume: (\S+) dB/),
    silence: /silence_duration: (\S+)/.exec(await said("silencedetect=noise=-60dB:d=1"))?.[1],
  };
}

Deno.test("[O4] the demo is filled once, sounds well, and SIGTERM ends all of it with 0", async () => {
  await using dataDir = await temporary();
  const first = await demo(dataDir.path, SMALL);
  const tracks = await tracksOf(first.url, first.password);
  deepEqual(tracks.map(({ title }) => title), ["Nocna zmiana", "Nordfjord, før regnet"]);
  for (const track of tracks) {
    equal(track.status, "ready");
    const ms = track.durationMs ?? 0;
    ok(ms > 3_000 && ms < 5_060, `${ms} ms`);
    ok(track.playCount > 0 && track.genre && track.description);
    const { integratedLufs, truePeakDb } = track.loudness ?? {};
    ok((integratedLufs ?? -99) > -24 && (integratedLufs ?? 0) < -8, `${integratedLufs} LUFS`);
    ok((truePeakDb ?? 99) < 0, `${truePeakDb} dBTP`);
  }
  equal(tracks[1]?.artist, "Maren Oksvik");
  ok(tracks[1]?.coverUrl, "the FLAC has no cover");
  for await (const { name, isFile } of Deno.readDir(`${dataDir.path}/demo`)) {
    if (!isFile) continue;
    const { dc, sideDb, silence } = await meters(`${dataDir.path}/demo/${name}`);
    ok(Math.abs(dc) < 0.001, `${name} has a DC of ${dc}`);
    ok(sideDb > -60, `${name} is mono: ${sideDb} dB between its channels`);
    equal(silence, undefined, `${name} is silent for ${silence} s`);
  }
  const admin = await ask<Grant>(first.url, "/api/v1/auth/login", {
    json: { login: "admin", password: first.password },
  });
  deepEqual(admin.body.user.roles, ["user", "admin"]);

  // beside the first: it finds the node and all that is there, and ends by itself
  const beside = run(["task", "demo", ...SMALL], { env: { DATA_DIR: dataDir.path } });
  equal(await beside.ended, 0, beside.lines.join("\n"));
  match(beside.lines.join("\n"), /runs the demo already/);
  deepEqual(await tracksOf(first.url, first.password), tracks);

  const family = await childrenOf(first.running.child.pid);
  Deno.kill(first.running.child.pid, "SIGTERM");
  equal(await first.running.ended, 0);
  deepEqual(noise(first.running.lines), []);
  for (const { pid, command } of family) equal(await alive(pid), false, command);

  const second = await demo(dataDir.path, SMALL);
  equal(second.password, first.password);
  deepEqual(await tracksOf(second.url, second.password), tracks);
  Deno.kill(-second.running.child.pid, "SIGINT"); // as a terminal does
  equal(await second.running.ended, 0);
  deepEqual(noise(second.running.lines), []);
});

Deno.test("[O4] the demo says what it did not understand, and leaves a folder that is no demo's", async () => {
  const wrong = [["--people", "0"], ["--tracks=many"], ["--seconds", "1"], ["--fast"]];
  const command = ["run", "--frozen", "--no-prompt", "-q", "-P=tools", "tasks/demo.ts"];
  const told = await Promise.all(wrong.map(async (words) => {
    const running = run([...command, ...words]);
    return [await running.ended, noise(running.lines)];
  }));
  deepEqual(told, wrong.map(() => [2, []]));
  const help = run([...command, "--help"]);
  equal(await help.ended, 0);
  match(help.lines.join("\n"), /--keep/);

  await using dataDir = await temporary();
  using lock = await Deno.open(`${dataDir.path}/embedded.lock`, { create: true, write: true });
  await lock.lock(true); // as a node that somebody else runs there
  const refused = run([...command, ...SMALL], { env: { DATA_DIR: dataDir.path } });
  equal(await refused.ended, 2);
  match(refused.lines.join("\n"), /is in use by process unknown, which is no demo/);
});
