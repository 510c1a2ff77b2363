/** What a moderator may do with somebody: mute, remove, ban, name moderator. */
import { useEffect, useRef, useState } from "preact/hooks";
import { formatSpan } from "../../domain/i18n/format.ts";
import { toast } from "../shared/toasts.tsx";
import { language } from "../shared/words.ts";
import { tell } from "./acts.ts";
import { banMember, changeMember, removeMember } from "./rest.ts";
import { useRoom } from "./room_context.ts";
import type { MemberStart } from "./start.ts";
import { words } from "./words.ts";

/** For how long one mutes or bans, in seconds. */
const MUTES = [600, 3_600, 86_400];
const BANS = [3_600, 86_400, 7 * 86_400];

const after = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
const span = (seconds: number) => formatSpan(seconds, language());

interface BanProps {
  readonly who: MemberStart;
  readonly done: (banned: boolean) => void;
}

function BanDialog({ who, done }: BanProps) {
  const { start } = useRoom();
  const { people, act } = words();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (form: HTMLFormElement) => {
    const fields = new FormData(form);
    const seconds = Number(fields.get("seconds"));
    try {
      await banMember(start.id, {
        userId: who.id,
        until: seconds > 0 ? after(seconds) : null,
        reason: String(fields.get("reason") ?? "").trim(),
      });
      done(true);
    } catch (error) {
      tell(error);
    }
  };
  return (
    <dialog class="ask" ref={dialog} aria-labelledby="ban-title" onClose={() => done(false)}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        <h2 id="ban-title">{people.banTitle(who.displayName)}</h2>
        <p>{people.banText}</p>
        <div class="field">
          <label for="ban-span">{people.banFor}</label>
          <select id="ban-span" name="seconds">
            {BANS.map((seconds) => <option key={seconds} value={seconds}>{span(seconds)}</option>)}
            <option value="0">{people.banForGood}</option>
          </select>
        </div>
        <div class="field">
          <label for="ban-reason">{people.banReason}</label>
          <input id="ban-reason" name="reason" maxLength={500} aria-describedby="ban-help" />
          <p class="field-help" id="ban-help">{people.banReasonHelp}</p>
        </div>
        <p class="acts">
          <button type="submit" class="button button-main">{people.ban}</button>
          <button
            type="button"
            class="button button-quiet"
            onClick={() => dialog.current?.close()}
          >
            {act.cancel}
          </button>
        </p>
      </form>
    </dialog>
  );
}

interface Props {
  readonly who: MemberStart;
  /** Something was done: the list is to be asked for again. */
  readonly changed: () => void;
}

export function MemberMenu({ who, changed }: Props) {
  const { start, model } = useRoom();
  const { people } = words();
  const menu = useRef<HTMLDetailsElement>(null);
  const [isBanning, setBanning] = useState(false);
  const { role } = model.info.value;
  const { id, displayName } = who;
  const run = (work: () => Promise<void>) => () => {
    menu.current?.removeAttribute("open");
    work().then(() => {
      toast(people.done);
      changed();
    }, tell);
  };
  const act = (label: string, work: () => Promise<void>) => (
    <li>
      <button type="button" onClick={run(work)}>{label}</button>
    </li>
  );
  return (
    <>
      <details
        class="menu"
        ref={menu}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || !menu.current?.open) return;
          event.stopPropagation();
          menu.current.open = false;
          menu.current.querySelector("summary")?.focus();
        }}
        onFocusOut={({ relatedTarget }) => {
          const isInside = relatedTarget instanceof Node && menu.current?.contains(relatedTarget);
          if (relatedTarget && !isInside) menu.current?.removeAttribute("open");
        }}
      >
        <summary class="key" aria-label={people.menu(displayName)}>⋯</summary>
        <ul class="menu-list">
          {who.mutedUntil
            ? act(people.unmute, () => changeMember(start.id, id, { mutedUntil: null }))
            : MUTES.map((seconds) =>
              act(
                people.muteAct(span(seconds)),
                () => changeMember(start.id, id, { mutedUntil: after(seconds) }),
              )
            )}
          {role === "owner" && (who.role === "moderator"
            ? act(people.demote, () => changeMember(start.id, id, { role: "member" }))
            : act(people.promote, () => changeMember(start.id, id, { role: "moderator" })))}
          {act(people.kick, () => removeMember(start.id, id))}
          <li>
            <button
              type="button"
              onClick={() => {
                menu.current?.removeAttribute("open");
                setBanning(true);
              }}
            >
              {people.ban}…
            </button>
          </li>
        </ul>
      </details>
      {isBanning && (
        <BanDialog
          who={who}
          done={(banned) => {
            setBanning(false);
            if (banned) {
              toast(people.done);
              changed();
            }
          }}
        />
      )}
    </>
  );
}
