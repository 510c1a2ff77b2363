/** The strip at the bottom that stays while one moves through the site, with its queue. */
import { Icon } from "../icons.tsx";
import { t } from "../shared/words.ts";
import { Clock, SeekWave, Transport, Volume } from "./controls.tsx";
import { play } from "./engine.ts";
import { LargeView } from "./large_view.tsx";
import { Mark } from "./mark.tsx";
import { QueuePanel } from "./queue_panel.tsx";
import * as state from "./state.ts";

/** What holds playback up, in its own place. */
function Trouble() {
  const words = t().player;
  if (state.phase.value === "waiting") return <span class="quiet">{words.waiting}</span>;
  if (state.phase.value !== "failed") return null;
  return (
    <span class="trouble" role="alert">
      <span>{words.failed}</span>{" "}
      <button type="button" class="link" onClick={play}>{words.retry}</button>
    </span>
  );
}

/** The player; nothing at all until something was chosen. */
export default function Player() {
  const track = state.track.value;
  const words = t().player;
  document.documentElement.toggleAttribute("data-player", track !== null);
  if (!track) return null;
  return (
    <>
      <section class="player" aria-label={words.label}>
        <Transport />
        <div class="player-what">
          <button
            type="button"
            class="player-mark"
            aria-label={words.open}
            onClick={() => (state.largeOpen.value = true)}
          >
            <Mark track={track} />
          </button>
          <div class="player-words">
            <a class="player-title" href={`/tracks/${track.id}`}>{track.title}</a>
            <span class="player-artist">
              {state.phase.value === "failed" || state.phase.value === "waiting"
                ? <Trouble />
                : <a href={`/@${track.creatorUsername}`}>{track.artist}</a>}
            </span>
          </div>
        </div>
        <SeekWave class="player-wave" />
        <Clock />
        <Volume />
        <button
          type="button"
          class="key"
          aria-label={words.queue}
          aria-expanded={state.queueOpen.value}
          onClick={() => (state.queueOpen.value = !state.queueOpen.value)}
        >
          <Icon name="queue" />
        </button>
      </section>
      <QueuePanel />
      <LargeView />
    </>
  );
}
