/** The log of a room: runs of messages, days, the unread line, and what is on its way. */
import { useRef } from "preact/hooks";
import { Icon } from "../icons.tsx";
import { isMine, removeSoon, tell } from "./acts.ts";
import { grouped, type MessageGroup, type ShownMessage } from "./messages.ts";
import { MessageRow } from "./message_row.tsx";
import { type RoomPage, useRoom } from "./room_context.ts";
import { useScrolling } from "./scrolling.ts";
import { dayName, dayOf } from "./times.ts";
import { WaitingRow } from "./waiting_row.tsx";
import { words } from "./words.ts";

/** In rooms of more people it is not told who has seen what. */
const SEEN_MOST = 12;

interface RunProps {
  readonly group: MessageGroup;
  readonly now: number;
  readonly tabStop: number | undefined;
}

function Run({ group, now, tabStop }: RunProps) {
  const { model, start } = useRoom();
  const { key, opensDay, senderName, items } = group;
  const first = items[0];
  if (!first) return null;
  return (
    <>
      {opensDay && (
        <p class="day">
          <time dateTime={dayOf(first.createdAt)}>{dayName(first.createdAt, now)}</time>
        </p>
      )}
      {model.unreadFrom.value === key && <p class="unread-line">{words().log.unread}</p>}
      <div class="run" data-mine={first.senderId === start.me?.id ? "" : undefined}>
        <p class="run-name">{senderName}</p>
        <ol>
          {items.map((one, at) => (
            <MessageRow
              key={one.seq}
              one={one}
              isFirst={at === 0}
              isMarked={start.at === one.seq}
              isTabStop={tabStop === one.seq}
            />
          ))}
        </ol>
      </div>
    </>
  );
}

/** One's own messages that are not in the log yet. */
function OnTheWay() {
  const { model, start } = useRoom();
  if (model.waiting.value.length === 0) return null;
  return (
    <div class="run" data-mine="">
      <p class="run-name">{start.me?.name}</p>
      <ol>
        {model.waiting.value.map((one) => <WaitingRow key={one.clientId} one={one} />)}
      </ol>
    </div>
  );
}

/** Who has seen the last message of one's own. */
function Seen() {
  const { model, start } = useRoom();
  const { memberCount, kind } = model.info.value;
  if (kind !== "direct" && memberCount > SEEN_MOST) return null;
  const last = model.window.value.items.findLast(({ senderId }) => senderId === start.me?.id);
  if (!last || !model.window.value.isNewest) return null;
  const readers = [...model.reads.value].filter(([id, seq]) =>
    id !== start.me?.id && seq >= last.seq
  );
  if (readers.length === 0) return null;
  const names = readers.map(([id]) =>
    model.people.value.get(id)?.user_name ??
      start.members.find((one) => one.id === id)?.displayName
  ).filter((name) => name !== undefined);
  const { log } = words();
  const text = kind === "direct" && memberCount === 2 ? log.seen : log.seenBy(names.join(", "));
  return <p class="seen">{text}</p>;
}

/** The keys of a message that has the focus. */
function messageKeys(page: RoomPage, one: ShownMessage, row: HTMLElement, key: string): boolean {
  const rows = [...row.closest(".log")?.querySelectorAll<HTMLElement>(".message[id]") ?? []];
  const at = rows.indexOf(row);
  const go = (to: HTMLElement | undefined) => {
    to?.focus({ preventScroll: true });
    to?.scrollIntoView({ block: "nearest" });
    return true;
  };
  const isDeleted = one.content === null;
  switch (key) {
    case "ArrowUp":
      return go(rows[at - 1]);
    case "ArrowDown":
      return at === rows.length - 1 ? toComposer() : go(rows[at + 1]);
    case "Home":
      return go(rows[0]);
    case "End":
      return go(rows.at(-1));
    case "Escape":
      return toComposer();
    case "Enter":
      row.querySelector<HTMLElement>(".acts-bar button")?.focus();
      return true;
  }
  if (page.start.me === null || isDeleted) return false;
  switch (key) {
    case "r":
      page.answering.value = one;
      return true;
    case "e":
      if (isMine(page, one)) page.editing.value = one.messageId;
      return true;
    case "+":
      page.picking.value = { for: one, from: row };
      return true;
    case "Delete":
      if (isMine(page, one)) removeSoon(page, one);
      return true;
    default:
      return false;
  }
}

function toComposer(): boolean {
  document.querySelector<HTMLElement>("#write")?.focus();
  return true;
}

/** Where the log begins. The chat of a stream is no room in the eyes of who listens. */
function Beginning() {
  const { model } = useRoom();
  const { log } = words();
  const isLive = model.info.value.kind === "live";
  return <p class="log-edge quiet">{isLive ? log.startOfChat : log.start}</p>;
}

/** Nothing was said: who may, is asked to begin, unless it is the stream that one came for. */
function Nothing() {
  const { model, start } = useRoom();
  const { log } = words();
  const { kind, mayWrite } = model.info.value;
  const asks = start.me !== null && mayWrite && kind !== "live";
  return <p class="log-empty">{asks ? log.emptyBegin : log.empty}</p>;
}

export function MessageLog() {
  const page = useRoom();
  const { model, start, client } = page;
  const box = useRef<HTMLDivElement>(null);
  const { onScroll } = useScrolling(box, model);
  const { log } = words();
  const { items, from, isNewest } = model.window.value;
  const groups = grouped(items, dayOf, model.unreadFrom.value);
  const loading = model.loading.value;
  const now = client ? Date.now() : start.now;
  const active = page.active.value;
  const tabStop = items.some(({ seq }) => seq === active) ? active! : items.at(-1)?.seq;
  const below = model.below.value;
  const keys = (event: KeyboardEvent) => {
    const { target, key, ctrlKey, metaKey, altKey } = event;
    if (!(target instanceof HTMLElement) || ctrlKey || metaKey || altKey) return;
    const one = items.find(({ seq }) => target.id === `m${seq}`);
    if (!one || !messageKeys(page, one, target, key)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="log-frame">
      <p class="visually-hidden" id="log-keys">{log.keysHelp}</p>
      <div
        class="log"
        ref={box}
        role="log"
        aria-live="polite"
        aria-relevant="additions"
        aria-label={log.label(model.info.value.name)}
        aria-describedby="log-keys"
        aria-busy={loading !== null}
        onScroll={onScroll}
        onKeyDown={keys}
        onPointerLeave={() => (page.active.value = null)}
      >
        <div class="log-inside">
          {from > 1
            ? (
              <p class="log-edge">
                {client
                  ? (
                    <span class="quiet" role="presentation">
                      {loading === "older" && log.loading}
                    </span>
                  )
                  : <a class="link" href={`?before=${from}`}>{log.older}</a>}
              </p>
            )
            : items.length > 0 && <Beginning />}
          {items.length === 0 && model.waiting.value.length === 0 && loading === null &&
            <Nothing />}
          {groups.map((group) => <Run key={group.key} group={group} now={now} tabStop={tabStop} />)}
          <OnTheWay />
          <Seen />
        </div>
      </div>
      {(below > 0 || !isNewest) && client && (
        <button
          type="button"
          class="button log-newest"
          onClick={() => void model.goToEnd().catch(tell)}
        >
          <Icon name="down" />
          {below > 0 ? log.fresh(below) : log.newest}
        </button>
      )}
    </div>
  );
}
