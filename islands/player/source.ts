/** Brings a stream into an audio element: by hls.js where it runs, else by the browser itself. */
import type HlsFull from "hls.js";
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
 * Attaches `url`, to begin at `startMs`. Resolves once the element may be told to play; rejects
 * when neither way can play it. `failed` is called for what ends playback later.
 */
export async function attach(
  audio: HTMLAudioElement,
  url: string,
  startMs: number,
  failed: (reason: string) => void,
): Promise<Attached> {
  const native = wantsNative();
  if (!(native && canPlayNatively(audio))) {
    const { default: Hls }: { default: typeof HlsFull } = await import("hls.js/light");
    if (Hls.isSupported()) {
      const hls = new Hls({
        // an EVENT playlist that still grows begins at its start, not at its live edge
        startPosition: startMs / 1000,
        enableWorker: false,
        maxBufferLength: 30,
        backBufferLength: 60,
        startFragPrefetch: true,
      });
      let recoveries = 0;
      hls.on(Hls.Events.ERROR, (_event, data) => {
        if (!data.fatal) return;
        if (data.type === Hls.ErrorTypes.MEDIA_ERROR && recoveries++ < 2) hls.recoverMediaError();
        else failed(data.details);
      });
      hls.loadSource(url);
      hls.attachMedia(audio);
      return { stop: () => hls.destroy() };
    }
  }
  if (!canPlayNatively(audio)) throw new Error("This browser has no player for HLS");
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The playlist answers ${response.status}`);
  return attachNatively(audio, pickVariant(await response.text(), response.url), startMs, failed);
}

/** A playlist that still grows trips Chromium's own player now and then; so often it may try. */
const NATIVE_TRIES = 6;
type Timer = ReturnType<typeof setTimeout>;
/** ms between tries: the playlist has grown by then. */
const NATIVE_PAUSE = 800;

function attachNatively(
  audio: HTMLAudioElement,
  url: string,
  startMs: number,
  failed: (reason: string) => void,
): Attached {
  const begun = { tries: 1, from: startMs / 1000, timer: undefined as Timer | undefined };
  const listening = new AbortController();
  const on = (type: string, listen: () => void) =>
    audio.addEventListener(type, listen, { signal: listening.signal });
  const start = () => {
    // without this a player may begin at the live edge of a playlist that still grows
    if (Math.abs(audio.currentTime - begun.from) > 0.5) audio.currentTime = begun.from;
  };
  on("loadedmetadata", start);
  on("error", () => {
    if (begun.tries++ >= NATIVE_TRIES) return failed(audio.error?.message ?? "unknown");
    begun.from = Math.max(begun.from, audio.currentTime);
    begun.timer = setTimeout(() => {
      audio.src = url;
      audio.play().catch(() => {}); // its own error event tells
    }, NATIVE_PAUSE);
  });
  audio.src = url;
  return {
    stop() {
      listening.abort();
      clearTimeout(begun.timer);
      audio.removeAttribute("src");
      audio.load();
    },
  };
}
