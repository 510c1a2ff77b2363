/** Pure: what a browser is told to save a download as (RFC 6266, RFC 8187). */
import { create } from "content-disposition";
import { cleanText } from "./clean_text.ts";

/** Longest name without its ending, in bytes of UTF-8: file systems take 255 with it. */
const MOST_BYTES = 180;
/** What some file system or shell reads as something other than a letter. */
const UNFIT = /[/\\:*?"<>|%~$`]/g;
/** Names that Windows keeps for devices, with any ending. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/**
 * A file's name of its title and artist: no folder, no leading or trailing dot, no device of
 * Windows, never empty. `ending` is ours, without a dot.
 */
export function downloadName(
  { title, artist }: { readonly title: string; readonly artist?: string | null },
  ending: string,
): string {
  const words = artist ? `${artist} - ${title}` : title;
  const plain = cleanText(words.replace(UNFIT, "_"), 200)
    .replace(/^[.\s]+|[.\s]+$/g, "").replace(DEVICES, "_$1");
  return `${shortened(plain) || "Untitled"}.${ending}`;
}

/** The value of `Content-Disposition`: an attachment, in ASCII and, where needed, in UTF-8. */
export const contentDisposition = (filename: string): string => create(filename);

function shortened(text: string): string {
  let bytes = 0;
  let kept = "";
  for (const character of text) {
    bytes += new TextEncoder().encode(character).length;
    if (bytes > MOST_BYTES) break;
    kept += character;
  }
  return kept.replace(/[.\s]+$/, "");
}
