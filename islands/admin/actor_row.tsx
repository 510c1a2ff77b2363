/** A row of the table of actors: what it is, how it is, and what can be done with it. */
import { actorName, inTrouble } from "../../domain/actor_state.ts";
import { t } from "../shared/words.ts";
import type { Row } from "./held_rows.ts";
import { actorWord, figure, kindWord, rate, shortKey, span, took } from "./shown.ts";

interface Props {
  readonly row: Row;
  readonly about: { readonly title: string; readonly path: string } | undefined;
  /** ms since 1970 */
  readonly now: number;
  readonly demo: boolean;
  readonly act: (row: Row, act: "restart" | "crash") => void;
}

/** How it is: in words, marked where somebody should look. */
function State({ row: { actor, gone }, now }: Pick<Props, "row" | "now">) {
  const words = t().admin.runtime;
  const trouble = !gone && inTrouble(actor, now);
  return (
    <>
      <span class={`state${trouble ? " state-trouble" : ""}`} data-phase={actor.phase}>
        {gone ? words.gone : words.states[actor.phase]}
      </span>
      <span class="cell-more">
        {[
          actor.since && words.since(span(actor.since, now)),
          actor.epoch !== null && words.epoch(figure(actor.epoch)),
        ].filter(Boolean).join(", ")}
      </span>
    </>
  );
}

function Acts({ row, about, demo, act }: Props) {
  const words = t().admin.runtime;
  const { kind, key } = row.actor;
  const name = actorWord(row.actor, about?.title);
  const base = `/admin/runtime/${encodeURIComponent(kind)}/${encodeURIComponent(key)}`;
  const form = (what: "restart" | "crash", label: string, title: string) => (
    <form
      method="post"
      action={`${base}/${what}`}
      onSubmit={(event) => {
        event.preventDefault();
        act(row, what);
      }}
    >
      <button type="submit" class="button button-small" aria-label={title} disabled={row.gone}>
        {label}
      </button>
    </form>
  );
  return (
    <div class="cell-acts">
      {form("restart", words.restart, words.restartOf(name))}
      {demo && form("crash", words.crash, words.crashOf(name))}
    </div>
  );
}

export function ActorRow(props: Props) {
  const { row, about, now } = props;
  const { actor, gone } = row;
  const words = t().admin.runtime;
  const name = actorWord(actor, about?.title);
  const cell = (label: string) => ({ role: "cell" as const, "data-label": label });
  return (
    <tr role="row" class={gone ? "is-gone" : undefined} data-actor={actorName(actor)}>
      <th role="rowheader" scope="row" class="cell-actor">
        <span>
          {kindWord(actor.kind)}{" "}
          {about ? <a href={about.path}>{about.title}</a> : shortKey(actor.key)}
        </span>
        <code class="cell-more">{actorName(actor)}</code>
        <span class="cell-more">{actor.node}</span>
        {actor.lastError !== null && (
          <details class="cell-error">
            <summary>
              <span class="visually-hidden">{words.error}:</span>
              {actor.lastError}
            </summary>
            <pre tabindex={0}>{actor.lastError}</pre>
          </details>
        )}
      </th>
      <td {...cell(words.columns.state)}>
        <State row={row} now={now} />
      </td>
      <td {...cell(words.columns.mailbox)}>
        <span class="amount">
          {words.waiting(figure(actor.mailbox), figure(actor.mailboxBound))}
        </span>
        <progress
          max={actor.mailboxBound}
          value={actor.mailbox}
          aria-label={words.mailboxOf(name)}
        />
      </td>
      <td {...cell(words.columns.messages)}>
        <span class="amount">
          {actor.perSecond === null ? "–" : words.perSecond(rate(actor.perSecond))}
        </span>
        <span class="cell-more">{words.handled(figure(actor.handled))}</span>
      </td>
      <td {...cell(words.columns.times)}>
        <span class="amount">{actor.p50Ms === null ? "–" : words.half(took(actor.p50Ms))}</span>
        <span class="cell-more">{actor.p99Ms !== null && words.nearlyAll(took(actor.p99Ms))}</span>
      </td>
      <td {...cell(words.columns.crashes)}>
        <span class={actor.crashes > 0 ? "amount trouble" : "amount"}>{figure(actor.crashes)}</span>
        <span class="cell-more">
          {actor.crashedAt && words.ago(span(actor.crashedAt, now))}
        </span>
      </td>
      <td role="cell">
        <Acts {...props} />
      </td>
    </tr>
  );
}
