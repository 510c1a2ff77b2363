/** What rooms ask of the REST interface. */
import type { EntryNow, PinnedMessage } from "../../domain/room_messages.ts";
import type { PublicUser } from "../../domain/users.ts";
import { request } from "../shared/api.ts";
import type { MemberStart } from "./start.ts";

/** A part of a log; `lastSeq`: where the log ended then. */
export interface HistoryPage {
  readonly items: readonly EntryNow[];
  readonly lastSeq: number;
}

export interface Found {
  readonly seq: number;
  readonly messageId: string;
  readonly senderName: string;
  readonly content: string;
  readonly createdAt: string;
}

export interface Ban {
  readonly userId: string;
  readonly displayName: string;
  readonly until: string | null;
  readonly reason: string;
}

const base = (roomId: string) => `/api/v1/rooms/${roomId}`;
const write = (method: string, body?: object): RequestInit => ({
  method,
  ...(body && { body: JSON.stringify(body) }),
});

type Place = Record<never, never> | { before_seq: number } | { after_seq: number } | {
  around_seq: number;
} | {
  /** ISO 8601 */
  at: string;
};

export const fetchHistory = (roomId: string, place: Place, limit: number): Promise<HistoryPage> => {
  const query = Object.entries({ ...place, limit }).map(([name, value]) => [name, String(value)]);
  return request(`${base(roomId)}/messages?${new URLSearchParams(query)}`);
};
export const fetchMessage = (roomId: string, messageId: string): Promise<EntryNow> =>
  request(`${base(roomId)}/messages/${messageId}`);
export const fetchPins = (roomId: string): Promise<{ items: PinnedMessage[] }> =>
  request(`${base(roomId)}/pins`);
export const searchRoom = (roomId: string, words: string): Promise<{ items: Found[] }> =>
  request(`${base(roomId)}/search?${new URLSearchParams({ q: words, limit: "50" })}`);
export const searchPeople = (words: string): Promise<{ items: PublicUser[] }> =>
  request(`/api/v1/users?${new URLSearchParams({ q: words })}`);

export const fetchMembers = (
  roomId: string,
  cursor: string | null,
): Promise<{ items: MemberStart[]; nextCursor: string | null }> =>
  request(
    `${base(roomId)}/members?${new URLSearchParams({ limit: "100", ...cursor && { cursor } })}`,
  );
export const addMember = (roomId: string, userId: string): Promise<void> =>
  request(`${base(roomId)}/members`, write("POST", { userId }));
export const changeMember = (
  roomId: string,
  userId: string,
  patch: { role?: "member" | "moderator"; mutedUntil?: string | null },
): Promise<void> => request(`${base(roomId)}/members/${userId}`, write("PATCH", patch));
export const removeMember = (roomId: string, userId: string): Promise<void> =>
  request(`${base(roomId)}/members/${userId}`, write("DELETE"));

export const fetchBans = (roomId: string): Promise<{ items: Ban[] }> =>
  request(`${base(roomId)}/bans`);
export const banMember = (
  roomId: string,
  ban: { userId: string; until: string | null; reason: string },
): Promise<void> => request(`${base(roomId)}/bans`, write("POST", ban));
export const liftBan = (roomId: string, userId: string): Promise<void> =>
  request(`${base(roomId)}/bans/${userId}`, write("DELETE"));

export const changeRoom = (
  roomId: string,
  patch: { name?: string; topic?: string; slowModeMs?: number; blockedWords?: string[] },
): Promise<unknown> => request(base(roomId), write("PATCH", patch));
export const makeInvite = (roomId: string): Promise<{ url: string }> =>
  request(`${base(roomId)}/invites`, write("POST", {}));
/** The direct room with these people; made where there is none. */
export const directRoom = (memberIds: readonly string[]): Promise<{ id: string }> =>
  request("/api/v1/rooms", write("POST", { kind: "direct", memberIds }));
