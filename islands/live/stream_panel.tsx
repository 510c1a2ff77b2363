/** What goes out: its title, who may hear it, whether it is kept, and how well it sounds. */
import { changeLive } from "./rest.ts";
import { Ways } from "./input_panel.tsx";
import { isBroadcasting } from "./on_air.ts";
import { BITRATES, useStudio } from "./studio_context.ts";
import { words } from "./words.ts";

const VISIBILITIES = ["public", "unlisted", "private"] as const;

export function StreamPanel() {
  const { stream, draft, choices, choose, attempt, say } = useStudio();
  const { studio } = words();
  const { title, record, visibility } = draft.value;
  const { bitrate, frameMs } = choices.value;
  const there = stream.value?.status === "ended" ? null : stream.value;
  const hasBegun = there !== null && there.status !== "idle";
  const change = (to: Partial<typeof draft.value>) => (draft.value = { ...draft.value, ...to });
  /** What is made already is changed there. */
  const patch = (to: Partial<typeof draft.value>) => {
    change(to);
    if (there) void attempt(async () => void (stream.value = await changeLive(there.id, to)));
  };
  const isRenamed = there !== null && title.trim() !== "" && title.trim() !== there.title;
  return (
    <section class="unit" aria-labelledby="stream-title">
      <h2 class="unit-title" id="stream-title">{studio.stream}</h2>
      <form
        class="field"
        onSubmit={(event) => {
          event.preventDefault();
          if (!there || !isRenamed) return;
          void attempt(async () => {
            stream.value = await changeLive(there.id, { title: title.trim() });
            say(studio.saved);
          });
        }}
      >
        <label for="stream-name">{studio.name}</label>
        <div class="side-line">
          <input
            id="stream-name"
            value={title}
            maxLength={200}
            autocomplete="off"
            required
            onInput={({ currentTarget }) => change({ title: currentTarget.value })}
          />
          {isRenamed && <button type="submit" class="button">{studio.save}</button>}
        </div>
      </form>
      <div class="unit-line">
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
        <div class="field">
          <label for="stream-bitrate">{studio.bitrate}</label>
          <select
            id="stream-bitrate"
            value={bitrate}
            disabled={isBroadcasting.value}
            onChange={({ currentTarget }) => choose({ bitrate: Number(currentTarget.value) })}
          >
            {BITRATES.map((one) => <option key={one} value={one}>{studio.rate(one / 1_000)}
            </option>)}
          </select>
        </div>
        <Ways
          name="frame"
          legend={studio.frame}
          ways={[
            { value: 20, label: studio.frameMs(20) },
            { value: 10, label: studio.frameMs(10), help: studio.frameHelp },
          ]}
          chosen={frameMs}
          disabled={isBroadcasting.value}
          onChoose={(value) => choose({ frameMs: value === 10 ? 10 : 20 })}
        />
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
    </section>
  );
}
