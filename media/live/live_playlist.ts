/** Pure: the playlist of a live stream, whose window moves along with it (RFC 8216, 6.2.2). */
import { z } from "zod";
import { HLS_SHAPES, type HlsForm } from "../../domain/hls_form.ts";

/** Wanted length of a live segment, in seconds. Source: L4. */
export const LIVE_SEGMENT_SECONDS = 2;
/** Segments in the list: a listener may be 20 s behind. */
export const LISTED = 10;
/** Segments that are kept: who has an old list still finds what is in it (RFC 8216, 6.2.2). */
export const KEPT = 20;
/**
 * With no segment for so long silence is listed, in ms: half a segment before a player that keeps
 * three has played them all (RFC 8216, 6.3.3).
 */
export const LATE_MS = 2.5 * LIVE_SEGMENT_SECONDS * 1_000;

/** With so much of it the host is not away, but gone, and no list goes on: five hours. */
const MOST_SILENT = 10_000;

/** Segments of silence that go on from one to the next, and can be listed again and again. */
const Silence = z.object({
  init: z.string().nullable(),
  segments: z.array(z.object({ name: z.string(), seconds: z.number() })),
});
export type Silence = z.infer<typeof Silence>;

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
  /** When the last of them was there, in ms since 1970. */
  at: z.number().default(0),
  /** What is listed where none came in time; null where nothing is. */
  silence: Silence.nullable().default(null),
});
export type LiveWindow = z.infer<typeof LiveWindow>;
export type LiveSegment = LiveWindow["segments"][number];

export const emptyWindow = (form: HlsForm): LiveWindow => ({
  form,
  sequence: 0,
  breaks: 0,
  segments: [],
  at: 0,
  silence: null,
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
      ...window,
      sequence: window.sequence + out.length,
      breaks: window.breaks + out.filter(({ isBreak }) => isBreak).length,
      segments,
    },
    gone: [...out.map(({ name }) => name), ...new Set(outInits as string[])],
  };
}

/** Which of the silence a window ends with; -1: with none. */
export const silentAt = ({ silence, segments }: LiveWindow): number =>
  silence?.segments.findIndex(({ name }) => name === segments.at(-1)?.name) ?? -1;

/**
 * The window as it is to be listed at `now`: silence stands for what did not come (L6). Whoever lists
 * it finds the same, on whichever node, and so does who adds the next segment: the numbers go on.
 */
export function filled(
  window: LiveWindow,
  now: number,
): { window: LiveWindow; gone: string[] } {
  const { silence } = window;
  const gone: string[] = [];
  if (!silence?.segments.length || window.segments.length === 0) return { window, gone };
  let next = window;
  for (let added = 0; added < MOST_SILENT && now - next.at >= LATE_MS; added++) {
    const index = (silentAt(next) + 1) % silence.segments.length;
    const { name, seconds } = silence.segments[index]!;
    const one = withSegment(next, { name, seconds, init: silence.init, isBreak: index === 0 });
    next = { ...one.window, at: next.at + seconds * 1_000 };
    gone.push(...one.gone);
  }
  return { window: next, gone };
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
