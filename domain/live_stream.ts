/** A live stream as its actor has it, and the rules by which that decides. Pure. */
import { Rejection } from "./errors.ts";
import type { LivePatch, LiveStatus, Source, Via } from "./live.ts";
import type { Visibility } from "./tracks.ts";

/** The last frame that was told of, so that the next host goes on after it (L6). */
export interface LastFrame {
  readonly sequence: number;
  /** Of a `bigint`, which JSON has not. */
  readonly capturedUs: string;
  /** When it came, in ms since 1970. */
  readonly atMs: number;
  /** All that was left out of the stream before it, in ms of sound; missing: nothing was. */
  readonly missingMs?: number;
}

/** A stream. Times in ms since 1970. */
export interface LiveStream {
  readonly id: string;
  readonly hostId: string;
  readonly coHostId: string | null;
  readonly roomId: string;
  readonly title: string;
  readonly description: string;
  readonly visibility: Visibility;
  readonly record: boolean;
  readonly status: LiveStatus;
  readonly scheduledAt: number | null;
  readonly keyGeneration: number;
  /** One for each connection of a host; 0 before the first. */
  readonly liveEpoch: number;
  /** Whose connection is on air, or was last, while it is waited for; null where there is none. */
  readonly onAirId: string | null;
  readonly via: Via | null;
  readonly source: Omit<Source, "headers"> | null;
  readonly lastFrame: LastFrame | null;
  readonly peakListeners: number;
  readonly startedAt: number | null;
  readonly lostAt: number | null;
  readonly endedAt: number | null;
  readonly recordingTrackId: string | null;
  readonly createdAt: number;
}

/** What a decision changes; what is missing stays. */
export type LiveChange = Partial<Omit<LiveStream, "id" | "hostId" | "roomId" | "createdAt">>;

/** A host's node says so often that its connection lives, in ms. */
export const ALIVE_MS = 2_000;
/** A host whose node has not said so for this long is lost, in ms. */
export const SILENT_MS = 3 * ALIVE_MS;
/** So long a stream waits for its host to return, in ms. Source: L6. */
export const GRACE_MS = 30_000;
/** So much of it is left at least when a host is found to be lost, in ms: all may have been away. */
export const GRACE_LEFT_MS = 10_000;
/** A stream that was started waits so long for its first host, then is idle again, in ms. */
export const WAIT_MS = 60_000;
/** So long whom the host invited may return before an encoder takes over from them, in ms. */
export const INVITED_FIRST_MS = 10_000;

/** Whether a host's connection is on air. */
export const isOnAir = ({ status, onAirId }: LiveStream): boolean =>
  status === "live" && onAirId !== null;

/** Whose connection may be on air: the host's, and that of whom they have invited. */
export const mayHold = (stream: Pick<LiveStream, "hostId" | "coHostId">, userId: string): boolean =>
  userId === stream.hostId || userId === stream.coHostId;

/** Whether somebody has the air, or had it last, who may hold it still and is not `userId`. */
const isOthers = (stream: LiveStream, userId: string): boolean =>
  stream.onAirId !== null && stream.onAirId !== userId && mayHold(stream, stream.onAirId);

function demandNotEnded({ status }: LiveStream): void {
  if (status === "ended") throw new Rejection("stream_ended");
}

/** Who comes to be on air. */
export interface Begin {
  /** The account. */
  readonly hostId: string;
  readonly via: Via;
  readonly source: Omit<Source, "headers">;
  /** The live epoch of the connection that this one goes on for, when the same program returns. */
  readonly resume?: number | undefined;
  /** A name of the program, the same at each of its connections and no other's. */
  readonly program?: string | undefined;
  /** Of the stream key that they came with; missing where they came without. */
  readonly keyGeneration?: number | undefined;
}

/** Rejects who came with a key that was changed since. @throws {Rejection} `unauthenticated` */
export function demandKey(
  stream: Pick<LiveStream, "keyGeneration">,
  keyGeneration: number | undefined,
): void {
  if (keyGeneration === undefined || keyGeneration === stream.keyGeneration) return;
  throw new Rejection("unauthenticated", "The stream key was changed");
}

/**
 * Rejects an encoder of the host while whom they invited has the air. It connects again by itself
 * when it is cut off, so that its coming says nothing of what the host wants: they take the air back
 * in the studio, or take the invitation back, which lets it in.
 *
 * @throws {Rejection} `handed_over`
 */
export function demandNotHandedOver(stream: LiveStream, hostId: string, now: number): void {
  if (!isOthers(stream, hostId) || now - (stream.lostAt ?? now) >= INVITED_FIRST_MS) return;
  throw new Rejection(
    "handed_over",
    "Whom you invited is on air. Take over in the studio, or take the invitation back",
  );
}

/** Whether it is the program on air that comes anew, also where it was never told that it was. */
function isSame(by: Begin, onAir: Came | null, liveEpoch: number): boolean {
  const { resume, program } = by;
  if (resume === liveEpoch) return true;
  if (onAir === null) return false;
  // a tab that was duplicated has the epoch of the first, and a name of its own
  if (program !== undefined && onAir.program !== undefined) return program === onAir.program;
  return resume !== undefined && resume === onAir.resume;
}

/** With what words the connection on air came, and the program from which it has taken over. */
export interface Came extends Pick<Begin, "resume" | "program"> {
  readonly overtook?: string | undefined;
}

