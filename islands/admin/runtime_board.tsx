/** The runtime page: actors, what happens to them, nodes and jobs, as they are now (X3). */
import { useEffect, useRef, useState } from "preact/hooks";
import { actorName } from "../../domain/actor_state.ts";
import type { RuntimeSnapshot } from "../../domain/overview.ts";
import type { RuntimeEvent } from "../../domain/runtime.ts";
import { announce } from "../shared/announce.ts";
import { Problem, sayProblem } from "../shared/api.ts";
import { toast } from "../shared/toasts.tsx";
import { t } from "../shared/words.ts";
import { ActorFilter } from "./actor_filter.tsx";
import { ActorTable } from "./actor_table.tsx";
import { useAsking } from "./asking.ts";
import { actOn, fetchRuntime } from "./client.ts";
import { freshRows, heldRows, type Row } from "./held_rows.ts";
import { JobList } from "./job_list.tsx";
import { NodeList } from "./node_list.tsx";
import { ActorPages } from "./actor_pages.tsx";
import { actorQuery, addressOf, PAGE_ROWS, searchOf, type ShownQuery } from "./query.ts";
import { RestartDialog } from "./restart_dialog.tsx";
import { actorWord, clock, figure } from "./shown.ts";
import { TimeLine } from "./time_line.tsx";
import { useHappenings } from "./happenings.ts";

interface Props {
  readonly snapshot: RuntimeSnapshot;
  readonly events: readonly RuntimeEvent[];
  readonly query: ShownQuery;
}

/** The list is asked for this often, in ms, and sooner when something happens. */
const ASK_MS = 2_000;
/** Who types, or moves the pointer over the edge of the table, is waited for, in ms. */
const SETTLE_MS = 250;

export default function RuntimeBoard({ snapshot: given, events: told, query: asked }: Props) {
  const words = t().admin.runtime;
  const [snapshot, setSnapshot] = useState(given);
  const [query, setQuery] = useState(asked);
  const [rows, setRows] = useState<readonly Row[]>(() => freshRows(given.actors.items));
  const [held, setHeld] = useState(false);
  const [restarting, setRestarting] = useState<Row | null>(null);
  const titles = useRef(new Map<string, string>());
  const settle = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const turn = useRef(0);
  for (const [name, { title }] of Object.entries(snapshot.about)) titles.current.set(name, title);

  const { stale, now: askNow } = useAsking(ASK_MS, async () => {
    const mine = ++turn.current;
    const only = held && rows.length > 0 ? rows.map(({ actor }) => actorName(actor)) : undefined;
    const answer = await fetchRuntime(searchOf(actorQuery(query, only)));
    if (mine !== turn.current) return; // something else was asked for meanwhile
    setSnapshot((before) => ({ ...answer, about: { ...only && before.about, ...answer.about } }));
    setRows((before) =>
      only ? heldRows(before, answer.actors.items) : freshRows(answer.actors.items)
    );
  });
  const { events, live } = useHappenings(told, askNow);
  const soon = () => {
    clearTimeout(settle.current);
    settle.current = setTimeout(askNow, SETTLE_MS);
  };
  useEffect(() => () => clearTimeout(settle.current), []);

  const ask = (change: Partial<ShownQuery>) => {
    const next = { ...query, ...change };
    setQuery(next);
    setHeld(false);
    history.replaceState(history.state, "", addressOf(next));
    soon();
  };
  const reading = (reads: boolean) => {
    setHeld(reads);
    if (!reads) soon();
  };
  const nameOf = ({ actor }: Row) => actorWord(actor, titles.current.get(actorName(actor)));
  const send = async (row: Row, act: "restart" | "crash") => {
    try {
      await actOn(row.actor, act);
      announce((act === "restart" ? words.restarted : words.crashed)(nameOf(row)));
    } catch (error) {
      toast(error instanceof Problem ? error.message : sayProblem("internal"));
    }
    askNow();
  };
  const { actors, jobs, nodes, demo } = snapshot;
  const now = Date.parse(snapshot.at);
  const lives = Object.values(actors.total).some((count) => count > 0);
  const working = [...jobs.open, ...jobs.dead];
  return (
    <div class="runtime">
      <p class="runtime-state" role="status">
        <span>{words.found(actors.found)}</span>
        <span class={stale ? "trouble" : "quiet"}>
          {(stale ? t().admin.live.stale : t().admin.live.asOf)(clock(snapshot.at))}
        </span>
        {held && <span class="quiet runtime-held">{words.held}</span>}
      </p>
      <div class="runtime-actors">
        <ActorFilter query={query} total={actors.total} ask={ask} />
        {rows.length > 0
          ? (
            <ActorTable
              rows={rows}
              about={snapshot.about}
              query={query}
              now={now}
              demo={demo}
              ask={ask}
              act={(row, act) => act === "restart" ? setRestarting(row) : void send(row, act)}
              reading={reading}
            />
          )
          : (
            <div class="empty">
              <p>{lives ? words.none : words.empty}</p>
              {lives
                ? <a class="button" href="/admin/runtime">{words.all}</a>
                : <a class="button" href="/upload">{words.emptyAct}</a>}
            </div>
          )}
        {actors.found > PAGE_ROWS && <ActorPages query={query} found={actors.found} ask={ask} />}
      </div>
      <div class="runtime-side">
        <TimeLine events={events} titles={titles.current} live={live} />
        <section class="runtime-jobs" aria-labelledby="runtime-jobs-title">
          <header class="part-head">
            <h2 class="section-title" id="runtime-jobs-title">{t().admin.jobs.title}</h2>
            <a href="/admin/jobs">{t().admin.overview.allJobs}</a>
          </header>
          <p class="quiet">
            {(["running", "waiting", "dead"] as const).map((status) =>
              `${t().admin.jobs.statuses[status]} ${figure(jobs.counts[status])}`
            ).join(" · ")}
          </p>
          {working.length > 0
            ? <JobList jobs={working} now={now} back="/admin/runtime" changed={askNow} />
            : <p class="quiet">{t().admin.jobs.idle}</p>}
        </section>
      </div>
      <NodeList nodes={nodes} now={now} />
      <RestartDialog
        name={restarting && nameOf(restarting)}
        answer={(yes) => {
          if (restarting && yes) void send(restarting, "restart");
          setRestarting(null);
        }}
      />
    </div>
  );
}
