/** The site at a glance: people, recordings, storage, actors, jobs, nodes, and what crashed. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { formatBytes } from "../../domain/i18n/format.ts";
import type { Overview } from "../../domain/overview.ts";
import { language, t } from "../shared/words.ts";
import { useAsking } from "./asking.ts";
import { fetchOverview } from "./client.ts";
import { NodeList } from "./node_list.tsx";
import { actorWord, clock, figure, kindWord, span } from "./shown.ts";

/** The figures are asked for this often, in ms. */
const ASK_MS = 5_000;

function Figure({ name, value, href, children }: {
  name: string;
  value: string;
  href?: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="figure">
      <dt>{href ? <a href={href}>{name}</a> : name}</dt>
      <dd>
        <span class="figure-value">{value}</span>
        {children}
      </dd>
    </div>
  );
}

/** The parts of a sum that are not nought, one a line; `at` is where those are shown. */
function Parts<K extends string>(
  { of, say, at }: {
    of: Readonly<Record<K, number>>;
    say: Readonly<Record<K, (n: number) => string>>;
    at?: Readonly<Partial<Record<K, string>>>;
  },
) {
  const names = (Object.keys(say) as K[]).filter((name) => of[name] > 0);
  return (
    <>
      {names.map((name) => (
        <span key={name} class="cell-more">
          {at?.[name] ? <a href={at[name]}>{say[name](of[name])}</a> : say[name](of[name])}
        </span>
      ))}
    </>
  );
}

const sum = (of: Readonly<Record<string, number>>) =>
  Object.values(of).reduce((all, one) => all + one, 0);

export default function OverviewBoard({ overview: given }: { overview: Overview }) {
  const words = t().admin;
  const say = words.overview;
  const [overview, setOverview] = useState(given);
  const { stale } = useAsking(ASK_MS, async () => setOverview(await fetchOverview()));
  const { people, tracks, originalBytes, disk, actors, jobs, nodes, troubles, about, at } =
    overview;
  const bytes = (value: number) => formatBytes(value, language());
  const now = Date.parse(at);
  return (
    <div class="overview">
      <p class={stale ? "trouble" : "quiet"} role="status">
        {(stale ? words.live.stale : words.live.asOf)(clock(at))}
      </p>
      <dl class="figures">
        <Figure name={say.people} value={figure(sum(people))}>
          <Parts of={people} say={say.peopleStates} at={{ pending: "/admin/registrations" }} />
        </Figure>
        <Figure name={say.recordings} value={figure(sum(tracks))}>
          <Parts of={tracks} say={say.trackStates} />
        </Figure>
        <Figure name={say.storage} value={bytes(originalBytes)}>
          <span class="cell-more">{say.disk(bytes(disk.freeBytes), bytes(disk.wholeBytes))}</span>
        </Figure>
        <Figure name={say.actors} value={figure(sum(actors))} href="/admin/runtime">
          {sum(actors) === 0 && <span class="cell-more">{say.noActors}</span>}
          {Object.entries(actors).map(([kind, count]) => (
            <span key={kind} class="cell-more">{`${kindWord(kind)} ${figure(count)}`}</span>
          ))}
        </Figure>
        <Figure name={words.jobs.title} value={figure(sum(jobs))} href="/admin/jobs">
          {sum(jobs) === 0 && <span class="cell-more">{words.jobs.empty}</span>}
          {(["running", "waiting", "dead", "cancelled", "done"] as const).map((status) =>
            jobs[status] > 0 && (
              <span key={status} class={status === "dead" ? "cell-more trouble" : "cell-more"}>
                {`${words.jobs.statuses[status]} ${figure(jobs[status])}`}
              </span>
            )
          )}
        </Figure>
      </dl>
      <section class="troubles" aria-labelledby="troubles-title">
        <h2 class="section-title" id="troubles-title">{say.troubles}</h2>
        {troubles.length === 0 ? <p class="quiet">{say.noTroubles}</p> : (
          <ol class="happenings-all">
            {troubles.map((
              { eventId, aggregateId, data: { kind = "", key = "", error }, timestamp, eventType },
            ) => (
              <li key={eventId} class="happened">
                <span class="time">{words.runtime.ago(span(timestamp, now))}</span>
                <p>
                  <a href={`/admin/runtime?q=${encodeURIComponent(`${kind}/${key}`)}`}>
                    {actorWord({ kind, key }, about[aggregateId]?.title)}
                  </a>{" "}
                  <span class="happened-word">
                    {eventType === "runtime.actor.gave-up.v1"
                      ? words.runtime.events["gave-up"]
                      : words.runtime.events.crashed}
                  </span>
                  {error && <span class="cell-more">{error}</span>}
                </p>
              </li>
            ))}
          </ol>
        )}
      </section>
      <NodeList nodes={nodes} now={now} />
    </div>
  );
}
