/** A track's stage: the wide waveform with its ruler, play, and progress while it is prepared. */
import { useEffect, useState } from "preact/hooks";
import { formatTime } from "../../domain/i18n/format.ts";
import { STAGE_ORDER } from "../shared/stages.ts";
import { playTrack, seek } from "../player/engine.ts";
import { PlayButton } from "../player/play_button.tsx";
import * as state from "../player/state.ts";
import { sayProblem } from "../shared/api.ts";
import { t } from "../shared/words.ts";
import { Ruler } from "../waveform/ruler.tsx";
import { Waveform } from "../waveform/waveform.tsx";
import { fetchTrack, watchTrack } from "./client.ts";
import { type Row, toRow } from "./track_list.tsx";

interface Props {
  readonly track: Row;
  readonly failureText: string | null;
  /** The heading of the page, or a link to the track from another page. */
  readonly heading: "h1" | "h2";
  readonly linked?: boolean;
}

/** The stages as marks on a line; the line fills as work is done. */
export function Stages({ stage, percent }: Pick<Row, "stage" | "percent">) {
  const words = t().stages;
  const at = stage ? STAGE_ORDER.indexOf(stage) : -1;
  return (
    <div class="stages">
      <progress max="100" value={percent} aria-label={stage ? words[stage] : t().upload.stored} />
      <div class="stages-words">
        <ol>
          {STAGE_ORDER.map((name, index) => (
            <li key={name} class={index < at ? "is-done" : index === at ? "is-now" : ""}>
              {words[name]}
            </li>
          ))}
        </ol>
        <span class="stages-percent">{Math.floor(percent)}&nbsp;%</span>
      </div>
    </div>
  );
}

export default function TrackStage({ track: given, failureText, heading: H, linked }: Props) {
  const [track, setTrack] = useState<Row>(given);
  const [failure, setFailure] = useState(failureText);
  useEffect(() => {
    if (given.status === "ready" || given.status === "failed") return;
    return watchTrack(given.id, ({ stage, percent, status, failure: failed }) => {
      setTrack((before) => ({ ...before, stage, percent, status }));
      if (failed) setFailure(sayProblem(failed.code, failed.detail));
      fetchTrack(given.id).then((fresh) => setTrack(toRow(fresh)), () => {});
    });
  }, [given.id]);
  const words = t();
  const current = state.trackId.value === track.id;
  const length = track.durationMs ?? 0;
  return (
    <section class="stage" data-status={track.status}>
      <div class="stage-wave">
        <StageWave track={track} current={current} />
        {length > 0 && <Ruler durationMs={length} />}
      </div>
      <div class="stage-head">
        <PlayButton track={track} list={[track]} large disabled={track.streamUrl === null} />
        <div class="stage-words">
          {/* the page's heading takes the focus before this is alive, and keeps it */}
          <H class="stage-title" {...(H === "h1" && { tabindex: -1 })}>
            {linked ? <a href={`/tracks/${track.id}`}>{track.title}</a> : track.title}
          </H>
          {/* a tag may name anybody: who uploaded it is told beside */}
          <p class="stage-artist">
            {track.artist}
            <span class="stage-uploader">
              {words.track.uploadedBy}{" "}
              <a href={`/@${track.creatorUsername}`}>@{track.creatorUsername}</a>
            </span>
          </p>
        </div>
        <p class="clock stage-clock">
          <span class="clock-now">{formatTime(current ? state.position.value : 0)}</span>
          <span class="clock-all">{formatTime(length)}</span>
        </p>
      </div>
      <div class="stage-progress" role="status">
        {failure !== null && (
          <p class="trouble">
            <strong>{words.track.failed}.</strong> {failure}
          </p>
        )}
        {track.status !== "ready" && track.status !== "failed" && (
          <>
            <p class="quiet">
              {track.status === "playable" ? words.status.playable : words.track.notYet}
            </p>
            <Stages stage={track.stage} percent={track.percent} />
          </>
        )}
      </div>
    </section>
  );
}

function StageWave({ track, current }: { track: Row; current: boolean }) {
  return (
    <Waveform
      url={track.waveformUrl}
      durationMs={track.durationMs}
      positionMs={current ? state.position.value : 0}
      title={track.title}
      class="waveform-large"
      {...(track.streamUrl !== null && {
        onSeek: current ? seek : (ms: number) => playTrack(track, [track], ms),
      })}
    />
  );
}
