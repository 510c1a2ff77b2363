/** Pure: the playlist of a live stream, whose window moves along with it (RFC 8216, 6.2.2). */
import { z } from "zod";
import { HLS_SHAPES, type HlsForm } from "../../domain/hls_form.ts";

/** Wanted length of a live segment, in seconds. Source: L4. */
export const LIVE_SEGMENT_SECONDS = 2;
/** Segments in the list: a listener may be 20 s behind. */
export const LISTED = 10;
/** Segments that are kept: who has an old list still finds what is in it (RFC 8216, 6.2.2). */
export const KEPT = 20;

/** What is kept beside the segments, so that another host's connection, or node, goes on with it. */
export const LiveWindow = z.object({
  form: z.enum(["fmp4", "ts"]),
  /** Number of the first segment. */
  sequence: z.number().int(),
  /** How many breaks lie before it. */
  breaks: z.number().int(),
  segments: z.array(z.object({
    name: z.string(),
    seconds: z.number(),
    /** What goes before it; null where each stands by itself. */
    init: z.string().nullable(),
    /** It does not go on where the one before has ended. */
    isBreak: z.boolean(),
  })),
});
export type LiveWindow = z.infer<typeof LiveWindow>;
export type LiveSegment = LiveWindow["segments"][number];

export const emptyWindow = (form: HlsForm): LiveWindow => ({
  form,
  sequence: 0,
  breaks: 0,
  segments: [],
});

/** The window with one more segment, and the names of what has left it. */
export function withSegment(
  window: LiveWindow,
  segment: LiveSegment,
): { window: LiveWindow; gone: string[] } {
  const all = [...window.segments, segment];
  const out = all.slice(0, Math.max(0, all.length - KEPT));
  const segments = all.slice(out.length);
  const inits = new Set(segments.map(({ init }) => init));
  const outInits = out.map(({ init }) => init).filter((init) => init !== null && !inits.has(init));
  return {
    window: {
      form: window.form,
      sequence: window.sequence + out.length,
      breaks: window.breaks + out.filter(({ isBreak }) => isBreak).length,
      segments,
    },
    gone: [...out.map(({ name }) => name), ...new Set(outInits as string[])],
  };
}

/** The newest segments as a playlist; `ended` says that no more come. */
export function livePlaylist(window: LiveWindow, ended: boolean): string {
  const skipped = Math.max(0, window.segments.length - LISTED);
  const before = window.segments.slice(0, skipped);
  const listed = window.segments.slice(skipped);
  const target = Math.max(
    LIVE_SEGMENT_SECONDS,
    ...listed.map(({ seconds }) => Math.round(seconds)),
  );
  let init: string | null = null;
  return [
    "#EXTM3U",
    `#EXT-X-VERSION:${HLS_SHAPES[window.form].version}`,
    ...(window.form === "fmp4" ? ["#EXT-X-INDEPENDENT-SEGMENTS"] : []),
    `#EXT-X-TARGETDURATION:${target}`,
    `#EXT-X-MEDIA-SEQUENCE:${window.sequence + skipped}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${
      window.breaks + before.filter(({ isBreak }) => isBreak).length
    }`,
    ...listed.flatMap((one) => {
      const map = one.init !== init && one.init !== null
        ? [`#EXT-X-MAP:URI="hls/${one.init}"`]
        : [];
      init = one.init;
      return [
        ...(one.isBreak ? ["#EXT-X-DISCONTINUITY"] : []),
        ...map,
        `#EXTINF:${one.seconds.toFixed(6)},`,
        `hls/${one.name}`,
      ];
    }),
    ...(ended ? ["#EXT-X-ENDLIST"] : []),
    "",
  ].join("\n");
}
