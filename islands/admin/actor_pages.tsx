/** The way through the pages of a long list of actors. */
import { t } from "../shared/words.ts";
import { addressOf, PAGE_ROWS, type ShownQuery } from "./query.ts";
import { figure } from "./shown.ts";

interface Props {
  readonly query: ShownQuery;
  readonly found: number;
  readonly ask: (change: Partial<ShownQuery>) => void;
}

export function ActorPages({ query, found, ask }: Props) {
  const words = t().admin.runtime;
  const last = Math.max(1, Math.ceil(found / PAGE_ROWS));
  const link = (page: number, label: string) =>
    page >= 1 && page <= last && (
      <a
        class="button"
        href={addressOf({ ...query, page })}
        data-no-swap
        onClick={(event) => {
          event.preventDefault();
          ask({ page });
        }}
      >
        {label}
      </a>
    );
  const from = (query.page - 1) * PAGE_ROWS + 1;
  return (
    <nav class="pages" aria-label={words.pages}>
      {link(query.page - 1, words.previous)}
      <span class="quiet">
        {words.range(figure(from), figure(Math.min(found, from + PAGE_ROWS - 1)), figure(found))}
      </span>
      {link(query.page + 1, words.next)}
    </nav>
  );
}
