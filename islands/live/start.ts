/** What the server writes into the pages of live streams for their islands. */
import type { LiveStats, LiveView } from "../../domain/live.ts";
import type { Me, RoomStart } from "../chat/start.ts";
import type { Threads } from "./capture.ts";

export interface LiveStart {
  readonly stream: LiveView;
  readonly room: RoomStart;
  readonly threads: Threads;
  /** Who looks may host it. */
  readonly isMine: boolean;
  /** ms since 1970 */
  readonly now: number;
}

export interface StudioStart {
  readonly me: Me;
  /** Has the right to go on air; without it a creator is to be become first. */
  readonly mayHost: boolean;
  /** One's stream that has not ended, or that one may take over; null: none yet. */
  readonly stream: LiveView | null;
  /** How that goes; null while it is not on air. */
  readonly stats: LiveStats | null;
  /** One's other streams that have not ended. */
  readonly others: readonly LiveView[];
  /** Streams of others that one may take over. */
  readonly invitations: readonly LiveView[];
  readonly room: RoomStart | null;
  readonly threads: Threads;
  readonly now: number;
}
