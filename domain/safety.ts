/** Whether a site may hand strangers' files to its ffmpeg (U12). */
import { Rejection } from "./errors.ts";

/** Why the ffmpeg that was found is no place for a stranger's file. */
export type Danger = "no_jail" | "old_build";

/** What the policy looks at. */
export interface MediaSafety {
  /** Strangers can reach the site: its PUBLIC_URL is not loopback. */
  readonly isPublic: boolean;
  /** Whether a trial run in bubblewrap worked. */
  readonly jail: "bubblewrap" | "none";
  /** The packaged build is of 2018: for trying Veza out, with the holes of those years. */
  readonly origin: "FFMPEG" | "PATH" | "packaged";
  /** `ALLOW_UNSAFE_MEDIA`: who runs the site has decided. */
  readonly allowed: boolean;
}

/** What speaks against uploads by others than administrators; empty where nothing does. */
export function dangersOf({ isPublic, jail, origin, allowed }: MediaSafety): readonly Danger[] {
  if (!isPublic || allowed) return [];
  return [
    ...(jail === "none" ? ["no_jail" as const] : []),
    ...(origin === "packaged" ? ["old_build" as const] : []),
  ];
}

/** Each danger, and what ends it, for those who run the site. */
const IN_WORDS: Readonly<Record<Danger, string>> = {
  no_jail: "its ffmpeg cannot be jailed (make bubblewrap work on it)",
  old_build: "its ffmpeg is the packaged build of 2018 (install a current one, or set FFMPEG)",
};

/** A sentence with all dangers and what to do. */
export const dangerText = (dangers: readonly Danger[]): string =>
  `This server cannot take uploads safely: ${dangers.map((one) => IN_WORDS[one]).join("; ")}. ` +
  "Whoever runs it can mend that, or set ALLOW_UNSAFE_MEDIA=1";

/** @throws {Rejection} `unsafe_media` where there is any */
export function refuseUnsafe(dangers: readonly Danger[]): void {
  if (dangers.length > 0) throw new Rejection("unsafe_media", dangerText(dangers));
}
