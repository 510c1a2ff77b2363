/** The acts of one message, beside it while it has the pointer or the keys. */
import { Icon, type IconName } from "../icons.tsx";
import { copyLink, isMine, mayPin, mayRemove, pin, removeSoon, tell } from "./acts.ts";
import type { ShownMessage } from "./messages.ts";
import { type RoomPage, useRoom } from "./room_context.ts";
import { words } from "./words.ts";

interface Act {
  readonly icon: IconName;
  readonly label: string;
  readonly run: (from: HTMLElement) => void;
}

function actsOf(page: RoomPage, one: ShownMessage): Act[] {
  const { act } = words();
  const link: Act = {
    icon: "link",
    label: act.link,
    run: () => void copyLink(page, one).catch(tell),
  };
  if (page.start.me === null) return [link];
  return [
    {
      icon: "sign",
      label: act.react,
      run: (from) => (page.picking.value = { for: one, from }),
    },
    { icon: "reply", label: act.reply, run: () => (page.answering.value = one) },
    ...isMine(page, one)
      ? [{
        icon: "edit" as const,
        label: act.edit,
        run: () => (page.editing.value = one.messageId),
      }]
      : [],
    ...mayPin(page)
      ? [{
        icon: "pin" as const,
        label: one.pinned ? act.unpin : act.pin,
        run: () => void pin(page, one),
      }]
      : [],
    link,
    ...mayRemove(page, one)
      ? [{ icon: "remove" as const, label: act.remove, run: () => removeSoon(page, one) }]
      : [],
  ];
}

/** Left and right go from act to act, Escape back to the message. */
function keys(event: KeyboardEvent): void {
  const { currentTarget, target, key } = event;
  if (!(currentTarget instanceof HTMLElement) || !(target instanceof HTMLElement)) return;
  const buttons = [...currentTarget.querySelectorAll("button")];
  const at = buttons.findIndex((one) => one === target);
  const step = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
  if (step !== 0) buttons[(at + step + buttons.length) % buttons.length]?.focus();
  else if (key === "Escape") currentTarget.closest<HTMLElement>(".message")?.focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

export function MessageActs({ one }: { one: ShownMessage }) {
  const page = useRoom();
  return (
    <div class="acts-bar" role="toolbar" aria-label={words().act.label} onKeyDown={keys}>
      {actsOf(page, one).map(({ icon, label, run }) => (
        <button
          key={icon}
          type="button"
          class="key"
          aria-label={label}
          title={label}
          onClick={(event) => run(event.currentTarget)}
        >
          <Icon name={icon} />
        </button>
      ))}
    </div>
  );
}
