/** The host's sound as it is heard: the last ten seconds as a waveform that moves, true to the sample. */
import { useEffect, useRef } from "preact/hooks";
import { fitCanvas } from "../waveform/draw.ts";
import { peakOf } from "./meter.ts";
import { words } from "./words.ts";

/** What the width stands for, in ms, and how much a column does. */
const SHOWN_MS = 10_000;
const COLUMN_MS = 40;
const COLUMNS = SHOWN_MS / COLUMN_MS;

/** Draws `columns`, the newest at the right; `part` of a column has passed since. */
function paint(canvas: HTMLCanvasElement, columns: readonly number[], part: number): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const { width, height } = fitCanvas(canvas);
  const style = getComputedStyle(canvas);
  context.clearRect(0, 0, width, height);
  const middle = height / 2;
  const thin = Math.max(1, devicePixelRatio);
  context.fillStyle = style.getPropertyValue("--line");
  context.fillRect(0, Math.round(middle), width, thin);
  context.fillStyle = style.color;
  const step = width / COLUMNS;
  columns.forEach((peak, at) => {
    const tall = Math.min(1, peak) * (height - 2);
    if (tall < thin) return;
    const x = width - (columns.length - at + part) * step;
    context.fillRect(x, middle - tall / 2, Math.max(thin, step * 0.62), tall);
  });
}

/** `analyser` is asked with each picture; null: silence. */
export function Scope({ analyser }: { analyser: () => AnalyserNode | null }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const columns: number[] = [];
    const samples = new Float32Array(2_048);
    let peak = 0;
    let began = performance.now();
    let frame = 0;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const draw = (now: number) => {
      frame = requestAnimationFrame(draw);
      const from = analyser();
      if (from) {
        from.getFloatTimeDomainData(samples);
        peak = Math.max(peak, peakOf(samples));
      }
      const passed = Math.floor((now - began) / COLUMN_MS);
      for (let n = 0; n < Math.min(passed, COLUMNS); n++) columns.push(n === 0 ? peak : 0);
      if (passed > 0) {
        peak = 0;
        began += passed * COLUMN_MS;
        columns.splice(0, columns.length - COLUMNS);
      }
      // without motion it is a picture that changes once a second
      if (canvas.current && (!still || passed > 0 && Math.floor(now / 1_000) % 2 === 0)) {
        paint(canvas.current, columns, (now - began) / COLUMN_MS);
      }
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }, []);
  return <canvas class="scope" ref={canvas} role="img" aria-label={words().page.level} />;
}
