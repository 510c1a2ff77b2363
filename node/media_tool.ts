/** The ffmpeg of a node: found, told of at start, and judged by the policy for strangers' files (U12). */
import type { Config } from "../config.ts";
import { type Danger, dangersOf, dangerText } from "../domain/safety.ts";
import type { Tool } from "../media/ffmpeg.ts";
import { findFfmpeg } from "../media/find_ffmpeg.ts";
import type { Log } from "../services/log.ts";
import type { Meters } from "./meters.ts";

export interface MediaTool {
  readonly ffmpeg: Tool;
  /** Why only administrators may upload here; empty where everybody may. */
  readonly dangers: readonly Danger[];
}

/** @throws {Error} that says what to do when there is no ffmpeg */
export async function mediaToolOf(
  { config, meters, log }: { config: Config; meters: Pick<Meters, "ffmpeg">; log: Log },
): Promise<MediaTool> {
  const ffmpeg = await findFfmpeg({
    configured: config.ffmpeg,
    limits: { stallSeconds: config.ffmpegStallSeconds },
  });
  const { version, origin, jail, jailReason } = ffmpeg;
  log.info("found ffmpeg", { path: ffmpeg.ffmpeg, version, origin, jail, jailReason });
  const { isPublic, allowUnsafeMedia: allowed } = config;
  const dangers = dangersOf({ isPublic, jail, origin, allowed });
  if (dangers.length > 0) {
    log.warn(`only administrators may upload. ${dangerText(dangers)}`, { dangers });
  }
  return { ffmpeg: { ...ffmpeg, onRun: meters.ffmpeg }, dangers };
}

/**
 * Asked when the node answers already, for it takes a while to list what an ffmpeg can (P10). It is
 * advice: nothing ends where it cannot be had.
 */
export async function tellMissingCodecs(
  { ffmpeg, log }: { ffmpeg: Pick<Tool, "missingCodecs">; log: Pick<Log, "warn"> },
): Promise<void> {
  try {
    const missing = await ffmpeg.missingCodecs();
    if (missing.length > 0) log.warn("this ffmpeg lacks what some formats need", { missing });
  } catch (error) {
    log.warn("it is not known whether this ffmpeg lacks what some formats need", { error });
  }
}
