/** Says that the same bytes are in the library already, and offers to let the new ones go (U4). */
import { formatDate } from "../../domain/i18n/format.ts";
import type { Track } from "../../domain/tracks.ts";
import type { DuplicateOf } from "../../domain/uploads.ts";
import { language, t } from "../shared/words.ts";
import { deleteSoon } from "../tracks/deletion.ts";
import { keepBoth } from "./store.ts";

interface Props {
  readonly id: number;
  readonly of: DuplicateOf;
  /** The new one. */
  readonly track: Track | null;
}

export function DuplicateOffer({ id, of, track }: Props) {
  const words = t().upload;
  return (
    <div class="upload-offer" role="group" aria-label={words.duplicate}>
      <p>
        {words.duplicate} <a href={`/tracks/${of.id}`}>{of.title}</a>
      </p>
      <time class="quiet" dateTime={of.createdAt}>
        {formatDate(of.createdAt, Date.now(), language())}
      </time>
      <p class="acts">
        <button type="button" class="button" onClick={() => keepBoth(id)}>{words.keepBoth}</button>
        <button type="button" class="button" onClick={() => track && deleteSoon(track)}>
          {words.discardNew}
        </button>
      </p>
    </div>
  );
}
