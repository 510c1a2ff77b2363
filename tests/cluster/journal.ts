/** What one client of a disturbed cluster sent and saw, in the order in which it did. */

/** A message that it wrote; `word` is its text, which no other message has. Times in ms. */
export interface Sent {
  readonly roomId: string;
  readonly word: string;
  readonly at: number;
}

/** An answer to a message: it is in the log, as `seq`. */
export interface Acked {
  readonly roomId: string;
  readonly word: string;
  readonly seq: number;
  readonly at: number;
}

/** An entry of a room's log, as the client showed it. */
export interface Taken {
  readonly roomId: string;
  readonly seq: number;
  readonly messageId: string;
  readonly word: string;
}

/** A line that ended. */
export interface Ended {
  readonly at: number;
  readonly url: string;
  readonly code: number;
  /** Whether it was told before to come again elsewhere (A13). */
  readonly wasTold: boolean;
}

/** Time without service, in ms of `performance.now()`. */
export interface Gap {
  readonly from: number;
  readonly until: number;
}

export interface Journal {
  readonly client: string;
  readonly sent: Sent[];
  readonly acked: Acked[];
  readonly taken: Taken[];
  readonly ended: Ended[];
  /** Codes of what was refused on a line. */
  readonly refused: string[];
  /** What a socket was told out of order (C4), in words. */
  readonly disorder: string[];
  /** From the end of a line until all rooms were followed again. */
  readonly offline: Gap[];
}

export const emptyJournal = (client: string): Journal => ({
  ...{ client, sent: [], acked: [], taken: [] },
  ...{ ended: [], refused: [], disorder: [], offline: [] },
});
