/** Pure: what ffmpeg's end and its last words mean, as a code of the error table. */
import { type ErrorCode, Rejection } from "../domain/errors.ts";
import type { Limits } from "./jail.ts";

/** Those that a crash, a limit of `prlimit`, or a kernel without memory ends a program with. */
const SIGNALS: Readonly<Record<number, Deno.Signal>> = {
  4: "SIGILL",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  24: "SIGXCPU",
  25: "SIGXFSZ",
};

export const tooMuch = () => new Rejection("too_large", "What it unpacks to is too large");

/** The refusal for a run that ended badly. */
export function failure(
  status: Pick<Deno.CommandStatus, "code" | "signal">,
  log: readonly string[],
  limits: Pick<Limits, "cpuSeconds">,
): Rejection {
  const number = signalOf(status.code, log);
  const signal = status.signal ?? (number && (SIGNALS[number] ?? `signal ${number}`));
  if (signal === "SIGXFSZ") return tooMuch();
  if (signal === "SIGXCPU") {
    return new Rejection("processing_failed", `It takes more than ${limits.cpuSeconds} s of work`);
  }
  if (signal) return new Rejection("processing_failed", `ffmpeg was ended by ${signal}`);
  const { code, detail } = readFailure(log);
  return new Rejection(code, detail);
}

/** Inside bubblewrap a signal becomes an exit code above 128; ffmpeg catches some, and says so. */
function signalOf(code: number, log: readonly string[]): number | null {
  const caught = log.map((line) => /received signal (\d+)/.exec(line)?.[1]).find(Boolean);
  return caught ? Number(caught) : code > 128 ? code - 128 : null;
}

/** Told apart in this order: the first that any line matches. */
const MEANINGS: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/No space left on device|Disk quota exceeded/i, "disk_full", "The server has no space left"],
  [
    /Cannot allocate memory|memory exhausted|out of memory/i,
    "processing_failed",
    "It needs more memory than a file may have",
  ],
  [/File too large|File size limit/i, "too_large", "What it unpacks to is too large"],
  [
    /not on whitelist|Unknown input format|Protocol .* not/i,
    "not_audio",
    "It holds something other than the audio that is taken here",
  ],
  [
    /matches no streams|does not contain any stream|Output file .*no streams/i,
    "not_audio",
    "It has no sound in it",
  ],
  // Of the input alone: that is how demuxers tell sizes that lead past its end. It is read from a
  // file that was just written and fsynced, so a broken disk is the rarer reason.
  [/file:.*: Input\/output error/, "corrupt", "The file is damaged"],
  [/Too many channels/, "corrupt", "It declares more channels than there can be"],
  [
    /Invalid data found|moov atom not found|could not find codec parameters|Error while decoding|Decoding error|Conversion failed|Invalid argument|Error opening input|End of file/i,
    "corrupt",
    "The file is damaged",
  ],
];

/** The code and the sentence for a run that ended with an error; its log is read, not shown. */
export function readFailure(log: readonly string[]): { code: ErrorCode; detail: string } {
  for (const [pattern, code, detail] of MEANINGS) {
    if (log.some((line) => pattern.test(line))) return { code, detail };
  }
  // No text of ffmpeg's goes out: it may quote paths and tags.
  return { code: "processing_failed", detail: "ffmpeg ended with an error" };
}

/** Lines of a log that are kept with an error: for administrators, never for the owner. */
const KEPT_LINES = 20;

/** What ffmpeg wrote last before it ended badly: the cause of the refusal. */
class FfmpegLog extends Error {
  override readonly name = "FfmpegLog";
  constructor(readonly lines: readonly string[]) {
    super(lines.at(-1) ?? "It wrote nothing");
  }
}

/** The same error, with the end of the log that explains it. */
export function withLog(error: unknown, log: readonly string[]): unknown {
  if (error instanceof Rejection && error.cause === undefined) {
    error.cause = new FfmpegLog(log.slice(-KEPT_LINES));
  }
  return error;
}

/** The last lines that ffmpeg wrote before this error; empty for any other error. */
export const logOf = (error: unknown): readonly string[] =>
  error instanceof Error && error.cause instanceof FfmpegLog ? error.cause.lines : [];
