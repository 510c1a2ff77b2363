/** Brings a stream into an audio element: by hls.js where it runs, else by the browser itself. */
import type HlsFull from "hls.js";
import type { LoadPolicy } from "hls.js";
import type { Lease } from "./lease.ts";
import { pickVariant } from "./variant.ts";

/** A stream that is attached; `stop` frees what it holds. */
export interface Attached {
  stop(): void;
}

/** `?player=native`, kept in the browser, makes tests use the browser's own player. */
function wantsNative(): boolean {
  const asked = new URLSearchParams(location.search).get("player");
  if (asked === "native" || asked === "hls") localStorage.setItem("veza.player", asked);
  return localStorage.getItem("veza.player") === "native";
}

const canPlayNatively = (audio: HTMLAudioElement) =>
  audio.canPlayType("application/vnd.apple.mpegurl") !== "";

/**
 * Attaches `url`, to begin at `position()`, which is in ms. Resolves once the element may be told to
 * play; rejects when neither way can play it. `failed` is called for what ends playback later. The
 * lease is stopped with it.
 */
export async function attach(
  audio: HTMLAudioElement,
  url: string,
  held: Lease,
  position: () => number,
  failed: (reason: string) => void,
): Promise<Attached> {
  try {
    return await attachWith(audio, url, held, position, failed);
  } catch (error) {
    held.stop();
    throw error;
  }
}

/** How often in a row an address that was refused is asked for again, with a new token. */
const REFUSALS = 2;

/** A policy of hls.js that also tries again what was refused, once the lease is renewed. */
function renewing(policy: LoadPolicy, held: Lease): LoadPolicy {
  const errorRetry = policy.default.errorRetry;
  if (!errorRetry) return policy;
  const shouldRetry: typeof errorRetry.shouldRetry = (_config, count, _late, response, retry) => {
    if (response?.code !== 403) return retry;
    held.refused();
    return count < REFUSALS;
  };
  return { default: { ...policy.default, errorRetry: { ...errorRetry, shouldRetry } } };
}

async function attachWith(
  audio: HTMLAudioElement,
  url: string,
  held: Lease,
  position: () => number,
  failed: (reason: string) => void,
): Promise<Attached> {
  const native = wantsNative();
  if (!(native && canPlayNatively(audio))) {
    const { default: Hls }: { default: typeof HlsFull } = await import("hls.js/light");
    if (Hls.isSupported()) {
      const hls = new Hls({
        // an EVENT playlist that still grows begins at its start, not at its live edge
        startPosition: position() / 1000,
        enableWorker: false,
        maxBufferLength: 30,
        backBufferLength: 60,
        startFragPrefetch: true,
        // a playlist that is whole is not fetched again: its lines keep the token they came with
        async xhrSetup(xhr, asked) {
          xhr.open("GET", await held.at(asked), true);
        },
        fragLoadPolicy: renewing(Hls.DefaultConfig.fragLoadPolicy, held),
        playlistLoadPolicy: renewing(Hls.DefaultConfig.playlistLoadPolicy, held),
        manifestLoadPolicy: renewing(Hls.DefaultConfig.manifestLoadPolicy, held),
      });
      let recoveries = 0;
      hls.on(Hls.Events.ERROR, (_event, data) => {
        if (!data.fatal) return;
        if (data.type === Hls.ErrorTypes.MEDIA_ERROR && recoveries++ < 2) hls.recoverMediaError();
        else failed(data.details);
      });
      hls.loadSource(url);
      hls.attachMedia(audio);
      return {
        stop() {
          held.stop();
          hls.destroy();
        },
      };
    }
  }
  if (!canPlayNatively(audio)) throw new Error("This browser has no player for HLS");
  const variant = async () => {
    const response = await fetch(await held.at(url));
    if (!response.ok) throw new Error(`The playlist answers ${response.status}`);
    return pickVariant(await response.text(), response.url);
  };
  return attachNatively(audio, await variant(), variant, held, position, failed);
}

/** A playlist that still grows trips Chromium's own player now and then; so often it may try. */
const NATIVE_TRIES = 6;
type Timer = ReturnType<typeof setTimeout>;
/** ms between tries: the playlist has grown by then. */
const NATIVE_PAUSE = 800;
/** Seconds of playback after which earlier tries do not count any more. */
const NATIVE_WELL = 5;

function attachNatively(
  audio: HTMLAudioElement,
  url: string,
  again: () => Promise<string>,
  held: Lease,
  position: () => number,
  failed: (reason: string) => void,
): Attached {
  const begun = { tries: 1, from: position() / 1000, timer: undefined as Timer | undefined };
  const listening = new AbortController();
  const on = (type: string, listen: () => void) =>
    audio.addEventListener(type, listen, { signal: listening.signal });
  const start = () => {
    // without this a player may begin at the live edge of a playlist that still grows
    if (Math.abs(audio.currentTime - begun.from) > 0.5) audio.currentTime = begun.from;
  };
  on("loadedmetadata", start);
  on("timeupdate", () => {
    if (audio.currentTime > begun.from + NATIVE_WELL) begun.tries = 1;
  });
  on("error", () => {
    if (begun.tries++ >= NATIVE_TRIES) return failed(audio.error?.message ?? "unknown");
    held.refused(); // it may be that the addresses have ended: the element does not tell
    begun.timer = setTimeout(() => {
      again().then((fresh) => {
        if (listening.signal.aborted) return;
        begun.from = position() / 1000; // wherever the person has gone meanwhile
        audio.src = fresh;
        audio.play().catch(() => {}); // its own error event tells
      }, (error) => failed(String(error)));
    }, NATIVE_PAUSE);
  });
  audio.src = url;
  return {
    stop() {
      held.stop();
      listening.abort();
      clearTimeout(begun.timer);
      audio.removeAttribute("src");
      audio.load();
    },
  };
}
