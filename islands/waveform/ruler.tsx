/** The ruler under a large waveform: marks at round times, as many as fit. */
import { useEffect, useRef, useState } from "preact/hooks";
import { formatTime } from "../../domain/i18n/format.ts";
import { rulerStep } from "./peaks.ts";

/** Room that a label takes, in px; nearer to the end only the mark is drawn. */
const LABEL = 52;

/** Hidden from screen readers: the slider above says the same in words. */
export function Ruler({ durationMs }: { durationMs: number }) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const size = new ResizeObserver(() => setWidth(element.clientWidth));
    size.observe(element);
    return () => size.disconnect();
  }, []);
  const step = rulerStep(durationMs, width);
  const count = width > 0 && durationMs > 0 ? Math.ceil(durationMs / step) : 0;
  return (
    <div class="ruler" ref={box} aria-hidden="true">
      {Array.from(
        { length: count },
        (_, i) => {
          const at = i * step / durationMs;
          return (
            <span key={i * step} style={{ left: `${at * 100}%` }}>
              {(1 - at) * width >= LABEL && formatTime(i * step)}
            </span>
          );
        },
      )}
    </div>
  );
}
