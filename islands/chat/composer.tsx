/** Where one writes: what is typed is kept, what is sent shows at once. */
import { useEffect, useRef, useState } from "preact/hooks";
import { MESSAGE_MOST } from "../../domain/chat_wire.ts";
import { formatSpan } from "../../domain/i18n/format.ts";
import { Icon } from "../icons.tsx";
import { toast } from "../shared/toasts.tsx";
import { language } from "../shared/words.ts";
import { isMine, tell } from "./acts.ts";
import { CompletionList, useCompletion } from "./completion.tsx";
import { keepDraft, keptDraft } from "./kept.ts";
import { addMember } from "./rest.ts";
import { useRoom } from "./room_context.ts";
import { plainText } from "./text.ts";
import { words } from "./words.ts";

/** Letters of what is answered. */
const QUOTE = 100;

/** What a key on the glass of a phone does: there Enter begins a line. */
const isTouched = () => matchMedia("(pointer: coarse)").matches;

/** What was typed before the script came. */
const typedBefore = (): string =>
  typeof document === "undefined"
    ? ""
    : document.querySelector<HTMLTextAreaElement>("#write")?.value ?? "";

function Answering() {
  const { answering } = useRoom();
  const { composer, log } = words();
  const one = answering.value;
  if (!one) return null;
  const { senderName, content } = one;
  return (
    <p class="answering">
      <span class="answering-name">{composer.answering(senderName)}</span>
      <span class="answering-text">
        {content === null ? log.deleted : plainText(content, QUOTE)}
      </span>
      <button
        type="button"
        class="key"
        aria-label={composer.stopAnswering}
        onClick={() => (answering.value = null)}
      >
        <Icon name="close" />
      </button>
    </p>
  );
}

function Typing() {
  const { model } = useRoom();
  const { typing } = words();
  const [a, b, ...more] = [...model.typing.value.values()];
  const text = a === undefined
    ? ""
    : b === undefined
    ? typing.one(a)
    : more.length > 0
    ? typing.many
    : typing.two(a, b);
  return <p class="typing">{text}</p>;
}

/** What stands where one cannot write. */
function Closed() {
  const { start, model } = useRoom();
  const { composer } = words();
  if (start.me === null) {
    return (
      <p class="write-closed">
        {composer.guest}
        <a class="button" href={`/login?next=/rooms/${start.id}`}>{composer.signIn}</a>
      </p>
    );
  }
  return model.info.value.mayWrite ? null : <p class="write-closed">{composer.mayNot}</p>;
}

function Join() {
  const { start, model, client } = useRoom();
  const { composer } = words();
  const { role, kind } = model.info.value;
  const { me, id } = start;
  if (role !== null || kind !== "public" || !me) return null;
  return (
    <form
      class="write-join"
      method="post"
      action={`/rooms/${id}/join`}
      onSubmit={(event) => {
        if (!client) return;
        event.preventDefault();
        addMember(id, me.id).catch(tell);
      }}
    >
      <span class="quiet">{composer.joinHelp}</span>
      <button type="submit" class="button button-small">{composer.join}</button>
    </form>
  );
}

export function Composer() {
  const page = useRoom();
  const { start, model, client } = page;
  const { me, id, plain } = start;
  const { composer } = words();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => typedBefore() || plain.text);
  const [cursor, setCursor] = useState(text.length);
  const { mayWrite, name, slowModeMs } = model.info.value;
  const over = text.length - MESSAGE_MOST;
  const answering = page.answering.value;

  const write = (next: string, at = next.length) => {
    setText(next);
    setCursor(at);
    if (me) keepDraft(me.id, id, next);
    client?.typing(id, next.trim() !== "");
    queueMicrotask(() => field.current?.setSelectionRange(at, at));
  };
  const completion = useCompletion(text, cursor, write);
  useEffect(() => {
    const kept = me ? keptDraft(me.id, id) : "";
    if (kept !== "") setText((typed) => typed === "" ? kept : typed);
    // a phone would show its keyboard over what is to be read
    if (!isTouched() && !page.isBeside) field.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    if (answering) field.current?.focus();
  }, [answering]);
  page.insert.into = (piece) => {
    const at = field.current?.selectionStart ?? text.length;
    write(text.slice(0, at) + piece + text.slice(at), at + piece.length);
    field.current?.focus();
  };

  const send = () => {
    const content = text.trim();
    if (!client || content === "" || over > 0) return;
    const replyTo = answering?.messageId ?? null;
    if (client.send(id, { content, replyTo }) === null) return void toast(composer.full);
    write("");
    page.answering.value = null;
    void model.goToEnd().catch(tell);
  };
  const editLast = (): boolean => {
    const last = model.window.value.items.findLast((one) =>
      isMine(page, one) && one.content !== null
    );
    if (!last) return false;
    page.editing.value = last.messageId;
    return true;
  };
  const keys = (event: KeyboardEvent) => {
    if (completion.key(event)) return event.preventDefault();
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !isTouched()) {
      event.preventDefault();
      send();
    } else if (event.key === "ArrowUp" && text === "" && editLast()) event.preventDefault();
    else if (event.key === "Escape") page.answering.value = null;
  };
  return (
    <div class="composer">
      <Typing />
      <Closed />
      {me && mayWrite && (
        <form
          class="write"
          method="post"
          action={`/rooms/${id}/messages`}
          onSubmit={(event) => {
            if (!client) return;
            event.preventDefault();
            send();
          }}
        >
          <Answering />
          <input type="hidden" name="clientId" value={plain.clientId} />
          {plain.problem && <p class="form-error" role="alert">{plain.problem}</p>}
          <CompletionList {...completion} />
          <div class="write-line">
            <textarea
              id="write"
              ref={field}
              class="write-field"
              name="content"
              rows={1}
              required
              aria-label={composer.label(name)}
              aria-describedby="write-help"
              placeholder={composer.label(name)}
              aria-haspopup={client ? "listbox" : undefined}
              aria-controls={completion.people.length > 0 ? "names" : undefined}
              aria-autocomplete={client ? "list" : undefined}
              aria-activedescendant={completion.people.length > 0
                ? `name-${completion.chosen}`
                : undefined}
              value={text}
              onInput={(event) =>
                write(event.currentTarget.value, event.currentTarget.selectionEnd)}
              onSelect={(event) => setCursor(event.currentTarget.selectionEnd)}
              onBlur={() => client?.typing(id, false)}
              onKeyDown={keys}
            />
            {client && (
              <button
                type="button"
                class="key"
                aria-label={composer.emoji}
                title={composer.emoji}
                onClick={(
                  event,
                ) => (page.picking.value = { for: "composer", from: event.currentTarget })}
              >
                <Icon name="sign" />
              </button>
            )}
            <button
              type="submit"
              class="key write-send"
              aria-label={composer.send}
              title={composer.send}
              disabled={client !== null && (text.trim() === "" || over > 0)}
            >
              <Icon name="send" />
            </button>
          </div>
          <p class="write-help" id="write-help">
            {over > 0
              ? <span class="trouble" role="alert">{composer.long(over)}</span>
              : slowModeMs > 0
              ? composer.slow(formatSpan(slowModeMs / 1_000, language()))
              : composer.help}
          </p>
        </form>
      )}
      <Join />
    </div>
  );
}
