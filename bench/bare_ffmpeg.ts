/** ffmpeg as somebody would run it by hand: no jail, no limits, not niced. The peer of our ladder. */
import { gainFor } from "../media/loudness.ts";
import { encodeArgs, type Rendition } from "../media/plan.ts";

const SEGMENTS = "seg-%05d.m4s";
const PLAYLIST = "raw.m3u8";
/** Longer than any sound of a bench, in seconds. */
const ENDLESS = 7_200;

/** Each in milliseconds, from before the first process starts to after the last has ended. */
export interface BareFfmpeg {
  /** All `commands` (what follows the input) side by side. */
  time(commands: readonly (readonly string[])[]): Promise<number>;
  /** Until the first segment of `command` is in its playlist. */
  timeToFirstSegment(command: readonly string[]): Promise<number>;
  /** Measures, then makes all renditions side by side, a process each. */
  sideBySide(ladder: readonly Rendition[]): Promise<number>;
  /** Measures, then makes all renditions by one process with an output each. */
  oneCommand(ladder: readonly Rendition[]): Promise<number>;
  /** Measures, then makes one rendition after the other. */
  inTurn(ladder: readonly Rendition[]): Promise<number>;
}

/** Puts the files of an output into the folder `name` below the working directory. */
const into = (name: string, args: readonly string[]): string[] =>
  args.map((word) => word === SEGMENTS || word === PLAYLIST ? `${name}/${word}` : word);

/** Runs ffmpeg on `wav`, with its outputs in folders of `scratch` that go again. */
export function bareFfmpeg(wav: string, scratch: string): BareFfmpeg {
  const start = (cwd: string, args: readonly string[]) =>
    new Deno.Command("ffmpeg", {
      args: ["-nostdin", "-hide_banner", "-nostats", "-v", "info", "-i", wav, ...args],
      cwd,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();

  /** Its log, when it ended well. */
  async function run(cwd: string, args: readonly string[]): Promise<string> {
    const { success, stderr } = await start(cwd, args).output();
    const log = new TextDecoder().decode(stderr);
    if (!success) throw new Error(`ffmpeg ${args.join(" ")} failed:\n${log}`);
    return log;
  }

  /** Does `work` in a folder of its own, and answers with how long it took. */
  async function timed(work: (folder: string) => Promise<unknown>): Promise<number> {
    const folder = await Deno.makeTempDir({ dir: scratch, prefix: "bare-" });
    try {
      const began = performance.now();
      await work(folder);
      return performance.now() - began;
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }

  const inOwnFolder = async (parent: string, name: string, args: readonly string[]) => {
    await Deno.mkdir(`${parent}/${name}`);
    await run(`${parent}/${name}`, args);
  };

  /** Loudness and true peak in one pass, as U8 wants them; what to raise the sound by, in dB. */
  async function measure(folder: string): Promise<number> {
    const filter = "ebur128=peak=true:framelog=verbose";
    const log = await run(folder, ["-map", "0:a:0", "-af", filter, "-f", "null", "-"]);
    const read = (pattern: RegExp) =>
      Number(log.slice(log.lastIndexOf("Summary")).match(pattern)?.[1]);
    return gainFor(read(/I:\s+(\S+) LUFS/), read(/Peak:\s+(\S+) dBFS/));
  }

  return {
    time: (commands) =>
      timed((folder) =>
        Promise.all(commands.map((args, at) => inOwnFolder(folder, String(at), args)))
      ),
    timeToFirstSegment: async (command) => {
      const folder = await Deno.makeTempDir({ dir: scratch, prefix: "bare-" });
      const began = performance.now();
      const child = start(folder, command);
      // read to the end, or a full pipe would stop it
      const ended = child.stderr.pipeTo(new WritableStream());
      let took = NaN;
      const listed = async () => {
        const text = await Deno.readTextFile(`${folder}/${PLAYLIST}`).catch((error) => {
          if (error instanceof Deno.errors.NotFound) return "";
          throw error;
        });
        return text.includes(".m4s");
      };
      try {
        while (!await listed()) await new Promise((resolve) => setTimeout(resolve, 2));
        took = performance.now() - began;
        child.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // a short sound: it had ended by itself
      } finally {
        await Promise.all([child.status, ended]);
        await Deno.remove(folder, { recursive: true });
      }
      return took;
    },
    sideBySide: (ladder) =>
      timed(async (folder) => {
        const gain = await measure(folder);
        await Promise.all(
          ladder.map((one) => inOwnFolder(folder, one.name, encodeArgs(one, gain, ENDLESS))),
        );
      }),
    oneCommand: (ladder) =>
      timed(async (folder) => {
        const gain = await measure(folder);
        for (const { name } of ladder) await Deno.mkdir(`${folder}/${name}`);
        await run(folder, ladder.flatMap((one) => into(one.name, encodeArgs(one, gain, ENDLESS))));
      }),
    inTurn: (ladder) =>
      timed(async (folder) => {
        const gain = await measure(folder);
        for (const one of ladder) {
          await inOwnFolder(folder, one.name, encodeArgs(one, gain, ENDLESS));
        }
      }),
  };
}
