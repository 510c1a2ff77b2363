/** Deleting with ten seconds to think again: the request goes out when they have passed. */
import { signal } from "@preact/signals";
import { Problem, sayProblem } from "../shared/api.ts";
import { soon, THINK_MS } from "../shared/soon.ts";
import { toast } from "../shared/toasts.tsx";
import { t } from "../shared/words.ts";
import { deleteTrack, deleteVersion } from "./client.ts";

/** What is as good as gone: lists leave it out. */
export const goneIds = signal<ReadonlySet<string>>(new Set());

const without = (id: string) => new Set([...goneIds.value].filter((one) => one !== id));

/** What is to go, how one is told so, and the request that does it. */
interface Going {
  readonly id: string;
  readonly text: string;
  remove(): Promise<void>;
}

/** Takes it out of sight at once, and deletes it unless it is called back. */
export function goSoon({ id, text, remove }: Going): void {
  goneIds.value = new Set([...goneIds.value, id]);
  const callOff = soon(() => {
    remove().catch((error) => {
      if (error instanceof Problem && error.code === "not_found") return; // gone already
      goneIds.value = without(id);
      toast(error instanceof Error ? error.message : sayProblem("internal"));
    });
  });
  const close = toast(text, {
    stayMs: THINK_MS,
    action: {
      label: t().track.undo,
      run() {
        callOff();
        close();
        goneIds.value = without(id);
        toast(t().track.restored);
      },
    },
  });
}

export const deleteSoon = ({ id, title }: { id: string; title: string }): void =>
  goSoon({ id, text: t().track.removed(title), remove: () => deleteTrack(id) });

export const deleteVersionSoon = (
  trackId: string,
  { id, filename }: { id: string; filename: string },
): void =>
  goSoon({
    id,
    text: t().tools.versions.removeSoon(filename),
    remove: () => deleteVersion(trackId, id),
  });
