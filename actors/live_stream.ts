/**
 * The actor of a live stream: who is on air, when it began and when it ends (L2, L6). Audio goes
 * beside it, from the host's node to the listeners', so that nothing here can delay a frame.
 */
import { Rejection } from "../domain/errors.ts";
import type { EventMetadata, NewEvent } from "../domain/events.ts";
import { type Hand, lowered, raised, type Raiser, upheld } from "../domain/live_hands.ts";
import type { LivePatch, RecordingState } from "../domain/live.ts";
import type { LiveNews } from "../domain/live_news.ts";
import {
  type Begin,
  begin,
  type Came,
  cameAs,
  change,
  demandKey,
  elapse,
  end,
  GRACE_MS,
  isOnAir,
  type LastFrame,
  type LiveChange,
  type LiveStream,
  lose,
  mayHold,
  revive,
  start,
  WAIT_MS,
} from "../domain/live_stream.ts";
import { defineActor, type Ref, type Self } from "./runtime/actor.ts";

/** The rows of streams, as this actor needs them. */
export interface LiveRows {
  /** `savedAt`: when it was last saved, in ms, which is every other second while a host is on air. */
  open(id: string): Promise<{ stream: LiveStream; epoch: number; savedAt: number } | null>;
  save(id: string, epoch: number, change: LiveChange, events?: readonly NewEvent[]): Promise<void>;
  remove(id: string, epoch: number): Promise<void>;
}

/** What a host's node tells of its connection. */
export interface Health {
  readonly last: LastFrame | null;
  /** Listeners on all nodes. */
  readonly listeners: number;
  /** Bits a second. */
  readonly bitrate: number;
  /** Frames of this connection. */
  readonly received: number;
  readonly missing: number;
  readonly refused: number;
  /** How its recording goes; null where there is none. */
  readonly recording: RecordingState | null;
}

/** How a stream is. */
export interface Looked {
  readonly stream: LiveStream;
  readonly health: Health | null;
  /** Since when its recording goes as it does, in ms; null where there is none. */
  readonly recordingSince: number | null;
  readonly hands: readonly Hand[];
  /** Since the last frame; null while there is none. */
  readonly silentMs: number | null;
}

/** What somebody is told who has become the host on air. */
export interface Begun {
  readonly epoch: number;
  readonly stream: LiveStream;
  /** Where the connection before it stopped; null for the first. */
  readonly last: LastFrame | null;
  /** Another is on air until the first frame of this one. */
  readonly isHandOver: boolean;
}

interface State {
  stream: LiveStream;
  /** The fence. */
  readonly epoch: number;
  /** When the host was last heard of, in ms; in an earlier life, as far as that has saved it. */
  aliveAt: number;
  /** Since when this life has listened for them, in ms. */
  since: number;
  /** How the connection on air came; null where that was in an earlier life. */
  came: Came | null;
  health: Health | null;
  /** Since when its recording goes as it does. */
  recordingSince: number | null;
  hands: readonly Hand[];
  /** When a node has last told that the hand of an account is up, in ms. */
  readonly handsToldAt: Map<string, number>;
  looking: boolean;
}

/** How often it looks what the passing of time has done, in ms. */
const LOOK_MS = 1_000;
/**
 * A reminder finds a stream whose node died with all that waited for it, the host's connection too: so
 * much later, at most, its listeners learn that its host is waited for. In ms.
 */
const PATROL_MS = 10_000;

