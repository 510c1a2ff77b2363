/** What is to hear on the demo: title, words, who may see it, and in which form it is uploaded. */
import type { Visibility } from "../../domain/tracks.ts";
import type { CoverStyle } from "./covers.ts";
import type { PieceName } from "./pieces.ts";

/** How a file is encoded; `wav` has neither tags nor a cover. */
export type FileKind = "wav" | "flac" | "mp3";

export interface DemoTrack {
  readonly title: string;
  readonly genre: string;
  readonly description: string;
  readonly visibility: Visibility;
  readonly piece: PieceName;
  readonly seconds: number;
  readonly kind: FileKind;
  readonly cover: CoverStyle;
  /** How many times it has been played, for each person of the site. */
  readonly popularity: number;
}

/** In order; each goes to the next person of `PEOPLE`, and then from the first again. */
const TRACKS: readonly DemoTrack[] = [
  {
    title: "Nocna zmiana",
    genre: "Techno",
    description: "Recorded in one take after the night shift. 130 BPM, A minor, one long break.",
    visibility: "public",
    piece: "techno",
    seconds: 96,
    kind: "wav",
    cover: "rings",
    popularity: 4.5,
  },
  {
    title: "Nordfjord, før regnet",
    genre: "Ambient",
    description: "The hour before the rain: four chords, some bells, the wind in the door.",
    visibility: "public",
    piece: "ambient",
    seconds: 110,
    kind: "flac",
    cover: "mandelbrot",
    popularity: 3,
  },
  {
    title: "終電",
    genre: "Lo-fi",
    description:
      "Last train. Electric piano, a tired drummer, and the dust of a flea-market record.",
    visibility: "public",
    piece: "lofi",
    seconds: 88,
    kind: "mp3",
    cover: "waves",
    popularity: 6,
  },
  {
    title: "Valse pour une bouilloire",
    genre: "Folk",
    description: "Deux cordes pincées et l'eau qui chauffe. À jouer avant le café.",
    visibility: "public",
    piece: "waltz",
    seconds: 58,
    kind: "flac",
    cover: "cells",
    popularity: 1.5,
  },
  {
    title: "Shed Version",
    genre: "Dub",
    description: "Bass first, everything else through the echo. Best with the windows shut.",
    visibility: "public",
    piece: "dub",
    seconds: 104,
    kind: "mp3",
    cover: "spectrum",
    popularity: 2.5,
  },
  {
    title: "Fase bónus",
    genre: "Chiptune",
    description: "A level that was never in the game. Four channels, no samples.",
    visibility: "public",
    piece: "chiptune",
    seconds: 52,
    kind: "wav",
    cover: "cells",
    popularity: 3.5,
  },
  {
    title: "Vocalizzo d'inverno",
    genre: "Choral",
    description: "Registrato nella pieve, a porte chiuse. Senza parole, come si canta camminando.",
    visibility: "public",
    piece: "chorale",
    seconds: 82,
    kind: "flac",
    cover: "spectrum",
    popularity: 1,
  },
  {
    title: "Glasdach",
    genre: "Drum & Bass",
    description: "Breaks und Regen auf dem Glasdach. Für Kopfhörer oder sehr große Räume.",
    visibility: "public",
    piece: "breaks",
    seconds: 90,
    kind: "mp3",
    cover: "waves",
    popularity: 5,
  },
  {
    title: "Piotrkowska 122",
    genre: "House",
    description: "Organ chords, a bass that answers, and the tram outside keeping time.",
    visibility: "public",
    piece: "house",
    seconds: 92,
    kind: "flac",
    cover: "rings",
    popularity: 3,
  },
  {
    title: "To marimbaer (skisse)",
    genre: "Minimal",
    description: "One pattern, two players, one of them impatient. Only for those with the link.",
    visibility: "unlisted",
    piece: "mallets",
    seconds: 75,
    kind: "wav",
    cover: "cells",
    popularity: 0.5,
  },
  {
    title: "首都高 2:40",
    genre: "Synthwave",
    description: "The expressway at twenty to three, all lights green.",
    visibility: "public",
    piece: "nightdrive",
    seconds: 98,
    kind: "mp3",
    cover: "mandelbrot",
    popularity: 4,
  },
  {
    title: "Maquette n° 3",
    genre: "Folk",
    description: "Not finished; the second verse wants other words.",
    visibility: "private",
    piece: "fingerpicking",
    seconds: 62,
    kind: "mp3",
    cover: "waves",
    popularity: 0,
  },
];

/** Each track in this many takes at most. */
const TAKES = 4;
export const MOST_TRACKS = TRACKS.length * TAKES;
export const USUAL_TRACKS = TRACKS.length;

/** The first `count` tracks; past the last, they come again as other takes of the same piece. */
export const firstTracks = (count: number): DemoTrack[] =>
  Array.from(
    { length: TAKES },
    (_, take) =>
      TRACKS.map((track) =>
        take === 0 ? track : { ...track, title: `${track.title} (take ${take + 1})` }
      ),
  ).flat().slice(0, count);
