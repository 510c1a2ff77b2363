/** What is known of this visit's uploads. Small, because every page has it; what acts is loaded late. */
import { computed, signal } from "@preact/signals";
import type { Track, Visibility } from "../../domain/tracks.ts";
import type { DuplicateOf } from "../../domain/uploads.ts";
import type { Pace } from "./pace.ts";

/** Why an upload waits though nobody paused it. */
export type Hold =
  /** No answer: the line, or the server, is away. */
  | "lost"
  /** The server answers that it cannot take it now. */
  | "busy"
  /** Its disk is full. */
  | "full"
  /** Another window or device sends the same upload. */
  | "elsewhere";

/** Where an upload stands. `sent` in bytes; those that the server has are safe in every standing. */
export type Standing =
  | { readonly kind: "waiting"; readonly sent: number }
  | { readonly kind: "sending"; readonly sent: number; readonly pace: Pace | null }
  | { readonly kind: "paused"; readonly sent: number }
  | { readonly kind: "held"; readonly sent: number; readonly why: Hold }
  | { readonly kind: "working"; readonly track: Track }
  | { readonly kind: "done"; readonly track: Track }
  | {
    readonly kind: "failed";
    readonly message: string;
    readonly track: Track | null;
    /** Whether the same file may fare better. */
    readonly again: boolean;
    /** Bytes that wait on the server for another try. */
    readonly sent: number;
  }
  /** `back` while what was sent can still be gone on with; `gone` once the server has removed it. */
  | { readonly kind: "cancelled"; readonly sent: number; readonly left: "back" | "gone" | "away" };

/** What the track is to be called, who hears and takes it; an empty title leaves the name to the file. */
export interface Wishes {
  readonly title: string;
  readonly visibility: Visibility;
  /** Whether others may take it as a file. */
  readonly downloadable: boolean;
}

export interface Upload {
  readonly id: number;
  readonly file: File;
  /** From the file's name, until its track has a title; the whole of it once it was refused. */
  readonly name: string;
  readonly wishes: Wishes;
  /** At the server: `/api/v1/uploads/{id}`; null before it has begun. */
  readonly serverId: string | null;
  readonly standing: Standing;
  /** A recording of the same bytes that was there before, while it is offered (U4). */
  readonly duplicateOf: DuplicateOf | null;
}

export const uploads = signal<readonly Upload[]>([]);

export const find = (id: number): Upload | undefined =>
  uploads.value.find((upload) => upload.id === id);

/** Changes one upload; what is not there any more stays away. */
export function change(id: number, to: Partial<Upload>): void {
  uploads.value = uploads.value.map((upload) => upload.id === id ? { ...upload, ...to } : upload);
}

/** Has bytes that are not at the server yet, and is to send them. */
const unsentKinds: ReadonlySet<Standing["kind"]> = new Set(["waiting", "sending", "held"]);
export const isUnsent = ({ standing }: Upload): boolean => unsentKinds.has(standing.kind);

export const unsent = computed(() => uploads.value.filter(isUnsent).length);
export const running = computed(() =>
  uploads.value.filter((one) => isUnsent(one) || one.standing.kind === "working").length
);
export const paused = computed(() =>
  uploads.value.filter(({ standing }) => standing.kind === "paused").length
);

/** Bytes that were sent of an upload; 0 where that is over. */
export const sentOf = ({ standing }: Upload): number => "sent" in standing ? standing.sent : 0;

/** The track an upload has become, if it has. */
export const trackOf = ({ standing }: Upload): Track | null =>
  "track" in standing ? standing.track : null;

/** Asks before the page is left while bytes are on their way: the file would have to be chosen again. */
export function guardLeaving(): void {
  addEventListener("beforeunload", (event) => {
    if (unsent.value > 0) event.preventDefault();
  });
}
