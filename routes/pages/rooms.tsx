/** The pages around rooms: those one is in, those that are open, a new one, and an invitation. */
import { formatDate } from "../../domain/i18n/format.ts";
import { roomWords } from "../../domain/i18n/room_words.ts";
import type { MyRoomView, RoomView } from "../../domain/rooms.ts";
import type { PublicUser } from "../../domain/users.ts";
import RoomList from "../../islands/chat/room_list.tsx";
import type { Me } from "../../islands/chat/start.ts";
import { Icon } from "../../islands/icons.tsx";
import type { View } from "./context.ts";
import type { FormState } from "./forms.ts";
import { Island } from "./island.tsx";
import { Empty, Field, FormError } from "./parts.tsx";
import type { Content } from "./view.tsx";

/** One's rooms, with an island's life. */
export function MyRooms(
  { view, me, rooms, here }: {
    view: View;
    me: Me | null;
    rooms: readonly MyRoomView[];
    here: string | null;
  },
) {
  return (
    <Island
      name="room-list"
      source="islands/chat/room_list.tsx"
      of={RoomList}
      props={{ me, rooms, here, now: view.now }}
    />
  );
}

function PublicRooms({ view, rooms }: { view: View; rooms: readonly RoomView[] }) {
  const { list } = roomWords(view.language);
  return (
    <ul class="open-rooms">
      {rooms.map(({ id, name, topic, memberCount, lastMessageAt }) => (
        <li key={id}>
          <a href={`/rooms/${id}`}>
            <span class="open-room-name">{name}</span>
            {topic && <span class="open-room-topic">{topic}</span>}
          </a>
          <span class="open-room-facts">
            {[
              list.members(memberCount),
              lastMessageAt && formatDate(lastMessageAt, view.now, view.language),
            ].filter(Boolean).join(" · ")}
          </span>
        </li>
      ))}
    </ul>
  );
}

