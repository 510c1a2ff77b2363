/** The table of actors: sorted by its heads, held still while somebody reads it. */
import { actorName, type ActorOrder } from "../../domain/actor_state.ts";
import type { RuntimeSnapshot } from "../../domain/overview.ts";
import { t } from "../shared/words.ts";
import { ActorRow } from "./actor_row.tsx";
import type { Row } from "./held_rows.ts";
import { addressOf, type ShownQuery } from "./query.ts";

/** The heads, each with the order that it asks for. */
const HEADS = [
  ["actor", "name"],
  ["state", "newest"],
  ["mailbox", "mailbox"],
  ["messages", "rate"],
  ["times", "slowest"],
  ["crashes", "crashes"],
] as const;

interface Props {
  readonly rows: readonly Row[];
  readonly about: RuntimeSnapshot["about"];
  readonly query: ShownQuery;
  readonly now: number;
  readonly demo: boolean;
  readonly ask: (change: Partial<ShownQuery>) => void;
  readonly act: (row: Row, act: "restart" | "crash") => void;
  /** Somebody reads the table, or does not any more. */
  readonly reading: (reads: boolean) => void;
}

/** Reached by keyboard: what a mouse has pressed keeps the focus, but nobody reads there. */
const isFocusSeen = (target: EventTarget | null) =>
  target instanceof Element && target.matches(":focus-visible");

function Head({ name, order, query, ask }: {
  name: (typeof HEADS)[number][0];
  order: ActorOrder;
  query: ShownQuery;
  ask: Props["ask"];
}) {
  const change = { sort: query.sort === order ? "telling" as const : order, page: 1 };
  const sorted = query.sort === order;
  return (
    <th
      role="columnheader"
      scope="col"
      aria-sort={sorted ? (order === "name" ? "ascending" : "descending") : undefined}
    >
      <a
        href={addressOf({ ...query, ...change })}
        data-no-swap
        onClick={(event) => {
          event.preventDefault();
          ask(change);
        }}
      >
        {t().admin.runtime.columns[name]}
      </a>
    </th>
  );
}

export function ActorTable({ rows, about, query, now, demo, ask, act, reading }: Props) {
  const { table, columns } = t().admin.runtime;
  return (
    <table class="actors" role="table" aria-label={table}>
      <thead role="rowgroup">
        <tr role="row">
          {HEADS.map(([name, order]) => (
            <Head key={name} name={name} order={order} query={query} ask={ask} />
          ))}
          <th role="columnheader" scope="col">
            <span class="visually-hidden">{columns.acts}</span>
          </th>
        </tr>
      </thead>
      <tbody
        role="rowgroup"
        onPointerEnter={({ pointerType }) => pointerType === "mouse" && reading(true)}
        onPointerLeave={() => reading(false)}
        onFocusIn={({ target }) => isFocusSeen(target) && reading(true)}
        onFocusOut={() => reading(false)}
      >
        {rows.map((row) => (
          <ActorRow
            key={actorName(row.actor)}
            row={row}
            about={about[actorName(row.actor)]}
            now={now}
            demo={demo}
            act={act}
          />
        ))}
      </tbody>
    </table>
  );
}
