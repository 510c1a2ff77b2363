/** Who is in the room, who of them is here now, and whom it keeps out. */
import { useEffect, useState } from "preact/hooks";
import { formatDay } from "../../domain/i18n/format.ts";
import { Icon } from "../icons.tsx";
import { toast } from "../shared/toasts.tsx";
import { language } from "../shared/words.ts";
import { tell } from "./acts.ts";
import { MemberMenu } from "./member_menu.tsx";
import { PersonFinder } from "./person_finder.tsx";
import { addMember, type Ban, directRoom, fetchBans, fetchMembers, liftBan } from "./rest.ts";
import { leads, type RoomPage, useRoom } from "./room_context.ts";
import type { MemberStart } from "./start.ts";
import { words } from "./words.ts";

/** Where many come and go, the list is not asked for each of them. */
const STRANGERS_MOST = 20;
/** Those who come together are asked for together, in ms. */
const REST_MS = 1_000;

/** Whether who looks is above somebody. */
function isAbove(page: RoomPage, { role, id }: MemberStart): boolean {
  const mine = page.model.info.value.role;
  if (!leads(page) || page.start.kind === "direct" || id === page.start.me?.id) return false;
  return role === "member" || (mine === "owner" && role === "moderator");
}

function Person({ who, changed }: { who: MemberStart; changed: () => void }) {
  const page = useRoom();
  const { people } = words();
  const { id, username, displayName, role, mutedUntil } = who;
  const status = page.model.people.value.get(id)?.status ?? "offline";
  const { me } = page.start;
  const tags = [
    id === me?.id ? people.you : null,
    role === "owner" ? people.owner : role === "moderator" ? people.moderator : null,
    mutedUntil ? people.muted : null,
  ].filter(Boolean);
  return (
    <li class="person" data-status={status}>
      <span class="person-dot" aria-hidden="true" />
      <span class="person-words">
        <a class="person-name" href={`/@${username}`}>{displayName}</a>
        <span class="visually-hidden">, {people[status]}</span>
        {tags.length > 0 && <span class="person-tags">{tags.join(" · ")}</span>}
      </span>
      {page.client && me && id !== me.id && page.start.kind !== "direct" && (
        <button
          type="button"
          class="key person-write"
          aria-label={`${people.write}: ${displayName}`}
          onClick={() => {
            directRoom([id]).then((room) => location.assign(`/rooms/${room.id}`), tell);
          }}
        >
          <Icon name="send" />
        </button>
      )}
      {isAbove(page, who) && <MemberMenu who={who} changed={changed} />}
    </li>
  );
}

function Bans({ count, changed }: { count: number; changed: () => void }) {
  const { start } = useRoom();
  const { people } = words();
  const [bans, setBans] = useState<readonly Ban[]>([]);
  useEffect(() => {
    fetchBans(start.id).then(({ items }) => setBans(items), tell);
  }, [count]);
  if (bans.length === 0) return null;
  return (
    <section>
      <h3 class="side-part">{people.bans}</h3>
      <ul class="bans">
        {bans.map(({ userId, displayName, until, reason }) => (
          <li key={userId}>
            <span>{displayName}</span>
            <span class="quiet">
              {[until ? people.until(formatDay(until, language())) : people.banForGood, reason]
                .filter(Boolean).join(" · ")}
            </span>
            <button
              type="button"
              class="link"
              onClick={() => {
                liftBan(start.id, userId).then(changed, tell);
              }}
            >
              {people.unban}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function PeoplePanel() {
  const page = useRoom();
  const { start, model, client } = page;
  const { people } = words();
  const [members, setMembers] = useState(start.members);
  const [next, setNext] = useState(start.moreMembers);
  const [count, setCount] = useState(0);
  const { memberCount, role, kind } = model.info.value;
  const again = () => setCount((before) => before + 1);
  // who came, went, or was muted is known by the list alone: it is asked when somebody is new here
  const strangers = [...model.people.value.keys()].filter((id) =>
    !members.some((one) => one.id === id)
  );
  const reason = `${count} ${memberCount} ${strangers.length > STRANGERS_MOST ? "" : strangers}`;
  useEffect(() => {
    if (!client || (reason === `0 ${start.memberCount} `)) return;
    const timer = setTimeout(() => {
      fetchMembers(start.id, null).then(({ items, nextCursor }) => {
        setMembers(items);
        setNext(nextCursor);
        if (nextCursor === null) model.counted(items.length);
      }, tell);
    }, count > 0 ? 0 : REST_MS);
    return () => clearTimeout(timer);
  }, [reason]);
  const more = () =>
    fetchMembers(start.id, next).then(({ items, nextCursor }) => {
      setMembers([...members, ...items]);
      setNext(nextCursor);
    }, tell);
  const here = (who: MemberStart) =>
    model.people.value.has(who.id) && model.people.value.get(who.id)?.status !== "offline";
  const sorted = [...members.filter(here), ...members.filter((one) => !here(one))];
  return (
    <>
      <ul class="persons">
        {sorted.map((who) => <Person key={who.id} who={who} changed={again} />)}
      </ul>
      {next && client && (
        <p class="side-more">
          <button type="button" class="button button-small" onClick={() => void more()}>
            {people.more}
          </button>
        </p>
      )}
      {client && kind === "private" && role !== null && (
        <PersonFinder
          label={people.add}
          act={people.addAct}
          take={async (person) => {
            await addMember(start.id, person.id);
            toast(people.added(person.displayName));
            again();
          }}
        />
      )}
      {client && leads(page) && kind !== "direct" && <Bans count={count} changed={again} />}
    </>
  );
}
