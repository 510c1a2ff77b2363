/** Players of a live stream (L4): real programs hear it whole, come late, and leave nothing. */
import assert from "node:assert/strict";
import { chirpInput, heardChirp } from "../support/chirp.ts";
import type { Grant } from "../support/client.ts";
import { ffmpegEncoder, mountOf, rawEncoder } from "../support/encoders.ts";
import { creator, getLive, makeLive } from "../support/live.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { childrenOf, temporary, until } from "../support/processes.ts";
import { FrameReader } from "../../media/live/frames.ts";
import { ICY_EVERY } from "../../media/live/icy.ts";
import { OggPages } from "../../media/live/ogg.ts";

let node: RunningNode;
let host: Grant;
/** Seconds that the host sends. */
const CHIRP = 120;

const onAir = async (id: string) =>
  await until("the stream", async () => (await getLive(node.url, id)).status === "live", 30_000);
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A program that ends by itself, or is ended by SIGTERM after `ms`. */
async function program(name: string, args: readonly string[], ms: number): Promise<void> {
  const child = new Deno.Command(name, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGTERM"), ms);
  const { stderr } = await child.output();
  clearTimeout(timer);
  const log = new TextDecoder().decode(stderr);
  assert.doesNotMatch(log, /invalid data|decoding error|corrupt|cannot decode/i, log.slice(-1_000));
}

/** Seconds of the chirp are in `file`, after what a player begins with. */
async function assertHeard(file: string): Promise<void> {
  const { drift, likeness, crosstalk } = await heardChirp(file, { at: 1.7, seconds: 3.5 });
  assert.ok(drift < 15, `a window lay ${drift} ms off its place: a gap, or a wrong speed`);
  assert.ok(likeness > 0.7, `likeness ${likeness}`);
  assert.ok(crosstalk < 0.25, `crosstalk ${crosstalk}`);
}

Deno.test("players of a live stream", async (t) => {
  await using started = await startNode();
  node = started;
  host = await creator(node.url);
  await using folder = await temporary();
  // VLC will not run as root
  await Deno.chmod(folder.path, 0o777);
  const stream = await makeLive(node.url, host);
  await using _sender = ffmpegEncoder(stream, "opus", chirpInput(CHIRP));
  const at = `${node.url}/live/${stream.id}`;
  const { opus, mp3 } = { opus: `${at}/stream.opus`, mp3: `${at}/stream.mp3` };

  const players: Record<string, (file: string) => Promise<void>> = {
    "ffmpeg, Opus": (file) =>
      program("ffmpeg", ["-v", "warning", "-i", opus, "-t", "6", `${file}.wav`], 30_000),
    "ffmpeg, MP3": (file) =>
      program("ffmpeg", ["-v", "warning", "-i", mp3, "-t", "6", `${file}.wav`], 30_000),
    "ffmpeg, HLS": async (file) => {
      await until("a list", async () => {
        const { status, body } = await fetch(`${at}/index.m3u8`);
        await body?.cancel();
        return status === 200;
      });
      await program(
        "ffmpeg",
        ["-v", "error", "-i", `${at}/index.m3u8`, "-t", "6", `${file}.wav`],
        30_000,
      );
    },
    "mpv, MP3": (file) =>
      program(
        "mpv",
        ["--no-config", "--no-video", "--ao=pcm", `--ao-pcm-file=${file}.wav`, mp3],
        9_000,
      ),
    "VLC, Opus": (file) =>
      program("setpriv", [
        ...["--reuid=65534", "--regid=65534", "--clear-groups", "env", `HOME=${folder.path}`],
        ...["cvlc", "-I", "dummy", "--no-video", "--aout=afile", "--audiofile-channels=2"],
        ...[`--audiofile-file=${file}.wav`, "--run-time=8", opus, "vlc://quit"],
      ], 15_000),
    "curl, Opus": async (file) => {
      await program("curl", ["-sN", "-m", "8", "-o", `${file}.wav`, opus], 30_000);
    },
  };
  await onAir(stream.id);
  const beside = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
  const hears = Object.entries(players).map(([name, play], number) =>
    t.step({
      name: `[L4] ${name}: the stream is heard whole`,
      ...beside,
      async fn() {
        const file = `${folder.path}/${number}`;
        await play(file);
        await assertHeard(`${file}.wav`);
      },
    })
  );
  await Promise.all(hears);

  await t.step(
    "[L4] a late listener begins with whole pages, whole frames, and no error",
    async () => {
      const first = async (url: string) => {
        const { body, headers } = await fetch(url);
        const parts: Uint8Array[] = [];
        for await (const part of body!) {
          parts.push(part);
          if (parts.reduce((sum, { length }) => sum + length, 0) > 40_000) break;
        }
        return {
          headers,
          bytes: new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()),
        };
      };
      const ogg = await first(opus);
      assert.equal(ogg.headers.get("content-type"), "audio/ogg");
      const pages = new OggPages();
      const found = pages.push(ogg.bytes);
      assert.equal(pages.skipped, 0);
      assert.ok(found[0]?.isFirst);
      // from 0, and none missing: libogg, with which VLC reads, opens nothing else
      assert.deepEqual(found.map(({ sequence }) => sequence), found.map((_, index) => index));
      const mpeg = await first(mp3);
      assert.equal(mpeg.headers.get("content-type"), "audio/mpeg");
      const [frame] = new FrameReader("mp3").push(mpeg.bytes);
      assert.deepEqual(frame?.data, mpeg.bytes.slice(0, frame?.data.length));
      for (const [ending, bytes] of [["ogg", ogg.bytes], ["mp3", mpeg.bytes]] as const) {
        const file = `${folder.path}/late.${ending}`;
        await Deno.writeFile(file, bytes);
        const { stderr } = await new Deno.Command("ffmpeg", {
          args: ["-nostdin", "-v", "error", "-i", file, "-f", "null", "-"],
        }).output();
        assert.equal(new TextDecoder().decode(stderr), "", ending);
      }
    },
  );

  await t.step("[L4] a radio player that asks is told titles amid the sound", async () => {
    const { port, mount, key } = mountOf(stream);
    using encoder = await rawEncoder(port);
    await encoder.write(
      `GET /admin/metadata?mode=updinfo&mount=${mount}&song=Ann+-+First HTTP/1.0\r\n` +
        `Authorization: Basic ${btoa(`source:${key}`)}\r\n\r\n`,
    );
    assert.match(await encoder.all(), /200 OK/);
    const { body, headers } = await fetch(mp3, { headers: { "Icy-MetaData": "1" } });
    assert.equal(headers.get("icy-metaint"), String(ICY_EVERY));
    assert.equal(headers.get("icy-name"), "Night shift");
    let text = "";
    for await (const part of body!.pipeThrough(new TextDecoderStream("latin1"))) {
      text += part;
      if (text.length > ICY_EVERY + 100) break;
    }
    const size = text.charCodeAt(ICY_EVERY) * 16;
    const block = text.slice(ICY_EVERY + 1, ICY_EVERY + 1 + size);
    assert.match(block, /^StreamTitle='Ann - First';\0*$/);
  });

  await t.step("[L4] a thousand listeners that leave at once leave nothing", async () => {
    const { hostname, port } = new URL(node.url);
    const ffmpegs = async () =>
      (await childrenOf(node.pid)).filter(({ command }) => /^ffmpeg .*libmp3lame/.test(command))
        .length;
    const listeners = async () => (await getLive(node.url, stream.id)).listeners;
    const open: Deno.TcpConn[] = [];
    const one = async (index: number) => {
      const conn = await Deno.connect({ hostname, port: Number(port) });
      open.push(conn);
      const path = index % 2 === 0 ? opus : mp3;
      const request = `GET ${new URL(path).pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`;
      await conn.write(new TextEncoder().encode(request));
      await conn.read(new Uint8Array(1_024));
    };
    try {
      for (let from = 0; from < 1_000; from += 100) {
        await Promise.all(Array.from({ length: 100 }, (_, index) => one(index)));
      }
      await until("a thousand", async () => await listeners() >= 1_000, 20_000);
      assert.equal(await ffmpegs(), 1, "MP3 is made once, for all");
    } finally {
      for (const conn of open) conn.close();
    }
    await until("nobody", async () => await listeners() === 0, 20_000);
    await until("no ffmpeg", async () => await ffmpegs() === 0);
  });

  await t.step("[L4] what is not on air, not there or not theirs is not found", async () => {
    const silent = await makeLive(node.url, host);
    const secret = await makeLive(node.url, host, { visibility: "private" });
    await using _ = ffmpegEncoder(secret, "mp3", chirpInput(10));
    await until(
      "it",
      async () => (await getLive(node.url, secret.id, host.accessToken)).status === "live",
    );
    const paths = [
      ...["stream.opus", "stream.mp3", "index.m3u8"].map((file) => `${silent.id}/${file}`),
      ...["stream.opus", "stream.mp3", "index.m3u8"].map((file) => `${secret.id}/${file}`),
      `${stream.id}/hls/window.json`,
      `${stream.id}/hls/..%2f..%2fparts`,
      "nothing/stream.opus",
    ];
    for (const path of paths) {
      const { status, body } = await fetch(`${node.url}/live/${path}`);
      await body?.cancel();
      assert.equal(status, 404, path);
    }
    await wait(500);
  });

  await t.step("[L4] the end of a stream ends its files, and its list", async () => {
    const { body } = await fetch(opus);
    const stopped = await fetch(`${node.url}/api/v1/live/${stream.id}/stop`, {
      method: "POST",
      headers: { Authorization: `Bearer ${host.accessToken}` },
    });
    await stopped.body?.cancel();
    const bytes = new Uint8Array(await new Response(body).arrayBuffer());
    assert.ok(new OggPages().push(bytes).at(-1)?.isLast);
    // a list may be a second old
    await until("the end", async () => {
      return (await (await fetch(`${at}/index.m3u8`)).text()).includes("#EXT-X-ENDLIST");
    }, 5_000);
  });
});
