/** Deleting with ten seconds to think again: the request goes out when they have passed. */
import { signal } from "@preact/signals";
import { Problem, sayProblem } from "../shared/api.ts";
import { soon, THINK_MS } from "../shared/soon.ts";
import { toast } from "../shared/toasts.tsx";
import { t } from "../shared/words.ts";
import { deleteTrack } from "./client.ts";

/** Tracks that are as good as gone: lists leave them out. */
export const goneIds = signal<ReadonlySet<string>>(new Set());

const without = (id: string) => new Set([...goneIds.value].filter((one) => one !== id));

/** Takes the track out of sight at once, and deletes it unless it is called back. */
export function deleteSoon(track: { id: string; title: string }): void {
  goneIds.value = new Set([...goneIds.value, track.id]);
  const callOff = soon(() => {
    deleteTrack(track.id).catch((error) => {
      if (error instanceof Problem && error.code === "not_found") return; // gone already
      goneIds.value = without(track.id);
      toast(error instanceof Error ? error.message : sayProblem("internal"));
    });
  });
  const close = toast(t().track.removed(track.title), {
    stayMs: THINK_MS,
    action: {
      label: t().track.undo,
      run() {
        callOff();
        close();
        goneIds.value = without(track.id);
        toast(t().track.restored);
      },
    },
  });
}
