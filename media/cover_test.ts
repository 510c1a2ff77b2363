/** Tests of covers: real pictures, and pictures made to do harm (U9, U11). */
import assert from "node:assert/strict";
import { constants, deflateSync } from "node:zlib";
import { fileTypeFromFile } from "file-type";
import { COVER_MAX_BYTES } from "../domain/covers.ts";
import { makeCovers } from "./cover.ts";
import { run } from "./ffmpeg.ts";
import { refused, type Scratch, scratchFolder, STRICT, theTool } from "./testing.ts";

/** A picture drawn by ffmpeg as `name` in the scratch folder. */
async function draw(scratch: Scratch, name: string, graph: string, args: readonly string[] = []) {
  await run(await theTool(), {
    args: ["-y", "-f", "lavfi", "-i", graph, "-frames:v", "1", ...args, name],
    outDir: scratch.dir,
  });
  return scratch.path(name);
}

async function covers(scratch: Scratch, input: string, signal?: AbortSignal) {
  await Deno.mkdir(scratch.path("out"), { recursive: true });
  return await makeCovers(await theTool(), {
    input,
    outDir: scratch.path("out"),
    ...(signal && { signal }),
  });
}

/** What ffprobe sees, as `key=value` lines. */
async function seen(path: string): Promise<string> {
  let text = "";
  await run(await theTool(), {
    program: "ffprobe",
    kind: "image",
    input: path,
    args: ["-show_streams", "-show_format"],
    onOutput: (chunk) => void (text += new TextDecoder().decode(chunk)),
  });
  return text;
}

/** Red, green and blue of the pixel at `x`, `y`. */
async function pixel(path: string, x: number, y: number): Promise<number[]> {
  const bytes: number[] = [];
  await run(await theTool(), {
    kind: "image",
    input: path,
    args: ["-vf", `format=rgb24,crop=1:1:${x}:${y}`, "-f", "rawvideo", "pipe:1"],
    onOutput: (chunk) => void bytes.push(...chunk),
  });
  return bytes.slice(0, 3);
}

const crc = (bytes: Uint8Array) => {
  let value = ~0;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (0xedb88320 & -(value & 1));
  }
  return ~value >>> 0;
};

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = join(new TextEncoder().encode(type), data);
  return join(word(data.length), body, word(crc(body)));
}

const word = (value: number) => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
};

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** `times` times these bytes, as zlib data; flushed in between, so that each time is the same. */
function deflated(bytes: Uint8Array, times: number): Uint8Array {
  const once = deflateSync(bytes, { finishFlush: constants.Z_FULL_FLUSH });
  const end = new Uint8Array([3, 0, 0, 0, 0, 0]);
  return join(once.subarray(0, 2), ...new Array(times).fill(once.subarray(2)), end);
}

/** A PNG that says it has these sides; `more` are chunks before its (few) pixels. */
function png(width: number, height: number, ...more: Uint8Array[]) {
  return join(
    new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", join(word(width), word(height), new Uint8Array([8, 6, 0, 0, 0]))),
    ...more,
    chunk("IDAT", deflated(new Uint8Array(5_000), 1)),
    chunk("IEND", new Uint8Array()),
  );
}

Deno.test("[U9] JPEG, PNG, WebP and GIF become three square WebP sizes", STRICT, async () => {
  for (const name of ["a.jpg", "a.png", "a.webp", "a.gif"]) {
    await using scratch = await scratchFolder();
    const made = await covers(scratch, await draw(scratch, name, "testsrc2=s=1600x1200"));
    assert.deepEqual(made.map(({ size, px }) => [size, px]), [
      ["small", 96],
      ["medium", 320],
      ["large", 1_024],
    ]);
    for (const { path, px } of made) {
      assert.equal((await fileTypeFromFile(path))?.mime, "image/webp");
      const told = await seen(path);
      assert.match(told, new RegExp(`codec_name=webp\n[^]*width=${px}\nheight=${px}\n`));
    }
  }
});

