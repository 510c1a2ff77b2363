/** `deno task demo`: a believable site to look at and to listen to, on a node of its own (O4). */
import { ConfigError, parseConfig } from "../config.ts";
import { isHeld, readHolder } from "../db/data_lock.ts";
import { findFfmpeg } from "../media/find_ffmpeg.ts";
import { Environment } from "../node/settings.ts";
import { newSecret } from "../services/secrets.ts";
import { startNode } from "../tests/support/node.ts";
import { readArgs, refuse, UsageError } from "./args.ts";
import { makeAdmin } from "./demo/admin.ts";
import { fill } from "./demo/fill.ts";
import { readNote, writeNote } from "./demo/note.ts";
import { PEOPLE } from "./demo/people.ts";
import { openRenderer } from "./demo/render.ts";
import { ROOMS } from "./demo/rooms.ts";
import { firstTracks, MOST_TRACKS, USUAL_TRACKS } from "./demo/tracks.ts";

const FOLDER = "./data/demo";
const SHORTEST_SECONDS = 2;
const LONGEST_SECONDS = 600;
const HELP = `Starts a site with people, music of several kinds, plays, and rooms; Ctrl-C ends it.
The music is made here, by synthesis, and kept; the second start takes a few seconds.

  deno task demo [options]

  --people N   how many artists, 1 to ${PEOPLE.length}; default: ${PEOPLE.length}
  --tracks N   how many tracks, 1 to ${MOST_TRACKS}; default: ${USUAL_TRACKS}
  --seconds S  how long each of them is, ${SHORTEST_SECONDS} to ${LONGEST_SECONDS}; default: about a minute and a half
  --seed N     another number makes other tunes of the same kinds; default: 1
  --keep       keeps the site as it was left: starts it, and adds nothing
  -h, --help   this

What is there is never made twice. All is kept in DATA_DIR, by default ${FOLDER}; of the other
settings PORT and FFMPEG count. The demo has its own database, listens on this machine only, and
has no rate limits. Its dates are those of the day it was made: the interface through which it is
filled takes no others.
`;

interface Options {
  readonly people: number;
  readonly tracks: number;
  readonly seconds: number | undefined;
  readonly seed: number;
  readonly keep: boolean;
}

function readOptions(): Options {
  const text = { type: "string" } as const;
  const values = readArgs(HELP, {
    ...{ people: text, tracks: text, seconds: text, seed: text },
    keep: { type: "boolean" },
  });
  const whole = (name: "people" | "tracks" | "seconds" | "seed", least: number, most: number) => {
    const given = values[name];
    if (given === undefined) return undefined;
    const number = Number(given);
    if (/^\d+$/.test(given) && number >= least && number <= most) return number;
    refuse(HELP, `--${name} is "${given}"; wanted a whole number, ${least} to ${most}`);
  };
  return {
    people: whole("people", 1, PEOPLE.length) ?? PEOPLE.length,
    tracks: whole("tracks", 1, MOST_TRACKS) ?? USUAL_TRACKS,
    seconds: whole("seconds", SHORTEST_SECONDS, LONGEST_SECONDS),
    seed: whole("seed", 0, 2 ** 32 - 1) ?? 1,
    keep: values.keep ?? false,
  };
}

/** A site that answers. */
interface Site extends AsyncDisposable {
  readonly url: string;
  readonly password: string;
  /** Tells when it has ended by itself, with what it said last; undefined: it is not ours to end. */
  readonly ended: Promise<string> | undefined;
}

/** Settings of ours that would lead the demo to somebody's real database, bucket or mail. */
const BLANK = Object.fromEntries(Object.keys(Environment.shape).map((name) => [name, ""]));

