/** What a room is called and takes, who may come in by a link, and the ways out of it. */
import { useState } from "preact/hooks";
import { formatSpan } from "../../domain/i18n/format.ts";
import { toast } from "../shared/toasts.tsx";
import { language } from "../shared/words.ts";
import { tell } from "./acts.ts";
import { changeRoom, makeInvite } from "./rest.ts";
import { leads, useRoom } from "./room_context.ts";
import { words } from "./words.ts";

/** The least time between two messages, in seconds. */
const SLOWS = [0, 5, 30, 60, 300, 3_600];

function RoomForm() {
  const { start, model } = useRoom();
  const { settings } = words();
  const { name, topic, slowModeMs } = model.info.value;
  const save = async (form: HTMLFormElement) => {
    const fields = new FormData(form);
    const text = (field: string) => String(fields.get(field) ?? "");
    try {
      await changeRoom(start.id, {
        name: text("name"),
        topic: text("topic"),
        slowModeMs: Number(text("slow")) * 1_000,
        blockedWords: text("blocked").split("\n").map((word) => word.trim()).filter(Boolean),
      });
      toast(settings.saved);
    } catch (error) {
      tell(error);
    }
  };
  const slow = slowModeMs / 1_000;
  return (
    <form
      class="form side-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save(event.currentTarget);
      }}
    >
      <div class="field">
        <label for="room-name">{settings.name}</label>
        <input id="room-name" name="name" required maxLength={80} defaultValue={name} />
      </div>
      <div class="field">
        <label for="room-topic">{settings.topic}</label>
        <textarea id="room-topic" name="topic" rows={2} maxLength={500} defaultValue={topic} />
      </div>
      <div class="field">
        <label for="room-slow">{settings.slow}</label>
        <select id="room-slow" name="slow" aria-describedby="slow-help">
          {[...new Set([...SLOWS, slow])].map((seconds) => (
            <option key={seconds} value={seconds} selected={seconds === slow}>
              {seconds === 0 ? settings.slowOff : formatSpan(seconds, language())}
            </option>
          ))}
        </select>
        <p class="field-help" id="slow-help">{settings.slowHelp}</p>
      </div>
      <div class="field">
        <label for="room-blocked">{settings.blocked}</label>
        <textarea
          id="room-blocked"
          name="blocked"
          rows={3}
          aria-describedby="blocked-help"
          defaultValue={start.blockedWords?.join("\n") ?? ""}
        />
        <p class="field-help" id="blocked-help">{settings.blockedHelp}</p>
      </div>
      <p class="acts">
        <button type="submit" class="button button-main">{settings.save}</button>
      </p>
    </form>
  );
}

function Invite() {
  const { start } = useRoom();
  const { settings, act } = words();
  const [url, setUrl] = useState<string | null>(null);
  const copy = () =>
    navigator.clipboard.writeText(url ?? "").then(() => void toast(act.copied), tell);
  return (
    <section class="side-form">
      <h3 class="side-part">{settings.invite}</h3>
      <p class="field-help">{settings.inviteHelp}</p>
      {url
        ? (
          <>
            <div class="side-line">
              <input
                readOnly
                aria-label={settings.invite}
                value={url}
                onFocus={(event) => event.currentTarget.select()}
              />
              <button type="button" class="button button-small" onClick={() => void copy()}>
                {settings.inviteCopy}
              </button>
            </div>
            <p class="field-help" role="status">{settings.inviteOnce}</p>
          </>
        )
        : (
          <p>
            <button
              type="button"
              class="button"
              onClick={() => {
                makeInvite(start.id).then((made) => setUrl(made.url), tell);
              }}
            >
              {settings.inviteAct}
            </button>
          </p>
        )}
    </section>
  );
}

export function SettingsPanel() {
  const page = useRoom();
  const { start, model } = page;
  const { settings } = words();
  const { kind, role } = model.info.value;
  return (
    <>
      {leads(page) && kind !== "direct" && <RoomForm />}
      {kind === "private" && role !== null && <Invite />}
      <div class="acts side-form">
        {role !== null && role !== "owner" && kind !== "direct" && (
          <form method="post" action={`/rooms/${start.id}/leave`} data-swap>
            <button type="submit" class="button">{settings.leave}</button>
          </form>
        )}
        {role === "owner" && (
          <a class="button" href={`/rooms/${start.id}/delete`}>{settings.remove}</a>
        )}
      </div>
    </>
  );
}
