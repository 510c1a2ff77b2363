/** What those who bring calls from and to other nodes need of the host of a kind. */
import type { Handler } from "./actor.ts";
import type { Call } from "./call.ts";
import type { Cell } from "./cell.ts";
import type { Clock } from "./clock.ts";
import type { Deadlines } from "./deadlines.ts";

/** The actors of one kind that live on this node. */
export interface LocalActors {
  readonly kind: string;
  readonly handlers: readonly Handler[];
  readonly mailbox: number;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Whether no actor begins here any more. */
  readonly closed: boolean;
  /** The actor, if it lives here. */
  find(key: string): Cell | undefined;
  /** Has it live here, if it does not yet. */
  begin(key: string): void;
  /** Puts a call into its mailbox. */
  deliver(call: Call): void;
}
