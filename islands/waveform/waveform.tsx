/** A waveform drawn from the real peaks; with `onSeek` it is also a slider for every hand. */
import { useEffect, useRef, useState } from "preact/hooks";
import { formatTime, spokenTime } from "../../domain/i18n/format.ts";
import type { Waveform as Peaks } from "../../domain/tracks.ts";
import { withoutToken } from "../shared/addresses.ts";
import { language, t } from "../shared/words.ts";
import { fetchWaveform } from "./client.ts";
import { draw, fitCanvas } from "./draw.ts";
import { fitPeaks, loudest } from "./peaks.ts";

interface Props {
  /** Null until the recording is measured: then only the line is drawn. */
  readonly url: string | null;
  readonly durationMs: number | null;
  /** Where playback is, in ms; 0 where this is not what plays. */
  readonly positionMs: number;
  readonly title: string;
  readonly class?: string;
  /** Makes it a slider; called with ms. */
  readonly onSeek?: (ms: number) => void;
}

/** Milliseconds for the picture to draw itself when its peaks arrive. */
const ARRIVAL = 700;
/** Seconds that one arrow key moves, as the player's keys do. */
const STEP = 5_000;

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** How many peaks may be asked for; few sizes, so that caches hold them. */
const SIZES = [250, 500, 1000, 2000];
const pointsFor = (width: number) => SIZES.find((size) => size >= width) ?? 2000;

/** The peaks at `url` once the element has come near the screen. */
function usePeaks(url: string | null, at: { current: HTMLElement | null }) {
  const [peaks, setPeaks] = useState<Peaks | null>(null);
  // a new token is no new waveform
  const which = url && withoutToken(url);
  useEffect(() => {
    setPeaks(null);
    const element = at.current;
    if (!url || !element) return;
    let wanted = true;
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      // without peaks the line stays; a row must not fail for its ornament
      fetchWaveform(url, pointsFor(element.clientWidth)).then(
        (found) => wanted && setPeaks(found),
        () => {},
      );
    }, { rootMargin: "200px" });
    observer.observe(element);
    return () => {
      wanted = false;
      observer.disconnect();
    };
  }, [which]);
  return peaks;
}

/** Keeps the canvas true to its data, its size and the theme. */
function usePicture(peaks: Peaks | null, played: number, hover: number | null) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const arrived = useRef(0);
  const latest = useRef({ played, hover });
  latest.current = { played, hover };
  const paint = useRef(() => {});
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    let frame = 0;
    let columns = null as ReturnType<typeof fitPeaks> | null;
    let scale = 0;
    paint.current = () =>
      draw(element, {
        columns,
        scale,
        ...latest.current,
        drawn: arrived.current,
      });
    const fit = () => {
      const { width } = fitCanvas(element);
      columns = peaks && fitPeaks(peaks, width);
      scale = columns ? loudest(columns) : 0;
      paint.current();
    };
    const begin = performance.now();
    const arrive = (now: number) => {
      arrived.current = Math.min(1, (now - begin) / ARRIVAL);
      paint.current();
      if (arrived.current < 1) frame = requestAnimationFrame(arrive);
    };
    arrived.current = calm() || !peaks ? 1 : 0;
    const size = new ResizeObserver(fit);
    size.observe(element);
    const theme = new MutationObserver(() => paint.current());
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const system = matchMedia("(prefers-color-scheme: light)");
    const repaint = () => paint.current();
    system.addEventListener("change", repaint);
    fit();
    if (arrived.current < 1) frame = requestAnimationFrame(arrive);
    return () => {
      cancelAnimationFrame(frame);
      size.disconnect();
      theme.disconnect();
      system.removeEventListener("change", repaint);
    };
  }, [peaks]);
  useEffect(() => paint.current(), [played, hover]);
  return canvas;
}

/** The waveform of one recording. */
export function Waveform(props: Props) {
  const { url, durationMs, positionMs, title, onSeek } = props;
  const box = useRef<HTMLDivElement>(null);
  const [hover, setHover] = useState<number | null>(null);
  const peaks = usePeaks(url, box);
  const length = durationMs ?? peaks?.durationMs ?? 0;
  const canvas = usePicture(peaks, length > 0 ? Math.min(1, positionMs / length) : 0, hover);
  const name = `waveform${props.class ? ` ${props.class}` : ""}`;
  if (!onSeek || length === 0) {
    return (
      <div class={name} ref={box} aria-hidden="true">
        <canvas ref={canvas} />
      </div>
    );
  }
  const fraction = (event: PointerEvent) => {
    const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / width));
  };
  const keys: Record<string, () => number> = {
    ArrowRight: () => positionMs + STEP,
    ArrowUp: () => positionMs + STEP,
    ArrowLeft: () => positionMs - STEP,
    ArrowDown: () => positionMs - STEP,
    PageUp: () => positionMs + length / 10,
    PageDown: () => positionMs - length / 10,
    Home: () => 0,
    End: () => length,
  };
  return (
    <div
      class={`${name} waveform-slider`}
      ref={box}
      role="slider"
      tabIndex={0}
      aria-label={`${t().waveform.label}: ${title}`}
      aria-valuemin={0}
      aria-valuemax={Math.round(length / 1000)}
      aria-valuenow={Math.round(positionMs / 1000)}
      aria-valuetext={t().waveform.value(
        spokenTime(positionMs, language()),
        spokenTime(length, language()),
      )}
      onKeyDown={(event) => {
        const move = keys[event.key];
        if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        event.stopPropagation();
        onSeek(Math.min(length, Math.max(0, move())));
      }}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setHover(fraction(event));
      }}
      onPointerMove={(event) => setHover(fraction(event))}
      onPointerLeave={() => setHover(null)}
      onPointerCancel={() => setHover(null)}
      onPointerUp={(event) => {
        if (event.button !== 0) return;
        onSeek(fraction(event) * length);
        if (event.pointerType !== "mouse") setHover(null);
      }}
    >
      <canvas ref={canvas} />
      {hover !== null && (
        <output class="waveform-time" style={{ left: `${hover * 100}%` }} aria-hidden="true">
          {formatTime(hover * length)}
        </output>
      )}
    </div>
  );
}
