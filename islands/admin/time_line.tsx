/** The time line: what actors and nodes live through, as it happens, to be stopped and read. */
import { useState } from "preact/hooks";
import type { RuntimeEvent } from "../../domain/runtime.ts";
import { t } from "../shared/words.ts";
import { recoveredAfter } from "./recovery.ts";
import { actorWord, clock, took } from "./shown.ts";

interface Props {
  /** The newest first. */
  readonly events: readonly RuntimeEvent[];
  /** What actors are about, by `kind/key`. */
  readonly titles: ReadonlyMap<string, string>;
  /** Whether the socket that tells them stands. */
  readonly live: boolean;
}

/** What the dictionaries know, by the last word of the event's type. */
const WORDS = ["started", "crashed", "gave-up", "passivated", "moved", "joined", "left"] as const;

const wordOf = ({ eventType }: RuntimeEvent) =>
  WORDS.find((word) => eventType.split(".")[2] === word) ?? "moved";

function Line({ event, lines, titles }: {
  event: RuntimeEvent;
  lines: readonly RuntimeEvent[];
  titles: Props["titles"];
}) {
  const { events } = t().admin.runtime;
  const { node, kind, key, error, skipped } = event.data;
  const word = wordOf(event);
  const after = recoveredAfter(event, lines);
  const name = kind !== undefined && key !== undefined
    ? actorWord({ kind, key }, titles.get(event.aggregateId))
    : node;
  return (
    <li class="happened" data-event={after === null ? word : "recovered"}>
      <time class="time" dateTime={event.timestamp}>{clock(event.timestamp)}</time>
      <p>
        <span class="happened-name">{name}</span>{" "}
        <span class="happened-word">
          {after === null ? events[word] : events.recovered(took(after))}
        </span>
        {error && <span class="cell-more">{error}</span>}
        {skipped !== undefined && <span class="cell-more">{events.skipped(skipped)}</span>}
      </p>
    </li>
  );
}

export function TimeLine({ events, titles, live }: Props) {
  const words = t().admin;
  const { events: say } = words.runtime;
  const [stopped, setStopped] = useState<readonly RuntimeEvent[] | null>(null);
  const shown = stopped ?? events;
  const last = stopped?.[0]?.eventId;
  const at = stopped === null ? 0 : events.findIndex(({ eventId }) => eventId === last);
  return (
    <section class="time-line" aria-labelledby="time-line-title">
      <header class="part-head">
        <h2 class="section-title" id="time-line-title">{say.title}</h2>
        <button
          type="button"
          class="link needs-script"
          aria-pressed={stopped !== null}
          onClick={() => setStopped(stopped === null ? events : null)}
        >
          {stopped === null ? say.pause : say.resume(at < 0 ? events.length : at)}
        </button>
      </header>
      <p class="quiet needs-script" role="status">
        {live ? words.live.following : words.live.lost}
      </p>
      {shown.length === 0
        ? <p class="quiet">{say.empty}</p>
        : (
          <ol class="happenings" tabindex={0} aria-labelledby="time-line-title">
            {shown.map((event) => (
              <Line key={event.eventId} event={event} lines={shown} titles={titles} />
            ))}
          </ol>
        )}
    </section>
  );
}
