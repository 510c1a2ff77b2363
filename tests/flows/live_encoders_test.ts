/** Encoders on the air (L2): real programs, handshakes as others write them, and what goes wrong. */
import assert from "node:assert/strict";
import { chirpInput, chirpWav, heardChirp } from "../support/chirp.ts";
import { ffmpegMakes } from "../support/audio.ts";
import {
  encoder,
  ffmpegEncoder,
  type Form,
  FORMS,
  mountOf,
  rawEncoder,
} from "../support/encoders.ts";
import { creator, getLive, liveProbe, makeLive } from "../support/live.ts";
import { framesToFile } from "../support/live_sound.ts";
import type { Grant } from "../support/client.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { temporary, until } from "../support/processes.ts";
import { join } from "../../media/live/ogg.ts";
import { noise, seeded } from "../support/seeded.ts";

let node: RunningNode;
let host: Grant;
/** Steps that run side by side, by their names. */
type Steps = Readonly<Record<string, () => Promise<void>>>;

const make = (stream: object = {}) => makeLive(node.url, host, stream);
const status = async (id: string) => (await getLive(node.url, id, host.accessToken)).status;
const comesOnAir = (id: string) => until("the stream", async () => await status(id) === "live");
const basic = (key: string, user = "source") => `Authorization: Basic ${btoa(`${user}:${key}`)}`;
const mp3 = await ffmpegMakes("mp3", [...chirpInput(12), "-c:a", "libmp3lame", "-b:a", "128k"]);
/** A second of it, about. */
const SECOND = 16_000;

/** What all sources must come through as. */
async function assertWhole(
  file: string,
  what: { at: number; seconds: number },
): Promise<void> {
  const { drift, likeness, crosstalk } = await heardChirp(file, what);
  assert.ok(drift < 10, `a window lay ${drift} ms off its place: a gap, or a wrong speed`);
  assert.ok(likeness > 0.8, `likeness ${likeness}`);
  assert.ok(crosstalk < 0.2, `crosstalk ${crosstalk}`);
}

const PROGRAMS: Steps = {
  "[L2] ffmpeg is heard whole in Ogg Opus, Ogg Vorbis, MP3 and AAC": async () => {
    await using folder = await temporary();
    await Promise.all((Object.keys(FORMS) as Form[]).map(async (form) => {
      const stream = await make();
      await using probe = await liveProbe(node.url, stream.id, "listen");
      await using sender = ffmpegEncoder(stream, form, chirpInput(5));
      const { code, log } = await sender.ended;
      assert.equal(code, 0, log);
      await probe.until(248, 15_000);
      const file = `${folder.path}/${form}.ogg`;
      await framesToFile(file, probe.frames());
      await assertWhole(file, { at: 0.4, seconds: 4.2 });
    }));
  },

  "[L2] Liquidsoap and ices are heard whole": async () => {
    await using folder = await temporary();
    const wav = `${folder.path}/chirp.wav`;
    await Deno.writeFile(wav, await chirpWav(9));
    const ogg = `${folder.path}/chirp.ogg`;
    await Deno.writeFile(ogg, await ffmpegMakes("ogg", [...chirpInput(9), "-c:a", "libvorbis"]));
    await Deno.writeTextFile(`${folder.path}/list.txt`, `${ogg}\n`);

    const liquidsoap = (form: string) => (mount: string, port: number, key: string) =>
      encoder("liquidsoap", [
        "settings.init.allow_root.set(true)\n" +
        // else it has 44.1 kHz, and what it makes of that for Opus is only like the chirp
        "settings.frame.audio.samplerate.set(48000)\n" +
        `output.icecast(${form}, host="127.0.0.1", port=${port}, user="source", ` +
        `password="${key}", mount="${mount}", fallible=true, once(single("${wav}")))`,
      ]);
    const programs = {
      "liquidsoap, Vorbis": liquidsoap("%vorbis.cbr(bitrate=160)"),
      "liquidsoap, Opus": liquidsoap("%opus(bitrate=128)"),
      ices: async (mount: string, port: number, key: string) => {
        const config = `${folder.path}/ices.xml`;
        await Deno.writeTextFile(
          config,
          `<ices><background>0</background><logpath>${folder.path}</logpath><logfile>ices.log</logfile>
        <loglevel>4</loglevel><consolelog>0</consolelog><stream>
        <metadata><name>n</name><genre>g</genre><description>d</description></metadata>
        <input><module>playlist</module><param name="type">basic</param>
        <param name="file">${folder.path}/list.txt</param><param name="once">1</param></input>
        <instance><hostname>127.0.0.1</hostname><port>${port}</port><password>${key}</password>
        <mount>${mount}</mount><reconnectdelay>1</reconnectdelay><reconnectattempts>2</reconnectattempts>
        </instance></stream></ices>`,
        );
        return encoder("ices2", [config]);
      },
    };
    await Promise.all(
      Object.entries(programs).map(async ([name, start]) => {
        const stream = await make();
        await using probe = await liveProbe(node.url, stream.id, "listen");
        const { port, mount, key } = mountOf(stream);
        await using _ = await start(mount, port, key);
        await probe.until(340, 40_000).catch((error) => {
          throw new Error(`${name}: ${error.message}`);
        });
        const file = `${folder.path}/${name}.ogg`;
        await framesToFile(file, probe.frames());
        await assertWhole(file, { at: 0.5, seconds: 5 });
      }),
    );
  },
};

