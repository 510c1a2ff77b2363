/** A message that is mended in its place. */
import { useEffect, useRef, useState } from "preact/hooks";
import { MESSAGE_MOST } from "../../domain/chat_wire.ts";
import { change, removeSoon } from "./acts.ts";
import type { ShownMessage } from "./messages.ts";
import { useRoom } from "./room_context.ts";
import { words } from "./words.ts";

export function MessageEdit({ one, done }: { one: ShownMessage; done: () => void }) {
  const page = useRoom();
  const { act } = words();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(one.content ?? "");
  const [isSaving, setSaving] = useState(false);
  useEffect(() => {
    const { current } = field;
    current?.focus();
    current?.setSelectionRange(current.value.length, current.value.length);
  }, []);

  const save = async () => {
    if (isSaving) return;
    if (text.trim() === "") {
      removeSoon(page, one);
      return done();
    }
    if (text === one.content) return done();
    setSaving(true);
    const { messageId } = one;
    const isDone = await change(page, { action: "edit", messageId, content: text });
    setSaving(false);
    if (isDone) done(); // else what was written stays
  };
  return (
    <form
      class="mend"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <textarea
        ref={field}
        class="write-field"
        aria-label={act.editLabel}
        aria-describedby="mend-help"
        maxLength={MESSAGE_MOST}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Escape") done();
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            void save();
          }
        }}
      />
      <p class="mend-acts">
        <button type="submit" class="button button-main button-small" disabled={isSaving}>
          {act.save}
        </button>
        <button type="button" class="button button-quiet button-small" onClick={done}>
          {act.cancel}
        </button>
        <span class="quiet" id="mend-help">{act.editHelp}</span>
      </p>
    </form>
  );
}
