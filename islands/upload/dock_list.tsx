/** The uploads at the edge of every other page: one line, and all of them on demand. */
import { useState } from "preact/hooks";
import { formatShare } from "../../domain/i18n/format.ts";
import { Icon } from "../icons.tsx";
import { t } from "../shared/words.ts";
import { isUnsent, paused, running, sentOf, unsent, uploads } from "./state.ts";
import { UploadRow } from "./upload_row.tsx";

/** How much of what is on its way has been sent. */
function share(): string {
  const going = uploads.value.filter(isUnsent);
  const sum = (of: (upload: typeof going[number]) => number) =>
    going.reduce((all, upload) => all + of(upload), 0);
  return formatShare(sum(sentOf), sum(({ file }) => file.size));
}

export function DockList() {
  const [open, setOpen] = useState(false);
  const words = t().upload;
  const rows = uploads.value;
  const failed = rows.filter(({ standing }) => standing.kind === "failed").length;
  const held = rows.filter(({ standing }) => standing.kind === "held").length;
  const say = held > 0 && held === running.value
    ? words.heldCount(held)
    : running.value > 0
    ? words.running(running.value)
    : paused.value > 0
    ? words.pausedCount(paused.value)
    : failed > 0
    ? words.failedCount(failed)
    : words.finished(rows.length);
  return (
    <aside class="dock" aria-label={words.list}>
      <button type="button" class="dock-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="upload" />
        <span>{say}</span>
        {unsent.value > 0 && <span class="time">{share()}</span>}
        <Icon name="down" />
      </button>
      {open && (
        <ol class="uploads">
          {rows.map((upload) => <UploadRow key={upload.id} upload={upload} compact />)}
        </ol>
      )}
    </aside>
  );
}
