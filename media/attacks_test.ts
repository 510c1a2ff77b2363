/** Attacks by a file's content: other files and hosts must never be read or asked (U11, S11). */
import assert from "node:assert/strict";
import { run, type Tool } from "./ffmpeg.ts";
import { findFfmpeg } from "./find_ffmpeg.ts";
import { probe, sniff } from "./probe.ts";
import { makeAudio, refused, scratchFolder, STRICT, theTool } from "./testing.ts";

const CANARY = "canary-4f1c";

/** Playlists and scripts that make an unguarded ffmpeg open `file` or ask `url`. */
const payloads = (file: string, url: string): Record<string, string> => ({
  "hls file": `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n${file}\n#EXT-X-ENDLIST\n`,
  "hls http": `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n${url}\n#EXT-X-ENDLIST\n`,
  "hls concat": `#EXTM3U\n#EXTINF:9,\nconcat:${url}|file://${file}\n#EXT-X-ENDLIST\n`,
  "concat script": `ffconcat version 1.0\nfile '${file}'\nfile '${url}'\n`,
  "dash": `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>` +
    `<AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="1"><BaseURL>${url}` +
    `</BaseURL></Representation></AdaptationSet></Period></MPD>`,
  "sdp": `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n`,
  "pls": `[playlist]\nFile1=${url}\nNumberOfEntries=1\n`,
  "subtitle": `WEBVTT\n\n00:00.000 --> 00:09.000\n${url}\n`,
  "id3 then hls": `ID3\x03\0\0\0\0\0\x0a${"\0".repeat(10)}#EXTM3U\n#EXTINF:9,\n${file}\n`,
});

Deno.test("[U11] a playlist named .mp3 reads nothing and asks nobody", STRICT, async () => {
  await using scratch = await scratchFolder();
  const canary = await makeAudio(scratch, "canary.wav", "sine=d=9", [
    ...["-metadata", `title=${CANARY}`],
  ]);
  const asked: string[] = [];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (one) => {
    asked.push(one.url);
    return new Response("no");
  });
  const url = `http://127.0.0.1:${server.addr.port}/${CANARY}.wav`;
  const tools: Tool[] = [await theTool(), await findFfmpeg({ jail: false })];
  for (const tool of tools) {
    for (const [name, text] of Object.entries(payloads(canary, url))) {
      const path = scratch.path("song.mp3");
      await Deno.writeTextFile(path, text);
      // The content alone gives it away …
      if (name !== "id3 then hls") await refused(sniff(path), "not_audio");
      // … and were it not to, ffprobe and ffmpeg would still open nothing.
      const outcome = await probe(tool, path, { maxSeconds: 60 }).then(
        (told) => `probed ${Deno.inspect(told)}`,
        (error) => String(error.code),
      );
      assert.match(outcome, /^(not_audio|corrupt)$/, `${name}, jail ${tool.jail}`);
      let decoded = 0;
      await run(tool, {
        input: path,
        args: ["-f", "s16le", "pipe:1"],
        onOutput: (chunk) => void (decoded += chunk.length),
      }).catch(() => undefined);
      assert.equal(decoded, 0, `${name}, jail ${tool.jail}`);
    }
  }
  assert.deepEqual(asked, []);
});

Deno.test(
  "[U11] the canary is real: an unguarded ffmpeg does read the other file",
  STRICT,
  async () => {
    await using scratch = await scratchFolder();
    const canary = await makeAudio(scratch, "canary.wav", "sine=d=1");
    await Deno.writeTextFile(scratch.path("list.mp3"), `ffconcat version 1.0\nfile '${canary}'\n`);
    let decoded = 0;
    await run(await findFfmpeg({ jail: false }), {
      // Through `args`, so that none of the whitelists applies.
      args: ["-safe", "0", "-i", scratch.path("list.mp3"), "-f", "s16le", "pipe:1"],
      onOutput: (chunk) => void (decoded += chunk.length),
    });
    assert.ok(decoded > 0);
  },
);

Deno.test(
  "[U11] a name with options, patterns or protocols in it is only a name",
  STRICT,
  async () => {
    await using scratch = await scratchFolder();
    for (
      const name of ["-y.wav", "concat:a|b.wav", "http:x.wav", "a%05d.wav", "söng 'q' \"z\".wav"]
    ) {
      const made = await makeAudio(scratch, "made.wav", "sine=d=1");
      await Deno.rename(made, scratch.path(name));
      for (const tool of [await theTool(), await findFfmpeg({ jail: false })]) {
        const told = await probe(tool, scratch.path(name), { maxSeconds: 9 });
        assert.equal(told.durationMs, 1_000, name);
      }
    }
  },
);
