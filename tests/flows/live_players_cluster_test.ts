/** Players at a node that is not the host's: what they hear, and what is left when that node dies (L4, L6). */
import { equal, match, ok } from "node:assert/strict";
import { clusterBed } from "../../tasks/testbed/bed.ts";
import { chirpInput, heardChirp } from "../support/chirp.ts";
import { ffmpegEncoder, mountOf, rawEncoder } from "../support/encoders.ts";
import { creator, getLive, liveProbe, makeLive } from "../support/live.ts";
import { temporary, until } from "../support/processes.ts";

Deno.test("players of a live stream at another node than its host's", async (t) => {
  await using folder = await temporary();
  await Deno.chmod(folder.path, 0o711); // PostgreSQL is not root
  const wanted = { embedded: false, nodes: 2, workers: 0, limits: false };
  await using bed = await clusterBed(wanted, `${folder.path}/data`);
  const [a, b] = bed.nodes;
  const host = await creator(a!.url);
  const stream = await makeLive(a!.url, host);
  const there = await getLive(b!.url, stream.id, host.accessToken);
  const at = `${b!.url}/live/${stream.id}`;
  await using _sender = ffmpegEncoder(stream, "mp3", chirpInput(90));
  await until(
    "the stream",
    async () => (await getLive(b!.url, stream.id)).status === "live",
    30_000,
  );

  {
    // it is on air before the first of its sound has been made
    await using sounds = await liveProbe(b!.url, stream.id, "listen");
    await sounds.until(100, 20_000);
  }

  const hears = (input: string, name: string) => async () => {
    const file = `${folder.path}/${name}.wav`;
    const { stderr } = await new Deno.Command("ffmpeg", {
      args: ["-nostdin", "-v", "error", "-i", input, "-t", "6", file],
    }).output();
    equal(new TextDecoder().decode(stderr), "");
    const { drift, likeness, crosstalk } = await heardChirp(file, { at: 1.7, seconds: 3.5 });
    ok(drift < 15, `a window lay ${drift} ms off its place`);
    ok(likeness > 0.7 && crosstalk < 0.25, `likeness ${likeness}, crosstalk ${crosstalk}`);
  };
  await t.step("[L4] endless Opus is heard whole", hears(`${at}/stream.opus`, "opus"));
  await t.step("[L4] endless MP3 is heard whole", hears(`${at}/stream.mp3`, "mp3"));
  await until("a list", async () => {
    const { status, body } = await fetch(`${at}/index.m3u8`);
    await body?.cancel();
    return status === 200;
  }, 30_000);
  await t.step("[L4] HLS is heard whole", hears(`${at}/index.m3u8`, "hls"));

  await t.step("[L2] a title that is told to another node reaches the listeners", async () => {
    const { port, mount, key } = mountOf(there);
    ok(port !== mountOf(stream).port);
    await using probe = await liveProbe(b!.url, stream.id, "listen");
    using encoder = await rawEncoder(port);
    await encoder.write(
      `GET /admin/metadata?mode=updinfo&mount=${mount}&song=Ann+-+First HTTP/1.0\r\n` +
        `Authorization: Basic ${btoa(`source:${key}`)}\r\n\r\n`,
    );
    match(await encoder.all(), /^HTTP\/1\.0 200 .*<return>1<\/return>/s);
    await probe.next(({ action, data }) => action === "playing" && data.text === "Ann - First");
  });

  await t.step(
    "[L2] an encoder is refused at one node while another sends at the other",
    async () => {
      const { port, mount, key } = mountOf(there);
      using second = await rawEncoder(port);
      await second.write(
        `SOURCE ${mount} HTTP/1.0\r\nAuthorization: Basic ${btoa(`source:${key}`)}\r\n\r\n`,
      );
      match(await second.all(), /^HTTP\/1\.0 409 /);
    },
  );

  await t.step("[L6][L9] when the host's node dies, HLS goes on with silence", async () => {
    const list = async () => await (await fetch(`${at}/index.m3u8`)).text();
    ok(!(await list()).includes("0-0-seg"));
    await a!.kill9();
    const killedAt = performance.now();
    await until("silence", async () => (await list()).includes("hls/0-0-seg-00001"), 20_000);
    ok(performance.now() - killedAt < 15_000);
    const name = /hls\/0-0-seg-\d+\.\w+/.exec(await list())![0];
    const file = await fetch(`${at}/${name}`);
    equal(file.status, 200);
    ok((await file.arrayBuffer()).byteLength > 100);
    ok((await getLive(b!.url, stream.id)).status !== "ended");
  });
});
