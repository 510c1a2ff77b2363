/** The addresses of the pages of rooms: the list, one room, and what their forms do. */
import { type Context, Hono } from "hono";
import { NewRoom } from "../../domain/chat.ts";
import { Content as MessageText } from "../../domain/chat_frames.ts";
import { isRejection, Rejection } from "../../domain/errors.ts";
import { roomWords } from "../../domain/i18n/room_words.ts";
import { isId } from "../../domain/ids.ts";
import { encodeCursor, PageQuery, positionOf } from "../../domain/pages.ts";
import { InviteCode, type MyRoomView } from "../../domain/rooms.ts";
import type { Me } from "../../islands/chat/start.ts";
import { causeOf } from "../cause.ts";
import type { AppEnv } from "../env.ts";
import { signedIn, viewOf } from "./context.ts";
import {
  BLANK,
  type FormState,
  formStatus,
  parseForm,
  readFields,
  readForm,
  rejectedForm,
} from "./forms.ts";
import { sayRejection } from "./parts.tsx";
import { roomPage } from "./room.tsx";
import { meOf, roomStart } from "./room_start.ts";
import { type Addressees, roomInvitePage, roomsPage } from "./rooms.tsx";
import type { Site } from "./site.ts";
import { surePage } from "./sure.tsx";
import { answer } from "./view.tsx";

/** Entries and public rooms of a first page. */
const ENTRIES = 80;
const PUBLIC = 20;
/** People who are found for a direct message, and may be written to at once. */
const FOUND = 20;
const ADDRESSEES = 9;

