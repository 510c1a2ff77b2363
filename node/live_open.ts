/** How a host's connection is put on air, whichever way it came (L2, L3, L6). */
import type { Begun, Health, Streams } from "../actors/live_stream.ts";
import type { Bus } from "../actors/runtime/bus.ts";
import type { Topic } from "../actors/runtime/topic.ts";
import { may } from "../domain/auth.ts";
import { isRejection, Rejection } from "../domain/errors.ts";
import type { EventMetadata } from "../domain/events.ts";
import type { Source, Via } from "../domain/live.ts";
import type { LiveNews } from "../domain/live_news.ts";
import type { Begin } from "../domain/live_stream.ts";
import type { Audience } from "../media/live/audience.ts";
import { type Broadcast, broadcast, type OnAir, type Sink } from "../media/live/broadcast.ts";
import type { LiveAccount } from "../routes/live_desk.ts";
import type { LiveOutage } from "../routes/sockets/live_outage.ts";
import { KEPT_MS } from "../routes/sockets/reach.ts";
import type { Log } from "../services/log.ts";

/** Who comes, and what they will send. */
export interface Arrival {
  /** Of the stream. */
  readonly id: string;
  /** The account on whose behalf it is. */
  readonly hostId: string;
  readonly via: Via;
  readonly source: Source;
  /** The live epoch of the connection for which the same program comes again. */
  readonly resume?: number | undefined;
  /** What it calls itself, at each of its connections. */
  readonly program?: string | undefined;
  /** Of the stream key that they came with. */
  readonly keyGeneration?: number;
  readonly cause?: EventMetadata;
}

/**
 * Puts a host on air and opens their broadcast.
 *
 * Throws `Rejection`s: `not_found`, `forbidden`, `stream_ended`, `unauthenticated` when their key was
 * changed, or `conflict` while another host is on air.
 */
export type Open = (arrival: Arrival) => Promise<Broadcast>;

/** A host that is there answers for its connection within this, in ms. */
const ASKED_MS = 1_500;
/** A connection from which nothing came for so long is as good as gone when another comes, in ms. */
const SILENT_MS = 3_000;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export interface Opening {
  readonly open: Open;
  /** Whether the node of the host on air still has that connection, and hears it. */
  readonly isHeard: (streamId: string, epoch: number) => Promise<boolean>;
}

/** Disposing closes all broadcasts of this node. */
export function opening(
  { bus, streams, audio, news, audience, accountOf, sinks, outage, log, now = Date.now }: {
    bus: Bus;
    streams: Streams;
    audio: Topic<Uint8Array>;
    news: Topic<LiveNews>;
    audience: Audience;
    accountOf: (id: string) => Promise<LiveAccount | null>;
    sinks: readonly ((onAir: OnAir) => Sink | null)[];
    outage: Pick<LiveOutage, "awaySince" | "onAir">;
    log: Log;
    now?: () => number;
  },
): Opening & AsyncDisposable {
  /** Open here: this node does not stop before each has been closed. */
  const broadcasts = new Set<Broadcast>();
  const subjectOf = (id: string, epoch: number) => `live_host.${id}-${epoch}`;

  const isHeard = async (id: string, epoch: number): Promise<boolean> => {
    try {
      const answer = await bus.request(subjectOf(id, epoch), new Uint8Array(), {
        deadlineMs: ASKED_MS,
      });
      return JSON.parse(decoder.decode(answer)).silentMs < SILENT_MS;
    } catch (error) {
      if (isRejection(error)) return false; // its node is gone, or stands still
      throw error;
    }
  };

  /** A host who comes again may be faster than the news that the connection before is gone. */
  const begin = async (id: string, by: Begin, cause?: EventMetadata): Promise<Begun> => {
    const stream = streams.get(id);
    const input = { by, ...(cause && { cause }) };
    try {
      return await stream.begin(input);
    } catch (error) {
      if (!isRejection(error, "conflict")) throw error;
      const { liveEpoch } = (await stream.look()).stream;
      if (await isHeard(id, liveEpoch)) throw error;
      await stream.lost({ epoch: liveEpoch, last: null });
      return await stream.begin(input);
    }
  };

  const open: Open = async (arrival) => {
    const { id, hostId, via, source, resume, program, keyGeneration, cause } = arrival;
    const mayHost = (account: LiveAccount | null) => may(account?.roles ?? [], "live:host");
    const forbidden = "Your account does not have the right live:host";
    const account = await accountOf(hostId);
    if (!account) throw new Rejection("session_ended");
    if (!mayHost(account)) throw new Rejection("forbidden", forbidden);
    const { codec, channels, frameSamples } = source;
    const of = { codec, channels, frameSamples };
    const by = { hostId, via, source: of, resume, program, keyGeneration };
    const { epoch, stream, last, isHandOver } = await begin(id, by, cause);
    const onAir: OnAir = {
      ...{ streamId: id, epoch, hostId, via, source, last, isHandOver },
      ...{ title: stream.title, record: stream.record },
      startedAt: stream.startedAt ?? now(),
    };
    const openedAt = now();
    const unfollow = audience.follow(id);
    const actor = streams.get(id);
    const onError = (error: unknown) =>
      log.warn("a broadcast met a fault", { streamId: id, epoch, error });
    let isHost = true;
    let looks = false;
    let answeredAt = openedAt;
    /** Beside the news of the connection: a slow database must not make it silent (L9). */
    const lookAtRoles = async () => {
      if (looks) return;
      looks = true;
      try {
        isHost = mayHost(await accountOf(hostId));
      } catch (error) {
        onError(error);
      } finally {
        looks = false;
      }
    };
    const alive = async (health: Health) => {
      if (!isHost) {
        await actor.lost({ epoch, last: health.last });
        throw new Rejection("forbidden", forbidden);
      }
      void lookAtRoles();
      try {
        const answer = await actor.alive({ epoch, hostId, keyGeneration, health });
        answeredAt = now();
        return answer;
      } catch (error) {
        // the actor lives elsewhere, and takes the host for lost: they have to come to another node
        const isCutOff = outage.awaySince !== null && now() - answeredAt >= KEPT_MS;
        throw isCutOff ? new Rejection("degraded") : error;
      }
    };
    const opened = broadcast({
      onAir,
      host: { id: hostId, username: account.username, displayName: account.displayName },
      audio,
      news,
      sinks: sinks.map((make) => make(onAir)).filter((sink) => sink !== null),
      listeners: () => audience.count(id),
      alive,
      lost: (last) => actor.lost({ epoch, last }),
      onError,
    });
    outage.onAir(id, opened.ended);
    const served = bus.serve(subjectOf(id, epoch), () => {
      const silentMs = now() - (opened.stats().last?.atMs ?? openedAt);
      return encoder.encode(JSON.stringify({ silentMs }));
    });
    const close = async () => {
      served.close();
      unfollow();
      await opened[Symbol.asyncDispose]();
      broadcasts.delete(held);
    };
    const held: Broadcast = { ...opened, [Symbol.asyncDispose]: close };
    broadcasts.add(held);
    return held;
  };
  return {
    open,
    isHeard,
    async [Symbol.asyncDispose]() {
      await Promise.all([...broadcasts].map((one) => one[Symbol.asyncDispose]()));
    },
  };
}