/** What is to be remembered when `by` is on air in the place of what had come before. */
export const cameAs = (by: Begin, before: Came | null, isHandOver: boolean): Came => ({
  resume: by.resume,
  program: by.program,
  overtook: isHandOver ? before?.program : before?.overtook,
});

/**
 * Puts a host on air. There is one at a time: a second is refused, save who was invited to take
 * over, the owner who takes the stream back, and the same program that comes by a new connection.
 * `onAir` is how the connection on air came, while that is known.
 *
 * @throws {Rejection} `stream_ended`, `forbidden`, `conflict` while another is on air, or
 * `handed_over` to who comes back by itself after another took over
 */
export function begin(
  stream: LiveStream,
  by: Begin,
  now: number,
  onAir: Came | null = null,
): LiveChange {
  demandNotEnded(stream);
  demandKey(stream, by.keyGeneration);
  const { onAirId, liveEpoch } = stream;
  if (!mayHold(stream, by.hostId)) {
    throw new Rejection(
      "forbidden",
      "Only its host, and whom they invite, may send to this stream",
    );
  }
  // a line that broke before another took over comes back by itself: nobody has asked for that, also
  // where the line of who took over has broken since, and where it was never told that it had begun
  const isBack = by.resume !== undefined ||
    by.program !== undefined && by.program === onAir?.overtook;
  if (isOthers(stream, by.hostId) && isBack) throw new Rejection("handed_over");
  if (by.via === "encoder") demandNotHandedOver(stream, by.hostId, now);
  if (isOnAir(stream) && by.hostId === onAirId && !isSame(by, onAir, liveEpoch)) {
    throw new Rejection("conflict", "A host is on air here already");
  }
  const { codec, channels, frameSamples } = by.source;
  return {
    status: "live",
    liveEpoch: liveEpoch + 1,
    onAirId: by.hostId,
    via: by.via,
    source: { codec, channels, frameSamples },
    startedAt: liveEpoch === 0 ? now : stream.startedAt ?? now,
    lostAt: null,
  };
}

/** Starts a stream whose host is yet to connect; null: it is on air already. */
export function start(stream: LiveStream, now: number): LiveChange | null {
  demandNotEnded(stream);
  if (stream.status !== "idle") return null;
  return { status: "live", startedAt: now };
}

/** The host is gone; null where that is not so, or not any more. */
export function lose(stream: LiveStream, epoch: number, now: number): LiveChange | null {
  if (!isOnAir(stream) || epoch !== stream.liveEpoch) return null;
  return { status: "reconnecting", lostAt: now };
}

/** The host's node says that its connection lives, though it was taken for lost; null: no news. */
export function revive(stream: LiveStream, epoch: number, hostId: string): LiveChange | null {
  if (stream.status !== "reconnecting" || epoch !== stream.liveEpoch) return null;
  if (!mayHold(stream, hostId)) return null;
  return { status: "live", onAirId: hostId, lostAt: null };
}

/** Ends a stream for good; null: it has ended. What never began ends as well. */
export function end(stream: LiveStream, now: number): LiveChange | null {
  if (stream.status === "ended") return null;
  return { status: "ended", onAirId: null, lostAt: null, endedAt: now };
}

/**
 * What the passing of time does to a stream. `aliveAt` is when its host was last heard of, and
 * `since` from when on one has listened for that: before, silence proves nothing (L9). The grace is
 * counted from the last sign of life, and not from when its end was seen.
 */
export function elapse(
  stream: LiveStream,
  { aliveAt, since }: { readonly aliveAt: number; readonly since: number },
  now: number,
): LiveChange | null {
  switch (stream.status) {
    case "idle":
    case "ended":
      return null;
    case "live":
      if (stream.onAirId !== null) {
        if (now - Math.max(aliveAt, since) < SILENT_MS) return null;
        const latest = now - (GRACE_MS - GRACE_LEFT_MS);
        return lose(stream, stream.liveEpoch, Math.max(aliveAt, latest));
      }
      return now - aliveAt < WAIT_MS ? null : { status: "idle", startedAt: null };
    case "reconnecting":
      return now - (stream.lostAt ?? now) < GRACE_MS ? null : end(stream, now);
    default:
      return stream.status satisfies never;
  }
}

/**
 * What a host sets. Whose invitation is taken back while they are on air is so no more: the stream
 * waits for its host, as after a broken line.
 */
export function change(stream: LiveStream, patch: LivePatch, now: number): LiveChange {
  const { scheduledAt, ...rest } = patch;
  const begun = stream.liveEpoch > 0;
  if (begun && patch.record !== undefined && patch.record !== stream.record) {
    throw new Rejection("conflict", "Whether it is recorded is settled when a stream begins");
  }
  if (patch.coHostId === stream.hostId) {
    throw new Rejection("invalid", "coHostId is the host; another may be invited", {
      errors: [{ path: "coHostId", message: "is the host" }],
    });
  }
  const set = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined),
  ) as LiveChange;
  const { onAirId } = stream;
  const isTurnedOff = onAirId !== null && !mayHold({ ...stream, ...set }, onAirId);
  const changed = isTurnedOff ? { ...set, ...lose(stream, stream.liveEpoch, now) } : set;
  if (scheduledAt === undefined) return changed;
  return { ...changed, scheduledAt: scheduledAt === null ? null : Date.parse(scheduledAt) };
}
