/** What players of a live stream open, of a node: HLS, and endless Opus and MP3 (L4). */
import type { Bus } from "../actors/runtime/bus.ts";
import type { Config } from "../config.ts";
import { isRejection } from "../domain/errors.ts";
import { contentType } from "../media/content_types.ts";
import type { Tool } from "../media/ffmpeg.ts";
import { endless } from "../media/live/endless.ts";
import { hlsPackager, liveHlsKey } from "../media/live/hls.ts";
import { hlsListeners } from "../media/live/hls_listeners.ts";
import { readWindow } from "../media/live/hls_window.ts";
import { isSilence, type MadeSilence, silenceMaker } from "../media/live/hls_silence.ts";
import { ICY_EVERY } from "../media/live/icy.ts";
import { filled, livePlaylist, type LiveWindow } from "../media/live/live_playlist.ts";
import { withToken } from "../media/signed_playlist.ts";
import { type LiveFile, liveListen } from "../routes/live_listen.ts";
import { memoryCache } from "../services/cache.ts";
import type { Log } from "../services/log.ts";
import { titlesSubject } from "./encoder.ts";
import type { Live, SinkMaker } from "./live.ts";
import type { Storage } from "./storage.ts";

/** A title is waited for so long, in ms: a player should not wait for it. */
const TITLE_MS = 500;

/** A list is read once in this time, in ms, however many ask; a third of what a segment lasts. */
const LIST_MS = 700;
const LISTS = 1_000;
/** Segments do not change: they are read once, and kept while they are in a list. */
const FILE_MS = 60_000;
/** What all of them may take, in bytes: a thousand of 128 kbit/s. */
const FILES = 32 * 1024 ** 2;

/** What is listed while a host is away, the same for all streams; made when it is first needed. */
export const silenceOf = (
  { config, storage, ffmpeg }: { config: Config; storage: Storage; ffmpeg: Tool },
): () => Promise<MadeSilence> => silenceMaker({ ...storage, ffmpeg, form: config.hlsForm });

/** Makes HLS of the hosts that come in here. */
export const packagerOf = (
  { config, storage, silence, ffmpeg, log }: {
    config: Config;
    storage: Storage;
    silence: () => Promise<MadeSilence>;
    ffmpeg: Tool;
    log: Log;
  },
): SinkMaker =>
  hlsPackager({
    ...storage,
    ffmpeg,
    form: config.hlsForm,
    silence,
    warn: (message, details) => log.warn(message, details),
  });

/** Disposing ends all listeners. */
export function livePlayersOf({ config, live, bus, storage, silence, ffmpeg, log }: {
  config: Config;
  live: Pick<Live, "access" | "ears" | "audio" | "news" | "audience">;
  bus: Bus;
  storage: Storage;
  silence: () => Promise<MadeSilence>;
  ffmpeg: Tool;
  log: Log;
}) {
  const { blobs } = storage;
  const { hlsForm: form } = config;
  const windows = memoryCache<LiveWindow>({ keepMs: LIST_MS, most: LISTS });
  const files = memoryCache<LiveFile | null>({
    keepMs: FILE_MS,
    most: FILES,
    weigh: (file) => file?.bytes.length ?? 0,
  });
  const read = async (key: string): Promise<LiveFile | null> => {
    try {
      const { stream, etag } = await blobs.open(key);
      return { bytes: await new Response(stream).bytes(), etag };
    } catch (error) {
      if (isRejection(error, "not_found")) return null;
      throw error;
    }
  };
  const listeners = hlsListeners(live.audience);
  const players = endless({
    ...live,
    ffmpeg,
    warn: (message, details) => log.warn(message, details),
  });
  return {
    app: liveListen({
      ...live,
      endless: players,
      listeners,
      icyEvery: ICY_EVERY,
      windowOf: ({ id, liveEpoch }) =>
        windows.get(id, async () => (await readWindow(blobs, id, form, liveEpoch)).window),
      listOf: (window, now, ended) => livePlaylist(filled(window, now).window, ended),
      async fileOf(streamId, name) {
        if (isSilence(name)) {
          const bytes = (await silence()).files.get(name);
          return bytes ? { bytes, etag: `"${name}"` } : null;
        }
        const key = liveHlsKey(streamId, name);
        return await files.get(key, () => read(key));
      },
      withToken,
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
    [Symbol.dispose]() {
      listeners[Symbol.dispose]();
      players[Symbol.dispose]();
    },
  };
}
