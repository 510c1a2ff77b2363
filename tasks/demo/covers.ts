/** Covers of the demo's tracks, each a drawing of ffmpeg's: of numbers, or of the music itself. */
import { between, type Random } from "./sound/random.ts";

export const COVER_STYLES = ["cells", "mandelbrot", "rings", "spectrum", "waves"] as const;
export type CoverStyle = typeof COVER_STYLES[number];

/** Both sides of the square, in pixels. */
const SIZE = 640;
const SQUARE = `${SIZE}x${SIZE}`;

const part = (random: Random, low: number, high: number) => between(random, low, high).toFixed(4);

/** The filter graph that draws one picture; `[0:a]` is the music. */
export function coverGraph(style: CoverStyle, random: Random): string {
  const turned = `hue=h=${part(random, 0, 360)}`;
  switch (style) {
    case "mandelbrot": {
      // a place at the rim of the set, where there is something to see
      const scale = part(random, 0.02, 0.12);
      const where = `start_x=-0.743643:start_y=-0.131825:start_scale=${scale}`;
      return `mandelbrot=s=${SQUARE}:${where}:maxiter=400,format=yuv444p,${turned}`;
    }
    case "cells": {
      const seed = Math.floor(random() * 2 ** 31);
      const colours = "life_color=#f2b84b:death_color=#5b2a86:mold_color=#123047";
      return `life=s=80x80:ratio=0.3:mold=12:r=25:random_seed=${seed}:${colours},` +
        `trim=start=4,scale=${SQUARE}:flags=neighbor,format=yuv444p,${turned}`;
    }
    case "rings": {
      const [x, y, width] = [part(random, 0.2, 0.8), part(random, 0.2, 0.8), part(random, 14, 40)];
      const ring = `sin(hypot(X-${x}*W,Y-${y}*H)/${width})`;
      return `color=c=gray:s=${SQUARE},format=yuv444p,` +
        `geq=lum='110+70*${ring}+50*Y/H':cb='128+60*${ring}':cr='90+90*X/W',${turned}`;
    }
    case "spectrum":
      return `[0:a]aresample=8000,showspectrumpic=s=${SQUARE}:legend=0:color=rainbow:scale=log,` +
        `format=yuv444p,${turned}`;
    case "waves":
      return `color=c=#1c2a44:s=${SQUARE},format=yuv444p[ground];` +
        `[0:a]aformat=channel_layouts=mono,` +
        `showwavespic=s=${SQUARE}:scale=sqrt:colors=#f28f5b[drawn];` +
        `[ground][drawn]overlay=format=yuv444,${turned}`;
    default:
      return style satisfies never;
  }
}
