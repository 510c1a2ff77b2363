/** The chat of a stream beside its recording: it moves along, and a message takes one there (X5). */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { formatTime } from "../../domain/i18n/format.ts";
import type { LiveReplay, ReplayMessage } from "../../domain/live_replay.ts";
import { MessageText } from "../chat/text.ts";
import { playTrack, seek } from "../player/engine.ts";
import * as state from "../player/state.ts";
import { request, sayProblem } from "../shared/api.ts";
import { t } from "../shared/words.ts";
import { lastUntil } from "./replay.ts";
import type { Row } from "./track_list.tsx";

interface Props {
  readonly track: Row;
  /** The first page of it. */
  readonly replay: LiveReplay;
}

/** What follows is fetched when it is this far away, in ms. */
const AHEAD_MS = 30_000;
/** Where in the list the present message is kept, of its height. */
const KEPT_AT = 0.6;

/** Only the list scrolls: whoever reads the page stays where they are. */
function keepInView(list: HTMLElement, index: number): void {
  const row = list.children[index];
  if (!(row instanceof HTMLElement) || list.matches(":hover, :focus-within")) return;
  list.scrollTo({ top: row.offsetTop - list.clientHeight * KEPT_AT });
}

/** The keys of a list: one stop for the tab key, and arrows within. */
function move(event: KeyboardEvent): void {
  const list = event.currentTarget as HTMLElement;
  const times = [...list.querySelectorAll<HTMLElement>(".replay-time")];
  const at = times.indexOf(event.target as HTMLElement);
  if (at < 0) return;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: times.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  times[to]?.focus();
}

export default function ReplayChat({ track, replay }: Props) {
  const words = t().replay;
  const items = useSignal<readonly ReplayMessage[]>(replay.items);
  const nextSeq = useSignal(replay.nextSeq);
  const loading = useSignal(false);
  const problem = useSignal("");
  /** Times are buttons only where there is a script to press them for. */
  const awake = useSignal(false);
  const isCurrent = useComputed(() => state.trackId.value === track.id);
  // not the position itself: it changes with each picture
  const said =
    useComputed(() => isCurrent.value ? lastUntil(items.value, state.position.value) : -1).value;
  const isNear = useComputed(() =>
    isCurrent.value && nextSeq.value !== null &&
    state.position.value > (items.value.at(-1)?.atMs ?? 0) - AHEAD_MS
  ).value;
  const list = useRef<HTMLOListElement>(null);

  const more = async () => {
    if (loading.value || nextSeq.value === null) return;
    loading.value = true;
    try {
      const path = `/api/v1/live/${replay.streamId}/replay?after_seq=${nextSeq.value}`;
      const page = await request<LiveReplay>(path);
      items.value = [...items.value, ...page.items];
      nextSeq.value = page.nextSeq;
      problem.value = "";
    } catch (error) {
      problem.value = error instanceof Error ? error.message : sayProblem("internal");
    } finally {
      loading.value = false;
    }
  };
  const go = (ms: number) => isCurrent.value ? seek(ms) : playTrack(track, [track], ms);

  useEffect(() => void (awake.value = true), []);
  useEffect(() => {
    if (isNear) void more();
  }, [isNear, items.value.length]);
  useEffect(() => {
    if (list.current && said >= 0) keepInView(list.current, said);
  }, [said]);

  return (
    <section class="replay" aria-labelledby="replay-head">
      <h2 id="replay-head">{words.title}</h2>
      {awake.value && <p class="visually-hidden" id="replay-keys">{words.keys}</p>}
      <ol
        class="replay-list"
        ref={list}
        onKeyDown={move}
        {...(awake.value && { "aria-describedby": "replay-keys" })}
      >
        {items.value.map(({ id, atMs, senderName, content }, index) => {
          const isNow = index === said;
          return (
            <li
              key={id}
              class={isCurrent.value && index > said ? "is-ahead" : ""}
              aria-current={isNow || undefined}
            >
              {awake.value
                ? (
                  <button
                    type="button"
                    class="replay-time"
                    tabindex={index === Math.max(0, said) ? 0 : -1}
                    onClick={() => go(atMs)}
                  >
                    <span class="visually-hidden">{`${words.from} `}</span>
                    {formatTime(atMs)}
                  </button>
                )
                : <span class="replay-time">{formatTime(atMs)}</span>}
              <span class="replay-name">{senderName}</span>
              <MessageText text={content} />
            </li>
          );
        })}
      </ol>
      {problem.value !== "" && <p class="trouble" role="alert">{problem.value}</p>}
      {awake.value && nextSeq.value !== null && (
        <button
          type="button"
          class="button"
          disabled={loading.value}
          onClick={() => void more()}
        >
          {words.more}
        </button>
      )}
    </section>
  );
}
