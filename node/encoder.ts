/** The port that encoders connect to, of a node (L2). */
import type { Bus } from "../actors/runtime/bus.ts";
import type { Config } from "../config.ts";
import { isRejection, Rejection } from "../domain/errors.ts";
import { demandNotHandedOver, isOnAir } from "../domain/live_stream.ts";
import type { Tool } from "../media/ffmpeg.ts";
import { liveSource } from "../media/live/source.ts";
import { cleanTitle, decode } from "../media/live/tags.ts";
import { type EncoderDesk, listenForEncoders } from "../routes/sockets/encoder.ts";
import type { Log } from "../services/log.ts";
import type { Live } from "./live.ts";

/** Where the node of an encoder takes titles, and tells the one it has: nothing asks for that. */
export const titlesSubject = (streamId: string): string => `live_titles.${streamId}`;

/** The port that is held before it is known who answers on it. */
export interface EncoderPort extends Disposable {
  /** The one in force; of a port that was taken, the one that was wanted. */
  readonly port: number;
  readonly listener: Deno.Listener | null;
}

/** Takes ENCODER_PORT. One that is taken is told, and the site goes on without encoders. */
export async function encoderPortOf(
  { config, log }: { config: Config; log: Log },
): Promise<EncoderPort> {
  const { host: hostname, encoderPort: port, tlsCert, tlsKey } = config;
  try {
    const listener = tlsCert && tlsKey
      ? Deno.listenTls({
        ...{ hostname, port },
        cert: await Deno.readTextFile(tlsCert),
        key: await Deno.readTextFile(tlsKey),
      })
      : Deno.listen({ hostname, port });
    let open = true;
    return {
      port: (listener.addr as Deno.NetAddr).port,
      listener,
      [Symbol.dispose]() {
        if (open) closeQuietly(listener);
        open = false;
      },
    };
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    log.warn(`no encoder can connect: port ${port} on ${hostname} is in use; set ENCODER_PORT`, {
      port,
    });
    return { port, listener: null, [Symbol.dispose]() {} };
  }
}

/** Whoever listened has closed it, when the start went well. */
function closeQuietly(listener: Deno.Listener): void {
  try {
    listener.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** Answers encoders from now on. Disposing ends their connections, and the port. */
export function encodersOf({ port, live, bus, ffmpeg, translate, log }: {
  port: EncoderPort;
  live: Pick<Live, "store" | "keys" | "streams" | "open" | "isHeard">;
  bus: Bus;
  ffmpeg: Tool;
  translate: (error: unknown) => unknown;
  log: Log;
}): AsyncDisposable {
  const { listener } = port;
  if (!listener) return { [Symbol.asyncDispose]: () => Promise.resolve() };
  const { store, keys, streams } = live;
  const desk: EncoderDesk = {
    decode,
    cleanTitle,
    async admit(streamId, key) {
      const stream = await store.byId(streamId);
      // the same answer, so that nobody learns which streams there are
      if (!stream || !await keys.fits(key, streamId, stream.keyGeneration)) {
        throw new Rejection("unauthenticated", "There is no such stream, or this is not its key");
      }
      if (stream.status === "ended") throw new Rejection("stream_ended");
      return stream;
    },
    async isTaken(streamId, hostId) {
      const { stream } = await streams.get(streamId).look();
      demandNotHandedOver(stream, hostId, Date.now());
      if (!isOnAir(stream) || stream.onAirId !== hostId) return false;
      return await live.isHeard(streamId, stream.liveEpoch);
    },
    open: (arrival) => live.open({ ...arrival, via: "encoder" }),
    source: (options) => liveSource({ ...options, ffmpeg }),
    takeTitles(streamId, title, now) {
      return bus.serve(titlesSubject(streamId), (bytes) => {
        if (bytes.length > 0) title(new TextDecoder().decode(bytes));
        return new TextEncoder().encode(now());
      });
    },
    async tellTitle(streamId, title) {
      try {
        await bus.request(titlesSubject(streamId), new TextEncoder().encode(title));
        return true;
      } catch (error) {
        if (isRejection(error, "unavailable")) return false;
        throw error;
      }
    },
  };
  log.info("encoders may connect", { port: port.port });
  return listenForEncoders({ listener, desk, log, translate });
}
