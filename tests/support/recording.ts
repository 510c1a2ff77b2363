/** A recording whose store, row and clock are moved by hand. */
import type { Rejection } from "../../domain/errors.ts";
import { recordingFolder, recordingPart } from "../../domain/blob_keys.ts";
import type { PartQueueDeps, Room } from "../../media/live/part_queue.ts";
import { type PartOf, recordingFile } from "../../media/live/recording_file.ts";
import { decodePart, encodePart } from "../../media/live/recording_part.ts";

export function manualParts(streamId = "01980000-0000-7000-8000-00000000abcd") {
  const stored = new Map<string, Uint8Array>();
  const told: string[] = [];
  const warned: string[] = [];
  const hearers = new Set<() => void>();
  const closing = new AbortController();
  async function* inOrder(): AsyncGenerator<PartOf> {
    for (const [key, bytes] of stored) {
      const [epoch = 0] = key.slice(recordingFolder(streamId).length + 1).split("-").map(Number);
      yield await Promise.resolve({ ...decodePart(bytes), epoch });
    }
  }
  const parts = {
    streamId,
    /** In the order in which they were stored. */
    stored,
    told,
    warned,
    /** ms since 1970, of the recorder. */
    now: 0,
    /** What the store says to every part; null takes them. */
    refuse: null as Rejection | null,
    /** What may be recorded; null is nothing, for the stream is over. */
    room: { bytes: Infinity, ms: Infinity } as Room | null,
    /** Resolves when the host has been told this. */
    async untilTold(state: string): Promise<void> {
      while (!told.includes(state)) {
        await new Promise<void>((resolve) => hearers.add(resolve));
      }
    },
    /** Their form, as the first has it. */
    form() {
      const [bytes] = stored.values();
      if (!bytes) throw new Error("Nothing was stored");
      return decodePart(bytes).form;
    },
    inOrder,
    /** What the parts make. */
    async pour() {
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      const { done, value } = await inOrder().next();
      if (done) return { file: null, bytes: new Uint8Array() };
      const write = (bytes: Uint8Array) => {
        chunks.push(bytes.slice());
        return Promise.resolve();
      };
      const file = await recordingFile(inOrder(), { form: value.form, serial: 7, write });
      return { file, bytes: await new Blob(chunks).bytes() };
    },
    deps: undefined as unknown as PartQueueDeps,
  };
  parts.deps = {
    blobs: {
      put(key, data) {
        if (parts.refuse) return Promise.reject(parts.refuse);
        stored.set(key, data as Uint8Array);
        return Promise.resolve({ bytes: (data as Uint8Array).length, sha256: "" });
      },
    },
    takes: {
      open: () => Promise.resolve(parts.room),
      beat: () => Promise.resolve(),
      shut: () => Promise.resolve(),
    },
    told(_, state) {
      told.push(state);
      hearers.forEach((hear) => hear());
      hearers.clear();
    },
    warn: (message) => void warned.push(message),
    closing: closing.signal,
    now: () => parts.now,
  };
  return parts;
}

/** Packets of 20 ms of Opus as a recorder stores them: keys and parts of a second and a half. */
export function* storedParts(id: string, packets: readonly Uint8Array[]) {
  for (let from = 0, number = 0; from < packets.length; from += 75, number++) {
    const part = encodePart({
      form: { codec: "opus", channels: 2, rate: 48_000, headers: [] },
      startUs: 1_790_000_000_000_000 + from * 20_000,
      packets: packets.slice(from, from + 75).map((bytes) => ({ bytes, samples: 960, gap: 0 })),
    });
    yield [recordingPart(id, 1, number), part] as const;
  }
}
