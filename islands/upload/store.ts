/** What can be done with uploads: added, paused, gone on with, cancelled, named. */
import { effect, signal } from "@preact/signals";
import { formatBytes } from "../../domain/i18n/format.ts";
import type { Visibility } from "../../domain/tracks.ts";
import { announce } from "../shared/announce.ts";
import { sayProblem } from "../shared/api.ts";
import { username } from "../shared/session.ts";
import { soon } from "../shared/soon.ts";
import { toast } from "../shared/toasts.tsx";
import { language, t } from "../shared/words.ts";
import { tryNow } from "./carry.ts";
import { discardUpload, lookUp } from "./client.ts";
import type { Dropped } from "./dropped.ts";
import { pickRecordings, recordingsBelow } from "./files.ts";
import { begunWith, forget, markOf } from "./memory.ts";
import { note, pump, stopRun } from "./queue.ts";
import { refreshQuota, room } from "./quota.ts";
import {
  change,
  find,
  isUnsent,
  sentOf,
  trackOf,
  type Upload,
  uploads,
  type Wishes,
} from "./state.ts";
import { grant, stopWork } from "./work.ts";

/** Who hears what is added next. */
export const visibility = signal<Visibility>("public");
/** Whether others may take as a file what is added next. */
export const downloadable = signal(true);
/** Bytes of one file; set from the page. */
export const maxBytes = signal(2_147_483_648);

/** The server needs a moment to see that a line was cut, ms. */
const SETTLE_MS = 400;

const held: { lastId: number; follows?: () => void } = { lastId: 0 };
/** Cancellations that can still be called off. */
const endings = new Map<number, () => void>();

const isOpen = (upload: Upload) => isUnsent(upload) || upload.standing.kind === "paused";
const nameOf = (file: File) => file.name.replace(/\.[^.]{1,5}$/, "").replaceAll("_", " ");

/** The uploads of one account are no business of the next: its rows go with it. */
function followAccount(): void {
  const name = username.peek();
  held.follows ??= effect(() => {
    if (username.value === name) return;
    for (const { id } of uploads.peek()) dismiss(id);
    held.follows?.();
    delete held.follows;
  });
}

/** Takes files in; one that was begun before goes on from where it stopped. */
export function addFiles(files: Iterable<File>): void {
  followAccount();
  const user = username.value ?? "";
  const there = new Set(uploads.value.filter(isOpen).map(({ file }) => markOf(file, user)));
  for (const file of pickRecordings(files, maxBytes.value)) {
    const mark = markOf(file, user);
    if (there.has(mark)) {
      toast(t().upload.sentAlready(file.name));
      continue;
    }
    there.add(mark);
    const begun = begunWith(mark);
    const upload: Upload = {
      id: ++held.lastId,
      file,
      name: nameOf(file),
      wishes: {
        title: begun?.title ?? "",
        visibility: begun?.visibility ?? visibility.value,
        downloadable: begun?.downloadable ?? downloadable.value,
      },
      serverId: begun?.id ?? null,
      standing: { kind: "waiting", sent: 0 },
      duplicateOf: null,
    };
    // what was begun has been let in by the server
    const refusal = begun ? null : noRoomFor(file);
    uploads.value = [refusal ? { ...upload, standing: refusal } : upload, ...uploads.value];
  }
  pump();
}

/** Takes in what was dropped or pasted, with the recordings in its folders. */
export async function addDropped({ files, folders }: Dropped): Promise<void> {
  if (files.length > 0) addFiles(files);
  for (const folder of folders) addFiles(await recordingsBelow(folder));
}

function noRoomFor({ size }: File): Upload["standing"] | null {
  const left = room();
  if (size <= left) return null;
  refreshQuota(); // something may have been deleted since it was known
  const words = (bytes: number) => formatBytes(bytes, language());
  const message = t().upload.noRoom(words(size), words(left));
  return { kind: "failed", message, track: null, again: true, sent: 0 };
}

/** Holds an upload until it is resumed; what was sent stays. */
export function pause(id: number): void {
  const upload = find(id);
  if (!upload || !isUnsent(upload)) return;
  change(id, { standing: { kind: "paused", sent: sentOf(upload) } });
  stopRun(id);
  announce(t().upload.pausedSay(upload.name));
  pump();
  if (upload.serverId) setTimeout(() => void settle(id, upload.serverId ?? ""), SETTLE_MS);
}

/** Shows of what is paused what has arrived: the rest was on its way, and is sent again. */
async function settle(id: number, serverId: string): Promise<void> {
  const state = await lookUp(serverId).catch(() => null); // without an answer the guess stays
  if (!state || find(id)?.standing.kind !== "paused") return;
  change(id, { standing: { kind: "paused", sent: state.offset } });
}

/** Goes on with what was paused, has failed or was cancelled; what waits for the line tries now. */
export function resume(id: number): void {
  const upload = find(id);
  if (!upload) return;
  if (upload.standing.kind === "held") return tryNow();
  endings.get(id)?.();
  endings.delete(id);
  const refusal = upload.serverId ? null : noRoomFor(upload.file);
  change(id, { standing: refusal ?? { kind: "waiting", sent: sentOf(upload) } });
  pump();
}

export const pauseAll = (): void => uploads.value.filter(isUnsent).forEach(({ id }) => pause(id));
export const resumeAll = (): void =>
  uploads.value.filter(({ standing }) => standing.kind === "paused").forEach(({ id }) =>
    resume(id)
  );

/** Breaks off. For ten seconds it can go on where it was; then the server removes what it has. */
export function cancel(id: number): void {
  const upload = find(id);
  if (!upload) return;
  const { serverId } = upload;
  const sent = sentOf(upload);
  const stand = (left: "back" | "gone" | "away") =>
    change(id, { standing: { kind: "cancelled", sent: left === "gone" ? 0 : sent, left } });
  stand(serverId ? "back" : "gone");
  stopRun(id);
  if (serverId) {
    endings.set(
      id,
      soon(() => {
        endings.delete(id);
        discardUpload(serverId).then(() => {
          forget(serverId);
          change(id, { serverId: null });
          stand("gone");
        }, () => stand("away"));
      }),
    );
  }
  pump();
}

/** Takes a row away; what waits on the server stays there, and can be gone on with. */
export function dismiss(id: number): void {
  stopRun(id);
  stopWork(id);
  uploads.value = uploads.value.filter((upload) => upload.id !== id);
  pump();
}

/** Takes what should be said of the track, before or after there is one. */
export async function wish(id: number, wishes: Wishes): Promise<void> {
  const upload = find(id);
  if (!upload) return;
  change(id, { wishes });
  note(id);
  const track = trackOf(upload);
  if (!track) return;
  try {
    const { title, visibility } = await grant(track, wishes);
    const standing = find(id)?.standing;
    if (standing?.kind !== "working" && standing?.kind !== "done") return;
    change(id, { standing: { ...standing, track: { ...standing.track, title, visibility } } });
  } catch (error) {
    toast(error instanceof Error ? error.message : sayProblem("internal"));
  }
}

/** Both recordings stay: nothing more is offered. */
export const keepBoth = (id: number): void => change(id, { duplicateOf: null });
