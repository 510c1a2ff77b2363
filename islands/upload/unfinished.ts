/** Uploads that were begun on an earlier visit: found at the server, gone on with, or discarded. */
import { computed, signal } from "@preact/signals";
import type { UploadState } from "../../domain/uploads.ts";
import { username } from "../shared/session.ts";
import { soon, THINK_MS } from "../shared/soon.ts";
import { toast } from "../shared/toasts.tsx";
import { t } from "../shared/words.ts";
import { discardUpload, fetchUnfinished } from "./client.ts";
import { begunUploads, forget, markOf } from "./memory.ts";
import { refreshQuota } from "./quota.ts";
import { uploads } from "./state.ts";
import { addFiles } from "./store.ts";

/** What the server has, and whether it was begun in this browser. */
export interface Unfinished extends UploadState {
  /** The file's mark; null where another browser knows it. */
  readonly mark: string | null;
}

const found = signal<readonly Unfinished[]>([]);
const discarded = signal<ReadonlySet<string>>(new Set());

/** Those that no row of this visit goes on with. */
export const unfinished = computed(() => {
  const here = new Set(uploads.value.map(({ serverId }) => serverId));
  return found.value.filter(({ id }) => !here.has(id) && !discarded.value.has(id));
});

/** Asks the server what it still waits for. */
export async function lookForUnfinished(): Promise<void> {
  const list = await fetchUnfinished().catch(() => null);
  if (list === null) return; // not now: dropping the file again works all the same
  const begun = new Map(begunUploads().map(({ id, mark }) => [id, mark]));
  found.value = list.map((one) => ({ ...one, mark: begun.get(one.id) ?? null }));
}

/** Goes on with `one`, if `file` is the one it was begun with. */
export function goOn(one: Unfinished, file: File): void {
  if (one.mark === markOf(file, username.value ?? "")) addFiles([file]);
  else toast(t().upload.notThatFile(one.filename));
}

/** Removes what was sent, unless that is called back within ten seconds. */
export function discard({ id, filename }: Unfinished): void {
  const keep = () => void (discarded.value = new Set([...discarded.value].filter((x) => x !== id)));
  discarded.value = new Set([...discarded.value, id]);
  const callOff = soon(() => {
    discardUpload(id).then(() => {
      forget(id);
      refreshQuota();
    }, keep);
  });
  const close = toast(t().upload.discarded(filename), {
    stayMs: THINK_MS,
    action: {
      label: t().track.undo,
      run() {
        callOff();
        close();
        keep();
        toast(t().upload.kept);
      },
    },
  });
}