Deno.test("[U9] nothing is enlarged, and one pixel is enough", STRICT, async () => {
  for (const [sides, wanted] of [["500x200", [96, 200, 200]], ["1x1", [1, 1, 1]]] as const) {
    await using scratch = await scratchFolder();
    const made = await covers(
      scratch,
      await draw(scratch, "a.png", `color=c=red:s=${sides},format=rgb24`),
    );
    assert.deepEqual(made.map(({ px }) => px), wanted);
    for (const { path, px } of made) assert.match(await seen(path), new RegExp(`width=${px}\n`));
  }
});

Deno.test("[U9] of pictures that move, the first is taken", STRICT, async () => {
  await using scratch = await scratchFolder();
  const film = await draw(scratch, "film.gif", "color=c=red:s=120x120,fade=out:0:20", [
    ...["-frames:v", "20"],
  ]);
  const [small] = await covers(scratch, film);
  assert.doesNotMatch(await seen(small!.path), /nb_frames=[2-9]/);
  const [red = 0] = await pixel(small!.path, 48, 48);
  assert.ok(red > 200, `${red}`);
});

Deno.test("[U9] the centre is kept, and turned as the camera was", STRICT, async () => {
  await using scratch = await scratchFolder();
  // Left to right: red, the square in the middle of green above blue, red.
  const graph = "color=c=red:s=900x300,drawbox=x=300:y=0:w=300:h=150:c=lime:t=fill," +
    "drawbox=x=300:y=150:w=300:h=150:c=blue:t=fill";
  const path = await draw(scratch, "a.jpg", graph, ["-q:v", "1"]);
  const near = (got: number[], wanted: number[]) =>
    assert.ok(got.every((one, at) => Math.abs(one - wanted[at]!) < 40), `${got}, not ${wanted}`);
  const [plain] = await covers(scratch, path);
  near(await pixel(plain!.path, 48, 10), [0, 255, 0]);
  near(await pixel(plain!.path, 48, 86), [0, 0, 255]);
  near(await pixel(plain!.path, 2, 10), [0, 255, 0]);

  const jpeg = await Deno.readFile(path);
  await Deno.writeFile(path, join(jpeg.subarray(0, 2), exif(3), jpeg.subarray(2)));
  const [turned] = await covers(scratch, path);
  near(await pixel(turned!.path, 48, 10), [0, 0, 255]);
});

/** An APP1 segment with an orientation, and a place as description. */
function exif(orientation: number): Uint8Array {
  const tiff = new DataView(new ArrayBuffer(60));
  const entry = (at: number, tag: number, type: number, count: number, value: number) => {
    tiff.setUint16(at, tag);
    tiff.setUint16(at + 2, type);
    tiff.setUint32(at + 4, count);
    if (type === 3) tiff.setUint16(at + 8, value);
    else tiff.setUint32(at + 8, value);
  };
  tiff.setUint32(0, 0x4d4d002a);
  tiff.setUint32(4, 8);
  tiff.setUint16(8, 2);
  entry(10, 0x010e, 2, 20, 40);
  entry(22, 0x0112, 3, 1, orientation);
  const bytes = new Uint8Array(tiff.buffer);
  bytes.set(new TextEncoder().encode("GPS 52.5200N 13.4E"), 40);
  const body = join(new TextEncoder().encode("Exif\0\0"), bytes);
  return join(new Uint8Array([0xff, 0xe1, 0, body.length + 2]), body);
}

Deno.test("[U9] where a picture was taken, and what hangs on it, stays out", STRICT, async () => {
  await using scratch = await scratchFolder();
  const jpeg = await Deno.readFile(await draw(scratch, "a.jpg", "testsrc2=s=400x400"));
  const text = chunk("tEXt", new TextEncoder().encode("Comment\0GPS 52.5200N 13.4E"));
  const whole = await Deno.readFile(await draw(scratch, "b.png", "testsrc2=s=400x400"));
  const pictures = {
    "a.jpg": join(
      jpeg.subarray(0, 2),
      exif(1),
      jpeg.subarray(2),
      // A polyglot: a page, or an archive, after the end of the picture.
      new TextEncoder().encode("PK\x03\x04<script>GPS</script>"),
    ),
    "b.png": join(whole.subarray(0, 33), text, whole.subarray(33)),
  };
  for (const [name, bytes] of Object.entries(pictures)) {
    assert.match(new TextDecoder("latin1").decode(bytes), /GPS/);
    await Deno.writeFile(scratch.path(name), bytes);
    for (const { path } of await covers(scratch, scratch.path(name))) {
      const made = new TextDecoder("latin1").decode(await Deno.readFile(path));
      assert.doesNotMatch(made, /GPS|EXIF|Exif|XMP|script/);
    }
  }
});

