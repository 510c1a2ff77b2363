/** Remembers the queue and the position in the tab, so that a full page load resumes, paused. */
import { effect } from "@preact/signals";
import { EMPTY, jump, type Queue } from "./queue.ts";
import * as state from "./state.ts";

const KEY = "veza.queue";

interface Remembered {
  queue: Queue;
  positionMs: number;
}

/** Restores what the tab had, and keeps it from now on. */
export function rememberQueue(): void {
  const loud = Number(localStorage.getItem("veza.volume") ?? "1");
  if (loud >= 0 && loud <= 1) state.volume.value = loud;
  const kept = sessionStorage.getItem(KEY);
  if (kept) {
    try {
      const { queue, positionMs }: Remembered = JSON.parse(kept);
      if (queue.items.length > 0) {
        state.queue.value = jump(queue, queue.at);
        state.position.value = positionMs;
        state.phase.value = "paused";
      }
    } catch {
      state.queue.value = EMPTY; // written by another version; nothing is lost but a place
    }
  }
  const keep = () =>
    sessionStorage.setItem(
      KEY,
      JSON.stringify({ queue: state.queue.peek(), positionMs: state.position.peek() }),
    );
  effect(() => {
    if (state.queue.value.items.length > 0) keep();
  });
  addEventListener("pagehide", keep);
}
