/** One message in the log. */
import { useComputed } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Icon } from "../icons.tsx";
import { isGoing, isMine } from "./acts.ts";
import { MessageActs } from "./message_acts.tsx";
import { MessageEdit } from "./message_edit.tsx";
import type { ShownMessage } from "./messages.ts";
import { Reactions } from "./reactions.tsx";
import { useRoom } from "./room_context.ts";
import { MessageText, plainText } from "./text.ts";
import { clockOf, momentOf } from "./times.ts";
import { words } from "./words.ts";

/** Letters of a quote. */
const QUOTE = 120;

/** What a message answers; a press goes there. */
function Quote({ replyTo }: { replyTo: string }) {
  const { model } = useRoom();
  const { log } = words();
  const quoted = model.quoted(replyTo);
  useEffect(() => {
    if (quoted === undefined) void model.lookUp(replyTo);
  }, [quoted === undefined]);
  if (quoted === undefined) return <p class="quote" aria-busy="true">{log.loading}</p>;
  if (quoted === null) return <p class="quote">{log.quoteGone}</p>;
  const { seq, senderName, content } = quoted;
  return (
    <p class="quote">
      <a
        href={`?at=${seq}`}
        data-no-swap
        onClick={(event) => {
          event.preventDefault();
          void model.goTo(seq);
        }}
      >
        <span class="visually-hidden">{log.answers(senderName)}:</span>
        <span class="quote-name" aria-hidden="true">{senderName}</span>{" "}
        <span class="quote-text">
          {content === null ? log.deleted : plainText(content, QUOTE)}
        </span>
      </a>
    </p>
  );
}

interface Props {
  readonly one: ShownMessage;
  /** It stands under its sender's name; the others of the run say it to those who listen. */
  readonly isFirst: boolean;
  readonly isMarked: boolean;
  /** The tabulator key comes here. */
  readonly isTabStop: boolean;
}

export function MessageRow({ one, isFirst, isMarked, isTabStop }: Props) {
  const page = useRoom();
  const { log } = words();
  const { seq, messageId, senderName, createdAt, content, replyTo, edited, pinned } = one;
  const { active, editing, model } = page;
  // so that a move of the pointer draws two rows anew, and not all
  const isActive = useComputed(() => active.value === seq).value;
  const isHidden = useComputed(() => isGoing(one)).value;
  const isEdited = useComputed(() => editing.value === messageId).value && isMine(page, one) &&
    content !== null;
  const text = useMemo(() => content === null ? null : <MessageText text={content} />, [content]);
  if (isHidden) return null;
  const stop = () => {
    editing.value = null;
    document.querySelector<HTMLElement>(`#m${seq}`)?.focus();
  };
  return (
    <li
      class={isMarked ? "message is-marked" : "message"}
      id={`m${seq}`}
      data-seq={seq}
      tabIndex={isTabStop ? 0 : -1}
      onPointerEnter={(event) => {
        if (event.pointerType === "mouse") active.value = seq;
      }}
      onClick={() => (active.value = seq)}
      onFocus={() => (active.value = seq)}
    >
      {!isFirst && <span class="visually-hidden">{senderName}</span>}
      <time class="message-time" dateTime={createdAt} title={momentOf(createdAt)}>
        {clockOf(createdAt)}
      </time>
      <div class="message-body">
        {replyTo !== null && <Quote replyTo={replyTo} />}
        {pinned && (
          <p class="message-pin">
            <Icon name="pin" /> {log.pinned}
          </p>
        )}
        {isEdited
          ? <MessageEdit one={one} done={stop} />
          : text ?? <p class="quiet">{log.deleted}</p>}
        {edited && content !== null && <span class="message-edited">{log.edited}</span>}
        <Reactions one={one} />
      </div>
      {isActive && content !== null && !isEdited && model.refused.value === null &&
        page.client && <MessageActs one={one} />}
    </li>
  );
}
