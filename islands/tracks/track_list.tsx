/** A list of tracks: a row each, with its small true waveform; the row that plays moves. */
import { useEffect, useState } from "preact/hooks";
import { formatDate, formatTime } from "../../domain/i18n/format.ts";
import type { Track } from "../../domain/tracks.ts";
import { Icon } from "../icons.tsx";
import { seek } from "../player/engine.ts";
import { PlayButton } from "../player/play_button.tsx";
import { append, following, type Playable, withoutFailed } from "../player/queue.ts";
import * as state from "../player/state.ts";
import { language, t } from "../shared/words.ts";
import { Waveform } from "../waveform/waveform.tsx";
import { fetchTrack, watchTrack } from "./client.ts";
import { goneIds } from "./deletion.ts";

/** What a row shows; less than a track, because it stands in the page twice. */
export type Row =
  & Playable
  & Pick<Track, "status" | "stage" | "percent" | "visibility" | "createdAt">;

export const toRow = (track: Track): Row => ({
  id: track.id,
  title: track.title,
  artist: track.artist,
  creatorUsername: track.creatorUsername,
  durationMs: track.durationMs,
  streamUrl: track.streamUrl,
  waveformUrl: track.waveformUrl,
  coverUrl: track.coverUrl,
  urlsEndInMs: track.urlsEndInMs,
  status: track.status,
  stage: track.stage,
  percent: track.percent,
  visibility: track.visibility,
  createdAt: track.createdAt,
});

interface Props {
  readonly tracks: readonly Row[];
  /** The server's clock, so that both draw the same words. */
  readonly now: number;
  /** The owner's list tells the status and who can hear each. */
  readonly own?: boolean;
}

const settled = ({ status }: Row) => status === "ready" || status === "failed";

/** A row's track, kept up to date while it is being prepared. */
function useLive(given: Row): Row {
  const [row, setRow] = useState(given);
  useEffect(() => {
    if (settled(given)) return;
    return watchTrack(given.id, ({ stage, percent, status }) => {
      setRow((before) => ({ ...before, stage, percent, status }));
      fetchTrack(given.id).then((fresh) => setRow(toRow(fresh)), () => {});
    });
  }, [given.id]);
  return row;
}

function RowWave({ row }: { row: Row }) {
  const playing = state.trackId.value === row.id;
  return (
    <Waveform
      url={row.waveformUrl}
      durationMs={row.durationMs}
      positionMs={playing ? state.position.value : 0}
      title={row.title}
      class="row-wave"
      {...(playing && { onSeek: seek })}
    />
  );
}

function TrackRow({ given, rows, now, own }: {
  given: Row;
  rows: readonly Row[];
  now: number;
  own: boolean;
}) {
  const row = useLive(given);
  if (goneIds.value.has(row.id)) return null;
  const words = t();
  const current = state.trackId.value === row.id;
  const waits = following(state.queue.value).some(({ id }) => id === row.id);
  return (
    <li class={`row${current ? " is-current" : ""}`}>
      <PlayButton track={row} list={rows} disabled={row.streamUrl === null} />
      <div class="row-words">
        <a class="row-title" href={`/tracks/${row.id}`}>{row.title}</a>
        <span class="row-artist">
          <a href={`/@${row.creatorUsername}`}>{row.artist}</a>
          {own && row.visibility !== "public" && (
            <span class="tag">{words.track.visibilities[row.visibility]}</span>
          )}
        </span>
      </div>
      <RowWave row={row} />
      <span class="row-date">
        {own && row.status !== "ready"
          ? <span class={`status status-${row.status}`}>{words.status[row.status]}</span>
          : <time dateTime={row.createdAt}>{formatDate(row.createdAt, now, language())}</time>}
      </span>
      <span class="time row-time">
        {row.durationMs === null ? "" : formatTime(row.durationMs)}
      </span>
      <button
        type="button"
        class="key row-add"
        disabled={row.streamUrl === null || waits}
        aria-label={`${waits ? words.track.queued : words.track.queueAdd}: ${row.title}`}
        onClick={() => (state.queue.value = append(state.queue.value, row))}
      >
        <Icon name={waits ? "check" : "plus"} />
      </button>
    </li>
  );
}

/** The list; it is useful as the server wrote it, and plays once it is alive. */
export default function TrackList({ tracks, now, own = false }: Props) {
  const rows = withoutFailed(tracks);
  return (
    <ol class="rows">
      {tracks.map((row) => <TrackRow key={row.id} given={row} rows={rows} now={now} own={own} />)}
    </ol>
  );
}