export const liveStream = (
  { rows, tell, now = Date.now, onEnded }: {
    rows: LiveRows;
    tell: (streamId: string, news: LiveNews) => void;
    now?: () => number;
    /** Is told of each stream that has ended, and again when its actor starts anew. */
    onEnded?: (stream: LiveStream) => void;
  },
) => {
  /** Saves what was decided, remembers it, and tells. */
  const settle = async (
    state: State,
    change: LiveChange,
    self: Self,
    cause?: EventMetadata,
  ): Promise<void> => {
    const { stream } = state;
    const next = { ...stream, ...change };
    const metadata = cause && { metadata: cause };
    const of = { aggregateId: stream.id, ...metadata };
    const { hostId } = stream;
    const events: NewEvent[] = [];
    if (next.liveEpoch === 1 && stream.liveEpoch === 0) {
      events.push({ eventType: "live.stream.started.v1", ...of, data: { hostId } });
    }
    if (next.status === "ended" && stream.status !== "ended" && stream.liveEpoch > 0) {
      const durationMs = Math.max(0, (next.endedAt ?? 0) - (stream.startedAt ?? next.endedAt ?? 0));
      events.push({ eventType: "live.stream.ended.v1", ...of, data: { hostId, durationMs } });
    }
    await rows.save(stream.id, state.epoch, change, events);
    state.stream = next;
    if (next.status !== stream.status || next.liveEpoch !== stream.liveEpoch) {
      tell(stream.id, { type: "state", status: next.status, epoch: next.liveEpoch });
    }
    if (next.status === "ended" && stream.status !== "ended") {
      setHands(state, []);
      onEnded?.(next);
    }
    if (next.status !== stream.status || next.onAirId !== stream.onAirId) await watch(state, self);
  };

  const setHands = (state: State, hands: readonly Hand[]): void => {
    if (hands === state.hands) return;
    state.hands = hands;
    for (const id of state.handsToldAt.keys()) {
      if (!hands.some((hand) => hand.id === id)) state.handsToldAt.delete(id);
    }
    tell(state.stream.id, { type: "hands", raised: hands.map(({ id }) => id) });
  };

  /** Looks again when time may have done something; a reminder does so too, should this life end. */
  const watch = async (state: State, self: Self): Promise<void> => {
    const { status, onAirId, lostAt } = state.stream;
    if (status === "idle" || status === "ended") return await self.forget("patrol");
    const at = now();
    const soon = status === "reconnecting"
      ? Math.max(0, (lostAt ?? at) + GRACE_MS - at)
      : onAirId === null
      ? WAIT_MS
      : PATROL_MS;
    await self.remind("patrol", soon);
    look(state, self);
  };

  const look = (state: State, self: Self): void => {
    if (state.looking) return;
    state.looking = true;
    const due = now() + LOOK_MS;
    self.after(LOOK_MS, async () => {
      state.looking = false;
      // what held this turn up, such as a slow database, held up the news of the host as well
      const late = Math.max(0, now() - due);
      state.aliveAt += late;
      state.since += late;
      for (const [id, at] of state.handsToldAt) state.handsToldAt.set(id, at + late);
      await pass(state, self);
      setHands(state, upheld(state.hands, state.handsToldAt, now()));
      const { status } = state.stream;
      if (status === "live" || status === "reconnecting") look(state, self);
    });
  };

  const pass = async (state: State, self: Self): Promise<void> => {
    const passed = elapse(state.stream, state, now());
    if (passed) await settle(state, passed, self);
  };

  return defineActor("live", {
    async start(id, self): Promise<State> {
      const opened = await rows.open(id);
      if (!opened) throw new Rejection("not_found", `There is no stream ${id}`);
      const { stream, epoch, savedAt } = opened;
      const state: State = {
        // by the clock of the node that saved it, which may be ahead
        ...{ stream, epoch, aliveAt: Math.min(savedAt, now()), since: now() },
        ...{
          came: null,
          health: null,
          recordingSince: null,
          looking: false,
          hands: [],
          handsToldAt: new Map(),
        },
      };
      const { status } = stream;
      // in the life before, it may have ended between the commit and the telling
      if (status === "ended") onEnded?.(stream);
      else if (status !== "idle") {
        tell(id, { type: "hands", raised: [] }); // of a life before nobody knows any
        look(state, self);
      }
      return state;
    },

    reminders: {
      async patrol(state, self) {
        await pass(state, self);
        await watch(state, self);
      },
    },

    on: {
      /**
       * Puts a host on air.
       *
       * @throws {Rejection} `stream_ended`, `forbidden`, `conflict`, `handed_over`,
       * `unauthenticated` when their key was changed
       */
      async begin(
        state,
        { by, cause }: { by: Begin; cause?: EventMetadata },
        self,
      ): Promise<Begun> {
        const at = now();
        const isHandOver = isOnAir(state.stream) && state.stream.onAirId !== by.hostId;
        await settle(state, begin(state.stream, by, at, state.came), self, cause);
        state.came = cameAs(by, state.came, isHandOver);
        state.aliveAt = at;
        state.health = null;
        const { stream } = state;
        return { epoch: stream.liveEpoch, stream, last: stream.lastFrame, isHandOver };
      },

      /**
       * A host's node has its connection still. Answers who is on air, and whether it goes on.
       *
       * @throws {Rejection} `forbidden` when their invitation was taken back, `unauthenticated` when
       * the key that they came with was changed
       */
      async alive(
        state,
        { epoch, hostId, keyGeneration, health }: {
          epoch: number;
          hostId: string;
          keyGeneration?: number | undefined;
          health: Health;
        },
        self,
      ): Promise<{ epoch: number; status: LiveStream["status"] }> {
        const { stream } = state;
        if (!mayHold(stream, hostId)) {
          throw new Rejection("forbidden", "The invitation to this stream was taken back");
        }
        demandKey(stream, keyGeneration);
        if (epoch === stream.liveEpoch && stream.status !== "ended") {
          state.aliveAt = now();
          if (health.recording !== state.health?.recording) state.recordingSince = now();
          state.health = health;
          const peakListeners = Math.max(stream.peakListeners, health.listeners);
          await settle(state, {
            ...revive(stream, epoch, hostId),
            ...(health.last && { lastFrame: health.last }),
            peakListeners,
          }, self);
        }
        const { liveEpoch, status } = state.stream;
        return { epoch: liveEpoch, status };
      },

      /** A host's connection is gone, which begins the grace. */
      async lost(
        state,
        { epoch, last }: { epoch: number; last: LastFrame | null },
        self,
      ): Promise<void> {
        const lost = lose(state.stream, epoch, now());
        if (lost) await settle(state, { ...lost, ...(last && { lastFrame: last }) }, self);
      },

      /** Puts a stream on air whose host is yet to connect. */
      async start(state, _input: null, self): Promise<LiveStream> {
        const started = start(state.stream, now());
        if (started) {
          state.aliveAt = now();
          await settle(state, started, self);
        }
        return state.stream;
      },

      /** Ends a stream for good, without a grace. */
      async stop(state, cause: EventMetadata | null, self): Promise<LiveStream> {
        const ended = end(state.stream, now());
        if (ended) await settle(state, ended, self, cause ?? undefined);
        return state.stream;
      },

      async change(state, patch: LivePatch, self): Promise<LiveStream> {
        const changed = change(state.stream, patch, now());
        if (Object.keys(changed).length > 0) await settle(state, changed, self);
        if (patch.visibility || patch.coHostId !== undefined) {
          tell(state.stream.id, { type: "visibility" });
        }
        if (patch.title) tell(state.stream.id, { type: "title", title: patch.title });
        return state.stream;
      },

      /** Makes a new stream key; who came with the old one has to go. */
      async rekey(state, _input: null, self): Promise<LiveStream> {
        await settle(state, { keyGeneration: state.stream.keyGeneration + 1 }, self);
        tell(state.stream.id, { type: "rekeyed" });
        return state.stream;
      },

      /** Notes the track that a recording became. */
      async recorded(state, trackId: string, self): Promise<void> {
        await settle(state, { recordingTrackId: trackId }, self);
      },

      /**
       * Somebody raises their hand, or lowers it; so does the host, and who has gone.
       *
       * @throws {Rejection} `conflict` while nobody is on air, `rate_limited` when too many are up
       */
      hand(state, { who, isUp }: { who: Raiser; isUp: boolean }): void {
        if (!isUp) return setHands(state, lowered(state.hands, who.id));
        const { status } = state.stream;
        if (status !== "live" && status !== "reconnecting") {
          throw new Rejection("conflict", "Nobody is on air who could see a hand");
        }
        const hands = raised(state.hands, who, now());
        state.handsToldAt.set(who.id, now());
        setHands(state, hands);
      },

      /** The hands of these accounts are still up at a node; answers which of them are up here. */
      uphold(state, ids: readonly string[]): readonly string[] {
        const up = ids.filter((id) => state.hands.some((hand) => hand.id === id));
        for (const id of up) state.handsToldAt.set(id, now());
        return up;
      },

      look: (state): Looked => ({
        stream: state.stream,
        health: state.health,
        recordingSince: state.health?.recording ? state.recordingSince : null,
        hands: state.hands,
        silentMs: isOnAir(state.stream) && state.health?.last
          ? Math.max(0, now() - state.health.last.atMs)
          : null,
      }),

      /** Ends it and takes it away. */
      async remove(state, _input: null, self): Promise<LiveStream> {
        const ended = end(state.stream, now());
        if (ended) await settle(state, ended, self);
        await rows.remove(state.stream.id, state.epoch);
        return state.stream;
      },
    },
  });
};

/** Streams, as their callers have them. */
export type Streams = { get(id: string): Ref<ReturnType<typeof liveStream>["on"]> };
