/** Keeps the addresses of a track open while it plays: those that end are renewed in time (U14). */
import type { Track } from "../../domain/tracks.ts";
import { withTokenOf } from "../shared/addresses.ts";

/** What a lease needs of a track. */
export type Leased = Pick<Track, "streamUrl" | "urlsEndInMs">;

/** The right to fetch a track's files, for as long as it is held. */
export interface Lease {
  /** `url` with the token that is good now; waits while a new one is on its way. */
  at(url: string): Promise<string>;
  /** The server has refused an address: the next `at` waits for a new token. */
  refused(): void;
  stop(): void;
}

/** How much of the time an address is used before it is renewed. */
const USED = 0.8;
/** ms until renewing is tried again, when it failed. */
const AGAIN_MS = 5_000;

/**
 * A lease on the addresses in `first`, which was just fetched. `renew` fetches the track anew; what
 * it throws is tried again, and told by the requests that fail meanwhile.
 */
export function lease(first: Leased, renew: () => Promise<Leased>): Lease {
  const held = {
    url: first.streamUrl ?? "",
    timer: undefined as ReturnType<typeof setTimeout> | undefined,
    renewing: undefined as Promise<void> | undefined,
    over: false,
  };
  const later = (ms: number) => {
    clearTimeout(held.timer);
    if (!held.over) held.timer = setTimeout(begin, ms);
  };
  const take = ({ streamUrl, urlsEndInMs }: Leased) => {
    if (streamUrl) held.url = streamUrl;
    // made public in the meantime: its addresses need nothing, and what they carry does no harm
    if (urlsEndInMs !== null) later(urlsEndInMs * USED);
  };
  const begin = () => {
    held.renewing ??= renew().then(take, () => later(AGAIN_MS))
      .finally(() => held.renewing = undefined);
  };
  take(first);
  return {
    async at(url) {
      await held.renewing;
      return withTokenOf(held.url, url);
    },
    refused: begin,
    stop() {
      held.over = true;
      clearTimeout(held.timer);
    },
  };
}
