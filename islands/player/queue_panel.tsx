/** The queue: a panel at the right, a sheet on a narrow screen. */
import { useEffect, useRef } from "preact/hooks";
import { formatTime } from "../../domain/i18n/format.ts";
import { Icon } from "../icons.tsx";
import { t } from "../shared/words.ts";
import { jump } from "./engine.ts";
import { clearFollowing, following, removeAt } from "./queue.ts";
import * as state from "./state.ts";

export function QueuePanel() {
  const panel = useRef<HTMLElement>(null);
  const open = state.queueOpen.value;
  useEffect(() => {
    if (!open) return;
    const before = document.activeElement;
    panel.current?.querySelector<HTMLElement>("button")?.focus();
    const close = (event: KeyboardEvent) => {
      if (event.key === "Escape") state.queueOpen.value = false;
    };
    addEventListener("keydown", close);
    return () => {
      removeEventListener("keydown", close);
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [open]);
  if (!open) return null;
  const words = t().player;
  const { items, at } = state.queue.value;
  const rest = following(state.queue.value);
  return (
    <aside class="panel" ref={panel} aria-label={words.queueTitle}>
      <header class="panel-head">
        <h2>{words.queueTitle}</h2>
        <button
          type="button"
          class="key"
          aria-label={words.close}
          onClick={() => (state.queueOpen.value = false)}
        >
          <Icon name="close" />
        </button>
      </header>
      <ol class="queue">
        {items.map((item, index) => (
          <li
            key={`${item.id}-${index}`}
            class={index === at ? "is-current" : index < at ? "is-past" : ""}
            aria-current={index === at ? "true" : undefined}
          >
            <button type="button" class="queue-item" onClick={() => jump(index)}>
              <span class="queue-title">{item.title}</span>
              <span class="queue-artist">{item.artist}</span>
            </button>
            <span class="time">{item.durationMs === null ? "" : formatTime(item.durationMs)}</span>
            <button
              type="button"
              class="key"
              disabled={index === at}
              aria-label={words.remove(item.title)}
              onClick={() => (state.queue.value = removeAt(state.queue.value, index))}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ol>
      {rest.length === 0 ? <p class="quiet panel-note">{words.queueEmpty}</p> : (
        <button
          type="button"
          class="button panel-note"
          onClick={() => (state.queue.value = clearFollowing(state.queue.value))}
        >
          {words.clear}
        </button>
      )}
    </aside>
  );
}