function NewRoom({ view, form }: { view: View; form: FormState }) {
  const { make } = roomWords(view.language);
  const isPrivate = form.values.kind === "private";
  return (
    <details class="opener" open={form.problem !== undefined}>
      <summary class="button">
        <Icon name="plus" />
        {make.title}
      </summary>
      <form class="form opener-inside" method="post" action="/rooms" data-swap>
        {form.problem && <FormError>{form.problem}</FormError>}
        <Field
          name="name"
          label={make.name}
          value={form.values.name}
          error={form.errors.name}
          maxlength={80}
          required
        />
        <Field
          name="topic"
          label={make.topic}
          value={form.values.topic}
          error={form.errors.topic}
          help={make.topicHelp}
          maxlength={500}
        />
        <fieldset class="choices">
          <legend>{make.kind}</legend>
          {(["public", "private"] as const).map((kind) => (
            <label class="choice" key={kind}>
              <input
                type="radio"
                name="kind"
                value={kind}
                checked={isPrivate === (kind === "private")}
              />
              <span>
                {make[kind]}
                <small>{make[`${kind}Help`]}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <p class="acts">
          <button type="submit" class="button button-main">{make.act}</button>
        </p>
      </form>
    </details>
  );
}

/** People who were looked for, and those chosen before. */
export interface Addressees {
  readonly asked: string;
  readonly found: readonly PublicUser[];
  readonly chosen: readonly PublicUser[];
  readonly problem?: string;
}

function Direct({ view, to }: { view: View; to: Addressees | null }) {
  const { direct } = roomWords(view.language);
  const chosen = to?.chosen ?? [];
  const found = (to?.found ?? []).filter(({ id }) => !chosen.some((one) => one.id === id));
  const box = (person: PublicUser, checked: boolean) => (
    <label class="choice" key={person.id}>
      <input type="checkbox" name="user" value={person.id} checked={checked} />
      <span>
        {person.displayName} <span class="quiet">@{person.username}</span>
      </span>
    </label>
  );
  return (
    <details class="opener" open={to !== null}>
      <summary class="button">
        <Icon name="edit" />
        {direct.title}
      </summary>
      <form class="form opener-inside" method="get" action="/rooms" data-swap>
        {to?.problem && <FormError>{to.problem}</FormError>}
        <div class="field">
          <label for="field-to">{direct.to}</label>
          <div class="side-line">
            <input
              id="field-to"
              type="search"
              name="to"
              value={to?.asked ?? ""}
              maxlength={80}
              autocomplete="off"
              autofocus={to !== null && to.found.length === 0}
              aria-describedby="field-to-help"
            />
            <button type="submit" class="button">{direct.find}</button>
          </div>
          <p class="field-help" id="field-to-help">{direct.help}</p>
        </div>
        {to && to.asked !== "" && to.found.length === 0 && (
          <p class="quiet" role="status">{direct.none(to.asked)}</p>
        )}
        {chosen.length + found.length > 0 && (
          <>
            <fieldset class="choices">
              <legend>{direct.chosen}</legend>
              {chosen.map((one) => box(one, true))}
              {found.map((one) => box(one, found.length === 1 && chosen.length === 0))}
            </fieldset>
            <p class="acts">
              <button
                type="submit"
                class="button button-main"
                formmethod="post"
                formaction="/rooms/direct"
              >
                {direct.act}
              </button>
            </p>
          </>
        )}
      </form>
    </details>
  );
}

export interface RoomsShown {
  readonly me: Me | null;
  readonly mine: readonly MyRoomView[];
  readonly open: { readonly items: readonly RoomView[]; readonly nextCursor: string | null };
  readonly asked: string;
  readonly form: FormState;
  readonly to: Addressees | null;
}

export function roomsPage(
  view: View,
  { me, mine, open, asked, form, to }: RoomsShown,
  status: Content["status"] = 200,
): Content {
  const { list } = roomWords(view.language);
  const next = new URLSearchParams({ ...asked && { q: asked }, cursor: open.nextCursor ?? "" });
  const body = () => (
    <div class="rooms">
      <header class="page-head">
        <h1 class="page-title">{list.title}</h1>
        <p class="lead">{me ? list.lead : list.guest}</p>
      </header>
      {me && (
        <div class="openers">
          <NewRoom view={view} form={form} />
          <Direct view={view} to={to} />
        </div>
      )}
      <div class="rooms-parts">
        {me && (
          <section aria-labelledby="mine-title">
            <h2 class="section-title" id="mine-title">{list.mine}</h2>
            {mine.length === 0
              ? <p class="rooms-empty">{list.empty}</p>
              : <MyRooms view={view} me={me} rooms={mine} here={null} />}
          </section>
        )}
        <section aria-labelledby="public-title">
          <h2 class="section-title" id="public-title">{list.public}</h2>
          <form class="side-line rooms-find" method="get" action="/rooms" role="search" data-swap>
            <input
              type="search"
              name="q"
              value={asked}
              maxlength={80}
              aria-label={list.find}
              placeholder={list.find}
            />
            <button type="submit" class="button">{list.findAct}</button>
          </form>
          {open.items.length === 0
            ? <Empty text={asked ? list.publicNone(asked) : list.publicEmpty} />
            : <PublicRooms view={view} rooms={open.items} />}
          {open.nextCursor && (
            <p class="more">
              <a class="button" href={`?${next}`}>{list.more}</a>
            </p>
          )}
        </section>
      </div>
    </div>
  );
  return { title: list.title, body, status };
}

/** Before one enters by a link. `room` null: the link has ended. */
export function roomInvitePage(view: View, room: RoomView | null): Content {
  const { invite, list } = roomWords(view.language);
  const title = room ? invite.title(room.name) : invite.endedTitle;
  const body = () => (
    <div class="narrow">
      <h1 class="page-title">{title}</h1>
      <p class="lead">
        {room ? invite.text(list.members(room.memberCount)) : invite.ended}
      </p>
      {room?.topic && <p class="quiet">{room.topic}</p>}
      {room && (
        <div class="tools">
          {view.viewer.kind === "guest"
            ? <a class="button button-main" href={`/login?next=${view.path}`}>{invite.signIn}</a>
            : (
              <form method="post" action={view.path} data-swap>
                <button type="submit" class="button button-main">{invite.act}</button>
              </form>
            )}
        </div>
      )}
    </div>
  );
  return { title, body, noIndex: true, status: room ? 200 : 403 };
}
