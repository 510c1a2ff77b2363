/** The hands that are raised by lines of this node: they go down with those, and with the node (L8). */
import type { Streams } from "../../actors/live_stream.ts";
import type { Viewer } from "../../domain/auth.ts";
import { isRejection } from "../../domain/errors.ts";
import type { Raiser } from "../../domain/live_hands.ts";
import { handLine } from "../../domain/live_news.ts";
import type { LiveLine } from "./live_line.ts";

/** A listener who may raise their hand. */
export interface Raising {
  readonly viewer: Viewer;
  /** Of their raised hand, as they were told; 0: it is down. */
  place: number;
  /** They have raised it here, so that it goes with them. */
  hasRaised: boolean;
}

/** A stream that is heard here. */
export interface WithHands {
  readonly roomId: string;
  readonly viewers: ReadonlyMap<LiveLine, Raising>;
  /** The actor is being told whose hands are up. */
  upholds: boolean;
}

export interface RaisedHandsOptions {
  readonly streams: Streams;
  /** Rejects who may not write in the room of a stream. */
  readonly demandVoice: (roomId: string, userId: string) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

export function raisedHands({ streams, demandVoice, onError }: RaisedHandsOptions) {
  const tellPlace = (line: LiveLine, seat: Raising, place: number) => {
    if (place === seat.place) return;
    // it was lowered; what another line of theirs raises later goes with that one
    if (place === 0) seat.hasRaised = false;
    seat.place = place;
    line.tell(handLine(place));
  };

  /** Who has raised their hand by a line of this node. */
  const raisers = ({ viewers }: WithHands): Set<string> =>
    new Set(
      viewers.values().flatMap(({ viewer, hasRaised }) =>
        viewer.kind === "user" && hasRaised ? [viewer.userId] : []
      ),
    );

  const lower = async (streamId: string, id: string, seat?: Raising): Promise<void> => {
    if (seat) seat.hasRaised = false;
    await streams.get(streamId).hand({ who: { id, username: "", displayName: "" }, isUp: false });
  };

  /** Whether a hand may stay up; that of whom the room has silenced since is lowered. */
  const mayStay = async (streamId: string, roomId: string, id: string): Promise<boolean> => {
    try {
      await demandVoice(roomId, id);
      return true;
    } catch (error) {
      if (!isRejection(error)) {
        onError(error);
        return true; // nothing was said against them
      }
    }
    // where that fails, it goes down by itself: nobody upholds it
    await lower(streamId, id).catch((error) => isRejection(error) || onError(error));
    return false;
  };

  return {
    /** The actor has told whose are up, by accounts and in their order. */
    told({ viewers }: WithHands, raised: readonly string[]): void {
      for (const [line, seat] of viewers) {
        const place = seat.viewer.kind === "user" ? raised.indexOf(seat.viewer.userId) + 1 : 0;
        tellPlace(line, seat, place);
      }
    },

    /** @throws {Rejection} as the actor refuses */
    async raise(streamId: string, { id, username, displayName }: Raiser, seat: Raising) {
      seat.hasRaised = true;
      try {
        await streams.get(streamId).hand({ who: { id, username, displayName }, isUp: true });
        seat.hasRaised = true; // also where the actor was asked just before it knew
      } catch (error) {
        if (seat.place === 0) seat.hasRaised = false;
        throw error;
      }
    },

    lower,

    /** A line has left: its hand goes down, unless another line of theirs has raised it too. */
    left(streamId: string, stream: WithHands, { viewer, hasRaised }: Raising): void {
      if (!hasRaised || viewer.kind !== "user" || raisers(stream).has(viewer.userId)) return;
      lower(streamId, viewer.userId).catch((error) => isRejection(error) || onError(error));
    },

    /**
     * Tells the actor that hands are still up: those of a node that is silent go down. So do those of
     * whom the room has silenced since.
     */
    async uphold(streamId: string, stream: WithHands): Promise<void> {
      const ids = raisers(stream);
      if (ids.size === 0 || stream.upholds) return;
      const raised = new Set(stream.viewers.values().filter(({ hasRaised }) => hasRaised));
      stream.upholds = true;
      try {
        const asked = [...ids];
        const stays = await Promise.all(asked.map((id) => mayStay(streamId, stream.roomId, id)));
        const still = asked.filter((_, at) => stays[at]);
        const up = still.length === 0 ? [] : await streams.get(streamId).uphold(still);
        const down = ids.difference(new Set(up)); // what was told of that did not come here
        for (const [line, seat] of stream.viewers) {
          if (seat.viewer.kind !== "user" || !down.has(seat.viewer.userId)) continue;
          if (seat.hasRaised && !raised.has(seat)) continue; // raised meanwhile
          seat.hasRaised = false; // also where the raise itself was lost, and nothing was told of it
          tellPlace(line, seat, 0);
        }
      } catch (error) {
        if (!isRejection(error)) onError(error); // it is told again
      } finally {
        stream.upholds = false;
      }
    },
  };
}