const RULES: Steps = {
  "[L2] BUTT, Mixxx and old sources are taken as they greet": async () => {
    const greetings: Record<string, (mount: string, key: string) => string> = {
      butt: (mount, key) =>
        `PUT ${mount} HTTP/1.1\r\n${basic(key)}\r\nUser-Agent: butt 0.1.37\r\n` +
        "Content-Type: audio/mpeg\r\nice-name: My radio\r\nice-public: 0\r\n" +
        "ice-audio-info: ice-bitrate=128;ice-channels=2;ice-samplerate=44100\r\n" +
        "Expect: 100-continue\r\n\r\n",
      mixxx: (mount, key) =>
        `SOURCE ${mount} HTTP/1.0\r\n${basic(key)}\r\nHost: 127.0.0.1\r\n` +
        "User-Agent: libshout/2.4.6\r\nContent-Type: audio/mpeg\r\nice-public: 0\r\n" +
        "ice-audio-info: bitrate=128\r\n\r\n",
      old: (mount, key) =>
        `SOURCE ${mount.replaceAll("-", "")} ICE/1.0\n` +
        `content-type: audio/mpeg\n${basic(key, "")}\n\n`,
    };
    await Promise.all(
      Object.entries(greetings).map(async ([name, greeting]) => {
        const stream = await make();
        const { port, mount, key } = mountOf(stream);
        using sender = await rawEncoder(port);
        await sender.write(greeting(mount, key));
        const answer = await sender.hear();
        if (name === "butt") assert.equal(answer, "HTTP/1.1 100 Continue\r\n\r\n");
        else assert.match(answer, /^HTTP\/1\.0 200 OK\r\n/);
        await sender.write(mp3.subarray(0, 2 * SECOND));
        await comesOnAir(stream.id);
      }),
    );
  },

  "[L2] a chunked body is taken apart, and its end is answered": async () => {
    const stream = await make();
    const { port, mount, key } = mountOf(stream);
    using sender = await rawEncoder(port);
    await sender.write(
      `PUT ${mount} HTTP/1.1\r\n${basic(key)}\r\nContent-Type: audio/mpeg\r\n` +
        "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
    );
    assert.match(await sender.hear(), /100 Continue/);
    await using probe = await liveProbe(node.url, stream.id, "listen");
    for (let at = 0; at < 2 * SECOND; at += 5_000) {
      const part = mp3.subarray(at, at + 5_000);
      await sender.write(`${part.length.toString(16)}\r\n`);
      await sender.write(part);
      await sender.write("\r\n");
    }
    await sender.write("0\r\n\r\n");
    assert.match(await sender.all(), /^HTTP\/1\.1 200 OK/);
    await probe.until(95);
  },

  "[L2] what is wrong is answered with what it is": async () => {
    const stream = await make();
    const { port, mount, key } = mountOf(stream);
    const put = (path: string, authorization: string, type = "audio/mpeg") =>
      `PUT ${path} HTTP/1.1\r\n${authorization}\r\nContent-Type: ${type}\r\n\r\n`;
    const ended = await make();
    const stopped = await fetch(`${node.url}/api/v1/live/${ended.id}/stop`, {
      method: "POST",
      headers: { Authorization: `Bearer ${host.accessToken}` },
    });
    await stopped.body?.cancel();
    const cases: [string, string, RegExp][] = [
      [
        "a wrong key",
        put(mount, basic("x".repeat(32))),
        /^HTTP\/1\.0 401 .*WWW-Authenticate: Basic/s,
      ],
      ["no key", put(mount, "X-None: 1"), /^HTTP\/1\.0 401 /],
      ["another user", put(mount, basic(key, "admin")), /^HTTP\/1\.0 401 /],
      ["another mount", put("/live/nothing", basic(key)), /^HTTP\/1\.0 401 /],
      ["a video", put(mount, basic(key), "video/webm"), /^HTTP\/1\.0 415 /],
      ["an ended stream", put(mountOf(ended).mount, basic(mountOf(ended).key)), /^HTTP\/1\.0 409 /],
      ["a POST", `POST ${mount} HTTP/1.1\r\n${basic(key)}\r\n\r\n`, /^HTTP\/1\.1 405 /],
      ["noise", "\x16\x03\x01\x02\r\n\r\n", /^HTTP\/1\.0 400 /],
      ["a long head", `PUT ${mount} HTTP/1.1\r\nX: ${"a".repeat(1024 ** 2)}\r\n\r\n`, / 431 /],
      ["a cut head", `PUT ${mount} HTTP/1.1\r\n`, /^HTTP\/1\.0 408 /],
    ];
    await Promise.all(cases.map(async ([what, sent, wanted]) => {
      using sender = await rawEncoder(port);
      await sender.write(sent);
      assert.match(await sender.all(), wanted, what);
    }));
    assert.equal(await status(stream.id), "idle");
  },

  "[L2] a second encoder is refused, and the first goes on; a new key cuts it off": async () => {
    const stream = await make();
    const { port, mount, key } = mountOf(stream);
    await using sender = ffmpegEncoder(stream, "opus", chirpInput(30));
    await using probe = await liveProbe(node.url, stream.id, "listen");
    await probe.until(50, 15_000);
    using second = await rawEncoder(port);
    await second.write(`SOURCE ${mount} HTTP/1.0\r\n${basic(key)}\r\n\r\n`);
    assert.match(await second.all(), /^HTTP\/1\.0 409 /);
    const before = probe.frames().length;
    await probe.until(before + 50);
    const renewed = await fetch(`${node.url}/api/v1/live/${stream.id}/keys`, {
      method: "POST",
      headers: { Authorization: `Bearer ${host.accessToken}` },
    });
    await renewed.body?.cancel();
    const renewedAt = performance.now();
    await sender.ended;
    const took = performance.now() - renewedAt;
    assert.ok(took < 5_000, `the sender went on for ${took} ms`); // by itself it ends after 30 s
    using third = await rawEncoder(port);
    await third.write(`SOURCE ${mount} HTTP/1.0\r\n${basic(key)}\r\n\r\n`);
    assert.match(await third.all(), /^HTTP\/1\.0 401 /);
  },

  "[L2] who sends ten times too fast is slowed down, and is heard at the right speed": async () => {
    await using folder = await temporary();
    const stream = await make();
    await using probe = await liveProbe(node.url, stream.id, "listen");
    const began = performance.now();
    await using _ = ffmpegEncoder(stream, "mp3", chirpInput(6), { realtime: false });
    await probe.until(298, 20_000);
    const took = performance.now() - began;
    assert.ok(took > 5_500, `six seconds came in ${took} ms`);
    const file = `${folder.path}/fast.ogg`;
    await framesToFile(file, probe.frames());
    await assertWhole(file, { at: 0.4, seconds: 5 });
  },

  "[L2] noise amid the sound is passed over; noise alone ends it": async () => {
    const stream = await make();
    const { port, mount, key } = mountOf(stream);
    using sender = await rawEncoder(port);
    await sender.write(`SOURCE ${mount} HTTP/1.0\r\n${basic(key)}\r\n\r\n`);
    await sender.hear();
    await using probe = await liveProbe(node.url, stream.id, "listen");
    await sender.write(join(mp3.subarray(0, 2 * SECOND), noise(seeded(1), 10_000)));
    await sender.write(mp3.subarray(2 * SECOND, 4 * SECOND));
    await probe.until(180);
    const junk = noise(seeded(2), 65_536);
    for (let sent = 0; sent < 24; sent++) await sender.write(junk).catch(() => {});
    await until("the end", async () => await status(stream.id) === "reconnecting");
    assert.ok(
      node.logs().some((line) => line.includes(stream.id) && line.includes("not_audio")),
      "the log says why",
    );
  },

  "[L2] a title goes to the listeners, and only with the key": async () => {
    const stream = await make();
    const { port, mount, key } = mountOf(stream);
    await using _ = ffmpegEncoder(stream, "opus", chirpInput(20), {
      more: ["-metadata", "artist=Ann", "-metadata", "title=First"],
    });
    await using probe = await liveProbe(node.url, stream.id, "listen");
    await probe.next(({ action, data }) => action === "playing" && data.text === "Ann - First");
    const ask = async (authorization: string, of = mount) => {
      using asker = await rawEncoder(port);
      await asker.write(
        `GET /admin/metadata?mode=updinfo&mount=${of}&song=Bo%20-%20Zw%C3%B6lf HTTP/1.0\r\n` +
          `${authorization}\r\n\r\n`,
      );
      return await asker.all();
    };
    assert.match(await ask(basic("y".repeat(32))), /^HTTP\/1\.0 401 /);
    assert.match(await ask(basic(key)), /^HTTP\/1\.0 200 .*<return>1<\/return>/s);
    await probe.next(({ action, data }) => action === "playing" && data.text === "Bo - Zwölf");
    const silent = await make();
    assert.match(await ask(basic(mountOf(silent).key), mountOf(silent).mount), /^HTTP\/1\.0 400 /);
  },

  "[L2] an encoder that stands still is lost after ten seconds": async () => {
    const stream = await make();
    const { port, mount, key } = mountOf(stream);
    using sender = await rawEncoder(port);
    await sender.write(`SOURCE ${mount} HTTP/1.0\r\n${basic(key)}\r\n\r\n`);
    await sender.hear();
    await sender.write(mp3.subarray(0, 2 * SECOND));
    await comesOnAir(stream.id);
    const began = performance.now();
    assert.equal(await sender.all(), "", "it is closed");
    assert.ok(performance.now() - began < 20_000);
    await until("the grace", async () => await status(stream.id) === "reconnecting");
  },

  "[L2] a port that is taken leaves the site without encoders, and says so": async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const port = String(taken.addr.port);
    await using other = await startNode({ env: { ENCODER_PORT: port } });
    const { status, body } = await fetch(`${other.url}/healthz`);
    await body?.cancel();
    assert.equal(status, 200);
    assert.ok(other.logs().some((line) => line.includes(`port ${port} on`)), "nothing was said");
  },
};

Deno.test("encoders on the air", async (t) => {
  await using started = await startNode();
  node = started;
  host = await creator(node.url);
  for (const steps of [PROGRAMS, RULES]) {
    // beside each other: what belongs to one is not there yet, or still, when another ends
    const beside = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
    const went = Object.entries(steps).map(([name, fn]) => t.step({ name, fn, ...beside }));
    await Promise.all(went);
  }
});
