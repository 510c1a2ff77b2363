/** Which rooms the page shows: of what is said there nobody needs to be told by a note. */

interface OpenRoom {
  readonly id: string;
  /** Whether its messages are on the screen, not somewhere below it. */
  readonly isInView: () => boolean;
}
const rooms = new Set<OpenRoom>();

/** Until what it returns is called. */
export function openRoom(room: OpenRoom): () => void {
  rooms.add(room);
  return () => void rooms.delete(room);
}

export const isRoomShown = (id: string): boolean =>
  [...rooms].some((room) => room.id === id && room.isInView());
