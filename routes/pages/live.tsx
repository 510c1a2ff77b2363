/** The pages of live streams: who is on air, and one of them. */
import { formatTime } from "../../domain/i18n/format.ts";
import { liveWords } from "../../domain/i18n/live_words.ts";
import type { LiveView } from "../../domain/live.ts";
import Starts from "../../islands/live/starts.tsx";
import LivePage from "../../islands/live/live_page.tsx";
import type { LiveStart } from "../../islands/live/start.ts";
import type { View } from "./context.ts";
import { Island } from "./island.tsx";
import { Empty } from "./parts.tsx";
import type { Streams } from "./streams.ts";
import type { Content } from "./view.tsx";

/** Streams in a list, those on air with their lamp. */
export function LiveRows({ view, streams }: { view: View; streams: readonly LiveView[] }) {
  const { list, status: says } = liveWords(view.language);
  return (
    <ul class="live-rows">
      {streams.map(({ id, title, status, host, listeners, startedAt, scheduledAt }) => {
        const isOnAir = status === "live" || status === "reconnecting";
        const when = isOnAir
          ? startedAt && list.since(formatTime(view.now - Date.parse(startedAt)))
          : scheduledAt && (
            <Island
              name="live-starts"
              source="islands/live/starts.tsx"
              of={Starts}
              props={{ at: scheduledAt, now: view.now }}
            />
          );
        return (
          <li key={id} class="live-row">
            <span class="live-lamp" data-on={isOnAir ? "" : undefined} />
            <div class="live-row-words">
              <a class="live-row-title" href={`/live/${id}`}>{title}</a>
              <div class="live-row-facts">
                <a href={`/@${host.username}`}>{host.displayName}</a>
                {typeof when === "string" ? <span>{when}</span> : when}
                {status === "reconnecting" && <span>{says.reconnecting}</span>}
              </div>
            </div>
            {isOnAir && <span class="live-row-count">{list.listeners(listeners)}</span>}
          </li>
        );
      })}
    </ul>
  );
}

/** Who is on air, above what else a page shows; nothing where that is nobody. */
export function OnAirNow({ view, streams }: { view: View; streams: readonly LiveView[] }) {
  if (streams.length === 0) return null;
  const { list } = liveWords(view.language);
  return (
    <section class="on-air-now" aria-labelledby="on-air-now">
      <h2 class="label" id="on-air-now">{list.now}</h2>
      <LiveRows view={view} streams={streams} />
    </section>
  );
}

/** What is announced; nothing where that is nothing. */
export function Announced({ view, streams }: { view: View; streams: readonly LiveView[] }) {
  if (streams.length === 0) return null;
  const { list } = liveWords(view.language);
  return (
    <section class="on-air-now" aria-labelledby="announced">
      <h2 class="label" id="announced">{list.announced}</h2>
      <LiveRows view={view} streams={streams} />
    </section>
  );
}

export function liveListPage(
  view: View,
  { now, soon, mayHost }: Streams & { mayHost: boolean },
): Content {
  const { list } = liveWords(view.language);
  const body = () => (
    <>
      <header class="page-head">
        <div>
          <h1 class="page-title">{list.title}</h1>
          <p class="lead">{list.lead}</p>
        </div>
        {now.length + soon.length > 0 && view.viewer.kind === "user" && (
          <a class="button" href="/studio">{mayHost ? list.studio : list.act}</a>
        )}
      </header>
      {now.length + soon.length === 0 && (
        <Empty text={list.empty} act={{ href: "/studio", label: list.act }} />
      )}
      {now.length > 0 && (
        <section aria-labelledby="live-now">
          <h2 class="section-title" id="live-now">{list.now}</h2>
          <LiveRows view={view} streams={now} />
        </section>
      )}
      {soon.length > 0 && (
        <section aria-labelledby="live-soon">
          <h2 class="section-title" id="live-soon">{list.announced}</h2>
          <LiveRows view={view} streams={soon} />
        </section>
      )}
    </>
  );
  return { title: list.title, description: list.lead, body };
}

export function livePage(view: View, start: LiveStart): Content {
  const { stream } = start;
  const { list } = liveWords(view.language);
  return {
    title: stream.title,
    description: stream.description.slice(0, 200) || list.by(stream.host.displayName),
    body: () => (
      <Island
        name="live-page"
        source="islands/live/live_page.tsx"
        of={LivePage}
        props={start}
      />
    ),
    share: { type: "music.radio_station", path: `/live/${stream.id}` },
    noIndex: stream.visibility !== "public",
  };
}
