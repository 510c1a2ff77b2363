/** A row of an upload: bytes fill the line, stages go by, then the waveform draws itself. */
import { useState } from "preact/hooks";
import { formatBytes, formatShare, formatSpan, formatTime } from "../../domain/i18n/format.ts";
import { Icon } from "../icons.tsx";
import { PlayButton } from "../player/play_button.tsx";
import { seek } from "../player/engine.ts";
import * as state from "../player/state.ts";
import { language, t } from "../shared/words.ts";
import { goneIds } from "../tracks/deletion.ts";
import { Stages } from "../tracks/track_stage.tsx";
import { Waveform } from "../waveform/waveform.tsx";
import { DuplicateOffer } from "./duplicate_offer.tsx";
import { secondsLeft } from "./pace.ts";
import { sentOf, type Standing, trackOf, type Upload } from "./state.ts";
import { UploadActs } from "./upload_acts.tsx";
import { UploadEdit } from "./upload_edit.tsx";

/** What was sent, how fast it goes, and how long it will take. */
function sayBytes(file: File, { sent, pace }: Extract<Standing, { kind: "sending" }>): string[] {
  const words = t().upload;
  const size = (bytes: number) => formatBytes(bytes, language());
  if (sent >= file.size) return [words.checking];
  const left = secondsLeft(pace, file.size - sent);
  return [
    words.sending(size(sent), size(file.size)),
    ...(pace?.rate ? [words.rate(size(pace.rate))] : []),
    ...(left === null ? [] : [words.left(formatSpan(left, language()))]),
  ];
}

/** What is going on, in a few words. */
function say({ file, standing }: Upload): string[] {
  const words = t().upload;
  switch (standing.kind) {
    case "waiting":
      return [words.waiting];
    case "sending":
      return sayBytes(file, standing);
    case "paused":
      return [words.paused(formatShare(standing.sent, file.size))];
    case "held":
      return [words[standing.why]];
    case "working":
      return [standing.track.status === "playable" ? words.playable : words.stored];
    case "done":
      return [words.done];
    case "failed": {
      const { message, track, again, sent } = standing;
      const kept = track
        ? words.keptThere
        : sent > 0
        ? words.keptPart
        : again
        ? words.keptHere
        : words.notKept;
      return [`${message.replace(/[^.!?]$/, "$&.")} ${kept}`];
    }
    case "cancelled":
      return [
        { back: words.cancelledJust, gone: words.cancelled, away: words.cancelledAway }[
          standing.left
        ],
      ];
    default:
      return standing satisfies never;
  }
}

const showsBytes: ReadonlySet<Standing["kind"]> = new Set(["waiting", "sending", "paused", "held"]);

/** The line of bytes while they go, then the waveform. */
function Line({ upload, title, compact }: { upload: Upload; title: string; compact: boolean }) {
  const { file, standing } = upload;
  const track = trackOf(upload);
  const current = track !== null && state.trackId.value === track.id;
  return (
    <div class="upload-wave">
      {showsBytes.has(standing.kind)
        ? (
          <progress
            class="bytes"
            max={file.size || 1}
            value={sentOf(upload)}
            aria-label={`${t().upload.title}: ${title}`}
          />
        )
        : track && (
          <Waveform
            url={track.waveformUrl}
            durationMs={track.durationMs}
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
  );
}

export function UploadRow({ upload, compact = false }: { upload: Upload; compact?: boolean }) {
  const [editing, setEditing] = useState(false);
  const { standing, file } = upload;
  const track = trackOf(upload);
  if (track && goneIds.value.has(track.id)) return null;
  const title = track?.title ?? (upload.wishes.title || upload.name);
  const failed = standing.kind === "failed";
  const showsShare = showsBytes.has(standing.kind) && sentOf(upload) > 0;
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
          {upload.wishes.visibility !== "public" && (
            <span class="tag">{t().track.visibilities[upload.wishes.visibility]}</span>
          )}
        </span>
        <span class={failed ? "upload-say trouble" : "upload-say"}>
          {say(upload).map((part, index) => <span key={index}>{part}</span>)}
        </span>
      </div>
      <Line upload={upload} title={title} compact={compact} />
      <span class="time">
        {showsShare
          ? formatShare(sentOf(upload), file.size)
          : track?.durationMs
          ? formatTime(track.durationMs)
          : ""}
      </span>
      <UploadActs
        upload={upload}
        title={title}
        {...(!compact && { editing, onEdit: () => setEditing(!editing) })}
      />
      {editing && !compact && (
        <UploadEdit
          upload={upload}
          title={title}
          onClose={() => setEditing(false)}
        />
      )}
      {upload.duplicateOf && !failed && !compact && (
        <DuplicateOffer id={upload.id} of={upload.duplicateOf} track={track} />
      )}
    </li>
  );
}
