/** What happens to the recording, for its host: now, and when the stream is over (L7). */
import { language } from "../shared/words.ts";
import { saidDelay } from "./listen_panel.tsx";
import { useStudio } from "./studio_context.ts";
import { words } from "./words.ts";

/** "20:04", where who reads it is: it is asked of the server, so never drawn there. */
const timeOf = (iso: string | null): string =>
  iso === null ? "" : new Intl.DateTimeFormat(language() === "en" ? "en-GB" : language(), {
    timeStyle: "short",
  }).format(Date.parse(iso));

export function RecordingLine() {
  const { stream, stats, isOwner } = useStudio();
  const { studio: { recording: says }, page } = words();
  const since = timeOf(stats.value?.recordingSince ?? null);
  const missingMs = stats.value?.missingMs ?? 0;
  const there = stream.value;
  // what becomes of it is the host's to know
  if (!there || there.status === "ended" && !isOwner.value) return null;
  const { status, record, recordingState, recordingTrackId } = there;
  const now = status === "live"
    ? stats.value?.recording ?? (recordingState === "open" ? "recording" : "soon")
    : "waits";
  const text = !record
    ? says.off
    : status === "idle"
    ? says.soon
    : status === "ended"
    ? recordingTrackId
      ? says.done
      : says[recordingState === null || recordingState === "open" ? "closing" : recordingState]
    : now === "interrupted" || now === "full"
    ? says[now](since)
    : now === "recording" && missingMs > 0
    ? says.recordingBut(saidDelay(missingMs))
    : says[now];
  const isBad = now === "interrupted" || now === "full" || recordingState === "failed";
  return (
    <p class="recording-line" data-state={record ? now : "off"}>
      <span class="label">{says.title}</span>{" "}
      <span role="status" data-bad={isBad ? "" : undefined}>{text}</span>
      {recordingTrackId && <a class="link" href={`/tracks/${recordingTrackId}`}>{page.recording}
      </a>}
    </p>
  );
}
