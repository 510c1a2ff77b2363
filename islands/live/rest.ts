/** What the studio and live pages ask of the REST interface. */
import type { LivePatch, LiveStats, LiveView, NewLive } from "../../domain/live.ts";
import type { RoomView } from "../../domain/rooms.ts";
import { fetchHistory } from "../chat/rest.ts";
import type { Me, RoomStart } from "../chat/start.ts";
import { request } from "../shared/api.ts";

const write = (method: string, body?: object): RequestInit => ({
  method,
  ...(body && { body: JSON.stringify(body) }),
});
const base = (id: string) => `/api/v1/live/${id}`;

export const fetchLive = (id: string): Promise<LiveView> => request(base(id));
export const fetchStats = (id: string): Promise<LiveStats> => request(`${base(id)}/stats`);
/** Those that one may take over. */
export const fetchInvitations = async (): Promise<LiveView[]> => {
  const { items } = await request<{ items: LiveView[] }>("/api/v1/live?invited=true");
  return items.filter(({ status }) => status !== "ended");
};
export const makeLive = (stream: NewLive): Promise<LiveView> =>
  request("/api/v1/live", write("POST", stream));
export const changeLive = (
  id: string,
  patch: Omit<LivePatch, "coHostId"> & { coHostId?: string | null },
): Promise<LiveView> => request(base(id), write("PATCH", patch));
export const deleteLive = (id: string): Promise<void> => request(base(id), write("DELETE"));
export const lowerHand = (id: string, userId: string): Promise<void> =>
  request(`${base(id)}/hands/${userId}`, write("DELETE"));
export const stopLive = (id: string): Promise<LiveView> =>
  request(`${base(id)}/stop`, write("POST"));
export const renewKey = (id: string): Promise<LiveView> =>
  request(`${base(id)}/keys`, write("POST"));
export const becomeCreator = (): Promise<unknown> =>
  request("/api/v1/users/me/settings", write("PUT", { creator: true }));

/** A room that was just made, as the server would have written it into the page. */
export async function fetchRoomStart(roomId: string, me: Me): Promise<RoomStart> {
  const [room, history] = await Promise.all([
    request<RoomView>(`/api/v1/rooms/${roomId}`),
    fetchHistory(roomId, {}, 80),
  ]);
  const { id, kind, name, topic, slowModeMs, memberCount, gen } = room;
  return {
    ...{ me, id, kind, name, topic, slowModeMs, memberCount, gen },
    role: "owner",
    mayWrite: true,
    readSeq: history.lastSeq,
    entries: history.items,
    lastSeq: history.lastSeq,
    at: null,
    members: [],
    moreMembers: null,
    blockedWords: [],
    now: Date.now(),
    plain: { clientId: "", text: "", problem: null },
  };
}
