/**
 * The window of a stream's HLS among the blobs. Each connection of a host writes one of its own, named
 * by its epoch, and the newest counts: a store of blobs compares nothing before it writes, so a node
 * that stood still must not have anything to overwrite (A12).
 */
import { liveFolder } from "../../domain/blob_keys.ts";
import { isRejection } from "../../domain/errors.ts";
import type { HlsForm } from "../../domain/hls_form.ts";
import type { Blobs } from "../blobs.ts";
import { emptyWindow, LiveWindow } from "./live_playlist.ts";

/** A window, and of which connection; of epoch 0 where there is none yet. */
export interface KeptWindow {
  readonly epoch: number;
  readonly window: LiveWindow;
}

const folderOf = (streamId: string) => `${liveFolder(streamId)}/windows`;
const keyOf = (streamId: string, epoch: number) => `${folderOf(streamId)}/${epoch}.json`;

/** The epochs of the windows that are there, in no order. */
async function epochsOf(blobs: Pick<Blobs, "list">, streamId: string): Promise<number[]> {
  const keys = await blobs.list(folderOf(streamId));
  return keys.map((key) => Number.parseInt(key.slice(key.lastIndexOf("/") + 1)));
}

/**
 * The window that counts; a fresh one where there is none, or one of another form. Who knows of which
 * connection it is likely to be spares the store a list.
 */
export async function readWindow(
  blobs: Pick<Blobs, "list" | "read">,
  streamId: string,
  form: HlsForm,
  likely = 0,
): Promise<KeptWindow> {
  const newest = async () => Math.max(0, ...await epochsOf(blobs, streamId));
  let epoch = likely || await newest();
  while (epoch > 0) {
    try {
      const bytes = await blobs.read(keyOf(streamId, epoch));
      const window = LiveWindow.parse(JSON.parse(new TextDecoder().decode(bytes)));
      return { epoch, window: window.form === form ? window : emptyWindow(form) };
    } catch (error) {
      // not written yet; or removed by now, for there is a newer one
      if (!isRejection(error, "not_found")) throw error;
    }
    epoch = await newest();
  }
  return { epoch, window: emptyWindow(form) };
}

/**
 * Puts away the window of a connection, and removes those before it. False when a newer connection
 * has one: then this counts no more, and is removed as well.
 */
export async function writeWindow(
  blobs: Pick<Blobs, "list" | "put" | "delete">,
  streamId: string,
  { epoch, window }: KeptWindow,
): Promise<boolean> {
  await blobs.put(keyOf(streamId, epoch), new TextEncoder().encode(JSON.stringify(window)));
  const epochs = await epochsOf(blobs, streamId);
  const newest = Math.max(...epochs);
  for (const one of epochs) if (one < newest) await blobs.delete(keyOf(streamId, one));
  return newest === epoch;
}
