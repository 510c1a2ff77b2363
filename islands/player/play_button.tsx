/** The button that plays one track among those around it. */
import { Icon } from "../icons.tsx";
import { t } from "../shared/words.ts";
import { Cover } from "../tracks/cover.tsx";
import { pause, playTrack } from "./engine.ts";
import type { Playable } from "./queue.ts";
import * as state from "./state.ts";

interface Props {
  readonly track: Playable;
  readonly list: readonly Playable[];
  readonly large?: boolean;
  readonly disabled?: boolean;
}

export function PlayButton({ track, list, large = false, disabled = false }: Props) {
  const on = state.trackId.value === track.id && state.active.value;
  const words = t().track;
  return (
    <button
      type="button"
      class={large ? "play play-large" : track.coverUrl ? "play play-cover" : "play"}
      disabled={disabled}
      aria-label={on ? words.pauseTitle(track.title) : words.playTitle(track.title)}
      onClick={() => on ? pause() : playTrack(track, list)}
    >
      {!large && track.coverUrl && <Cover class="play-picture" url={track.coverUrl} px={48} />}
      <span class="play-sign">
        <Icon name={on ? "pause" : "play"} solid />
      </span>
    </button>
  );
}
