/** Controls that the strip and the large view share. */
import { formatTime } from "../../domain/i18n/format.ts";
import { Icon } from "../icons.tsx";
import { t } from "../shared/words.ts";
import { Waveform } from "../waveform/waveform.tsx";
import { next, previous, seek, setVolume, toggle, toggleMute } from "./engine.ts";
import { hasNext } from "./queue.ts";
import * as state from "./state.ts";

/** Previous, play, next: the same in the strip and in the large view. */
export function Transport() {
  const words = t().player;
  const on = state.active.value;
  return (
    <div class="transport">
      <button type="button" class="key" onClick={previous} aria-label={words.previous}>
        <Icon name="previous" solid />
      </button>
      <button
        type="button"
        class={`key key-play${state.phase.value === "loading" ? " is-busy" : ""}`}
        onClick={toggle}
        aria-label={on ? words.pause : words.play}
      >
        <Icon name={on ? "pause" : "play"} solid />
      </button>
      <button
        type="button"
        class="key"
        onClick={next}
        disabled={!hasNext(state.queue.value)}
        aria-label={words.next}
      >
        <Icon name="next" solid />
      </button>
    </div>
  );
}

/** How loud it is, and the sound off. */
export function Volume() {
  const words = t().player;
  const silent = state.muted.value || state.volume.value === 0;
  return (
    <div class="volume">
      <button
        type="button"
        class="key"
        onClick={toggleMute}
        aria-label={silent ? words.unmute : words.mute}
        aria-pressed={silent}
      >
        <Icon name={silent ? "muted" : "sound"} />
      </button>
      <input
        type="range"
        min="0"
        max="100"
        value={Math.round((silent ? 0 : state.volume.value) * 100)}
        aria-label={words.volume}
        onInput={(event) => setVolume(Number(event.currentTarget.value) / 100)}
      />
    </div>
  );
}

/** The time played and the whole, in figures that do not jump. */
export function Clock() {
  return (
    <span class="clock">
      <span class="clock-now">{formatTime(state.position.value)}</span>
      <span class="clock-all">{formatTime(state.duration.value)}</span>
    </span>
  );
}

/** The waveform of what plays; apart, so that only it and the clock follow the playhead. */
export function SeekWave({ class: name }: { class: string }) {
  const track = state.track.value;
  if (!track) return null;
  return (
    <Waveform
      url={track.waveformUrl}
      durationMs={state.duration.value}
      positionMs={state.position.value}
      title={track.title}
      onSeek={seek}
      class={name}
    />
  );
}
