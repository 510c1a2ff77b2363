/** The player over the whole page: the large waveform, its ruler, and the words around it. */
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../icons.tsx";
import { t } from "../shared/words.ts";
import { Ruler } from "../waveform/ruler.tsx";
import { Cover } from "../tracks/cover.tsx";
import { Clock, SeekWave, Transport, Volume } from "./controls.tsx";
import * as state from "./state.ts";

export function LargeView() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = state.largeOpen.value;
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open) dialog.current?.close();
  }, [open]);
  const track = state.track.value;
  const words = t().player;
  const close = () => (state.largeOpen.value = false);
  /** The queue lies under this view, which is modal: that gives the focus back before it is taken. */
  const showQueue = () => {
    dialog.current?.close();
    close();
    state.queueOpen.value = true;
  };
  return (
    <dialog class="large" ref={dialog} onClose={close} aria-label={words.playing}>
      {open && track && (
        <>
          <header class="large-head">
            <p class="label">{words.playing}</p>
            <button type="button" class="key" aria-label={words.close} onClick={close}>
              <Icon name="down" />
            </button>
          </header>
          <div class="large-words">
            {track.coverUrl && <Cover class="large-cover" url={track.coverUrl} px={320} />}
            <div>
              <h2 class="large-title">
                <a href={`/tracks/${track.id}`} onClick={close}>{track.title}</a>
              </h2>
              <p class="large-artist">
                <a href={`/@${track.creatorUsername}`} onClick={close}>{track.artist}</a>
              </p>
            </div>
          </div>
          <div class="large-wave">
            <SeekWave class="waveform-large" />
            <Ruler durationMs={state.duration.value} />
          </div>
          <div class="large-foot">
            <Transport />
            <Clock />
            <Volume />
            <button type="button" class="key" aria-label={words.queue} onClick={showQueue}>
              <Icon name="queue" />
            </button>
          </div>
        </>
      )}
    </dialog>
  );
}
