/** Finds an ffmpeg and the way to confine it on this machine (U11, U12). */
import { capture, type Tool } from "./ffmpeg.ts";
import type { Limits, Wrappers } from "./jail.ts";

export interface FindOptions {
  /** The path in `FFMPEG`; its ffprobe lies beside it. */
  readonly configured?: string | undefined;
  /** The folders of `PATH`; only a jailed or wrapped run needs them. */
  readonly path?: string | undefined;
  /** The folder the prepare step lays packaged binaries in. */
  readonly packaged?: string | undefined;
  /** Whether to try bubblewrap; `false` is for tests and for measuring. */
  readonly jail?: boolean | undefined;
  /** What every run may use at most, in the place of `LIMITS`. */
  readonly limits?: Partial<Limits> | undefined;
}

/** Where Debian, and nearly everybody, has programs. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const NOTHING: Wrappers = { nice: false, prlimit: false, setpriv: false, bubblewrap: false };

/** What our commands need of a build: `ffmpeg -encoders`, `-decoders`, `-muxers`, `-filters`. */
const NEEDED = {
  encoders: ["aac", "libopus", "flac", "libmp3lame", "libvorbis", "libwebp"],
  decoders: [
    "aac",
    "alac",
    "flac",
    "mp3float",
    "opus",
    "vorbis",
    "pcm_s16le",
    "mjpeg",
    "png",
    "webp",
  ],
  muxers: ["hls", "mp4", "mp3", "ipod", "ogg", "opus", "webp"],
  filters: ["ebur128", "volumedetect", "aresample"],
} as const;

/**
 * Finds ffmpeg at `configured`, on PATH, or among the packaged binaries, and tries by running it
 * which limits and which jail work here. Throws an `Error` that says what to do when there is none.
 */
export async function findFfmpeg(options: FindOptions = {}): Promise<Tool> {
  const path = options.path ?? PATH;
  const plain = await plainest(path);
  const found = await locate(options, path, plain);
  const works: Trial = (wrappers) =>
    capture({ ...NOTHING, ...wrappers }, { binary: found.ffmpeg, args: ["-version"], path })
      .then(() => null, (error) => error instanceof Error ? error.message : String(error));
  const { wrappers, jailReason } = await confinement(works, options.jail ?? true);
  let missing: Promise<string[]> | undefined;
  return {
    ...found,
    path,
    wrappers,
    limits: options.limits ?? {},
    jail: wrappers.bubblewrap ? "bubblewrap" : "none",
    jailReason,
    missingCodecs: () =>
      missing ??= lacks(found.ffmpeg, path, plain).catch((error) => {
        missing = undefined; // it may have been too slow, this time
        throw error;
      }),
  };
}

/** Runs the ffmpeg that was found with these; null where that works, else why not. */
type Trial = (wrappers: Partial<Wrappers>) => Promise<string | null>;

/** What works here. The jail with all limits is tried first: each try costs the start 70 ms (P10). */
async function confinement(
  works: Trial,
  asksForJail: boolean,
): Promise<{ wrappers: Wrappers; jailReason: string | null }> {
  // setpriv makes a program end with us; the jail does that by itself
  const all = { nice: true, prlimit: true, setpriv: false, bubblewrap: true };
  let refusal = asksForJail ? await works(all) : "it was not asked for";
  if (refusal === null) return { wrappers: all, jailReason: null };
  const [nice, prlimit, setpriv] = (await Promise.all([
    works({ nice: true }),
    works({ prlimit: true }),
    works({ setpriv: true }),
  ])).map((failure) => failure === null) as [boolean, boolean, boolean];
  const limits = { nice, prlimit, setpriv };
  // then it may have been for the want of one of the limits
  if (asksForJail && !(nice && prlimit)) refusal = await works({ ...limits, bubblewrap: true });
  return {
    wrappers: { ...limits, bubblewrap: refusal === null },
    jailReason: refusal && `No bubblewrap: ${refusal}`,
  };
}

type Found = Pick<Tool, "ffmpeg" | "ffprobe" | "version" | "origin">;

/**
 * How to run a program before it is known what works here. A node may start programs by name only,
 * and an ffmpeg at a path of its own is none of them: `nice`, which is one, starts it.
 */
async function plainest(path: string): Promise<Wrappers> {
  const nice = { ...NOTHING, nice: true };
  return await capture(nice, { binary: "true", args: [], path }).then(() => nice, () => NOTHING);
}

async function locate(
  { configured, packaged = ".cache/bin" }: FindOptions,
  path: string,
  plain: Wrappers,
) {
  const versionOf = (ffmpeg: string, ffprobe: string, origin: Tool["origin"]) =>
    versionsOf({ ffmpeg, ffprobe, origin, path, plain });
  if (configured) {
    const beside = configured.replace(/[^/]*$/, "ffprobe");
    const found = await versionOf(configured, beside, "FFMPEG");
    if (found) return found;
    // A setting that fails is told, not passed over: another build would hide the mistake.
    throw new Error(
      `FFMPEG is "${configured}", but that or the "${beside}" beside it does not run; ` +
        "set it to the path of an ffmpeg, or leave it out",
    );
  }
  const found = await versionOf("ffmpeg", "ffprobe", "PATH") ??
    await versionOf(`${packaged}/ffmpeg`, `${packaged}/ffprobe`, "packaged");
  if (found) return found;
  throw new Error(
    "No ffmpeg was found; install it (Debian: apt-get install ffmpeg), or set FFMPEG to its path",
  );
}

/** Null when either does not run. */
async function versionsOf({ ffmpeg, ffprobe, origin, path, plain }: {
  readonly ffmpeg: string;
  readonly ffprobe: string;
  readonly origin: Tool["origin"];
  readonly path: string;
  readonly plain: Wrappers;
}): Promise<Found | null> {
  try {
    const whole = async (name: string) => name.includes("/") ? await Deno.realPath(name) : name;
    const tool = { ffmpeg: await whole(ffmpeg), ffprobe: await whole(ffprobe) };
    const [text] = await Promise.all(
      [tool.ffmpeg, tool.ffprobe].map((binary) =>
        capture(plain, { binary, args: ["-version"], path })
      ),
    );
    return { ...tool, origin, version: /^ffmpeg version (\S+)/.exec(text ?? "")?.[1] ?? "unknown" };
  } catch {
    // Not there, not allowed, or not a program for this machine: the next place is tried.
    return null;
  }
}

async function lacks(binary: string, path: string, plain: Wrappers): Promise<string[]> {
  const lists = Object.entries(NEEDED).map(async ([kind, names]) => {
    const text = await capture(plain, { binary, args: ["-hide_banner", `-${kind}`], path });
    const words = new Set(text.split("\n").map((line) => line.trim().split(/\s+/)[1]));
    return names.filter((name) => !words.has(name));
  });
  return [...new Set((await Promise.all(lists)).flat())];
}
