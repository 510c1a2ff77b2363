/** A live stream by HLS: later, but it bears proxies, old browsers and bad lines (L4). */
import type HlsFull from "hls.js";

export interface HlsHearing {
  stop(): void;
}

/** Segments from the end of the list at which one listens. */
const BEHIND = 2;
const RECOVERIES_MOST = 3;
/** How often the delay is told, in ms. */
const TELL_MS = 500;

/** How far the element is behind the end of what there is, in ms: the least that one is late. */
function behindEnd(audio: HTMLAudioElement): number | null {
  const { seekable, currentTime } = audio;
  return seekable.length > 0 ? (seekable.end(seekable.length - 1) - currentTime) * 1_000 : null;
}

/** Resolves when it may be heard; rejects where the browser has no way to. */
export async function hearHls(
  { url, context, out, onLatency, onFailed, onEnded }: {
    url: string;
    context: AudioContext;
    out: AudioNode;
    onLatency: (ms: number | null) => void;
    onFailed: (reason: string) => void;
    /** The stream is over, and all of it was heard. */
    onEnded: () => void;
  },
): Promise<HlsHearing> {
  const { default: Hls }: { default: typeof HlsFull } = await import("hls.js/light");
  const audio = new Audio();
  audio.id = "live-audio";
  audio.hidden = true;
  document.body.append(audio);
  audio.addEventListener("ended", onEnded);
  const source = context.createMediaElementSource(audio);
  source.connect(out);
  let hls: HlsFull | null = null;
  if (Hls.isSupported()) {
    hls = new Hls({
      enableWorker: false,
      liveSyncDurationCount: BEHIND,
      liveMaxLatencyDurationCount: BEHIND * 3,
      maxLiveSyncPlaybackRate: 1.05,
      backBufferLength: 10,
    });
    const one = hls;
    let recoveries = 0;
    one.on(Hls.Events.ERROR, (_event, data) => {
      if (!data.fatal) return;
      if (recoveries++ >= RECOVERIES_MOST) return onFailed(data.details);
      if (data.type === Hls.ErrorTypes.MEDIA_ERROR) one.recoverMediaError();
      else one.loadSource(url);
    });
    one.loadSource(url);
    one.attachMedia(audio);
  } else if (audio.canPlayType("application/vnd.apple.mpegurl") !== "") {
    audio.addEventListener("error", () => onFailed(audio.error?.message ?? "unknown"));
    audio.src = url;
  } else {
    audio.remove();
    throw new Error("This browser has no player for HLS");
  }
  const timer = setInterval(() => {
    const known = hls && hls.latency > 0 ? hls.latency * 1_000 : behindEnd(audio);
    onLatency(audio.paused || audio.currentTime === 0 ? null : known);
  }, TELL_MS);
  audio.play().catch((error: unknown) => {
    if (!(error instanceof DOMException)) throw error;
    // it has to be asked for by a gesture; else it was stopped, or its own error event tells
    if (error.name === "NotAllowedError") onFailed(error.message);
  });
  return {
    stop() {
      clearInterval(timer);
      hls?.destroy();
      audio.pause();
      audio.removeAttribute("src");
      source.disconnect();
      audio.remove();
    },
  };
}
