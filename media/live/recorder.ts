/**
 * Records what a host sends, packet by packet and as it came, in parts of a second and a half: a
 * crash loses no more than the last of them, and any node can put them together (L7).
 */
import type { AudioFrame } from "../../domain/live_frames.ts";
import type { Kept, OnAir, Sink } from "./broadcast.ts";
import { OPUS_RATE } from "./ogg_opus.ts";
import { partQueue, type PartQueueDeps } from "./part_queue.ts";
import { recordingForm } from "./recording_form.ts";
import { encodePart, type RecordedPacket, type RecordingForm } from "./recording_part.ts";

/** How long a part is, in ms: with the time that storing it takes, a crash loses less than 2 s (L7). */
const PART_MS = 1_500;
/** A part with more is stored at once, in bytes: no source of ours comes near it. */
const PART_BYTES = 1024 ** 2;
/** Frames of one connection are only so far apart where some were never sent, in µs. */
const HOLE_US = 100_000;
/** What frames may be late by on their way, in µs. */
const DELAY_US = 2_000_000;
/** A host whose clock is this far off does not keep the server's time, in µs. */
const STRANGE_US = 60_000_000;

/** Begins to record one connection of a host. Only `end` waits: for the rest, until it is stored. */
export function recorder(
  deps: PartQueueDeps,
  { streamId, epoch, source: first }: Pick<OnAir, "streamId" | "epoch" | "source">,
): Sink {
  const { now = Date.now } = deps;
  const queue = partQueue(deps, { streamId, epoch });
  /**
   * What is recorded: of all sources that tell packets before they are heard, those; of a browser,
   * and of Opus that had to be made anew, what listeners get, each with the time of its capture.
   */
  let kept: Kept | undefined;
  let source = first;
  if (source.codec !== "opus" && source.codec !== "webm") kept = "originals";
  let form: RecordingForm | undefined;
  let packets: RecordedPacket[] = [];
  let startUs = 0;
  let bytes = 0;
  let samples = 0;
  /** Where the next packet belongs, in µs since 1970; undefined before the first. */
  let nextUs: number | undefined;
  /** Of the packet before: when the host captured its end, and when it came, in µs. */
  let before: { readonly capturedUs: number; readonly cameUs: number } | undefined;
  /** How far the recording was behind our clock at the first frame, in µs. */
  let behindUs = 0;

  const flush = () => {
    if (!form || packets.length === 0) return;
    queue.push(encodePart({ form, startUs, packets }), samples * 1_000 / form.rate);
    packets = [];
    bytes = samples = 0;
  };

  /** @param holeUs how long nothing was sent before it */
  const add = (packet: Uint8Array, count: number, holeUs: number) => {
    if (packets.length === 0) form = recordingForm(source, packet);
    if (!form || nextUs === undefined) return; // no frame that could be played: the next one may be
    const gap = packets.length === 0 ? 0 : Math.round(holeUs * form.rate / 1_000_000);
    if (packets.length === 0) startUs = Math.round(nextUs + holeUs);
    packets.push({ bytes: packet.slice(), samples: count, gap }); // its memory is the sender's
    bytes += packet.length;
    samples += gap + count;
    nextUs += holeUs + count * 1_000_000 / form.rate;
    if (bytes >= PART_BYTES || samples * 1_000 >= PART_MS * form.rate) flush();
  };

  /**
   * What a host has left out before a frame, in µs: no more than the time that has gone by since the
   * one before, or that the recording lacks by now: some clocks follow a pause later.
   */
  const holeBefore = (capturedUs: number, nowUs: number): number => {
    if (!before || nextUs === undefined) return 0;
    const hole = capturedUs - before.capturedUs;
    const goneUs = Math.max(nowUs - before.cameUs, nowUs - nextUs - behindUs);
    return hole > HOLE_US ? Math.min(hole, goneUs + DELAY_US) : 0;
  };

  return {
    recording: queue.state,
    frame({ packet, samples: count, capturedUs }: AudioFrame) {
      kept ??= "frames";
      if (kept !== "frames") return;
      const [at, nowUs] = [Number(capturedUs), now() * 1_000];
      const holeUs = holeBefore(at, nowUs);
      nextUs ??= Math.abs(at - nowUs) > STRANGE_US ? nowUs : at;
      if (!before) behindUs = nowUs - nextUs;
      before = { capturedUs: at + count * 1_000_000 / OPUS_RATE, cameUs: nowUs };
      add(packet, count, holeUs);
    },
    original(packet, count) {
      // their clock is their samples: what an encoder sends in a burst is as long as it plays
      kept ??= "originals";
      if (kept !== "originals") return;
      nextUs ??= now() * 1_000;
      add(packet, count, 0);
    },
    source(next, from) {
      if (kept === "frames") return; // they are Opus, whatever they are made of
      flush();
      source = next;
      kept = from;
    },
    async end() {
      flush();
      await queue.end();
    },
  };
}
