/** What players of a live stream open, of a node: HLS, and endless Opus and MP3 (L4). */
import type { Bus } from "../actors/runtime/bus.ts";
import type { Config } from "../config.ts";
import { isRejection } from "../domain/errors.ts";
import { contentType } from "../media/content_types.ts";
import type { Tool } from "../media/ffmpeg.ts";
import { endless } from "../media/live/endless.ts";
import { hlsPackager, liveHlsKey, readWindow } from "../media/live/hls.ts";
import { ICY_EVERY } from "../media/live/icy.ts";
import { livePlaylist } from "../media/live/live_playlist.ts";
import { liveListen } from "../routes/live_listen.ts";
import type { Log } from "../services/log.ts";
import { titlesSubject } from "./encoder.ts";
import type { Live, SinkMaker } from "./live.ts";
import type { Storage } from "./storage.ts";

/** A title is waited for so long, in ms: a player should not wait for it. */
const TITLE_MS = 500;

/** Makes HLS of the hosts that come in here. */
export const packagerOf = (
  { config, storage, ffmpeg, log }: { config: Config; storage: Storage; ffmpeg: Tool; log: Log },
): SinkMaker =>
  hlsPackager({
    ...storage,
    ffmpeg,
    form: config.hlsForm,
    warn: (message, details) => log.warn(message, details),
  });

/** Disposing ends all listeners. */
export function livePlayersOf({ config, live, bus, storage, ffmpeg, log }: {
  config: Config;
  live: Pick<Live, "desk" | "audio" | "news" | "audience">;
  bus: Bus;
  storage: Storage;
  ffmpeg: Tool;
  log: Log;
}) {
  const { blobs } = storage;
  const players = endless({
    ...live,
    ffmpeg,
    warn: (message, details) => log.warn(message, details),
  });
  return {
    app: liveListen({
      ...live,
      endless: players,
      blobs,
      icyEvery: ICY_EVERY,
      form: config.hlsForm,
      readWindow: (streamId, form) => readWindow(blobs, streamId, form),
      livePlaylist,
      hlsKey: liveHlsKey,
      contentType,
      async playing(streamId) {
        try {
          const asked = new Uint8Array();
          const answer = await bus.request(titlesSubject(streamId), asked, {
            deadlineMs: TITLE_MS,
          });
          return new TextDecoder().decode(answer) || null;
        } catch (error) {
          if (isRejection(error)) return null; // it comes from a browser, or its node is away
          throw error;
        }
      },
    }),
    [Symbol.dispose]: () => players[Symbol.dispose](),
  };
}
