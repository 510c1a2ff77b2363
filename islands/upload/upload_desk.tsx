/** The upload page's own part: the place to drop files, and a row for each. */
import { useEffect, useRef } from "preact/hooks";
import { formatBytes } from "../../domain/i18n/format.ts";
import type { Visibility } from "../../domain/tracks.ts";
import { language, t } from "../shared/words.ts";
import * as store from "./store.ts";
import { UploadRow } from "./upload_row.tsx";

const CHOICES: readonly Visibility[] = ["public", "unlisted", "private"];

export default function UploadDesk({ maxBytes }: { maxBytes: number }) {
  const input = useRef<HTMLInputElement>(null);
  const words = t();
  useEffect(() => {
    store.maxBytes.value = maxBytes;
  }, [maxBytes]);
  const rows = store.uploads.value;
  return (
    <div class="desk">
      <div class="drop">
        <p class="drop-lead">{words.upload.lead}</p>
        <input
          ref={input}
          class="visually-hidden"
          id="upload-files"
          tabIndex={-1}
          type="file"
          multiple
          accept="audio/*,.flac,.opus,.aiff,.aif,.m4a,.ogg"
          aria-label={words.upload.choose}
          onChange={(event) => {
            store.addFiles(event.currentTarget.files ?? []);
            event.currentTarget.value = "";
          }}
        />
        <button type="button" class="button button-main" onClick={() => input.current?.click()}>
          {words.upload.choose}
        </button>
        <p class="quiet drop-limits">{words.upload.limits(formatBytes(maxBytes, language()))}</p>
      </div>
      <fieldset class="choices">
        <legend>{words.track.visibility}</legend>
        {CHOICES.map((choice) => (
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
        <p class="quiet choices-note">{words.upload.options}</p>
      </fieldset>
      {rows.length > 0 && (
        <section class="desk-list">
          <h2 class="section-title">{words.upload.list}</h2>
          <ol class="uploads">
            {rows.map((upload) => <UploadRow key={upload.id} upload={upload} />)}
          </ol>
        </section>
      )}
    </div>
  );
}
