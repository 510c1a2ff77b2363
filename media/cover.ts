/** Makes square WebP covers of an embedded or uploaded picture, in ffmpeg's jail (U9, U11). */
import { fileTypeFromFile } from "file-type";
import { join } from "node:path";
import { COVER_MAX_BYTES, COVER_SIZES, type CoverSize } from "../domain/covers.ts";
import { type ErrorCode, isRejection, Rejection } from "../domain/errors.ts";
import { type Order, run, type Tool } from "./ffmpeg.ts";

/** Longest side of a picture that is taken, in pixels. */
export const COVER_MAX_SIDE = 10_000;
/** What decoders may allocate for, in pixels: the largest picture with their padding of rows. */
const MAX_PIXELS = (COVER_MAX_SIDE + 100) ** 2;

/** One finished cover. `px` is its true side. */
export interface Cover {
  readonly size: CoverSize;
  readonly px: number;
  /** A local file, WebP, in the folder that was given. */
  readonly path: string;
}

/** Types by content, with the one demuxer that each is read with. */
const DEMUXERS: Readonly<Record<string, string>> = {
  "image/jpeg": "jpeg_pipe",
  "image/png": "png_pipe",
  "image/webp": "webp_pipe",
  "image/gif": "gif_pipe",
};

/** libwebp's scale, 0 to 100. */
const QUALITY = 82;

/**
 * Makes the three sizes of the picture at `input` in the folder `outDir`, cropped to its centre,
 * turned as its orientation says, and without anything else of its metadata. Throws `empty_file`,
 * `too_large`, or `bad_image` with what is wrong; or the reason of `signal`.
 */
export async function makeCovers(
  tool: Tool,
  { input, outDir, signal }: {
    readonly input: string;
    readonly outDir: string;
    readonly signal?: AbortSignal;
  },
): Promise<Cover[]> {
  const { size } = await Deno.stat(input);
  if (size === 0) throw new Rejection("empty_file");
  if (size > COVER_MAX_BYTES) {
    throw new Rejection(
      "too_large",
      `The picture has ${size} bytes; at most ${COVER_MAX_BYTES} are taken`,
    );
  }
  const type = await fileTypeFromFile(input);
  const demuxer = type && DEMUXERS[type.mime];
  if (!demuxer) {
    const seen = type ? `It seems to be ${type.mime}` : "Its content is of no known picture format";
    throw new Rejection("bad_image", `${seen}; taken are JPEG, PNG, WebP and GIF`);
  }
  const order = {
    kind: "image",
    input,
    // One thread: each more would hold a frame of its own.
    inputArgs: ["-threads", "1", "-max_pixels", String(MAX_PIXELS), "-f", demuxer],
    ...(signal && { signal }),
  } as const;
  const { width, height } = await measure(tool, order);
  const side = Math.min(width, height);
  const covers = COVER_SIZES.map(({ name, px }) => ({
    size: name,
    px: Math.min(px, side),
    path: join(outDir, `${name}.webp`),
  }));
  await blaming(
    tool,
    run(tool, {
      ...order,
      args: drawArgs(side, covers),
      outDir,
      limits: { cpuSeconds: 30, wallSeconds: 30, fileBytes: COVER_MAX_BYTES },
    }),
  );
  return covers;
}

/** Arguments after the input: one decode, the largest size first, the others from it. */
function drawArgs(side: number, covers: readonly Cover[]): string[] {
  const sizes = covers.toReversed();
  const [largest] = sizes;
  const filters = [
    `[0:v:0]crop=${side}:${side},scale=${largest?.px}:${largest?.px}:flags=area,` +
    `split=${sizes.length}${sizes.map((one) => `[${one.size}0]`).join("")}`,
    ...sizes.map(({ size, px }) => `[${size}0]scale=${px}:${px}:flags=lanczos[${size}]`),
  ];
  return [
    ...["-y", "-filter_complex_threads", "1", "-filter_complex", filters.join(";")],
    ...sizes.flatMap(({ size }) => [
      ...["-map", `[${size}]`, "-frames:v", "1", "-map_metadata", "-1"],
      ...["-c:v", "libwebp", "-quality", String(QUALITY), "-f", "webp", `${size}.webp`],
    ]),
  ];
}

/** Width and height in pixels, before anything is decoded for drawing. */
async function measure(
  tool: Tool,
  order: Pick<Order, "kind" | "input" | "inputArgs" | "signal">,
): Promise<{ width: number; height: number }> {
  let text = "";
  await blaming(
    tool,
    run(tool, {
      ...order,
      program: "ffprobe",
      args: ["-select_streams", "v:0", "-show_entries", "stream=width,height", "-of", "csv=p=0"],
      limits: { cpuSeconds: 10, wallSeconds: 10, fileBytes: 0 },
      onOutput: (chunk) => void (text = (text + new TextDecoder().decode(chunk)).slice(0, 100)),
    }),
  );
  const [width = 0, height = 0] = text.trim().split(",").map(Number);
  if (!(width > 0) || !(height > 0)) throw new Rejection("bad_image", "The picture is damaged");
  if (Math.max(width, height) > COVER_MAX_SIDE) {
    throw new Rejection(
      "bad_image",
      `The picture has ${width} × ${height} pixels; at most ${COVER_MAX_SIDE} a side are taken`,
    );
  }
  return { width, height };
}

/** What a run blames its input for, or a limit that a picture of 10 MiB never meets in good faith. */
const PICTURES_FAULT: readonly ErrorCode[] = [
  "corrupt",
  "not_audio",
  "too_large",
  "processing_failed",
];

async function blaming<T>(tool: Tool, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isRejection(error) || !PICTURES_FAULT.includes(error.code)) throw error;
    if ((await tool.missingCodecs()).includes("libwebp")) throw error;
    throw new Rejection("bad_image", "The picture is damaged");
  }
}
