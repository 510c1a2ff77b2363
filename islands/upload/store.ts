/** All uploads of this visit: they go on while one moves through the site. */
import { computed, signal } from "@preact/signals";
import type { ErrorCode } from "../../domain/errors.ts";
import { formatBytes } from "../../domain/i18n/format.ts";
import { announce } from "../shared/announce.ts";
import type { Stage, Track, Visibility } from "../../domain/tracks.ts";
import { Problem, sayProblem } from "../shared/api.ts";
import { toast } from "../shared/toasts.tsx";
import { language, t } from "../shared/words.ts";
import { fetchTrack, watchTrack } from "../tracks/client.ts";
import { sendFile } from "./client.ts";

/** Where an upload stands. Only `failed` before the server had it can be tried again. */
export type Standing =
  | { readonly kind: "waiting" }
  | { readonly kind: "sending"; readonly sent: number }
  | { readonly kind: "working"; readonly track: Track }
  | { readonly kind: "done"; readonly track: Track }
  | {
    readonly kind: "failed";
    readonly message: string;
    readonly track: Track | null;
    /** Whether the same file may fare better. */
    readonly again: boolean;
  }
  | { readonly kind: "cancelled" };

export interface Upload {
  readonly id: number;
  readonly file: File;
  readonly name: string;
  readonly visibility: Visibility;
  readonly standing: Standing;
}

/** What lies in the file itself: sending it again would end the same way. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "not_audio",
  "unsupported_type",
  "empty_file",
  "drm_protected",
  "corrupt",
  "too_large",
  "too_long",
]);

/** So many files are sent at once; the rest wait. Source: the connections a browser has. */
const AT_ONCE = 2;

export const uploads = signal<readonly Upload[]>([]);
export const visibility = signal<Visibility>("public");
/** Bytes; set from the page. */
export const maxBytes = signal(2_147_483_648);

const isOpen = ({ standing: { kind } }: Upload) =>
  kind === "waiting" || kind === "sending" || kind === "working";

export const running = computed(() => uploads.value.filter(isOpen).length);
/** Whether leaving the page would lose bytes. */
export const unsent = computed(() =>
  uploads.value.some(({ standing: { kind } }) => kind === "waiting" || kind === "sending")
);

const held = { lastId: 0, stops: new Map<number, () => void>() };

const find = (id: number) => uploads.value.find((upload) => upload.id === id);
function stand(id: number, standing: Standing): void {
  uploads.value = uploads.value.map((upload) =>
    upload.id === id ? { ...upload, standing } : upload
  );
}

const AUDIO_ENDINGS =
  /\.(wav|wave|flac|aiff?|aifc|mp3|m4a|m4b|mp4|aac|ogg|oga|opus|webm|wma|mka|ac3)$/i;
const looksLikeAudio = ({ type, name }: File) =>
  type.startsWith("audio/") || AUDIO_ENDINGS.test(name) || type === "";

/** Takes files in; what is plainly no recording, or too large, is said and left out. */
export function addFiles(files: Iterable<File>): void {
  const added: Upload[] = [];
  for (const file of files) {
    if (!looksLikeAudio(file)) toast(t().upload.notAudio(file.name));
    else if (file.size > maxBytes.value) {
      toast(t().upload.tooLarge(file.name, formatBytes(maxBytes.value, language())));
    } else {
      added.push({
        id: ++held.lastId,
        file,
        name: file.name.replace(/\.[^.]{1,5}$/, "").replaceAll("_", " "),
        visibility: visibility.value,
        standing: { kind: "waiting" },
      });
    }
  }
  uploads.value = [...added, ...uploads.value];
  pump();
}

/** Starts what waits, oldest first, while there is room. */
function pump(): void {
  const sending = uploads.value.filter(({ standing }) => standing.kind === "sending").length;
  const waiting = uploads.value.filter(({ standing }) => standing.kind === "waiting");
  const oldest = waiting.sort((a, b) => a.id - b.id).slice(0, Math.max(0, AT_ONCE - sending));
  for (const upload of oldest) void send(upload);
}

async function send({ id, file, name, visibility }: Upload): Promise<void> {
  stand(id, { kind: "sending", sent: 0 });
  announce(t().upload.startedSay(name));
  const sending = sendFile(file, visibility, (sent) => {
    if (find(id)?.standing.kind === "sending") stand(id, { kind: "sending", sent });
  });
  held.stops.set(id, sending.cancel);
  try {
    const track = await sending.done;
    held.stops.delete(id);
    if (find(id)) work(id, track);
  } catch (error) {
    held.stops.delete(id);
    if (find(id)?.standing.kind !== "sending") return; // it was cancelled
    const message = error instanceof Problem ? error.message : sayProblem("internal");
    const again = !(error instanceof Problem && HOPELESS.has(error.code));
    stand(id, { kind: "failed", message, track: null, again });
    announce(t().upload.failedSay(name));
  } finally {
    pump();
  }
}

/** Follows the server's work on a track until it ends. */
function work(id: number, track: Track): void {
  stand(id, { kind: "working", track });
  const stages = new Set<Stage>();
  const merge = (change: Partial<Track>) => {
    const upload = find(id);
    if (upload?.standing.kind === "working") {
      stand(id, { kind: "working", track: { ...upload.standing.track, ...change } });
    }
  };
  const stop = watchTrack(track.id, ({ stage, percent, status, failure }) => {
    merge({ stage, percent, status });
    if (status === "ready" || status === "failed") {
      stop();
      held.stops.delete(id);
      return void conclude(id, track, failure);
    }
    const { standing } = find(id) ?? {};
    // the waveform comes between two stages
    const drawn = standing?.kind === "working" && standing.track.waveformUrl !== null;
    if (!stage || (stages.has(stage) && (stage !== "playable" || drawn))) return;
    stages.add(stage);
    fetchTrack(track.id).then((fresh) => {
      merge({
        waveformUrl: fresh.waveformUrl,
        streamUrl: fresh.streamUrl,
        durationMs: fresh.durationMs,
        title: fresh.title,
      });
      if (fresh.streamUrl && stage === "playable") announce(t().upload.playableSay(fresh.title));
    }, () => {});
  });
  held.stops.set(id, stop);
}

async function conclude(id: number, known: Track, failure: Track["failure"]): Promise<void> {
  const track = await fetchTrack(known.id).catch(() => known);
  const reason = track.failure ?? failure;
  if (reason) {
    stand(id, {
      kind: "failed",
      message: sayProblem(reason.code, reason.detail),
      track,
      again: false,
    });
    announce(t().upload.failedSay(track.title));
  } else {
    stand(id, { kind: "done", track });
    announce(t().upload.readySay(track.title));
  }
}

/** Breaks off what has not reached the server. */
export function cancel(id: number): void {
  const stop = held.stops.get(id);
  stand(id, { kind: "cancelled" });
  held.stops.delete(id);
  stop?.();
  pump();
}

/** Sends the file again; it was kept in the page. */
export function retry(id: number): void {
  stand(id, { kind: "waiting" });
  pump();
}

/** Takes a row away. */
export function dismiss(id: number): void {
  held.stops.get(id)?.();
  held.stops.delete(id);
  uploads.value = uploads.value.filter((upload) => upload.id !== id);
}

/** Warns before leaving while bytes are on their way. */
export function guardLeaving(): void {
  addEventListener("beforeunload", (event) => {
    if (unsent.value) event.preventDefault();
  });
}
