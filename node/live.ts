/** Live streams of a node, put together: their actors, hosts that come, and who listens (L1–L9). */
import { liveStream } from "../actors/live_stream.ts";
import type { Bus } from "../actors/runtime/bus.ts";
import type { System } from "../actors/runtime/system.ts";
import { bytesTopic, topic } from "../actors/runtime/topic.ts";
import type { Config } from "../config.ts";
import { liveStore } from "../db/live.ts";
import type { Sql } from "../db/open.ts";
import type { LiveNews } from "../domain/live_news.ts";
import type { LiveStream } from "../domain/live_stream.ts";
import { audience as audienceOf } from "../media/live/audience.ts";
import type { Tool } from "../media/ffmpeg.ts";
import type { OnAir, Sink } from "../media/live/broadcast.ts";
import { pacer } from "../media/live/pacer.ts";
import { transcoder } from "../media/live/transcoder.ts";
import { type LiveAccount, liveDesk, type RoomsOfLive } from "../routes/live_desk.ts";
import { liveHub } from "../routes/sockets/live_hub.ts";
import { liveJoins } from "../routes/sockets/live_joins.ts";
import { liveSocket, type LiveSocketOptions } from "../routes/sockets/live.ts";
import { newId } from "../services/ids.ts";
import { derive, siteKey } from "../services/keys.ts";
import type { Log } from "../services/log.ts";
import { streamKeys } from "../services/stream_keys.ts";
import { opening } from "./live_open.ts";

/** Makes what takes the frames of a host's connection on; null where it has nothing to do. */
export type SinkMaker = (onAir: OnAir) => Sink | null;

export async function liveOf(
  {
    config,
    sql,
    system,
    bus,
    accountOf,
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
    rooms: RoomsOfLive;
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
  const { current } = await derive(
    await siteKey({
      configured: config.encryptionKey,
      previous: config.encryptionKeyPrevious,
      dataDir: config.dataDir,
    }),
    "live-keys",
  );
  const keys = await streamKeys(current);
  const store = liveStore(sql);
  const audio = bytesTopic(bus, "audio");
  const news = topic<LiveNews>(bus, "live");
  const streams = system.host(liveStream({
    rows: store,
    tell: (streamId, what) => news.publish(streamId, what),
    onEnded,
  }));
  const audience = owned.use(audienceOf({ news, node: newId() }));
  const { open } = owned.use(
    opening({ bus, streams, audio, news, audience, accountOf, sinks, log }),
  );
  const desk = liveDesk({
    ...{ streams, store, keys, rooms, accountOf, newId, publicUrl, encoderUrl },
  });
  const onError = (error: unknown) => log.error("a stream's socket failed", { error });
  const joins = owned.use(liveJoins({ write: (events) => store.joined(events), onError }));
  const hub = owned.use(liveHub({
    ...{ audio, news, streams, audience, accountOf, onError },
    accessOf: store.byId,
    onJoined: (id, viewer) => joins.joined(id, viewer),
  }));
  const socket = owned.use(liveSocket({
    ...{ ...sockets, desk, hub, news, open, accountOf, onError },
    chunks(of) {
      const pace = pacer(); // a chunk holds more than listeners keep ready
      const { write, end } = transcoder({
        ...{ ...of, ffmpeg, form: "webm", preamble: null },
        packet: (packet, samples) => pace.put(samples, () => of.packet(packet, samples)),
        warn: (message, details) => log.warn(message, details),
      });
      return {
        write,
        async end() {
          await end();
          pace.hurry();
        },
      };
    },
  }));
  const kept = owned.move();
  return {
    /** `/ws/live/…` */
    socket: socket.app,
    ...{ desk, streams, store, keys, audio, news, audience, open },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
export type Live = Awaited<ReturnType<typeof liveOf>>;
