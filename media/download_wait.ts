/** Waits for a download for a while: who asks again finds it made, or hears how it ended (U7). */
import type { Download, DownloadRequest, Downloads } from "./downloads.ts";

export interface PatientDownloads {
  /**
   * The download, or null when it is still being made after the wait; the work goes on, and asking
   * again waits for the same. A failure is told to whoever asks within a minute, as `make` threw it.
   */
  get(request: DownloadRequest): Promise<Download | null>;
}

/** How long a failure is remembered, so that asking again does not begin in vain, in ms. */
const REMEMBERED_MS = 60_000;

export function patientDownloads(
  { downloads, waitMs }: { downloads: Downloads; waitMs: number },
): PatientDownloads {
  /** What is being made, or failed lately, by request. */
  const known = new Map<string, Promise<Download>>();
  const begin = (name: string, request: DownloadRequest) => {
    const work = downloads.make(request);
    known.set(name, work);
    const forget = () => void known.delete(name);
    work.then(forget, () => {
      // nobody may be waiting any more
      const timer = setTimeout(forget, REMEMBERED_MS);
      Deno.unrefTimer(timer);
    });
    return work;
  };
  return {
    async get(request) {
      const name = JSON.stringify(request);
      const work = known.get(name) ?? begin(name, request);
      const late = Promise.withResolvers<null>();
      const timer = setTimeout(() => late.resolve(null), waitMs);
      try {
        return await Promise.race([work, late.promise]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