export function roomRoutes(site: Site): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const desk = site.rooms;

  const mineOf = async (me: Me | null): Promise<MyRoomView[]> =>
    me ? (await desk.store.mine(me.id)).map(desk.myView) : [];
  const idOf = (c: Context<AppEnv>): string => {
    const id = c.req.param("id") ?? "";
    if (!isId(id)) throw new Rejection("not_found", "There is no such room");
    return id;
  };

  async function list(
    c: Context<AppEnv>,
    { form = BLANK, to = null, status }: {
      form?: FormState;
      to?: Addressees | null;
      status?: ReturnType<typeof formStatus>;
    } = {},
  ) {
    const view = viewOf(site, c);
    const asked = (c.req.query("q") ?? "").trim().slice(0, 80);
    const parsed = PageQuery.safeParse(c.req.query());
    const after = parsed.success ? positionOf(parsed.data.cursor) : null;
    const me = await meOf(view);
    const rows = await desk.store.publicRooms(PUBLIC + 1, after, asked);
    const items = rows.slice(0, PUBLIC);
    const last = items.at(-1);
    const nextCursor = rows.length > PUBLIC && last ? encodeCursor(last.id) : null;
    const open = { items: items.map(desk.view), nextCursor };
    const mine = await mineOf(me);
    return answer(c, view, roomsPage(view, { me, mine, open, asked, form, to }, status));
  }

  /** The people that the form of a new message names. */
  async function addressees(asked: string, ids: readonly string[], me: Me | null) {
    const people = await Promise.all(
      ids.filter(isId).slice(0, ADDRESSEES + 1).map((id) => site.users.byId(id)),
    );
    const found = asked === "" ? [] : await site.users.search(asked, FOUND);
    return {
      asked,
      chosen: people.filter((one) => one !== null),
      found: found.filter(({ id }) => id !== me?.id),
    };
  }

  app.get("/rooms", async (c) => {
    const asked = c.req.query("to")?.trim().slice(0, 80);
    if (asked === undefined) return await list(c);
    const to = await addressees(asked, c.req.queries("user") ?? [], await meOf(viewOf(site, c)));
    return await list(c, { to });
  });
  app.post("/rooms", async (c) => {
    const { userId } = signedIn(c);
    const typed = await readForm(c);
    const { name, topic, kind } = typed;
    const parsed = parseForm(viewOf(site, c), NewRoom, { name, topic, kind }, typed);
    if (!parsed.ok) return await list(c, { form: parsed.form, status: 422 });
    try {
      const { room } = await desk.create(userId, parsed.data, causeOf(c));
      return c.redirect(`/rooms/${room.id}`, 303);
    } catch (error) {
      const { form, rejection } = rejectedForm(viewOf(site, c), error, typed);
      return await list(c, { form, status: formStatus(rejection) });
    }
  });
  app.post("/rooms/direct", async (c) => {
    const { userId } = signedIn(c);
    const fields = await readFields(c);
    const ids = fields.getAll("user");
    try {
      const parsed = NewRoom.safeParse({ kind: "direct", memberIds: ids });
      if (!parsed.success) throw new Rejection("invalid");
      const { room } = await desk.create(userId, parsed.data, causeOf(c));
      return c.redirect(`/rooms/${room.id}`, 303);
    } catch (error) {
      if (!isRejection(error)) throw error;
      const to = await addressees(
        (fields.get("to") ?? "").trim(),
        ids,
        await meOf(viewOf(site, c)),
      );
      const problem = sayRejection(viewOf(site, c), error);
      return await list(c, { to: { ...to, problem }, status: formStatus(error) });
    }
  });

  app.get("/rooms/invites/:code", async (c) => {
    const view = viewOf(site, c);
    const code = InviteCode.safeParse(c.req.param("code"));
    c.header("referrer-policy", "no-referrer"); // the address is a secret
    try {
      if (!code.success) throw new Rejection("link_expired");
      const room = desk.view(await desk.invited(code.data));
      return answer(c, view, roomInvitePage(view, room));
    } catch (error) {
      if (!isRejection(error, "link_expired")) throw error;
      return answer(c, view, roomInvitePage(view, null));
    }
  });
  app.post("/rooms/invites/:code", async (c) => {
    const viewer = signedIn(c);
    const code = InviteCode.safeParse(c.req.param("code"));
    if (!code.success) throw new Rejection("link_expired");
    const room = await desk.accept(viewer, code.data);
    return c.redirect(`/rooms/${room.id}`, 303);
  });

  /** Part of the log: around a message, before one, or the newest. */
  async function entriesOf(c: Context<AppEnv>, id: string, lastSeq: number) {
    const number = (name: string) => {
      const given = Number(c.req.query(name) ?? NaN);
      return Number.isSafeInteger(given) && given >= 0 ? given : null;
    };
    const [at, before] = [number("at"), number("before")];
    if (at !== null && at > 0 && at <= lastSeq) {
      const half = ENTRIES / 2;
      const [older, newer] = await Promise.all([
        desk.log.before(id, at, half),
        desk.log.after(id, at - 1, half),
      ]);
      return { at, entries: [...older, ...newer] };
    }
    const entries = await desk.log.before(id, before ?? lastSeq + 1, ENTRIES);
    return { at: before === null ? null : entries.at(-1)?.seq ?? null, entries };
  }

  async function room(
    c: Context<AppEnv>,
    { text = "", problem = null, status }: {
      text?: string;
      problem?: string | null;
      status?: ReturnType<typeof formStatus>;
    } = {},
  ) {
    const view = viewOf(site, c);
    const id = idOf(c);
    const now = await desk.enter(view.viewer, id);
    const me = await meOf(view);
    const [mine, { at, entries }] = await Promise.all([
      mineOf(me),
      entriesOf(c, id, now.room.lastSeq),
    ]);
    const own = mine.find((one) => one.id === id);
    const start = await roomStart(view, { me, now, own, entries, at, text, problem });
    return answer(c, view, roomPage(view, start, mine, status));
  }

  app.get("/rooms/:id", (c) => room(c));
  app.post("/rooms/:id/messages", async (c) => {
    const viewer = signedIn(c);
    const id = idOf(c);
    const { content = "", clientId = "" } = await readForm(c);
    try {
      const text = MessageText.safeParse(content.replaceAll("\r\n", "\n"));
      if (!text.success) throw new Rejection("invalid");
      const sender = await desk.person(viewer);
      const posted = await desk.rooms.get(id).post({
        sender,
        clientId: clientId || crypto.randomUUID(),
        content: text.data,
        messageType: "text",
        replyTo: null,
        threadId: null,
        metadata: {},
      });
      const { seq } = posted.duplicate ?? posted;
      await desk.rooms.get(id).read({ userId: viewer.userId, seq });
      return c.redirect(`/rooms/${id}#write`, 303);
    } catch (error) {
      if (!isRejection(error)) throw error;
      const problem = sayRejection(viewOf(site, c), error);
      return await room(c, { text: content, problem, status: formStatus(error) });
    }
  });
  const act = async (c: Context<AppEnv>, what: "join" | "leave") => {
    const viewer = signedIn(c);
    const by = await desk.person(viewer);
    await desk.rooms.get(idOf(c)).act({ by, userId: viewer.userId, change: { act: what } });
  };
  app.post("/rooms/:id/join", async (c) => {
    await act(c, "join");
    return c.redirect(`/rooms/${idOf(c)}`, 303);
  });
  app.post("/rooms/:id/leave", async (c) => {
    await act(c, "leave");
    return c.redirect("/rooms", 303);
  });
  app.get("/rooms/:id/delete", async (c) => {
    const view = viewOf(site, c);
    const id = idOf(c);
    const { room, role } = await desk.enter(signedIn(c), id);
    if (role !== "owner") throw new Rejection("forbidden");
    const text = roomWords(view.language).settings.removeText;
    const question = { name: room.name, text, action: view.path, back: `/rooms/${id}` };
    return answer(c, view, surePage(view, question));
  });
  app.post("/rooms/:id/delete", async (c) => {
    if ((await readForm(c)).sure !== "yes") return c.redirect(c.req.path, 303);
    await desk.rooms.get(idOf(c)).remove(await desk.person(signedIn(c)));
    return c.redirect("/rooms", 303);
  });
  return app;
}
