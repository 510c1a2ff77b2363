/** U1: what a 2 GB upload adds to the memory of a node. */
import { defineBench } from "./bench.ts";
import { runLoad } from "./load.ts";
import type { UploadOrder, UploadTimes } from "./loads/upload.ts";
import { deleteTrack, newToken, nodeOf } from "./node.ts";
import { growthDuring } from "./resident.ts";

/** A mebibyte less than what a node takes at most (U2). */
const BYTES = 2 * 1024 ** 3 - 1024 ** 2;
const SHORT_BYTES = 48 * 1024 ** 2;

export const bench = defineBench({
  rule: "U1",
  title: "Memory of a 2 GB upload",
  what: "2,047 MiB of WAV (24 bits, 96 kHz), made up by a process of its own as fast as the node " +
    "takes it, to a node that has just started. Told is how far the node's resident memory rose above what it was before, seen " +
    "every 50 ms until the bytes were answered for: hashed, fsynced and sniffed.",
  tools: [],
  rounds: 5,
  warmUps: 0,
  measures: {
    growth: { title: "memory added", unit: "MiB", better: "less", targets: [{ atMost: 64 }] },
    rate: { title: "taken", unit: "MiB/s", better: "more", targets: [] },
  },
  open: async (stage) => {
    const node = await nodeOf(stage);
    const size = stage.short ? SHORT_BYTES : BYTES;
    const round = (by: UploadOrder["by"]) => async () => {
      await node.restart(); // memory that an earlier upload took would hide what this one takes
      const token = await newToken(node);
      const { growth, result } = await growthDuring(node.pid, () =>
        runLoad<UploadTimes>(
          "upload",
          { url: node.url, token, from: size, by, until: "answered" } satisfies UploadOrder,
        ));
      await deleteTrack(node, result.trackId, token);
      return { growth, rate: size / 1024 ** 2 / (result.sentMs / 1_000) };
    };
    return [
      { name: "multipart", role: "ours", round: round("multipart") },
      { name: "tus", role: "ours", round: round("tus") },
    ];
  },
});
