/** What happens to actors, told to whoever looks after the system. */

/** What can happen to an actor. Durations are in milliseconds. */
export type Happened =
  | { readonly event: "started" | "passivated" | "restarted" | "shut-down" }
  /** It goes on elsewhere; `tookMs`: since it was told to, for which its callers have waited. */
  | { readonly event: "moved"; readonly tookMs: number }
  /** The database has refused its epoch: another node has the actor. */
  | { readonly event: "fenced"; readonly error: unknown }
  | { readonly event: "crashed"; readonly error: unknown; readonly restartMs: number }
  | { readonly event: "gave-up"; readonly error: unknown; readonly restMs: number }
  | { readonly event: "stop-failed" | "timer-refused" | "reminder-failed"; readonly error: unknown }
  /** `restartMs` is `undefined` when the child is not restarted: its owner crashes. */
  | {
    readonly event: "child-crashed";
    readonly child: string;
    readonly error: unknown;
    readonly restartMs: number | undefined;
  }
  | { readonly event: "child-stuck"; readonly child: string; readonly waitedMs: number };

/** One thing that happened to one actor. */
export type Lifecycle = Happened & { readonly kind: string; readonly key: string };

/** Is told of each {@linkcode Lifecycle}, at once and in order. */
export type LifecycleLog = (happened: Lifecycle) => void;

/** Shields actors from a `log` that throws: its error goes to the console, and they live on. */
export const shielded = (log: LifecycleLog): LifecycleLog => (happened) => {
  try {
    log(happened);
  } catch (error) {
    const { kind, key, event } = happened;
    console.error(`actor ${kind}/${key} ${event}: the lifecycle log failed`, error);
  }
};

/** Writes what somebody should look into to the console, and is silent about the rest. */
export const logTroubles: LifecycleLog = (happened) => {
  const { event, kind, key, ...details } = happened;
  if ("error" in details || event === "child-stuck") {
    console.error(`actor ${kind}/${key} ${event}`, details);
  }
};
