/** Brings a stream into an audio element: by hls.js where it runs, else by the browser itself. */
import type HlsFull from "hls.js";

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
  audio.src = url;
  const start = () => {
    audio.currentTime = startMs / 1000;
  };
  // without this a player may begin at the live edge of a playlist that still grows
  audio.addEventListener("loadedmetadata", start, { once: true });
  return {
    stop() {
      audio.removeEventListener("loadedmetadata", start);
      audio.removeAttribute("src");
      audio.load();
    },
  };
}
