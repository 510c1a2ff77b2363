/** A row of an upload: bytes fill the line, stages go by, then the waveform draws itself. */
import { formatBytes, formatTime } from "../../domain/i18n/format.ts";
import { Icon } from "../icons.tsx";
import { PlayButton } from "../player/play_button.tsx";
import { seek } from "../player/engine.ts";
import * as state from "../player/state.ts";
import { language, t } from "../shared/words.ts";
import { Stages } from "../tracks/track_stage.tsx";
import { Waveform } from "../waveform/waveform.tsx";
import { cancel, dismiss, retry, type Standing, type Upload } from "./store.ts";

const trackOf = (standing: Standing) => "track" in standing ? standing.track : null;

/** What is going on, in a few words. */
function say({ file, standing }: Upload): string {
  const words = t().upload;
  const size = (bytes: number) => formatBytes(bytes, language());
  switch (standing.kind) {
    case "waiting":
      return words.waiting;
    case "sending":
      return words.sending(size(standing.sent), size(file.size));
    case "working":
      return standing.track.status === "playable" ? words.playable : words.stored;
    case "done":
      return words.done;
    case "failed":
      return standing.message;
    case "cancelled":
      return words.cancelled;
    default:
      return standing satisfies never;
  }
}

function Acts({ upload, title }: { upload: Upload; title: string }) {
  const { id, standing } = upload;
  const words = t().upload;
  if (standing.kind === "waiting" || standing.kind === "sending") {
    return (
      <button
        type="button"
        class="key"
        aria-label={words.cancelTitle(title)}
        onClick={() => cancel(id)}
      >
        <Icon name="close" />
      </button>
    );
  }
  const again = standing.kind === "cancelled" ||
    (standing.kind === "failed" && standing.again);
  return (
    <>
      {again && (
        <button
          type="button"
          class="key"
          aria-label={words.retryTitle(title)}
          onClick={() => retry(id)}
        >
          <Icon name="retry" />
        </button>
      )}
      {standing.kind !== "working" && (
        <button
          type="button"
          class="key"
          aria-label={words.dismissTitle(title)}
          onClick={() => dismiss(id)}
        >
          <Icon name="close" />
        </button>
      )}
    </>
  );
}

export function UploadRow({ upload, compact = false }: { upload: Upload; compact?: boolean }) {
  const { standing, file } = upload;
  const words = t().upload;
  const track = trackOf(standing);
  const title = track?.title ?? upload.name;
  const current = track !== null && state.trackId.value === track.id;
  const failed = standing.kind === "failed";
  return (
    <li class={`upload${compact ? " upload-compact" : ""}`} data-kind={standing.kind}>
      {track && !failed
        ? <PlayButton track={track} list={[track]} disabled={track.streamUrl === null} />
        : (
          <span class="upload-slot" aria-hidden="true">
            <Icon name={failed ? "close" : "wave"} />
          </span>
        )}
      <div class="upload-words">
        <span class="upload-title">
          {track ? <a href={`/tracks/${track.id}`}>{title}</a> : title}
        </span>
        <span class={failed ? "upload-say trouble" : "upload-say"}>
          {say(upload)}
          {failed &&
            ` ${
              standing.track ? words.keptThere : standing.again ? words.keptHere : words.notKept
            }`}
        </span>
      </div>
      <div class="upload-wave">
        {standing.kind === "sending"
          ? (
            <progress
              class="bytes"
              max={file.size || 1}
              value={standing.sent}
              aria-label={`${words.title}: ${title}`}
            />
          )
          : (
            <Waveform
              url={track?.waveformUrl ?? null}
              durationMs={track?.durationMs ?? null}
              positionMs={current ? state.position.value : 0}
              title={title}
              class="row-wave"
              {...(current && { onSeek: seek })}
            />
          )}
        {standing.kind === "working" && !compact && (
          <Stages stage={standing.track.stage} percent={standing.track.percent} />
        )}
      </div>
      <span class="time">{track?.durationMs ? formatTime(track.durationMs) : ""}</span>
      <span class="upload-acts">
        <Acts upload={upload} title={title} />
      </span>
    </li>
  );
}
