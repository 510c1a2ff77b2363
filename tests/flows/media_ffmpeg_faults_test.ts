/** ffmpeg that hangs, crashes, eats memory or writes without end: each is told, and ends (U11). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { ErrorCode } from "../../domain/errors.ts";
import { song } from "../support/audio.ts";
import { ask, register, upload, waitForTrack } from "../support/client.ts";
import { filesBelow } from "../support/files.ts";
import { startNode } from "../support/node.ts";
import { childrenOf, peakMemory, until } from "../support/processes.ts";
import { type Fault, stubFfmpeg } from "../support/stub_ffmpeg.ts";
import { visit } from "../support/watch.ts";

/** Seconds without progress, in the place of 30: hangs are tried three times. */
const STALL_SECONDS = 1;
const STALLED = new RegExp(`no further for ${STALL_SECONDS} s`);
/** In the command lines of all that a stub leaves running. */
const MARK = "86397";

/** What goes wrong, and how the track ends: a code, and a sentence that says why. */
const FAULTS: Readonly<Record<string, Fault & { code: ErrorCode; detail: RegExp }>> = {
  "probe-hangs": {
    at: "probe",
    script: `exec sleep ${MARK}`,
    code: "processing_failed",
    detail: STALLED,
  },
  "encode-hangs": {
    at: "encode",
    // a child of its own too, which ignores what can be ignored
    script: `(trap '' TERM INT HUP; exec sleep ${MARK}) & exec sleep ${MARK}`,
    code: "processing_failed",
    detail: STALLED,
  },
  "measure-crashes": {
    at: "measure",
    script: "kill -SEGV $$",
    code: "processing_failed",
    detail: /SIGSEGV/,
  },
  "encode-crashes": {
    at: "encode",
    script: "kill -ABRT $$",
    code: "processing_failed",
    detail: /SIGABRT/,
  },
  "measure-eats": {
    at: "measure",
    script: "exec dd if=/dev/zero of=/dev/null bs=3G count=1",
    code: "processing_failed",
    detail: /memory/,
  },
  "probe-talks": {
    at: "probe",
    script: "exec yes '{ \"streams\": ['",
    code: "not_audio",
    detail: /too many streams/,
  },
  "measure-shouts": {
    at: "measure",
    script: "exec yes '[error] and again' >&2",
    code: "processing_failed",
    detail: STALLED,
  },
  "measure-mumbles": {
    at: "measure",
    script: "exec cat /dev/zero >&2",
    code: "processing_failed",
    detail: STALLED,
  },
  "draw-talks": {
    at: "draw",
    script: "exec cat /dev/zero",
    code: "too_long",
    detail: /longer than/,
  },
  "encode-writes": {
    at: "encode",
    script: "exec cat /dev/zero > seg-00000.m4s",
    code: "too_large",
    detail: /too large/i,
  },
  "encode-idles": {
    at: "encode",
    script: "exit 0",
    code: "processing_failed",
    detail: /nothing/,
  },
};

Deno.test("[U11] an ffmpeg that hangs, crashes, eats or floods: a reason in time, nothing left, the next is well", async (t) => {
  await using ffmpeg = await stubFfmpeg(FAULTS);
  await using node = await startNode({
    env: {
      FFMPEG: ffmpeg.path,
      FFMPEG_STALL_SECONDS: String(STALL_SECONDS),
      UPLOAD_MAX_SECONDS: "30",
    },
  });
  const { accessToken: token } = await register(node.url);
  const good = async () => {
    const { status, body } = await upload(node.url, token, await song("flac", 2));
    equal(status, 202);
    return body.track.id;
  };
  // the first has all ways of ours warmed up
  await waitForTrack(node.url, await good(), ["ready"]);
  const memory = await peakMemory(node.pid);
  const visitor = visit({
    readyz: async () => equal((await ask(node.url, "/readyz")).status, 200),
    tracks: async () => equal((await ask(node.url, "/api/v1/tracks")).status, 200),
  });

  const ids: Record<string, string> = {};
  for (const name of Object.keys(FAULTS)) {
    const { status, body } = await upload(node.url, token, await ffmpeg.song(name), {
      name: `${name}.wav`,
    });
    equal(status, 202, name);
    ids[name] = body.track.id;
  }
  const beside = await good();
  for (const [name, { code, detail }] of Object.entries(FAULTS)) {
    await t.step(name, async () => {
      const ended = await waitForTrack(node.url, ids[name]!, ["failed", "ready"], {
        token,
        ms: 120_000, // of attempts that are repeated, with rests between them
      });
      equal(ended.failure?.code, code, JSON.stringify(ended.failure));
      match(ended.failure?.detail ?? "", detail);
      ok(!ended.failure?.detail.includes(node.dataDir), "a path of ours was told");
    });
  }
  await visitor.leave();

  equal((await waitForTrack(node.url, beside, ["ready", "failed"])).failure, null);
  equal((await waitForTrack(node.url, await good(), ["ready", "failed"])).failure, null);
  await until("the end of all stubs", async () => {
    const commands = (await childrenOf(node.pid)).map(({ command }) => command);
    return !commands.some((one) => /zero|yes|ffmpeg|ffprobe/.test(one) || one.includes(MARK));
  });
  deepEqual(await filesBelow(`${node.dataDir}/work`), []);
  const left = (await filesBelow(`${node.dataDir}/media`)).filter((path) =>
    Object.values(ids).some((id) => path.includes(id)) && !path.endsWith("/original")
  );
  deepEqual(left, []);
  const grown = (await peakMemory(node.pid) - memory) / 1024 ** 2;
  ok(grown < 200, `the node's memory grew by ${Math.round(grown)} MiB`);
});
