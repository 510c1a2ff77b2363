/**
 * What is said of a room and kept by nobody: how far one has read, and that one types. Seldom, as
 * the server passes no more on; but what is so at last is always said.
 */
import type { Line } from "./line.ts";

/** The server passes on no more than this often who has read and who types, in ms. */
const PASSING_MS = 1_100;
/** Who goes on typing says so again after this, in ms. */
const TYPING_MS = 3_000;

interface Reading {
  seq: number;
  /** How far that was said. */
  said: number;
  isResting: boolean;
}
interface Typing {
  isTyping: boolean;
  isSaid: boolean;
  saidAt: number;
  isWaiting: boolean;
}

export function passing({ line, isLive, now }: {
  line: Pick<Line, "say" | "later">;
  /** Whether the room is followed on the line that is open now. */
  isLive: (roomId: string) => boolean;
  now: () => number;
}) {
  const reading = new Map<string, Reading>();
  const typing = new Map<string, Typing>();

  const sayRead = (roomId: string) => {
    const one = reading.get(roomId);
    if (!one || one.isResting || one.seq <= one.said || !isLive(roomId)) return;
    Object.assign(one, { said: one.seq, isResting: true });
    line.say({ type: "receipt", action: "read", data: { room_id: roomId, seq: one.seq } });
    line.later(PASSING_MS, () => {
      one.isResting = false;
      sayRead(roomId);
    });
  };
  const sayTyping = (roomId: string, one: Typing) => {
    if (!one.isTyping || one.isWaiting || !isLive(roomId)) return;
    const wait = one.saidAt + (one.isSaid ? TYPING_MS : PASSING_MS) - now();
    if (wait <= 0) {
      Object.assign(one, { isSaid: true, saidAt: now() });
      line.say({ type: "typing", action: "start", data: { room_id: roomId } });
    } else if (!one.isSaid) {
      one.isWaiting = true;
      line.later(wait, () => {
        one.isWaiting = false;
        sayTyping(roomId, one);
      });
    }
  };

  return {
    read(roomId: string, seq: number): void {
      const one = reading.get(roomId) ?? { seq: 0, said: 0, isResting: false };
      reading.set(roomId, one);
      one.seq = Math.max(one.seq, seq);
      sayRead(roomId);
    },
    typing(roomId: string, isTyping: boolean): void {
      const one = typing.get(roomId) ??
        { isTyping, isSaid: false, saidAt: -Infinity, isWaiting: false };
      typing.set(roomId, one);
      one.isTyping = isTyping;
      if (isTyping) return sayTyping(roomId, one);
      if (one.isSaid) line.say({ type: "typing", action: "stop", data: { room_id: roomId } });
      one.isSaid = false;
    },
    /** The room is followed now: what could not be said is. */
    joined: sayRead,
    /** The line broke: on the next one all is said anew. */
    interrupted(): void {
      for (const one of reading.values()) Object.assign(one, { said: 0, isResting: false });
      typing.clear();
    },
    left(roomId: string): void {
      reading.delete(roomId);
      typing.delete(roomId);
    },
  };
}