/** The node that runs on `dataDir`, if it is a demo's; else one that is started now. */
async function open(
  dataDir: string,
  { port, ffmpeg }: { port: number; ffmpeg: string | undefined },
): Promise<Site> {
  const note = await readNote(dataDir);
  if (await isHeld(dataDir)) {
    const pid = (await readHolder(dataDir))?.pid;
    if (!note?.url || note.pid !== pid) {
      throw new UsageError(
        `DATA_DIR "${dataDir}" is in use by process ${pid ?? "unknown"}, which is no demo. ` +
          "Stop it, or set DATA_DIR to another folder.",
      );
    }
    console.log(`Process ${pid} runs the demo already`);
    const { url, password } = note;
    return { url, password, ended: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const node = await startNode({
    dataDir,
    env: {
      ...BLANK,
      PORT: String(port),
      FFMPEG: ffmpeg ?? "",
      HOST: "127.0.0.1",
      LOG_FORMAT: "json",
      RATE_LIMITS: "off",
      DRAIN_SECONDS: "0",
      DEMO: "1",
    },
  });
  const { url, pid } = node;
  const password = note?.password ?? newSecret().slice(0, 16);
  await writeNote(dataDir, { url, pid, password });
  const ended = node.ended.then((code) =>
    `The node ended with code ${code}:\n${node.logs().slice(-20).join("\n")}`
  );
  return { url, password, ended, [Symbol.asyncDispose]: node.stop };
}

type Outcome =
  | { readonly kind: "made" | "signalled" }
  | { readonly kind: "died"; readonly words: string };

async function demo(options: Options, signalled: Promise<void>): Promise<number> {
  const given = (name: string) => Deno.env.get(name) || undefined;
  const config = parseConfig({ PORT: given("PORT"), FFMPEG: given("FFMPEG") });
  await Deno.mkdir(given("DATA_DIR") ?? FOLDER, { recursive: true });
  const dataDir = await Deno.realPath(given("DATA_DIR") ?? FOLDER);
  await using site = await open(dataDir, { port: config.port, ffmpeg: config.ffmpeg });
  const { url, password } = site;
  console.log(`The demo answers at ${url}/`);

  const people = PEOPLE.slice(0, options.people);
  const stop: Promise<Outcome> = Promise.race([
    signalled.then((): Outcome => ({ kind: "signalled" })),
    ...site.ended ? [site.ended.then((words): Outcome => ({ kind: "died", words }))] : [],
  ]);
  async function make(): Promise<Outcome> {
    if (options.keep) return { kind: "made" };
    await makeAdmin({ url, dataDir, password, blank: BLANK });
    const ffmpeg = await findFfmpeg({ configured: config.ffmpeg });
    using renderer = await openRenderer({ ffmpeg, folder: `${dataDir}/demo` });
    const { seconds, seed } = options;
    const tracks = firstTracks(options.tracks);
    const say = console.log;
    await fill({ url, password, people, tracks, rooms: ROOMS, seconds, seed, renderer, say });
    return { kind: "made" };
  }
  const made = make();
  made.catch(() => {}); // after a signal nobody waits for it
  let outcome = await Promise.race([made, stop]);
  if (outcome.kind === "made") {
    const names = options.keep ? "" : `, or ${people.map(({ username }) => username).join(", ")}`;
    console.log(`\nSign in at ${url}/ as admin${names}\nPassword of each: ${password}`);
    if (!site.ended) return 0;
    console.log("Ctrl-C ends it; the same command starts it again as it was.");
    outcome = await stop;
  }
  if (outcome.kind === "died") console.error(outcome.words);
  return outcome.kind === "died" ? 1 : 0;
}

if (import.meta.main) {
  const { promise: signalled, resolve } = Promise.withResolvers<void>();
  let isOver = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      isOver = true;
      resolve();
    });
  }
  try {
    Deno.exit(await demo(readOptions(), signalled));
  } catch (error) {
    if (isOver) Deno.exit(0); // a node that was ended while it started complains, and rightly
    const isUsage = error instanceof UsageError || error instanceof ConfigError;
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(isUsage ? 2 : 1);
  }
}
