/** Pure: what ffmpeg's last words mean, as a code of the error table. */
import type { ErrorCode } from "../domain/errors.ts";

/** Told apart in this order: the first that any line matches. */
const MEANINGS: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/No space left on device|Disk quota exceeded/i, "disk_full", "The server has no space left"],
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
