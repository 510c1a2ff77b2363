/** What makes a node one: its actors with their reminders, its bus, and what happens on it. */
import { inProcessBus } from "../actors/runtime/bus.ts";
import type { Lifecycle } from "../actors/runtime/lifecycle.ts";
import { createSystem } from "../actors/runtime/system.ts";
import { topic } from "../actors/runtime/topic.ts";
import type { Config } from "../config.ts";
import type { Sql } from "../db/open.ts";
import { reminderStore } from "../db/reminders.ts";
import type { RuntimeEvent } from "../domain/runtime.ts";
import { FEED } from "../routes/sockets/runtime.ts";
import { newId } from "../services/ids.ts";
import { lifecycleFeed } from "../services/lifecycle_feed.ts";
import { lifecycleHistory } from "../services/lifecycle_history.ts";
import type { Log } from "../services/log.ts";
import { vitals } from "../services/vitals.ts";

/** Disposing ends the actors, in reverse order of hosting. */
export function runtimeOf({ config, sql, log }: { config: Config; sql: Sql; log: Log }) {
  const bus = inProcessBus();
  const events = topic<RuntimeEvent>(bus, "runtime");
  const history = lifecycleHistory();
  const measured = vitals(config.nodeName);
  const feed = lifecycleFeed({
    node: config.nodeName,
    publish(event) {
      history.add(event);
      events.publish(FEED, event);
    },
    newId,
  });
  const system = createSystem({
    reminders: reminderStore(sql),
    log(happened) {
      logLifecycle(log, happened);
      feed.actor(happened);
    },
  });
  feed.node("joined");
  return {
    bus,
    system,
    /** What happens to actors and nodes (A19). */
    events,
    /** The last of what happened here. */
    history,
    vitals: measured,
    async [Symbol.asyncDispose]() {
      await system.stop();
      measured[Symbol.dispose]();
      feed.node("left");
      await bus.flush();
    },
  };
}

/** What somebody should look into is a warning; the rest is there for who looks. */
function logLifecycle(log: Log, { event, ...details }: Lifecycle): void {
  if ("error" in details || event === "child-stuck") log.warn(`actor ${event}`, { ...details });
  else log.debug(`actor ${event}`, { ...details });
}
