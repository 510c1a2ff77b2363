/** What happens to actors, told to whoever looks after the system. */

/** What can happen to an actor. Durations are in milliseconds. */
export type Happened =
  | { readonly event: "started" | "passivated" | "restarted" | "shut-down" }
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

/** Is told of each {@linkcode Lifecycle}, at once and in order; must not throw. */
export type LifecycleLog = (happened: Lifecycle) => void;

/** Writes what somebody should look into to the console, and is silent about the rest. */
export const logTroubles: LifecycleLog = (happened) => {
  const { event, kind, key, ...details } = happened;
  if ("error" in details || event === "child-stuck") {
    console.error(`actor ${kind}/${key} ${event}`, details);
  }
};
