/** The upload page's own part: the place to drop files, and a row for each. */
import { useEffect, useRef } from "preact/hooks";
import { formatLimit } from "../../domain/i18n/format.ts";
import type { Quota } from "../../domain/quotas.ts";
import { language, t } from "../shared/words.ts";
import { VISIBILITY_CHOICES } from "./choices.ts";
import { recordingsIn } from "./files.ts";
import { quota } from "./quota.ts";
import { QuotaLine } from "./quota_line.tsx";
import { paused, unsent, uploads } from "./state.ts";
import * as store from "./store.ts";
import { lookForUnfinished } from "./unfinished.ts";
import { UnfinishedList } from "./unfinished_list.tsx";
import { UploadRow } from "./upload_row.tsx";

interface ChooserProps {
  readonly id: string;
  readonly label: string;
  readonly main?: boolean;
  /** Whole folders instead of files. */
  readonly folder?: boolean;
}

/** A button that opens the browser's own choice of files. */
function Chooser({ id, label, main = false, folder = false }: ChooserProps) {
  const input = useRef<HTMLInputElement>(null);
  const kind = folder ? { webkitdirectory: true } : {
    // the endings are for systems that do not know these as audio
    accept: "audio/*,.flac,.opus,.aiff,.aif,.m4a,.ogg",
  };
  return (
    <>
      <input
        ref={input}
        class="visually-hidden"
        id={id}
        tabIndex={-1}
        type="file"
        multiple
        aria-label={label}
        {...kind}
        onChange={(event) => {
          const files = event.currentTarget.files ?? [];
          store.addFiles(folder ? recordingsIn(files) : files);
          event.currentTarget.value = "";
        }}
      />
      <button
        type="button"
        class={main ? "button button-main" : "button button-quiet"}
        onClick={() => input.current?.click()}
      >
        {label}
      </button>
    </>
  );
}

function Choices() {
  const words = t();
  return (
    <fieldset class="choices">
      <legend>{words.track.visibility}</legend>
      {VISIBILITY_CHOICES.map((choice) => (
        <label key={choice} class="choice">
          <input
            type="radio"
            name="visibility"
            value={choice}
            checked={store.visibility.value === choice}
            onChange={() => (store.visibility.value = choice)}
          />
          <span>
            {words.track.visibilities[choice]}
            <small>{words.track.visibilityHelp[choice]}</small>
          </span>
        </label>
      ))}
      <label class="choice choice-apart">
        <input
          type="checkbox"
          name="downloadable"
          checked={store.downloadable.value}
          onChange={(event) => (store.downloadable.value = event.currentTarget.checked)}
        />
        <span>
          {words.tools.download.allow}
          <small>{words.tools.download.allowHelp}</small>
        </span>
      </label>
      <p class="quiet choices-note">{words.upload.options}</p>
    </fieldset>
  );
}

/** One key for all rows: pause what goes, else go on with what is paused. */
function AllKey() {
  const words = t().upload;
  if (unsent.value + paused.value < 2) return null;
  const goes = unsent.value > 0;
  return (
    <button
      type="button"
      class="button button-quiet"
      onClick={goes ? store.pauseAll : store.resumeAll}
    >
      {goes ? words.pauseAll : words.resumeAll}
    </button>
  );
}

interface Props {
  /** Of one file. */
  readonly maxBytes: number;
  readonly quota: Quota | null;
}

export default function UploadDesk({ maxBytes, quota: given }: Props) {
  const words = t().upload;
  useEffect(() => {
    store.maxBytes.value = maxBytes;
    quota.value = given;
    void lookForUnfinished();
  }, [maxBytes, given]);
  const rows = uploads.value;
  const used = quota.value ?? given;
  return (
    <div class={rows.length > 0 ? "desk desk-busy" : "desk"}>
      <div class="drop">
        <p class="drop-lead">{words.lead}</p>
        <p class="acts">
          <Chooser id="upload-files" label={words.choose} main />
          <Chooser id="upload-folder" label={words.chooseFolder} folder />
        </p>
        <p class="quiet drop-limits">{words.limits(formatLimit(maxBytes, language()))}</p>
        {used && <QuotaLine {...used} />}
      </div>
      <Choices />
      {rows.length > 0 && (
        <section class="desk-list" aria-labelledby="uploads-title">
          <div class="desk-head">
            <h2 class="section-title" id="uploads-title">{words.list}</h2>
            <AllKey />
          </div>
          {unsent.value + paused.value > 0 && <p class="quiet desk-note">{words.closing}</p>}
          <ol class="uploads">
            {rows.map((upload) => <UploadRow key={upload.id} upload={upload} />)}
          </ol>
        </section>
      )}
      <UnfinishedList />
    </div>
  );
}
