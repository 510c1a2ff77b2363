/** What is told of the stream: its title, what it is, when it begins, who may hear it, and whether it is kept. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { toField } from "../../domain/i18n/live_dates.ts";
import { demandLater, type Draft } from "./draft.ts";
import { changeLive } from "./rest.ts";
import { useStudio } from "./studio_context.ts";
import { words } from "./words.ts";

const VISIBILITIES = ["public", "unlisted", "private"] as const;

/** What a field of type `datetime-local` has, as the wire has it; null while it is empty. */
const fromField = (text: string): string | null =>
  text === "" ? null : new Date(text).toISOString();

/** The zone is the browser's: the field is filled once that is known. */
function Begins({ at, onChange }: { at: string | null; onChange: (at: string | null) => void }) {
  const { studio } = words();
  const shown = useSignal("");
  useEffect(() => {
    const offset = at === null ? 0 : new Date(at).getTimezoneOffset();
    shown.value = toField(at, offset);
  }, [at]);
  const isPast = at !== null && shown.value !== "" && Date.parse(at) < Date.now();
  return (
    <div class="field stream-begins">
      <label for="stream-begins">{studio.starts}</label>
      <input
        id="stream-begins"
        type="datetime-local"
        value={shown.value}
        aria-describedby="stream-begins-help"
        aria-invalid={isPast}
        onInput={({ currentTarget }) => onChange(fromField(currentTarget.value))}
      />
      <p class="field-help" id="stream-begins-help">
        {isPast ? studio.startsPast : studio.startsHelp}
      </p>
    </div>
  );
}

export function StreamPanel() {
  const { stream, draft, isOwner, change, attempt, prepare, callOff, say } = useStudio();
  const { studio } = words();
  const { title, description, scheduledAt, record, visibility } = draft.value;
  const there = stream.value?.status === "ended" ? null : stream.value;
  const hasBegun = there !== null && there.status !== "idle";
  /** What is made already is changed there. */
  const patch = (to: Partial<Draft>) => {
    change(to);
    if (there) void attempt(async () => void (stream.value = await changeLive(there.id, to)));
  };
  const edited = there && {
    ...(title.trim() !== there.title && { title: title.trim() }),
    ...(description.trim() !== there.description && { description: description.trim() }),
    ...(!hasBegun && Date.parse(scheduledAt ?? "") !== Date.parse(there.scheduledAt ?? "") &&
      (scheduledAt ?? there.scheduledAt) !== null && { scheduledAt }),
  };
  const isEdited = edited !== null && Object.keys(edited).length > 0 && title.trim() !== "";
  const save = () =>
    attempt(async () => {
      if (!there || !edited) return await prepare();
      demandLater(edited.scheduledAt ?? null);
      stream.value = await changeLive(there.id, edited);
      say(studio.saved);
    });
  return (
    <section class="unit" aria-labelledby="stream-title">
      <h2 class="unit-title" id="stream-title">{studio.stream}</h2>
      {!isOwner.value && there && <p class="quiet">{studio.ofHost(there.host.displayName)}</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <fieldset class="stream-form" disabled={!isOwner.value}>
          <div class="field">
            <label for="stream-name">{studio.name}</label>
            <input
              id="stream-name"
              value={title}
              maxLength={200}
              autocomplete="off"
              required
              onInput={({ currentTarget }) => change({ title: currentTarget.value })}
            />
          </div>
          <div class="field">
            <label for="stream-about">{studio.describe}</label>
            <textarea
              id="stream-about"
              rows={3}
              maxLength={5_000}
              value={description}
              aria-describedby="stream-about-help"
              onInput={({ currentTarget }) => change({ description: currentTarget.value })}
            />
            <p class="field-help" id="stream-about-help">{studio.describeHelp}</p>
          </div>
          <div class="unit-line stream-line">
            {!hasBegun && (
              <Begins
                at={scheduledAt}
                onChange={(at) => change({ scheduledAt: at })}
              />
            )}
            <div class="field">
              <label for="stream-visibility">{studio.visibility}</label>
              <select
                id="stream-visibility"
                value={visibility}
                onChange={({ currentTarget }) => {
                  const chosen = VISIBILITIES.find((one) => one === currentTarget.value);
                  if (chosen) patch({ visibility: chosen });
                }}
              >
                {VISIBILITIES.map((one) => (
                  <option key={one} value={one}>{studio.visibilities[one]}</option>
                ))}
              </select>
            </div>
          </div>
          <label class="check">
            <input
              type="checkbox"
              checked={record}
              disabled={hasBegun}
              onChange={({ currentTarget }) => patch({ record: currentTarget.checked })}
            />
            <span>
              {studio.record} <small class="quiet">{studio.recordHelp}</small>
            </span>
          </label>
          {isEdited && (
            <p class="acts">
              <button type="submit" class="button button-main">{studio.save}</button>
            </p>
          )}
          {!there && scheduledAt !== null && (
            <p class="acts">
              <button type="submit" class="button button-main">{studio.announce}</button>
            </p>
          )}
        </fieldset>
      </form>
      {isOwner.value && there?.status === "idle" && (
        <p class="acts">
          <button type="button" class="link" onClick={callOff}>{studio.callOff}</button>
        </p>
      )}
    </section>
  );
}
