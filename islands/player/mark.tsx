/** What stands where a cover would: the cover, or a small drawing of the recording itself. */
import { Cover } from "../tracks/cover.tsx";
import { Waveform } from "../waveform/waveform.tsx";
import type { Playable } from "./queue.ts";

/** A square of the recording; never more than it knows. */
export function Mark({ track }: { track: Playable }) {
  if (track.coverUrl) return <Cover class="mark mark-cover" url={track.coverUrl} px={44} />;
  return (
    <span class="mark" aria-hidden="true">
      <Waveform
        url={track.waveformUrl}
        durationMs={null}
        positionMs={0}
        title={track.title}
      />
    </span>
  );
}
