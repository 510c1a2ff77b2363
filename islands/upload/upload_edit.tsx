/** Names an upload and says who hears it, before or after its bytes have arrived (U4). */
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../shared/words.ts";
import { VISIBILITY_CHOICES } from "./choices.ts";
import { trackOf, type Upload } from "./state.ts";
import { wish } from "./store.ts";

interface Props {
  readonly upload: Upload;
  readonly title: string;
  onClose(): void;
}

export function UploadEdit({ upload, title, onClose }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const words = t();
  useLayoutEffect(() => field.current?.select(), []);
  /** Focus goes back to the key that opened the form. */
  const close = () => {
    const key = form.current?.closest("li")?.querySelector<HTMLElement>(".key[aria-expanded]");
    onClose();
    key?.focus();
  };
  const save = () => {
    const given = new FormData(form.current ?? undefined);
    const chosen = VISIBILITY_CHOICES.find((one) => one === given.get("visibility"));
    void wish(upload.id, {
      title: String(given.get("title") ?? "").trim(),
      visibility: chosen ?? upload.wishes.visibility,
      downloadable: upload.wishes.downloadable,
    });
    close();
  };
  const name = trackOf(upload)?.title ?? upload.wishes.title;
  return (
    <form
      ref={form}
      class="upload-edit"
      aria-label={words.upload.editTitle(title)}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
      }}
    >
      <div class="field">
        <label for={`title-${upload.id}`}>{words.track.title}</label>
        <input
          ref={field}
          id={`title-${upload.id}`}
          name="title"
          maxLength={200}
          defaultValue={name}
          placeholder={upload.name}
          autocomplete="off"
          aria-describedby={`title-help-${upload.id}`}
        />
        <p class="field-help" id={`title-help-${upload.id}`}>{words.upload.titleHelp}</p>
      </div>
      <div class="field">
        <label for={`visibility-${upload.id}`}>{words.track.visibility}</label>
        <select id={`visibility-${upload.id}`} name="visibility">
          {VISIBILITY_CHOICES.map((choice) => (
            <option key={choice} value={choice} selected={choice === upload.wishes.visibility}>
              {words.track.visibilities[choice]}
            </option>
          ))}
        </select>
      </div>
      <p class="acts">
        <button type="submit" class="button button-main">{words.track.save}</button>
        <button type="button" class="button button-quiet" onClick={close}>
          {words.track.cancel}
        </button>
      </p>
    </form>
  );
}
