/** The pieces of the demo by name. */
import type { Piece } from "./piece.ts";
import { ambient } from "./pieces/ambient.ts";
import { breaks } from "./pieces/breaks.ts";
import { chiptune } from "./pieces/chiptune.ts";
import { chorale } from "./pieces/chorale.ts";
import { dub } from "./pieces/dub.ts";
import { fingerpicking } from "./pieces/fingerpicking.ts";
import { house } from "./pieces/house.ts";
import { lofi } from "./pieces/lofi.ts";
import { mallets } from "./pieces/mallets.ts";
import { nightdrive } from "./pieces/nightdrive.ts";
import { techno } from "./pieces/techno.ts";
import { waltz } from "./pieces/waltz.ts";

export const PIECES = {
  ambient,
  breaks,
  chiptune,
  chorale,
  dub,
  fingerpicking,
  house,
  lofi,
  mallets,
  nightdrive,
  techno,
  waltz,
} as const satisfies Record<string, Piece>;
export type PieceName = keyof typeof PIECES;
