/** The studio's meter: a bar for each channel, its held peak, and the lamp that says it clipped. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { formatLevel } from "../../domain/i18n/format.ts";
import { language } from "../shared/words.ts";
import { FLOOR_DB, type Needle, partOfScale } from "./meter.ts";
import { words } from "./words.ts";

/** Their places on the scale are in the style sheet. */
const MARKS = [-60, -48, -36, -24, -18, -12, -6, 0];
/** How often the level is told to those who do not see it, in ms. */
const SPOKEN_MS = 1_000;

export function LevelMeter({ needles }: { needles: readonly Needle[] }) {
  const box = useRef<HTMLDivElement>(null);
  const hasClipped = useSignal(false);
  const spoken = useSignal(FLOOR_DB);
  const { studio } = words();
  useEffect(() => {
    const bars = [...box.current?.querySelectorAll<HTMLElement>(".meter-bar") ?? []];
    let frame = 0;
    let spokenAt = 0;
    const draw = (now: number) => {
      needles.forEach((needle, n) => {
        needle.settle(performance.now());
        const { style } = bars[n] ?? {};
        style?.setProperty("--level", partOfScale(needle.level).toFixed(4));
        style?.setProperty("--held", partOfScale(needle.held).toFixed(4));
        if (needle.hasClipped) hasClipped.value = true;
      });
      if (now - spokenAt > SPOKEN_MS) {
        spokenAt = now;
        spoken.value = Math.round(Math.max(...needles.map(({ held }) => held)));
      }
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }, [needles]);
  const names = needles.length === 1 ? [studio.monoChannel] : [studio.left, studio.right];
  return (
    <div class="meter">
      <div
        ref={box}
        role="meter"
        aria-label={studio.meter}
        aria-valuemin={FLOOR_DB}
        aria-valuemax={0}
        aria-valuenow={Math.min(0, spoken.value)}
        aria-valuetext={studio.levelSpoken(formatLevel(spoken.value, "dB", language()))}
      >
        {names.map((name) => (
          <div class="meter-row" key={name} aria-hidden="true">
            <span class="meter-name">{name}</span>
            <span class="meter-bar" />
          </div>
        ))}
        <div class="meter-scale" aria-hidden="true">
          {MARKS.map((db) => <span key={db}>{db === 0 ? "0" : `−${-db}`}</span>)}
        </div>
      </div>
      <button
        type="button"
        class="meter-clip"
        data-on={hasClipped.value ? "" : undefined}
        disabled={!hasClipped.value}
        title={studio.clippedHelp}
        onClick={() => {
          for (const needle of needles) needle.clear();
          hasClipped.value = false;
        }}
      >
        {studio.clipped}
      </button>
    </div>
  );
}
