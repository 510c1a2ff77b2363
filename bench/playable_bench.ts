/** P7, first half: how soon after its last byte an uploaded track can be heard (U6). */
import { encodeArgs, plan } from "../media/plan.ts";
import { defineBench } from "./bench.ts";
import { bareFfmpeg } from "./bare_ffmpeg.ts";
import { runLoad } from "./load.ts";
import type { UploadOrder, UploadTimes } from "./loads/upload.ts";
import { deleteTrack, newToken, nodeOf } from "./node.ts";
import { makeSound } from "./sound.ts";

/** The ladder's first rung of a CD's sound: what a listener starts with. */
const [FIRST] = plan({ sampleRate: 44_100, channels: 2, bits: 16, lossless: true });

export const bench = defineBench({
  rule: "P7",
  title: "Upload to playable",
  what: "A 5-minute WAV (44.1 kHz, stereo, 16 bits) is posted over loopback to a node that stays " +
    "up, each time by a new account; times count from when its last byte had left. Ours fsyncs, " +
    "sniffs, probes and measures loudness before it encodes; PeerTube's way encodes one rendition " +
    "whole before it publishes, here without any of these.",
  tools: [],
  rounds: 7,
  warmUps: 1,
  measures: {
    answered: { title: "last byte → answered", unit: "ms", better: "less", targets: [] },
    playable: {
      title: "last byte → playable",
      unit: "ms",
      better: "less",
      targets: [{ atMost: 1_000 }],
    },
    firstSegment: {
      title: "last byte → first segment here",
      unit: "ms",
      better: "less",
      targets: [],
    },
  },
  open: async (stage) => {
    const wav = `${stage.folder}/sound.wav`;
    await makeSound(wav, stage.short ? 8 : 300);
    const node = await nodeOf(stage);
    const bare = bareFfmpeg(wav, stage.folder);
    const encode = encodeArgs(FIRST!, 0, 7_200);
    return [
      {
        name: "Veza",
        role: "ours",
        round: async () => {
          const token = await newToken(node);
          const times = await runLoad<UploadTimes>(
            "upload",
            {
              url: node.url,
              token,
              from: wav,
              by: "multipart",
              until: "playable",
            } satisfies UploadOrder,
          );
          await deleteTrack(node, times.trackId, token);
          return {
            answered: times.answeredMs,
            playable: times.playableMs!,
            firstSegment: times.firstSegmentMs!,
          };
        },
      },
      {
        name: "PeerTube's way: one rendition, then publish",
        role: "peer",
        round: async () => ({ playable: await bare.time([encode]) }),
      },
      {
        name: "bare ffmpeg to its first segment, unmeasured",
        role: "bound",
        round: async () => ({ playable: await bare.timeToFirstSegment(encode) }),
      },
    ];
  },
});
