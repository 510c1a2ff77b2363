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
  { downloads, waitMs, now = Date.now }: {
    downloads: Downloads;
    waitMs: number;
    now?: () => number;
  },
): PatientDownloads {
  /** What is being made, or failed lately, by request. */
  const known = new Map<string, { readonly work: Promise<Download>; failedAt?: number }>();
  const forgetOld = () => {
    for (const [name, { failedAt = Infinity }] of known) {
      if (failedAt < now() - REMEMBERED_MS) known.delete(name);
    }
  };
  const begin = (name: string, request: DownloadRequest) => {
    const entry: { work: Promise<Download>; failedAt?: number } = {
      work: downloads.make(request),
    };
    known.set(name, entry);
    entry.work.then(() => known.delete(name), () => entry.failedAt = now());
    return entry;
  };
  return {
    async get(request) {
      const name = JSON.stringify(request);
      forgetOld();
      const { work } = known.get(name) ?? begin(name, request);
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
