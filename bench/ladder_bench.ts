/** P7, second half: how long the whole ladder takes beside bare ffmpeg (U10). */
import { plan } from "../media/plan.ts";
import { bareFfmpeg } from "./bare_ffmpeg.ts";
import { defineBench } from "./bench.ts";
import { runLoad } from "./load.ts";
import type { UploadOrder, UploadTimes } from "./loads/upload.ts";
import { deleteTrack, newToken, nodeOf } from "./node.ts";
import { makeSound } from "./sound.ts";

export const bench = defineBench({
  rule: "P7",
  title: "The whole ladder",
  what: "The same 5-minute WAV until all five renditions, three waveforms and the playlists are " +
    "stored: from the last byte of the upload to the event _ready_. The peers have the file on " +
    "disk already; they measure loudness and true peak by one `ebur128`, then encode the same five " +
    "renditions with the same arguments, not niced, outside any jail, and draw no waveform.",
  tools: [],
  rounds: 5,
  warmUps: 0,
  measures: {
    ladder: {
      title: "the whole ladder",
      unit: "s",
      better: "less",
      targets: [{ beside: "best", atMost: 1.2 }],
    },
  },
  open: async (stage) => {
    const wav = `${stage.folder}/sound.wav`;
    await makeSound(wav, stage.short ? 8 : 300);
    const node = await nodeOf(stage);
    const bare = bareFfmpeg(wav, stage.folder);
    const ladder = plan({ sampleRate: 44_100, channels: 2, bits: 16, lossless: true });
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
              until: "ready",
            } satisfies UploadOrder,
          );
          await deleteTrack(node, times.trackId, token);
          return { ladder: times.readyMs! / 1_000 };
        },
      },
      {
        name: "ffmpeg, five commands side by side",
        role: "peer",
        round: async () => ({ ladder: await bare.sideBySide(ladder) / 1_000 }),
      },
      {
        name: "ffmpeg, one command with five outputs",
        role: "peer",
        round: async () => ({ ladder: await bare.oneCommand(ladder) / 1_000 }),
      },
      {
        name: "PeerTube's way: one rendition after the other",
        role: "peer",
        round: async () => ({ ladder: await bare.inTurn(ladder) / 1_000 }),
      },
    ];
  },
});
