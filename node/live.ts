/** Live streams of a node, put together: their actors, hosts that come, and who listens (L1–L9). */
import { liveStream } from "../actors/live_stream.ts";
import type { Bus } from "../actors/runtime/bus.ts";
import { systemClock } from "../actors/runtime/clock.ts";
import type { System } from "../actors/runtime/system.ts";
import { bytesTopic, topic } from "../actors/runtime/topic.ts";
import type { Config } from "../config.ts";
import { type LiveRow, liveStore } from "../db/live.ts";
import type { Sql } from "../db/open.ts";
import { translate } from "../db/outages.ts";
import type { Role } from "../domain/auth.ts";
import type { LiveNews } from "../domain/live_news.ts";
import type { LiveStream } from "../domain/live_stream.ts";
import { audience as audienceOf } from "../media/live/audience.ts";
import type { Tool } from "../media/ffmpeg.ts";
import type { OnAir, Sink } from "../media/live/broadcast.ts";
import { pacedChunks } from "../media/live/paced_chunks.ts";
import { liveAccess } from "../routes/live_access.ts";
import { liveEars } from "../routes/live_ears.ts";
import { type LiveAccount, liveDesk, type RoomsOfLive } from "../routes/live_desk.ts";
import { liveHub } from "../routes/sockets/live_hub.ts";
import { liveJoins } from "../routes/sockets/live_joins.ts";
import { liveOutage } from "../routes/sockets/live_outage.ts";
import { liveSocket, type LiveSocketOptions } from "../routes/sockets/live.ts";
import { memoryCache } from "../services/cache.ts";
import { newId } from "../services/ids.ts";
import { derive, siteKey } from "../services/keys.ts";
import type { Log } from "../services/log.ts";
import { liveTokens } from "../services/live_tokens.ts";
import { streamKeys } from "../services/stream_keys.ts";
import { opening } from "./live_open.ts";
import { liveVoices, type RoomsOfVoices } from "./live_voices.ts";

/**
 * What players may hear is looked up once in this time, in ms: a thousand of them ask each second,
 * and who may hear a stream no longer is shut out as soon.
 */
const KNOWN_MS = 1_000;
/** How many streams, and how many bearers of addresses, are kept in mind for it. */
const KNOWN_MOST = 2_000;

/** Makes what takes the frames of a host's connection on; null where it has nothing to do. */
export type SinkMaker = (onAir: OnAir) => Sink | null;

export async function liveOf(
  {
    config,
    sql,
    system,
    bus,
    accountOf,
    rolesOf,
    rooms,
    publicUrl,
    encoderUrl,
    sinks,
    onEnded,
    ffmpeg,
    sockets,
    log,
  }: {
    config: Config;
    sql: Sql;
    system: System;
    bus: Bus;
    accountOf: (id: string) => Promise<LiveAccount | null>;
    /** An account's present roles; null when it is gone, or not active. */
    rolesOf: (id: string) => Promise<readonly Role[] | null>;
    rooms: RoomsOfLive & RoomsOfVoices;
    publicUrl: string;
    /** Where encoders connect to, without a path. */
    encoderUrl: () => string;
    sinks: readonly SinkMaker[];
    /** A stream has ended; told again when its actor starts anew. */
    onEnded: (stream: LiveStream) => void;
    ffmpeg: Tool;
    sockets: Pick<
      LiveSocketOptions,
      "takeTicket" | "living" | "closing" | "entrance"
    >;
    log: Log;
  },
) {
  await using owned = new AsyncDisposableStack();
  const secrets = await siteKey({
    configured: config.encryptionKey,
    previous: config.encryptionKeyPrevious,
    dataDir: config.dataDir,
  });
  const keys = await streamKeys((await derive(secrets, "live-keys")).current);
  const store = liveStore(sql);
  const audio = bytesTopic(bus, "audio");
  const news = topic<LiveNews>(bus, "live");
  const streams = system.host(liveStream({
    rows: store,
    tell: (streamId, what) => news.publish(streamId, what),
    onEnded,
  }));
  const audience = owned.use(audienceOf({ news, node: newId() }));
  const onError = (error: unknown) => log.error("a stream's socket failed", { error });
  const outage = owned.use(liveOutage({ bus, clock: systemClock, onError }));
  const { open, isHeard } = owned.use(
    opening({ bus, streams, audio, news, audience, accountOf, sinks, outage, log }),
  );
  const known = { keepMs: KNOWN_MS, most: KNOWN_MOST };
  const rows = memoryCache<LiveRow | null>(known);
  const roles = memoryCache<readonly Role[] | null>(known);
  const access = liveAccess({
    async rowOf(id, afresh) {
      if (afresh) await rows.forget(id);
      return await rows.get(id, () => store.byId(id));
    },
    rolesOf: (id) => roles.get(id, () => rolesOf(id)),
    tokens: await liveTokens(await derive(secrets, "live tokens")),
    publicUrl,
  });
  const { addresses } = access;
  const desk = liveDesk({
    ...{ streams, store, keys, rooms, accountOf, newId, publicUrl, encoderUrl, addresses },
  });
  const joins = owned.use(liveJoins({ write: (events) => store.joined(events), onError }));
  const { living } = sockets;
  const ears = owned.use(liveEars({ access, news, living, outage, onError }));
  const hub = owned.use(liveHub({
    ...{ audio, news, streams, audience, onError },
    accountOf: async (id) => {
      try {
        return await accountOf(id);
      } catch (error) {
        throw translate(error); // who raises a hand is told of an outage as such
      }
    },
    demandVoice: liveVoices({ rooms }),
    rowOf: store.byId,
    onReconnect: (handler) => bus.onReconnect(handler),
    onJoined: (id, viewer) => joins.joined(id, viewer),
  }));
  const socket = owned.use(liveSocket({
    ...{ ...sockets, desk, hub, outage, news, open, accountOf, onError },
    chunks: (of) =>
      pacedChunks({ ...of, ffmpeg, warn: (message, details) => log.warn(message, details) }),
  }));
  const kept = owned.move();
  return {
    /** `/ws/live/…` */
    socket: socket.app,
    ...{ access, ears, desk, streams, store, keys, audio, news, audience, open, isHeard },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
export type Live = Awaited<ReturnType<typeof liveOf>>;
