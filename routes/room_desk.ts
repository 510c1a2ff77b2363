/** What REST routes, pages and the socket share of rooms: who asks, and what they are shown. */
import type { RoomNow } from "../actors/chat_room.ts";
import { may, type Role, type Viewer } from "../domain/auth.ts";
import type { Entry, NewRoom, Person } from "../domain/chat.ts";
import { Rejection } from "../domain/errors.ts";
import type { EventMetadata } from "../domain/events.ts";
import type { EntryNow, PinnedMessage } from "../domain/room_messages.ts";
import { entryView, type MyRoomView, type RoomView } from "../domain/rooms.ts";
import type { RoomMessageStore } from "../db/room_messages.ts";
import type { RoomWordStore } from "../db/room_words.ts";
import type { MyRoom, RoomRow, RoomStore } from "../db/rooms.ts";
import type { TicketStore } from "../db/tickets.ts";
import type { Rooms } from "./sockets/chat_session.ts";
import type { RoomLog } from "./sockets/hub.ts";

/** An account, as rooms need it. */
export interface RoomAccount {
  readonly id: string;
  readonly displayName: string;
  readonly roles: readonly Role[];
}

type SignedIn = Extract<Viewer, { kind: "user" }>;

export function roomDesk(
  { rooms, store, log, messages, words, tickets, secrets, accountOf, newId, publicUrl }: {
    rooms: Rooms;
    store: RoomStore;
    log: RoomLog;
    messages: RoomMessageStore;
    words: Pick<RoomWordStore, "search">;
    tickets: TicketStore;
    /** Makes codes, and what is kept of them. */
    secrets: { newSecret(): string; hashSecret(secret: string): Promise<Uint8Array> };
    accountOf: (id: string) => Promise<RoomAccount | null>;
    newId: () => string;
    publicUrl: string;
  },
) {
  const { newSecret, hashSecret } = secrets;
  /** @throws {Rejection} `session_ended` when the account is gone */
  const personById = async (userId: string): Promise<Person> => {
    const account = await accountOf(userId);
    if (!account) throw new Rejection("session_ended");
    const { id, displayName, roles } = account;
    return { id, name: displayName, moderator: may(roles, "rooms:moderate-any") };
  };
  const person = ({ userId }: SignedIn) => personById(userId);
  const row = async (id: string): Promise<RoomRow> => {
    const found = await store.byId(id);
    if (!found) throw new Rejection("not_found", `There is no room ${id}`);
    return found;
  };

  return {
    rooms,
    store,
    log,
    messages,
    words,
    accountOf,
    person,
    personById,
    row,
    publicUrl,

    /** The room, for who may read it. @throws {Rejection} `not_found`, `room_banned` */
    async enter(viewer: Viewer, id: string): Promise<RoomNow> {
      return await rooms.get(id).enter(viewer.kind === "guest" ? null : await person(viewer));
    },

    /** @throws {Rejection} `invalid`, `not_found` */
    async create(ownerId: string, room: NewRoom, cause: EventMetadata) {
      const isDirect = room.kind === "direct";
      const others = room.memberIds.filter((id) => id !== ownerId);
      const refuse = (path: string, message: string) => {
        throw new Rejection("invalid", `${path} ${message}`, { errors: [{ path, message }] });
      };
      if (isDirect && others.length === 0) refuse("memberIds", "names whom to speak with");
      if (isDirect && others.length > 9) refuse("memberIds", "has at most nine in a direct room");
      if (!isDirect && room.name === undefined) refuse("name", "is missing");
      if (room.kind === "public" && others.length > 0) {
        refuse("memberIds", "is for private and direct rooms: a public one is open to all");
      }
      const { kind, topic } = room;
      const name = isDirect ? "" : room.name ?? "";
      return await store.create(
        { id: newId(), kind, name, topic, ownerId, memberIds: others },
        cause,
      );
    },

    /** Entries, messages among them with how they stand now. */
    async entriesNow(
      roomId: string,
      entries: readonly Entry[],
      viewer: Viewer,
    ): Promise<EntryNow[]> {
      const ids = entries.filter(({ action }) => action === "received")
        .map(({ messageId }) => messageId);
      const userId = viewer.kind === "user" ? viewer.userId : null;
      const states = await messages.states(roomId, ids, userId);
      return entries.map((entry) => {
        const current = entry.action === "received" ? states.get(entry.messageId) : undefined;
        return { ...entryView(entry), ...(current && { current }) };
      });
    },

    async pins(roomId: string): Promise<PinnedMessage[]> {
      return (await messages.pinned(roomId)).map((one) => ({
        ...one,
        createdAt: one.createdAt.toISOString(),
        pinnedAt: one.pinnedAt.toISOString(),
      }));
    },

    /** The room that a link leads to. @throws {Rejection} `link_expired` */
    async invited(code: string): Promise<RoomRow> {
      const found = await store.invite(await hashSecret(code));
      if (!found) throw new Rejection("link_expired", "This invite has ended");
      return found.room;
    },

    /**
     * Lets somebody in who has a link; who is in already stays.
     *
     * @throws {Rejection} `link_expired`, `room_banned`
     */
    async accept(viewer: SignedIn, code: string): Promise<RoomRow> {
      const hash = await hashSecret(code);
      const found = await store.invite(hash);
      if (!found) throw new Rejection("link_expired", "This invite has ended");
      const { room, madeBy } = found;
      const mine = await store.mine(viewer.userId);
      if (mine.some(({ id }) => id === room.id)) return room;
      if (!await store.useInvite(hash)) {
        throw new Rejection("link_expired", "This invite has ended");
      }
      const by = await personById(madeBy);
      await rooms.get(room.id).act({ by, userId: viewer.userId, change: { act: "add" } });
      return await row(room.id);
    },

    /** A link that lets people in; the code is in it alone. */
    async invite(
      viewer: SignedIn,
      room: { readonly id: string },
      { uses, expiresAt }: { uses: number; expiresAt: Date },
    ) {
      const code = newSecret();
      const hash = await hashSecret(code);
      await store.makeInvite({ hash, roomId: room.id, madeBy: viewer.userId, uses, expiresAt });
      return { code, url: `${publicUrl}/rooms/invites/${code}` };
    },

    /** A pass that opens the socket once. */
    async ticket(of: { userId: string; sessionId: string }, seconds: number): Promise<string> {
      const secret = newSecret();
      await tickets.put(await hashSecret(secret), of, new Date(Date.now() + seconds * 1_000));
      return secret;
    },

    view,
    myView,
  };
}
export type RoomDesk = ReturnType<typeof roomDesk>;

function view(row: RoomRow): RoomView {
  const { id, name, kind, topic, ownerId, memberCount, slowModeMs, gen, lastSeq } = row;
  return {
    ...{ id, name, kind, topic, ownerId, memberCount, slowModeMs, gen, lastSeq },
    lastMessageAt: row.lastMessageAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}

function myView(row: MyRoom): MyRoomView {
  const { role, readSeq, unread, others, lastContent, lastSender } = row;
  return {
    ...view(row),
    ...{ role, readSeq, unread, others: [...others] },
    lastMessage: lastContent === null
      ? null
      : { content: lastContent, senderName: lastSender ?? "" },
  };
}
