/** A small set of signs to choose from, by pointer, by keys, or by a word. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { EMOJI } from "../../domain/i18n/emoji_words.ts";
import { language } from "../shared/words.ts";
import { react } from "./acts.ts";
import { type Picking, type RoomPage, useRoom } from "./room_context.ts";
import { words } from "./words.ts";

/** Signs of a row, as the style sheet lays them. */
const ROW = 8;
const GAP = 8;

/** The signs of which some word begins so. */
export function signsFor(text: string, tongue: string): string[] {
  const asked = text.trim().toLowerCase();
  const isIn = (said: string) => said.split(" ").some((word) => word.startsWith(asked));
  return EMOJI.filter(([emoji, en, fr]) =>
    asked === "" || emoji === asked || isIn(tongue === "fr" ? fr : en)
  ).map(([emoji]) => emoji);
}

/** Beside what it opens from, and wholly on the screen. */
function place(panel: HTMLElement, from: HTMLElement): void {
  const { top, bottom, right } = from.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const above = top - height - GAP;
  const y = above > GAP ? above : Math.min(bottom + GAP, innerHeight - height - GAP);
  const x = Math.max(GAP, Math.min(right - width, innerWidth - width - GAP));
  panel.style.top = `${Math.max(GAP, y)}px`;
  panel.style.left = `${x}px`;
}

function choose(page: RoomPage, picking: Picking, emoji: string): void {
  if (picking.for === "composer") page.insert.into(emoji);
  else void react(page, picking.for, emoji);
}

function Picker({ picking }: { picking: Picking }) {
  const page = useRoom();
  const panel = useRef<HTMLDivElement>(null);
  const [text, setText] = useState("");
  const { reaction } = words();
  const signs = signsFor(text, language());
  const close = (back: boolean) => {
    page.picking.value = null;
    if (!back) return;
    const row = picking.from.closest<HTMLElement>(".message");
    (picking.from.isConnected ? picking.from : row)?.focus();
  };
  useLayoutEffect(() => panel.current ? place(panel.current, picking.from) : undefined, [picking]);
  useEffect(() => {
    panel.current?.querySelector("input")?.focus();
    const press = ({ target }: PointerEvent) => {
      if (target instanceof Node && !panel.current?.contains(target)) close(false);
    };
    addEventListener("pointerdown", press);
    return () => removeEventListener("pointerdown", press);
  }, []);
  const take = (emoji: string) => {
    close(true);
    choose(page, picking, emoji);
  };
  const keys = (event: KeyboardEvent) => {
    event.stopPropagation();
    const buttons = [...panel.current?.querySelectorAll<HTMLElement>(".pick") ?? []];
    const at = buttons.findIndex((one) => one === document.activeElement);
    const steps: Record<string, number> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: at < 0 ? 1 : ROW,
      ArrowUp: -ROW,
    };
    const step = steps[event.key];
    if (event.key === "Escape") close(true);
    else if (event.key === "Enter" && at < 0) {
      event.preventDefault();
      const [first] = signs;
      if (first) take(first);
    } else if (step !== undefined && (at >= 0 || event.key === "ArrowDown")) {
      event.preventDefault();
      (buttons[at + step] ?? panel.current?.querySelector("input"))?.focus();
    }
  };
  return (
    <div class="picker" ref={panel} role="dialog" aria-label={reaction.title} onKeyDown={keys}>
      <input
        type="search"
        class="picker-find"
        aria-label={reaction.find}
        placeholder={reaction.find}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      {signs.length === 0 ? <p class="quiet" role="status">{reaction.none}</p> : (
        <div class="picks">
          {signs.map((emoji) => (
            <button
              key={emoji}
              type="button"
              class="pick"
              onClick={() => take(emoji)}
            >
              {emoji}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

export function EmojiPicker() {
  const { picking } = useRoom();
  return picking.value && <Picker picking={picking.value} />;
}
