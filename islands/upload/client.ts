/** Sends one file, telling each byte that went: XMLHttpRequest, because fetch cannot tell. */
import type { Track, Visibility } from "../../domain/tracks.ts";
import { Problem, toProblem } from "../shared/api.ts";
import { t } from "../shared/words.ts";

/** An upload on its way. */
export interface Sending {
  /** Resolves with the track once the server has every byte; rejects with a {@linkcode Problem}. */
  readonly done: Promise<Track>;
  /** Breaks off; the server then keeps nothing. */
  cancel(): void;
}

/** Posts `file` as a new track. `tell` gets the bytes sent so far. */
export function sendFile(
  file: File,
  visibility: Visibility,
  tell: (sent: number) => void,
): Sending {
  const form = new FormData();
  form.append("visibility", visibility);
  form.append("file", file, file.name);
  const request = new XMLHttpRequest();
  const done = new Promise<Track>((resolve, reject) => {
    const brokenOff = () => reject(new Problem("upload_interrupted", t().upload.brokeOff));
    request.open("POST", "/api/v1/tracks");
    request.setRequestHeader("accept", "application/json");
    // the body is a little larger than the file: its form has headings
    request.upload.onprogress = ({ loaded }) => tell(Math.min(loaded, file.size));
    request.onerror = brokenOff;
    request.onabort = brokenOff;
    request.onload = () => {
      if (request.status !== 202) return reject(toProblem(request.responseText));
      const { track }: { track: Track } = JSON.parse(request.responseText);
      resolve(track);
    };
    request.send(form);
  });
  return { done, cancel: () => request.abort() };
}
