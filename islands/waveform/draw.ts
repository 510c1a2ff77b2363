/** Draws a waveform on a canvas: the envelope at the screen's own resolution, and what was played. */
import type { Columns } from "./peaks.ts";

/** What a drawing shows. Fractions are of the whole length, 0 to 1. */
export interface Picture {
  readonly columns: Columns | null;
  /** What the full height stands for. */
  readonly scale: number;
  readonly played: number;
  /** Where the pointer is, or null. */
  readonly hover: number | null;
  /** How much has arrived on the picture: less than 1 while it draws itself. */
  readonly drawn: number;
}

/** Colours by role, read from the canvas's computed style so that themes reach the drawing. */
interface Inks {
  readonly rest: string;
  readonly played: string;
  readonly hover: string;
  readonly line: string;
  readonly lamp: string;
}

function inks(canvas: HTMLCanvasElement): Inks {
  const style = getComputedStyle(canvas);
  const ink = (name: string) => style.getPropertyValue(name).trim();
  return {
    rest: ink("--wave"),
    played: ink("--signal"),
    hover: ink("--wave-hover"),
    line: ink("--line"),
    lamp: ink("--lamp"),
  };
}

/** Gives the canvas as many pixels as the screen shows; returns them. */
export function fitCanvas(canvas: HTMLCanvasElement): { width: number; height: number } {
  const ratio = Math.min(globalThis.devicePixelRatio || 1, 2);
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  const height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  return { width, height };
}

/** Eases what arrives, quick at first. */
const ease = (x: number) => 1 - (1 - x) ** 3;

/** Draws one picture. */
export function draw(canvas: HTMLCanvasElement, picture: Picture): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const { width, height } = canvas;
  const middle = Math.round(height / 2);
  const thin = Math.max(1, Math.round(Math.min(globalThis.devicePixelRatio || 1, 2)));
  const colours = inks(canvas);
  context.clearRect(0, 0, width, height);
  const { columns, scale, played, hover, drawn } = picture;
  const playedTo = Math.round(played * width);
  const hoverTo = hover === null ? playedTo : Math.round(hover * width);
  context.fillStyle = colours.line;
  context.fillRect(0, middle, width, thin);
  if (columns && scale > 0) {
    const half = height / 2 - 1;
    const reach = drawn * (width + 160);
    const body = new Path2D();
    for (let x = 0; x < width; x++) {
      // each column rises from the line as the front passes it
      const risen = drawn >= 1 ? 1 : ease(Math.min(1, Math.max(0, (reach - x) / 160)));
      if (risen === 0) break;
      const up = (columns.high[x] ?? 0) / scale * half * risen;
      const down = -(columns.low[x] ?? 0) / scale * half * risen;
      body.rect(x, middle - up, 1, Math.max(thin, up + down));
    }
    const paint = (from: number, to: number, colour: string) => {
      if (to <= from) return;
      context.save();
      context.beginPath();
      context.rect(from, 0, to - from, height);
      context.clip();
      context.fillStyle = colour;
      context.fill(body);
      context.restore();
    };
    paint(playedTo, width, colours.rest);
    paint(0, playedTo, colours.played);
    paint(Math.min(playedTo, hoverTo), Math.max(playedTo, hoverTo), colours.hover);
  } else {
    context.fillStyle = colours.played;
    context.fillRect(0, middle, playedTo, thin);
  }
  if (playedTo > 0 && playedTo < width) {
    context.fillStyle = colours.lamp;
    context.fillRect(playedTo - Math.floor(thin / 2), 0, thin, height);
  }
}