Deno.test("[U11] what is no picture of the four kinds is refused", STRICT, async () => {
  await using scratch = await scratchFolder();
  const write = async (name: string, data: string | Uint8Array) => {
    await Deno.writeFile(
      scratch.path(name),
      typeof data === "string" ? new TextEncoder().encode(data) : data,
    );
    return scratch.path(name);
  };
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>';
  const playlist = "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n";
  const cases: [string, string | Uint8Array, RegExp][] = [
    ["a.png", svg, /taken are JPEG, PNG, WebP and GIF/],
    ["b.jpg", `<?xml version="1.0"?>${svg}`, /taken are JPEG, PNG, WebP and GIF/],
    ["c.jpg", playlist, /taken are/],
    ["d.gif", "GIF89a/*\x01\0*/=1;alert(1)", /damaged|at most 10000 a side/],
    ["d.bmp", "BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", /image\/bmp/],
    // The first bytes of a picture, and then something else.
    [
      "e.jpg",
      join(new Uint8Array([0xff, 0xd8, 0xff, 0xe0]), new TextEncoder().encode(playlist)),
      /damaged/,
    ],
    ["f.png", png(64, 64).subarray(0, 40), /damaged/],
    ["g.webp", "RIFF\x10\0\0\0WEBPVP8 \x04\0\0\0abcd", /damaged/],
  ];
  for (const [name, data, words] of cases) {
    assert.match(await refused(covers(scratch, await write(name, data)), "bad_image"), words, name);
  }
  await refused(covers(scratch, await write("empty.png", "")), "empty_file");
  const large = await write("large.png", new Uint8Array(COVER_MAX_BYTES + 1));
  await refused(covers(scratch, large), "too_large");
  assert.deepEqual([...Deno.readDirSync(scratch.path("out"))], []);
});

Deno.test("[U11] pictures that unpack to gigabytes are refused soon", STRICT, async () => {
  await using scratch = await scratchFolder();
  const wide = await draw(scratch, "wide.png", "color=c=red:s=12000x16");
  assert.match(
    await refused(covers(scratch, wide), "bad_image"),
    /12000 × 16 pixels; at most 10000/,
  );
  // 4 GiB of a colour profile in a 4 MB file.
  const profile = deflated(new Uint8Array(16 * 1024 ** 2).fill(65), 256);
  const bombs = {
    sides: png(100_000, 100_000),
    profile: png(64, 64, chunk("iCCP", join(new TextEncoder().encode("x\0\0"), profile))),
  };
  for (const [name, bytes] of Object.entries(bombs)) {
    assert.ok(bytes.length < 5e6);
    await Deno.writeFile(scratch.path(name), bytes);
    const start = performance.now();
    await refused(covers(scratch, scratch.path(name)), "bad_image");
    assert.ok(performance.now() - start < 60_000, name);
  }
});

Deno.test("[U11] the largest picture taken fits into the jail's memory", STRICT, async () => {
  await using scratch = await scratchFolder();
  const path = await draw(scratch, "a.png", "color=c=red:s=10000x10000", ["-pix_fmt", "rgba"]);
  assert.equal((await covers(scratch, path)).at(-1)?.px, 1_024);
});

Deno.test("[U11] a signal ends the work with its reason", STRICT, async () => {
  await using scratch = await scratchFolder();
  const path = await draw(scratch, "a.jpg", "testsrc2=s=4000x4000");
  const stop = new AbortController();
  const work = covers(scratch, path, stop.signal);
  stop.abort(new Error("changed my mind"));
  await assert.rejects(work, /changed my mind/);
});
